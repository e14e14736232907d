//! Writing on behalf of requests: a change is handed to the one thread that writes, and its
//! sender waits until it is durable and searched.

use std::sync::Arc;
use std::time::Duration;

use gongkai_index::Error;
use gongkai_index::embedded::{Change, Crowded, Live, Written};
use tokio::sync::oneshot;

/// Why a change was not made.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Unwritten {
    /// More wait already than are taken.
    #[error("too many changes are waiting")]
    Crowded,
    /// This server was started without a writer.
    #[error("this server does not write")]
    Off,
    /// The index could not be written.
    #[error(transparent)]
    Failed(Arc<Error>),
    /// The writing ended in a defect.
    #[error("the change was lost")]
    Lost,
}

/// What will have become of a change.
pub type Outcome = oneshot::Receiver<Result<Written, Arc<Error>>>;

/// The writer of a server, if it has one.
#[derive(Default)]
pub struct Writing {
    live: Option<Live>,
}

impl Writing {
    /// Writes by this thread.
    pub fn by(live: Live) -> Self {
        Self { live: Some(live) }
    }

    /// How many changes wait.
    pub fn waiting(&self) -> usize {
        self.live.as_ref().map_or(0, Live::waiting)
    }

    /// Makes a change.
    ///
    /// # Errors
    /// [`Unwritten`]; after [`Unwritten::Failed`] it is not known whether the change was kept.
    pub async fn make(&self, change: Change) -> Result<Written, Unwritten> {
        let outcome = self.hand_over(change).map_err(|(refused, _)| refused)?;
        settled(outcome).await
    }

    /// Hands a change over, waiting for room as long as that takes.
    ///
    /// # Errors
    /// [`Unwritten::Off`].
    pub async fn hand_over_in_turn(&self, mut change: Change) -> Result<Outcome, Unwritten> {
        let mut pause = Duration::from_millis(2);
        loop {
            match self.hand_over(change) {
                Ok(outcome) => return Ok(outcome),
                Err((Unwritten::Crowded, back)) => change = back,
                Err((refused, _)) => return Err(refused),
            }
            // The queue is emptied commit by commit; nobody is told when.
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }

    fn hand_over(&self, change: Change) -> Result<Outcome, (Unwritten, Change)> {
        let Some(live) = &self.live else { return Err((Unwritten::Off, change)) };
        let (tell, told) = oneshot::channel();
        // Who asked may be gone by then; the change is made all the same.
        let reply = Box::new(move |written| drop(tell.send(written)));
        live.ask(change, reply).map_err(|Crowded(change)| (Unwritten::Crowded, *change))?;
        Ok(told)
    }
}

/// Waits for what becomes of a change.
///
/// # Errors
/// [`Unwritten`].
pub async fn settled(outcome: Outcome) -> Result<Written, Unwritten> {
    outcome.await.map_err(|_| Unwritten::Lost)?.map_err(Unwritten::Failed)
}
