//! Writing on behalf of requests: a change is handed to the one thread that writes, and its
//! sender waits until it is durable and searched.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gongkai_index::collection::write_queue::{Change, Changed, QueueFull, WriteQueue, Written};
use gongkai_index::record::generation::Generation;
use gongkai_index::{Error, Put};
use parking_lot::Mutex;
use tokio::sync::oneshot;

/// Ids of changed records that are noted; of more only that they are many.
const MOST_NOTED: usize = 10_000;
/// Longest time between two looks whether there is room.
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// Why a change was not made.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Unwritten {
    /// More wait already than are taken.
    #[error("too many changes are waiting")]
    QueueFull,
    /// This server was started without a writer.
    #[error("this server does not write")]
    Off,
    /// The index could not be written.
    #[error(transparent)]
    Failed(Arc<Error>),
    /// The writing thread panicked.
    #[error("the change was lost")]
    Panicked,
}

/// What will have become of a change.
pub type Outcome = oneshot::Receiver<Result<Written, Arc<Error>>>;

/// The writer of a server, if it has one.
#[derive(Default)]
pub struct Writing {
    live: Option<WriteQueue>,
    changes: Arc<Changes>,
}

/// What was changed since it was last asked for.
#[derive(Debug)]
pub enum Touched {
    /// The records of these ids.
    These(HashSet<String>),
    /// So many that they were not noted.
    Many,
}

impl Touched {
    fn add(&mut self, id: String) {
        if let Self::These(ids) = self {
            ids.insert(id);
            if ids.len() > MOST_NOTED {
                *self = Self::Many;
            }
        }
    }
}

struct Changes {
    touched: Mutex<Touched>,
    last: AtomicU64,
}

impl Default for Changes {
    fn default() -> Self {
        Self { touched: Mutex::new(Touched::These(HashSet::new())), last: AtomicU64::new(0) }
    }
}

impl Changes {
    fn note(&self, id: String, written: &Written) {
        if matches!(written.changed, Changed::Deleted | Changed::Put(Put::Added | Put::Updated)) {
            self.touched.lock().add(id);
            self.last.fetch_max(written.generation, Ordering::Relaxed);
        }
    }
}

impl Writing {
    /// Writes by this thread.
    pub fn by(live: WriteQueue) -> Self {
        Self { live: Some(live), changes: Arc::default() }
    }

    /// Commits less often while this number of searches grows.
    pub fn throttle_by(&self, searches: Arc<AtomicU64>) {
        if let Some(live) = &self.live {
            live.throttle_by(searches);
        }
    }

    /// The last commit with a change that was asked for here.
    pub fn last_written(&self) -> Generation {
        self.changes.last.load(Ordering::Relaxed)
    }

    /// What was changed since this was last asked.
    pub fn take_touched(&self) -> Touched {
        std::mem::replace(&mut *self.changes.touched.lock(), Touched::These(HashSet::new()))
    }

    /// Notes again what was taken and could not be dealt with.
    pub fn touch_again(&self, touched: Touched) {
        let mut held = self.changes.touched.lock();
        match touched {
            Touched::Many => *held = Touched::Many,
            Touched::These(ids) => ids.into_iter().for_each(|id| held.add(id)),
        }
    }

    /// Makes a change of the program's own, on a thread that may wait.
    ///
    /// # Errors
    /// [`Unwritten`].
    pub fn make_blocking(&self, mut change: Change) -> Result<Written, Unwritten> {
        loop {
            match self.hand_over(change) {
                Ok(outcome) => {
                    let written = outcome.blocking_recv().map_err(|_| Unwritten::Panicked)?;
                    return written.map_err(Unwritten::Failed);
                }
                Err((Unwritten::QueueFull, back)) => change = back,
                Err((refused, _)) => return Err(refused),
            }
            std::thread::sleep(LONGEST_PAUSE);
        }
    }

    /// How many changes wait.
    pub fn waiting(&self) -> usize {
        self.live.as_ref().map_or(0, WriteQueue::waiting)
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
                Err((Unwritten::QueueFull, back)) => change = back,
                Err((refused, _)) => return Err(refused),
            }
            // The queue is emptied commit by commit; nobody is told when.
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn hand_over(&self, change: Change) -> Result<Outcome, (Unwritten, Change)> {
        let Some(live) = &self.live else { return Err((Unwritten::Off, change)) };
        let (tell, told) = oneshot::channel();
        let changes = self.changes.clone();
        let id = match &change {
            Change::Put(record) => Some(record.id.clone()),
            Change::Delete(id) => Some(id.clone()),
            Change::SetEvidence(..) => None,
        };
        // Who asked may be gone by then; the change is made all the same.
        let reply = Box::new(move |written: Result<Written, Arc<Error>>| {
            if let (Some(id), Ok(written)) = (id, &written) {
                changes.note(id, written);
            }
            drop(tell.send(written));
        });
        live.ask(change, reply).map_err(|QueueFull(change)| (Unwritten::QueueFull, *change))?;
        Ok(told)
    }
}

/// Waits for what becomes of a change.
///
/// # Errors
/// [`Unwritten`].
pub async fn settled(outcome: Outcome) -> Result<Written, Unwritten> {
    outcome.await.map_err(|_| Unwritten::Panicked)?.map_err(Unwritten::Failed)
}
