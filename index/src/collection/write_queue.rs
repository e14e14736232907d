//! Queue of changes while others search: one thread writes, and changes that are submitted at
//! the same time share one commit.
//!
//! A change is answered when it is durable and searches see it. While others search, changes
//! gather for a fraction of a second, so that commits leave them the cores. The queue is
//! bounded; a change that finds it full is refused at once. If a commit fails, all its changes
//! are answered with the error, the writer is dropped, and the next commit begins with a new one.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::backend::Load;
use crate::collection::cleanup_lists::with_list_evidence;
use crate::collection::open::Collection;
use crate::collection::writer::{CollectionWriter, Put, RecordWriter};
use crate::error::{Error, Result};
use crate::record::generation::Generation;
use crate::record::{Record, ValidityEvidence};

/// Most changes that share a commit.
const MAX_CHANGES_PER_COMMIT: usize = 1_000;
/// Time without changes after which the writer is dropped, so that another process may write.
const IDLE_TIMEOUT: Duration = Duration::from_secs(2);
/// Interval at which a writer without work checks for a handover to another process.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// Pause between commits while others search: a commit costs about the same for one change as
/// for ten, and searches need the cores.
const COMMIT_PAUSE: CommitPause = CommitPause { factor: 8, max: Duration::from_millis(250) };
/// Niceness added to the thread that merges: searches come first.
#[cfg(target_os = "linux")]
const MERGE_NICENESS: i32 = 10;
/// Estimated memory of a change, without its content.
const CHANGE_BYTES: usize = 256;
/// Estimated memory of the fields of a record, without title and body.
const RECORD_BYTES: usize = 1_024;
/// Estimated memory of a piece of evidence.
const EVIDENCE_BYTES: usize = 512;

/// A change of one record.
#[derive(Debug, Clone)]
pub enum Change {
    /// Adds the record or replaces the one of its id.
    Put(Box<Record>),
    /// Removes the record of this id.
    Delete(String),
    /// Replaces the evidence of clean-up lists on the record of this id.
    SetEvidence(String, Vec<ValidityEvidence>),
}

impl Change {
    /// Estimates its memory in bytes.
    fn estimate_bytes(&self) -> usize {
        CHANGE_BYTES
            + match self {
                Self::Put(record) => record.body.len() + record.title.len() + RECORD_BYTES,
                Self::Delete(id) => id.len(),
                Self::SetEvidence(id, evidence) => id.len() + EVIDENCE_BYTES * evidence.len(),
            }
    }
}

/// Outcome of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// The record was put.
    Put(Put),
    /// The record was removed.
    Deleted,
    /// No record has this id.
    Absent,
}

/// A change that is durable and that searches see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Outcome.
    pub changed: Changed,
    /// The commit that contains it.
    pub generation: Generation,
}

/// Receives the outcome of a change, once. Must be quick: the writing thread calls it.
pub type Reply = Box<dyn FnOnce(std::result::Result<Written, Arc<Error>>) + Send>;

/// Refusal of a change because the queue is full; gives the change back.
#[derive(Debug)]
pub struct QueueFull(pub Box<Change>);

/// Limits of the queue.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most changes.
    pub changes: usize,
    /// Most bytes of all changes; an empty queue always accepts one change.
    pub bytes: usize,
}

/// Pause after a commit while others search.
#[derive(Clone, Copy)]
struct CommitPause {
    /// Length of the pause as a multiple of the commit's duration.
    factor: u32,
    /// Longest pause, which is the most that it delays the answer to a change.
    max: Duration,
}

impl CommitPause {
    /// Returns the pause after a commit of this duration.
    fn after(self, commit: Duration) -> Duration {
        commit.saturating_mul(self.factor).min(self.max)
    }
}

struct Job {
    change: Change,
    reply: Reply,
}

#[derive(Default)]
struct QueueState {
    jobs: VecDeque<Job>,
    bytes: usize,
    is_closed: bool,
}

struct Queue {
    state: Mutex<QueueState>,
    /// Signals a new job or the end of the queue.
    changed: Condvar,
    limits: Limits,
    /// Number of searches admitted so far, if they are counted.
    searches: OnceLock<Arc<AtomicU64>>,
}

/// Queue of the writing thread. When it is dropped, the changes in it are still written, and
/// the thread ends.
pub struct WriteQueue {
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
}

