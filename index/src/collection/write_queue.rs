//! Writing while others search: one thread writes, many ask it to, and those who ask at
//! the same time share one commit.
//!
//! Whoever asks is answered when the change is durable and searches see it. While others
//! search, changes gather for a fraction of a second, so that commits leave them the cores.
//! The queue is bounded; who finds it full is told so at once. Where something fails, all who
//! shared the commit are told, the writer is thrown away, and the next commit begins with a
//! new one.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::backend::Load;
use crate::collection::cleanup_lists::with_evidence;
use crate::collection::open::Collection;
use crate::collection::writer::{CollectionWriter, Put, RecordWriter};
use crate::error::{Error, Result};
use crate::record::generation::Generation;
use crate::record::{Record, ValidityEvidence};

/// Most changes that share a commit.
const MOST_TOGETHER: usize = 1_000;
/// How long nothing has to be asked for before the writer is given up, so that another
/// process may write.
const IDLE: Duration = Duration::from_secs(2);
/// How often a writer without work looks whether it shall stand aside.
const LOOK: Duration = Duration::from_millis(50);
/// How it rests: a commit costs about the same for one change as for ten, and searches need the cores.
const REST: Rest = Rest { times: 8, longest: Duration::from_millis(250) };
/// How much less than searches merging matters to the system.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// What is to be changed.
#[derive(Debug, Clone)]
pub enum Change {
    /// Add the record or replace the one of its id.
    Put(Box<Record>),
    /// Remove the record of this id.
    Delete(String),
    /// Give the record of this id what clean-up lists say of it, in place of what they said.
    SetEvidence(String, Vec<ValidityEvidence>),
}

impl Change {
    /// What it takes in memory, roughly.
    fn bytes(&self) -> usize {
        256 + match self {
            Self::Put(record) => record.body.len() + record.title.len() + 1_024,
            Self::Delete(id) => id.len(),
            Self::SetEvidence(id, evidence) => id.len() + 512 * evidence.len(),
        }
    }
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It was put.
    Put(Put),
    /// It was removed.
    Deleted,
    /// There was nothing to remove.
    Absent,
}

/// A change that is durable and that searches see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// What became of it.
    pub changed: Changed,
    /// The commit that holds it.
    pub generation: Generation,
}

/// Called once with what became of a change; quick, for it is called by the writing thread.
pub type Reply = Box<dyn FnOnce(std::result::Result<Written, Arc<Error>>) + Send>;

/// A change that was not taken, because too many wait: here it is back.
#[derive(Debug)]
pub struct QueueFull(pub Box<Change>);

/// How many changes may wait.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Changes.
    pub changes: usize,
    /// Their bytes; one change is always taken by an empty queue.
    pub bytes: usize,
}

/// How long nothing is written after a commit while others search.
#[derive(Clone, Copy)]
struct Rest {
    /// So many times as long as the commit took.
    times: u32,
    /// But no longer than this; so much longer at most whoever asks for a change waits.
    longest: Duration,
}

impl Rest {
    fn after(self, took: Duration) -> Duration {
        took.saturating_mul(self.times).min(self.longest)
    }
}

struct Job {
    change: Change,
    reply: Reply,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    bytes: usize,
    closed: bool,
}

struct Queue {
    waiting: Mutex<Waiting>,
    came: Condvar,
    limits: Limits,
    /// How many searches were let in so far, if they are counted.
    searches: OnceLock<Arc<AtomicU64>>,
}

/// The writing thread. When the last one who may ask is dropped, what waits is still
/// written, and the thread ends.
pub struct WriteQueue {
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
}

impl WriteQueue {
    /// Starts the thread. It takes the lock of the index with the first change and gives it
    /// up when there is nothing to write for a while.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn start(collection: Collection, limits: Limits) -> Result<Self> {
        Self::with_pause(collection, limits, REST)
    }

    fn with_pause(collection: Collection, limits: Limits, rest: Rest) -> Result<Self> {
        let (waiting, came, searches) = (Mutex::default(), Condvar::new(), OnceLock::new());
        let queue = Arc::new(Queue { waiting, came, limits, searches });
        let own = queue.clone();
        let thread = std::thread::Builder::new().name("writing".into()).spawn(move || {
            WriterThread { collection, queue: own, rest, writer: None, idle: Duration::ZERO }.run()
        })?;
        Ok(Self { queue, thread: Some(thread) })
    }

    /// Commits less often while this number grows: of the searches that were let in so far.
    /// Without it, or when nobody searches, a change is committed at once.
    pub fn throttle_by(&self, searches: Arc<AtomicU64>) {
        // Only the first counts; a server has one.
        let _ = self.queue.searches.set(searches);
    }

    /// Asks for a change; the answer goes to `reply`.
    ///
    /// # Errors
    /// [`QueueFull`]; then `reply` is not called.
    pub fn ask(&self, change: Change, reply: Reply) -> std::result::Result<(), QueueFull> {
        let bytes = change.bytes();
        let mut waiting = self.queue.locked();
        let full = waiting.jobs.len() >= self.queue.limits.changes
            || (!waiting.jobs.is_empty() && waiting.bytes + bytes > self.queue.limits.bytes);
        if full || waiting.closed {
            return Err(QueueFull(Box::new(change)));
        }
        waiting.bytes += bytes;
        waiting.jobs.push_back(Job { change, reply });
        drop(waiting);
        self.queue.came.notify_one();
        Ok(())
    }

    /// How many changes wait.
    pub fn waiting(&self) -> usize {
        self.queue.locked().jobs.len()
    }
}

