//! Writes on behalf of requests: a change goes to the one writing thread, and its sender waits until
//! it is durable and can be found.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gongkai_index::collection::write_queue::{Change, Changed, QueueFull, WriteQueue, Written};
use gongkai_index::record::generation::Generation;
use gongkai_index::{Error, Put};
use parking_lot::Mutex;
use tokio::sync::oneshot;

/// Ids of changed records that are noted; beyond that only their great number is.
const MAX_NOTED_IDS: usize = 10_000;
/// Longest pause before the queue is asked again for room.
const MAX_RETRY_PAUSE: Duration = Duration::from_millis(50);

/// Reason why a change was not made.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WriteError {
    /// The queue of changes is full.
    #[error("too many changes are waiting")]
    QueueFull,
    /// This server runs without a writer.
    #[error("this server does not write")]
    Off,
    /// The index could not be written.
    #[error(transparent)]
    Failed(Arc<Error>),
    /// The writing thread panicked.
    #[error("the change was lost")]
    Panicked,
}

/// Result of a change that is under way.
pub type PendingWrite = oneshot::Receiver<Result<Written, Arc<Error>>>;

/// The writer of a server, if it has one.
#[derive(Default)]
pub struct Writing {
    queue: Option<WriteQueue>,
    changes: Arc<Changes>,
}

/// Records changed since the last look.
#[derive(Debug)]
pub enum Touched {
    /// The records of these ids.
    These(HashSet<String>),
    /// More records than are noted by id.
    Many,
}

impl Touched {
    fn add(&mut self, id: String) {
        if let Self::These(ids) = self {
            ids.insert(id);
            if ids.len() > MAX_NOTED_IDS {
                *self = Self::Many;
            }
        }
    }
}

struct Changes {
    touched: Mutex<Touched>,
    last_generation: AtomicU64,
}

impl Default for Changes {
    fn default() -> Self {
        Self { touched: Mutex::new(Touched::These(HashSet::new())), last_generation: AtomicU64::new(0) }
    }
}

impl Changes {
    fn note(&self, id: String, written: &Written) {
        if matches!(written.changed, Changed::Deleted | Changed::Put(Put::Added | Put::Updated)) {
            self.touched.lock().add(id);
            self.last_generation.fetch_max(written.generation, Ordering::Relaxed);
        }
    }
}

impl Writing {
    /// Creates a writer on the thread behind this queue.
    pub fn by(queue: WriteQueue) -> Self {
        Self { queue: Some(queue), changes: Arc::default() }
    }

    /// Makes commits rarer while this count of searches grows.
    pub fn throttle_by(&self, searches: Arc<AtomicU64>) {
        if let Some(queue) = &self.queue {
            queue.throttle_by(searches);
        }
    }

    /// The newest generation with a change that came from a request.
    pub fn last_written(&self) -> Generation {
        self.changes.last_generation.load(Ordering::Relaxed)
    }

    /// Takes the records changed since the last call.
    pub fn take_touched(&self) -> Touched {
        std::mem::replace(&mut *self.changes.touched.lock(), Touched::These(HashSet::new()))
    }

    /// Returns records that were taken but could not be processed.
    pub fn touch_again(&self, touched: Touched) {
        let mut noted = self.changes.touched.lock();
        match touched {
            Touched::Many => *noted = Touched::Many,
            Touched::These(ids) => ids.into_iter().for_each(|id| noted.add(id)),
        }
    }

    /// Makes a change of the program itself, on a thread that may block.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn make_blocking(&self, mut change: Change) -> Result<Written, WriteError> {
        loop {
            match self.enqueue(change) {
                Ok(outcome) => {
                    let written = outcome.blocking_recv().map_err(|_| WriteError::Panicked)?;
                    return written.map_err(WriteError::Failed);
                }
                Err((WriteError::QueueFull, returned)) => change = returned,
                Err((refused, _)) => return Err(refused),
            }
            std::thread::sleep(MAX_RETRY_PAUSE);
        }
    }

    /// Number of changes that wait.
    pub fn waiting(&self) -> usize {
        self.queue.as_ref().map_or(0, WriteQueue::len)
    }

    /// Makes a change and waits until it is durable.
    ///
    /// # Errors
    /// [`WriteError`]; after [`WriteError::Failed`] the change may or may not have been kept.
    pub async fn make(&self, change: Change) -> Result<Written, WriteError> {
        let outcome = self.enqueue(change).map_err(|(refused, _)| refused)?;
        wait_until_written(outcome).await
    }

    /// Queues a change, and waits for room as long as that takes. Before each attempt `check` decides
    /// if the change is still permitted. The inner error is [`WriteError::Off`].
    ///
    /// # Errors
    /// That of `check`.
    pub async fn hand_over_in_turn<E>(
        &self,
        mut change: Change,
        check: impl Fn() -> Result<(), E>,
    ) -> Result<Result<PendingWrite, WriteError>, E> {
        let mut pause = Duration::from_millis(2);
        loop {
            check()?;
            match self.enqueue(change) {
                Ok(outcome) => return Ok(Ok(outcome)),
                Err((WriteError::QueueFull, returned)) => change = returned,
                Err((refused, _)) => return Ok(Err(refused)),
            }
            // The queue empties with each commit and tells nobody.
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(MAX_RETRY_PAUSE);
        }
    }

    fn enqueue(&self, change: Change) -> Result<PendingWrite, (WriteError, Change)> {
        let Some(queue) = &self.queue else { return Err((WriteError::Off, change)) };
        let (sender, outcome) = oneshot::channel();
        let changes = self.changes.clone();
        let id = match &change {
            Change::Put(record) => Some(record.id.clone()),
            Change::Delete(id) => Some(id.clone()),
            Change::SetEvidence(..) => None,
        };
        // The client may be gone by then; the change is made all the same.
        let reply = Box::new(move |written: Result<Written, Arc<Error>>| {
            if let (Some(id), Ok(written)) = (id, &written) {
                changes.note(id, written);
            }
            drop(sender.send(written));
        });
        queue.submit(change, reply).map_err(|QueueFull(change)| (WriteError::QueueFull, *change))?;
        Ok(outcome)
    }
}

/// Waits for the result of a change.
///
/// # Errors
/// [`WriteError`].
pub async fn wait_until_written(outcome: PendingWrite) -> Result<Written, WriteError> {
    outcome.await.map_err(|_| WriteError::Panicked)?.map_err(WriteError::Failed)
}
