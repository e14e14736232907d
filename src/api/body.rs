//! Reading of request bodies within limits of size, time and memory.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use futures_util::StreamExt;
use tokio::time::{Duration, Instant, timeout_at};

use crate::flow::bodies::BodyShare;
use crate::flow::byte_budget::Holding;
use crate::problem::ApiError;

/// Multiple of the limit up to which a body that is too large is read and dropped: a client that
/// is still sending would take the closing of the connection for the answer.
const MAX_EXCESS: usize = 8;
/// Time for which a body without room is read and dropped, for the same reason.
const DROP_TIMEOUT: Duration = Duration::from_secs(2);

/// Body of a request that is not read yet, with its client's share of memory.
pub struct UnreadBody {
    body: Body,
    share: BodyShare,
}

impl<S: Sync> FromRequest<S> for UnreadBody {
    type Rejection = Infallible;

    async fn from_request(request: Request, _: &S) -> Result<Self, Infallible> {
        let share = request.extensions().get::<BodyShare>().cloned().unwrap_or_default();
        Ok(Self { body: request.into_body(), share })
    }
}

impl From<Body> for UnreadBody {
    /// Body whose memory is not bounded.
    fn from(body: Body) -> Self {
        Self { body, share: BodyShare::default() }
    }
}

impl UnreadBody {
    /// Splits the body from the share that counts it.
    pub fn into_parts(self) -> (Body, BodyShare) {
        (self.body, self.share)
    }
}

/// Reads the whole body. Its bytes are counted until they are dropped.
///
/// # Errors
/// 413 if it is larger than `max_bytes`, 408 if it does not arrive, 503 if there is no room for it.
pub async fn read_body(body: UnreadBody, max_bytes: usize) -> Result<Bytes, ApiError> {
    let late = || ApiError::timeout("the body did not come in time");
    let (body, share) = body.into_parts();
    let mut end = Instant::now() + share.timeout();
    let mut chunks = body.into_data_stream();
    let mut kept = GrowingBody { bytes: Vec::new(), holding: share.start_holding() };
    let mut refusal = None;
    let mut length = 0;
    loop {
        let chunk = match timeout_at(end, chunks.next()).await {
            Ok(Some(chunk)) => chunk.map_err(|_| late())?,
            Ok(None) => break,
            Err(_) if refusal.is_some() => break,
            Err(_) => return Err(late()),
        };
        length += chunk.len();
        if length > max_bytes.saturating_mul(MAX_EXCESS) {
            break;
        }
        if length <= max_bytes
            && refusal.is_none()
            && let Err(no_room) = kept.extend(&chunk, max_bytes)
        {
            refusal = Some(no_room);
            kept = GrowingBody { bytes: Vec::new(), holding: share.start_holding() };
            end = end.min(Instant::now() + DROP_TIMEOUT);
        }
    }
    if length > max_bytes {
        return Err(ApiError::too_large(format!("the body is larger than {} KiB", max_bytes >> 10)));
    }
    match refusal {
        Some(refusal) => Err(refusal),
        None => Ok(Bytes::from_owner(kept)),
    }
}

/// Bytes of a body so far; their memory is counted, not their number.
struct GrowingBody {
    bytes: Vec<u8>,
    holding: Holding,
}

impl GrowingBody {
    fn extend(&mut self, chunk: &[u8], max_bytes: usize) -> Result<(), ApiError> {
        let needed = self.bytes.len() + chunk.len();
        if needed > self.bytes.capacity() {
            let capacity = needed.max((self.bytes.capacity() * 2).min(max_bytes));
            self.holding.try_grow(capacity - self.holding.bytes()).map_err(|_| no_room())?;
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
        self.bytes.extend_from_slice(chunk);
        Ok(())
    }
}

impl AsRef<[u8]> for GrowingBody {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// 503: too many bodies are under way.
pub fn no_room() -> ApiError {
    ApiError::overloaded("too many request bodies are under way; send it again")
}