impl Drop for WriteQueue {
    fn drop(&mut self) {
        self.queue.locked().closed = true;
        self.queue.came.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been told where it happened.
            let _ = thread.join();
        }
    }
}

impl Queue {
    fn locked(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many searches were let in so far.
    fn searches(&self) -> u64 {
        self.searches.get().map_or(0, |searches| searches.load(Ordering::Relaxed))
    }

    /// What waits, most of it at once; empty after `patience`; `None` when it is closed.
    fn take(&self, patience: Option<Duration>) -> Option<Vec<Job>> {
        let idle = |waiting: &mut Waiting| waiting.jobs.is_empty() && !waiting.closed;
        let mut waiting = match patience {
            None => self.came.wait_while(self.locked(), idle).unwrap_or_else(PoisonError::into_inner),
            Some(patience) => {
                let woken = self.came.wait_timeout_while(self.locked(), patience, idle);
                woken.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        if waiting.jobs.is_empty() && waiting.closed {
            return None;
        }
        let most = waiting.jobs.len().min(MOST_TOGETHER);
        let jobs: Vec<Job> = waiting.jobs.drain(..most).collect();
        waiting.bytes -= jobs.iter().map(|job| job.change.bytes()).sum::<usize>();
        Some(jobs)
    }

    /// Waits for so long, or until what waits fills a commit or half of the queue, so that
    /// nobody is sent away because of a rest, or the queue is closed.
    fn rest(&self, length: Duration) {
        let Limits { changes, bytes } = self.limits;
        let many = MOST_TOGETHER.min(changes.div_ceil(2));
        let resting = |waiting: &mut Waiting| {
            waiting.jobs.len() < many && waiting.bytes < bytes.div_ceil(2) && !waiting.closed
        };
        drop(self.came.wait_timeout_while(self.locked(), length, resting));
    }
}

/// What the thread owns.
struct WriterThread {
    collection: Collection,
    queue: Arc<Queue>,
    rest: Rest,
    writer: Option<CollectionWriter>,
    /// For how long nothing was asked.
    idle: Duration,
}

impl WriterThread {
    fn run(mut self) {
        while let Some(jobs) = self.queue.take(self.writer.as_ref().map(|_| LOOK)) {
            self.stand_aside(!jobs.is_empty());
            if jobs.is_empty() {
                self.stay_idle();
                continue;
            }
            self.idle = Duration::ZERO;
            let (begun, searches) = (Instant::now(), self.queue.searches());
            // Whatever goes wrong, whoever waits is answered and the next is written.
            let (changes, replies): (Vec<_>, Vec<_>) =
                jobs.into_iter().map(|job| (job.change, job.reply)).unzip();
            let work = std::panic::AssertUnwindSafe(|| self.write(&changes));
            let done = std::panic::catch_unwind(work)
                .unwrap_or_else(|_| Err(Error::Index("writing ended in a defect".into())));
            match done {
                Ok(written) => replies.into_iter().zip(written).for_each(|(reply, one)| reply(Ok(one))),
                Err(e) => {
                    self.writer = None;
                    let e = Arc::new(e);
                    replies.into_iter().for_each(|reply| reply(Err(e.clone())));
                }
            }
            if self.queue.searches() > searches {
                self.queue.rest(self.rest.after(begun.elapsed()));
            }
        }
    }

    fn write(&mut self, changes: &[Change]) -> Result<Vec<Written>> {
        let writer = match &mut self.writer {
            Some(writer) => writer,
            none => none.insert(open_at_low_priority(&self.collection)?),
        };
        let mut changed = Vec::with_capacity(changes.len());
        for change in changes {
            changed.push(match change {
                Change::Put(record) => Changed::Put(writer.put(record)?),
                Change::Delete(id) if writer.delete(id)? => Changed::Deleted,
                Change::Delete(_) => Changed::Absent,
                Change::SetEvidence(id, evidence) => set_evidence(&self.collection, writer, id, evidence)?,
            });
        }
        let generation = writer.commit()?;
        Ok(changed.into_iter().map(|changed| Written { changed, generation }).collect())
    }

    /// Lets another process put an index version in place: gives up the lock, and if there is
    /// something to write waits until that is done.
    fn stand_aside(&mut self, wait: bool) {
        let backend = self.collection.backend();
        if backend.is_handing_over() {
            self.writer = None;
            if wait {
                backend.wait_for_handover();
            }
        }
    }

    /// Nothing was asked for a while.
    fn stay_idle(&mut self) {
        self.idle += LOOK;
        let merging = self.writer.as_ref().is_some_and(CollectionWriter::is_merging);
        if self.idle >= IDLE && !merging {
            self.writer = None;
            self.idle = Duration::ZERO;
        }
    }
}

/// Puts a record with other evidence. Its content is the same, so putting alone would leave
/// what is held as it is; and what is held is known only when all before it is committed.
fn set_evidence(
    collection: &Collection,
    writer: &mut CollectionWriter,
    id: &str,
    evidence: &[ValidityEvidence],
) -> Result<Changed> {
    writer.commit()?;
    let Some(record) = collection.unmasked().reader().record(id)? else { return Ok(Changed::Absent) };
    let Some(record) = with_evidence(record, evidence.to_vec()) else {
        return Ok(Changed::Put(Put::Unchanged));
    };
    writer.delete(id)?;
    writer.put(&record)?;
    Ok(Changed::Put(Put::Updated))
}

/// Opens the writer on a thread of low priority, which the threads inherit that merge in the
/// background; who waits for a change does not wait for those.
fn open_at_low_priority(collection: &Collection) -> Result<CollectionWriter> {
    let opened = std::thread::scope(|scope| {
        let opening = std::thread::Builder::new().spawn_scoped(scope, || {
            // On Linux this holds for the thread alone, elsewhere for the whole process. Where it
            // is not permitted, so be it.
            #[cfg(target_os = "linux")]
            let _ = rustix::process::nice(NICE);
            open(collection)
        })?;
        Ok(opening.join())
    });
    opened.and_then(|joined| {
        joined.unwrap_or_else(|_| Err(Error::Index("opening the writer ended in a defect".into())))
    })
}

/// Opens the writer. An index version that is just being put in place is waited for; another
/// process that writes is not.
fn open(collection: &Collection) -> Result<CollectionWriter> {
    for _ in 0..2 {
        match collection.writer(Load::Few) {
            Err(Error::InUse(_)) => collection.backend().wait_for_handover(),
            opened => return opened,
        }
    }
    collection.writer(Load::Few)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;
    use crate::embedded::Embedded;

    #[test]
    fn a_rest_is_as_long_as_the_commit_was_times_eight_and_bounded() {
        assert_eq!(REST.after(Duration::from_millis(10)), Duration::from_millis(80));
        assert_eq!(REST.after(Duration::from_secs(9)), REST.longest);
        assert_eq!(REST.after(Duration::MAX), REST.longest);
    }

    #[test]
    fn while_others_search_changes_gather_until_they_are_many() {
        // A rest that nobody would live to see the end of, so that no clock decides what follows.
        let rest = Rest { times: u32::MAX, longest: Duration::from_secs(1 << 40) };
        let folder = tempfile::tempdir().unwrap();
        let backend = Arc::new(Embedded::open(folder.path()).unwrap());
        let collection = Collection::new(backend, false);
        let live = WriteQueue::with_pause(collection.clone(), Limits { changes: 100, bytes: 64 << 20 }, rest)
            .unwrap();
        let searches = Arc::new(AtomicU64::new(7));
        live.throttle_by(searches.clone());
        let (tell, told) = channel();
        let ask = |id: usize, searches: Option<Arc<AtomicU64>>| {
            let json = serde_json::json!({ "id": format!("r{id}"), "kind": "policy", "title": "标题" });
            let record = Record::from_json(json.to_string().as_bytes()).unwrap();
            let tell = tell.clone();
            let reply = Box::new(move |written: std::result::Result<Written, _>| {
                // Called before the rest begins: so there was a search during the commit.
                if let Some(searches) = &searches {
                    searches.fetch_add(1, Ordering::Relaxed);
                }
                tell.send(written.unwrap().generation).unwrap();
            });
            live.ask(Change::Put(Box::new(record)), reply).unwrap();
        };
        // Nobody searches: none rests.
        for id in 0..3 {
            ask(id, None);
            assert_eq!(told.recv().unwrap(), id as u64 + 1);
        }
        // Somebody does: what comes next gathers until half of the queue is full.
        ask(3, Some(searches));
        assert_eq!(told.recv().unwrap(), 4);
        (4..53).for_each(|id| ask(id, None));
        assert_eq!((live.waiting(), collection.generation()), (49, 4));
        ask(53, None);
        assert!(told.iter().take(50).all(|generation| generation == 5));
        assert_eq!((live.waiting(), collection.generation(), collection.len()), (0, 5, 54));
    }
}