impl WriteQueue {
    /// Starts the thread. It takes the lock of the index with the first change and releases it
    /// when there was nothing to write for some time.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn start(collection: Collection, limits: Limits) -> Result<Self> {
        Self::with_pause(collection, limits, COMMIT_PAUSE)
    }

    fn with_pause(collection: Collection, limits: Limits, pause: CommitPause) -> Result<Self> {
        let (state, changed, searches) = (Mutex::default(), Condvar::new(), OnceLock::new());
        let queue = Arc::new(Queue { state, changed, limits, searches });
        let shared = queue.clone();
        let thread = std::thread::Builder::new().name("writing".into()).spawn(move || {
            WriterThread { collection, queue: shared, pause, writer: None, idle: Duration::ZERO }.run()
        })?;
        Ok(Self { queue, thread: Some(thread) })
    }

    /// Commits less often while this number grows: the number of searches admitted so far.
    /// Without it, or while nobody searches, a change is committed at once.
    pub fn throttle_by(&self, searches: Arc<AtomicU64>) {
        // Only the first counts; a server has one.
        let _ = self.queue.searches.set(searches);
    }

    /// Submits a change; its outcome goes to `reply`.
    ///
    /// # Errors
    /// [`QueueFull`]; then `reply` is not called.
    pub fn submit(&self, change: Change, reply: Reply) -> std::result::Result<(), QueueFull> {
        let bytes = change.estimate_bytes();
        let mut state = self.queue.lock();
        let is_full = state.jobs.len() >= self.queue.limits.changes
            || (!state.jobs.is_empty() && state.bytes + bytes > self.queue.limits.bytes);
        if is_full || state.is_closed {
            return Err(QueueFull(Box::new(change)));
        }
        state.bytes += bytes;
        state.jobs.push_back(Job { change, reply });
        drop(state);
        self.queue.changed.notify_one();
        Ok(())
    }

    /// Counts the changes in the queue.
    pub fn len(&self) -> usize {
        self.queue.lock().jobs.len()
    }

    /// Checks if no change is in the queue.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Drop for WriteQueue {
    fn drop(&mut self) {
        self.queue.lock().is_closed = true;
        self.queue.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported when it happened.
            let _ = thread.join();
        }
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts the searches admitted so far.
    fn search_count(&self) -> u64 {
        self.searches.get().map_or(0, |searches| searches.load(Ordering::Relaxed))
    }

    /// Takes the jobs of the next commit; waits for one. Empty after `timeout`; `None` when the
    /// queue is closed and empty.
    fn take_jobs(&self, timeout: Option<Duration>) -> Option<Vec<Job>> {
        let is_idle = |state: &mut QueueState| state.jobs.is_empty() && !state.is_closed;
        let mut state = match timeout {
            None => self.changed.wait_while(self.lock(), is_idle).unwrap_or_else(PoisonError::into_inner),
            Some(timeout) => {
                let woken = self.changed.wait_timeout_while(self.lock(), timeout, is_idle);
                woken.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        if state.jobs.is_empty() && state.is_closed {
            return None;
        }
        let count = state.jobs.len().min(MAX_CHANGES_PER_COMMIT);
        let jobs: Vec<Job> = state.jobs.drain(..count).collect();
        state.bytes -= jobs.iter().map(|job| job.change.estimate_bytes()).sum::<usize>();
        Some(jobs)
    }

    /// Waits for this long, or until the jobs fill a commit or half of the queue, so that no
    /// change is refused because of a pause, or until the queue is closed.
    fn pause(&self, length: Duration) {
        let Limits { changes, bytes } = self.limits;
        let enough = MAX_CHANGES_PER_COMMIT.min(changes.div_ceil(2));
        let is_pausing = |state: &mut QueueState| {
            state.jobs.len() < enough && state.bytes < bytes.div_ceil(2) && !state.is_closed
        };
        drop(self.changed.wait_timeout_while(self.lock(), length, is_pausing));
    }
}

/// State of the writing thread.
struct WriterThread {
    collection: Collection,
    queue: Arc<Queue>,
    pause: CommitPause,
    writer: Option<CollectionWriter>,
    /// Time since the last change.
    idle: Duration,
}

impl WriterThread {
    fn run(mut self) {
        while let Some(jobs) = self.queue.take_jobs(self.writer.as_ref().map(|_| POLL_INTERVAL)) {
            self.yield_to_handover(!jobs.is_empty());
            if jobs.is_empty() {
                self.count_idle_time();
                continue;
            }
            self.idle = Duration::ZERO;
            let (start, searches) = (Instant::now(), self.queue.search_count());
            // Whatever fails, each change is answered and the next one is written.
            let (changes, replies): (Vec<_>, Vec<_>) =
                jobs.into_iter().map(|job| (job.change, job.reply)).unzip();
            let work = std::panic::AssertUnwindSafe(|| self.write(&changes));
            let result = std::panic::catch_unwind(work)
                .unwrap_or_else(|_| Err(Error::Index("writing ended in a defect".into())));
            match result {
                Ok(written) => replies.into_iter().zip(written).for_each(|(reply, one)| reply(Ok(one))),
                Err(e) => {
                    self.writer = None;
                    let e = Arc::new(e);
                    replies.into_iter().for_each(|reply| reply(Err(e.clone())));
                }
            }
            if self.queue.search_count() > searches {
                self.queue.pause(self.pause.after(start.elapsed()));
            }
        }
    }

    /// Writes changes and commits them.
    fn write(&mut self, changes: &[Change]) -> Result<Vec<Written>> {
        let writer = match &mut self.writer {
            Some(writer) => writer,
            none => none.insert(open_at_low_priority(&self.collection)?),
        };
        let mut outcomes = Vec::with_capacity(changes.len());
        for change in changes {
            outcomes.push(match change {
                Change::Put(record) => Changed::Put(writer.put(record)?),
                Change::Delete(id) if writer.delete(id)? => Changed::Deleted,
                Change::Delete(_) => Changed::Absent,
                Change::SetEvidence(id, evidence) => set_evidence(&self.collection, writer, id, evidence)?,
            });
        }
        let generation = writer.commit()?;
        Ok(outcomes.into_iter().map(|changed| Written { changed, generation }).collect())
    }

    /// Releases the lock if another process is about to put an index version in place; with
    /// `wait`, returns only when that is done.
    fn yield_to_handover(&mut self, wait: bool) {
        let backend = self.collection.backend();
        if backend.is_handing_over() {
            self.writer = None;
            if wait {
                backend.wait_for_handover();
            }
        }
    }

    /// Counts an interval without changes, and drops the writer after [`IDLE_TIMEOUT`].
    fn count_idle_time(&mut self) {
        self.idle += POLL_INTERVAL;
        let is_merging = self.writer.as_ref().is_some_and(CollectionWriter::is_merging);
        if self.idle >= IDLE_TIMEOUT && !is_merging {
            self.writer = None;
            self.idle = Duration::ZERO;
        }
    }
}

/// Replaces the evidence of lists on a record. The content hash ignores evidence, so the record
/// is deleted and put again; and it can be read only when all changes before are committed.
fn set_evidence(
    collection: &Collection,
    writer: &mut CollectionWriter,
    id: &str,
    evidence: &[ValidityEvidence],
) -> Result<Changed> {
    writer.commit()?;
    let Some(record) = collection.unmasked().reader().record(id)? else { return Ok(Changed::Absent) };
    let Some(record) = with_list_evidence(record, evidence.to_vec()) else {
        return Ok(Changed::Put(Put::Unchanged));
    };
    writer.delete(id)?;
    writer.put(&record)?;
    Ok(Changed::Put(Put::Updated))
}

/// Opens the writer on a thread of low priority. The threads that merge in the background
/// inherit the priority; no change waits for them.
fn open_at_low_priority(collection: &Collection) -> Result<CollectionWriter> {
    let opened = std::thread::scope(|scope| {
        let opening = std::thread::Builder::new().spawn_scoped(scope, || {
            // On Linux this affects the thread alone, elsewhere the whole process. It is not
            // needed: where it is not permitted, merges run at normal priority.
            #[cfg(target_os = "linux")]
            let _ = rustix::process::nice(MERGE_NICENESS);
            open(collection)
        })?;
        Ok(opening.join())
    });
    opened.and_then(|joined| {
        joined.unwrap_or_else(|_| Err(Error::Index("opening the writer ended in a defect".into())))
    })
}

/// Opens the writer. Waits while another process puts an index version in place, but not for
/// another process that writes.
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
    fn commit_pause_is_eight_times_the_commit_and_bounded() {
        assert_eq!(COMMIT_PAUSE.after(Duration::from_millis(10)), Duration::from_millis(80));
        assert_eq!(COMMIT_PAUSE.after(Duration::from_secs(9)), COMMIT_PAUSE.max);
        assert_eq!(COMMIT_PAUSE.after(Duration::MAX), COMMIT_PAUSE.max);
    }

    #[test]
    fn changes_during_searches_share_a_commit_once_half_the_queue_is_full() {
        // A pause longer than any test, so that no clock decides the outcome.
        let pause = CommitPause { factor: u32::MAX, max: Duration::from_secs(1 << 40) };
        let folder = tempfile::tempdir().unwrap();
        let backend = Arc::new(Embedded::open(folder.path()).unwrap());
        let collection = Collection::new(backend, false);
        let limits = Limits { changes: 100, bytes: 64 << 20 };
        let queue = WriteQueue::with_pause(collection.clone(), limits, pause).unwrap();
        let searches = Arc::new(AtomicU64::new(7));
        queue.throttle_by(searches.clone());
        let (sender, receiver) = channel();
        let submit = |id: usize, searches: Option<Arc<AtomicU64>>| {
            let json = serde_json::json!({ "id": format!("r{id}"), "kind": "policy", "title": "标题" });
            let record = Record::from_json(json.to_string().as_bytes()).unwrap();
            let sender = sender.clone();
            let reply = Box::new(move |written: std::result::Result<Written, _>| {
                // Called before the pause begins, so this search counts as one during the commit.
                if let Some(searches) = &searches {
                    searches.fetch_add(1, Ordering::Relaxed);
                }
                sender.send(written.unwrap().generation).unwrap();
            });
            queue.submit(Change::Put(Box::new(record)), reply).unwrap();
        };
        // Without searches there is no pause.
        for id in 0..3 {
            submit(id, None);
            assert_eq!(receiver.recv().unwrap(), id as u64 + 1);
        }
        // With searches, changes gather until half of the queue is full.
        submit(3, Some(searches));
        assert_eq!(receiver.recv().unwrap(), 4);
        (4..53).for_each(|id| submit(id, None));
        assert_eq!((queue.len(), collection.generation()), (49, 4));
        submit(53, None);
        assert!(receiver.iter().take(50).all(|generation| generation == 5));
        assert_eq!((queue.len(), collection.generation(), collection.len()), (0, 5, 54));
    }
}
