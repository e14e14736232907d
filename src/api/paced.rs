//! Bodies sent in parts, each paid for by the client's budget before it is made. A client whose budget
//! is empty waits for the next part instead of being cut off.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use tokio::sync::mpsc::{Sender, channel};
use tokio_stream::wrappers::ReceiverStream;

use crate::access::meter::{Meter, current_meter, keep_meter};
use crate::flow::answers::AnswerCount;
use crate::links;
use crate::search::service::SearchError;

/// Parts that wait for a client that reads slowly.
const MAX_WAITING_PARTS: usize = 1;
/// Most attempts for a further part under overload.
const MAX_ATTEMPTS: usize = 100;
/// Time between two attempts.
const RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// Sender of the parts of a body.
pub struct Parts {
    sender: Sender<io::Result<Bytes>>,
    count: AnswerCount,
    meter: Option<Arc<Meter>>,
}

impl Parts {
    /// Sends a part, and pays for the next one if there is to be one. False if the client has gone.
    pub async fn send(&self, part: Bytes, is_last: bool) -> bool {
        if let Some(meter) = &self.meter {
            meter.add_bytes(part.len() as u64);
        }
        if self.sender.send(Ok(self.count.count_piece(part))).await.is_err() {
            return false;
        }
        let Some(meter) = self.meter.as_ref().filter(|_| !is_last) else { return true };
        tokio::select! {
            () = meter.pay_for_next_part() => true,
            () = self.sender.closed() => false,
        }
    }

    /// Cuts the connection: a client must not take a part for the whole.
    pub async fn cut(&self, reason: SearchError) {
        let _ = self.sender.send(Err(io::Error::other(reason))).await;
    }
}

/// Starts the task that makes the parts of a body, with the budget of the current request. Parts that
/// wait for the client are counted.
pub fn start<F: Future<Output = ()> + Send + 'static>(
    count: AnswerCount,
    make_parts: impl FnOnce(Parts) -> F,
) -> Body {
    let (sender, receiver) = channel(MAX_WAITING_PARTS);
    let task = make_parts(Parts { sender, count, meter: current_meter() });
    tokio::spawn(links::keep_base_path_in_task(keep_meter(task)));
    Body::from_stream(ReceiverStream::new(receiver))
}

/// Makes a further part. Under overload it waits and tries again: a body that has begun is to be
/// finished.
///
/// # Errors
/// The last failure.
pub async fn with_patience<T, F: Future<Output = Result<T, SearchError>>>(
    mut attempt: impl FnMut() -> F,
) -> Result<T, SearchError> {
    let mut attempts = 0;
    loop {
        match attempt().await {
            Err(SearchError::Overloaded) if attempts < MAX_ATTEMPTS => attempts += 1,
            outcome => return outcome,
        }
        tokio::time::sleep(RETRY_INTERVAL).await;
    }
}
