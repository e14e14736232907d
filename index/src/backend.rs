//! Traits between the collection and its backend: an index on this machine, a table in memory, a
//! cluster.
//!
//! A backend stores documents, matches, counts and ranks. Everything else is done above it, in
//! [`crate::collection`], and is the same for every backend: parsing, rewriting, fetching hits,
//! highlighting, masking, relations, the order of facet values, the write queue and the commit
//! log. No method here has a default body, so a wrapper that forgets one does not compile.
//!
//! Two backends implement the traits: [`crate::embedded`], the index that serves, and `memory`
//! (a feature, for tests), which only scans. The contract suite (`index/tests/contract`) compares
//! their matches, counts and orders.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::query::Clause;
use crate::query::plan::SearchPlan;
use crate::record::Record;
use crate::record::commit::Commit;
use crate::record::generation::{Generation, SnapshotToken};
use crate::relations::facts::Facts;
use crate::relations::source::Derived;
use crate::results::{Explanation, Matches, RankedDocument, TrendCounts, TrendQuery};
use crate::schema::doc_ref::{DocRef, KeyField};
use crate::schema::document::IndexDocument;
use crate::throttle::Effort;

/// Limits of one search: its deadline, and a flag for an abandoned request.
#[derive(Debug, Clone, Default)]
pub struct Budget {
    /// Moment after which the search gives up; `None` for no deadline.
    pub deadline: Option<Instant>,
    /// True once the client no longer waits for the answer.
    pub abandoned: Option<Arc<AtomicBool>>,
}

impl Budget {
    /// Fails if the deadline has passed or the request is abandoned. Called between steps of bounded work.
    ///
    /// # Errors
    /// [`Error::Deadline`], [`Error::Abandoned`].
    pub fn check(&self) -> Result<()> {
        if self.abandoned.as_ref().is_some_and(|abandoned| abandoned.load(Ordering::Relaxed)) {
            return Err(Error::Abandoned);
        }
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => Err(Error::Deadline),
            _ => Ok(()),
        }
    }
}

/// Amount of data that a writer expects, which decides the number of its threads and the size of its buffers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// Whole collections: several threads, large buffers.
    Bulk,
    /// A few records at a time, committed soon.
    Few,
}

/// The state of a backend, for operators.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// Segments of the newest snapshot; 0 where that has no meaning.
    pub segments: usize,
    /// Number of the index version in use; 0 where there is only one.
    pub index_version: u32,
    /// True if texts were segmented with another dictionary than this program's. Everything is
    /// found, but words rank by the old segmentation.
    pub stale_dictionary: bool,
    /// True if facts were read again from the records, because their file was missing, corrupt or
    /// of another format.
    pub facts_rebuilt: bool,
}

/// Abilities that not every backend has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// True if [`Snapshot::explain`] gives the parts of a score.
    pub explain: bool,
    /// True if the data are files of this machine that [`Maintenance`] can copy and check.
    pub local_files: bool,
}

/// Storage of a collection.
pub trait Backend: Send + Sync {
    /// Returns the newest snapshot that is visible.
    fn snapshot(&self) -> Arc<dyn Snapshot>;

    /// Returns the snapshot that a cursor names.
    ///
    /// # Errors
    /// [`Error::GenerationGone`] if it is no longer kept.
    fn snapshot_at(&self, token: &SnapshotToken) -> Result<Arc<dyn Snapshot>>;

    /// Makes commits of other processes visible; returns whether there was a new one.
    ///
    /// # Errors
    /// A damaged index; what was visible stays visible.
    fn refresh(&self) -> Result<bool>;

    /// Opens the writer. There is one at a time, in all processes together.
    ///
    /// # Errors
    /// [`Error::InUse`].
    fn writer(&self, load: Load) -> Result<Box<dyn Writer>>;

    /// Checks if writers should release their lock, because another process is about to put
    /// another index version in place.
    fn is_handing_over(&self) -> bool;

    /// Waits until no process is putting another index version in place.
    fn wait_for_handover(&self);

    /// Opens the file of the commit log.
    fn journal(&self) -> Box<dyn Journal>;

    /// Returns the state of the backend.
    ///
    /// # Errors
    /// A damaged index.
    fn health(&self) -> Result<Health>;

    /// Returns what this backend can do.
    fn capabilities(&self) -> Capabilities;
}

/// One generation of a collection. Its holder reads that generation and no other; dropping it
/// releases the generation.
pub trait Snapshot: Send + Sync {
    /// Returns its generation.
    fn generation(&self) -> Generation;

    /// Returns the token by which a cursor finds this snapshot again.
    fn token(&self) -> SnapshotToken;

    /// Counts the documents.
    fn document_count(&self) -> u64;

    /// Returns the digest of all ids and content hashes, whatever their order.
    fn digest(&self) -> u128;

    /// Runs a plan: matches, counts and ranks.
    ///
    /// # Errors
    /// [`Error::Deadline`], [`Error::Abandoned`], or a failure of the backend.
    fn search(&self, plan: &SearchPlan, budget: &Budget) -> Result<Matches>;

    /// Counts the documents that match each clause.
    ///
    /// # Errors
    /// As [`Snapshot::search`].
    fn count(&self, clauses: &[Clause], budget: &Budget) -> Result<Vec<u64>>;

    /// Counts matches over time, for a plan of size 0.
    ///
    /// # Errors
    /// As [`Snapshot::search`].
    fn trend(&self, plan: &SearchPlan, request: &TrendQuery, budget: &Budget) -> Result<TrendCounts>;

    /// Lists all matches in their order, as hashes of ids and contents; start and size of the
    /// plan are ignored.
    ///
    /// # Errors
    /// As [`Snapshot::search`].
    fn order(&self, plan: &SearchPlan, budget: &Budget) -> Result<Vec<(u64, u128)>>;

    /// Returns the parts of the scores of documents that a search returned.
    ///
    /// # Errors
    /// As [`Snapshot::search`].
    fn explain(&self, plan: &SearchPlan, documents: &[RankedDocument]) -> Result<Vec<Explanation>>;

    /// Reads whole records, in the order asked for.
    ///
    /// # Errors
    /// A failure of the backend; a document that is not of this snapshot.
    fn fetch(&self, documents: &[DocRef]) -> Result<Vec<Record>>;

    /// Reads records without their bodies and parts, in the order asked for: for hits that show nothing
    /// of the text.
    ///
    /// # Errors
    /// As [`Snapshot::fetch`].
    fn fetch_cards(&self, documents: &[DocRef]) -> Result<Vec<Record>>;

    /// Finds documents by their ids.
    ///
    /// # Errors
    /// A failure of the backend.
    fn find(&self, ids: &[&str]) -> Result<Vec<Option<DocRef>>>;

    /// Returns, for each key, at most `limit` documents that have it, in their order.
    ///
    /// # Errors
    /// A failure of the backend.
    fn lookup(&self, field: KeyField, keys: &[u64], limit: usize) -> Result<Vec<Vec<DocRef>>>;

    /// Returns the facts of documents.
    ///
    /// # Errors
    /// A failure of the backend.
    fn facts(&self, documents: &[DocRef]) -> Result<Vec<Option<Arc<Facts>>>>;

    /// Returns the derived values of documents.
    ///
    /// # Errors
    /// A failure of the backend.
    fn derived(&self, documents: &[DocRef]) -> Result<Vec<Derived>>;

    /// Lists at most `limit` documents after one, in their order; from the first if `None`.
    ///
    /// # Errors
    /// A failure of the backend.
    fn documents(&self, after: Option<DocRef>, limit: usize) -> Result<Vec<DocRef>>;

    /// Visits every record, in no particular order.
    ///
    /// # Errors
    /// A failure of the backend.
    fn scan(&self, visit: &mut dyn FnMut(&Record)) -> Result<()>;

    /// Visits the words of titles and bodies with the number of documents that have them. A word
    /// may come several times; its numbers add up.
    ///
    /// # Errors
    /// A failure of the backend.
    fn scan_words(&self, visit: &mut dyn FnMut(&str, u32)) -> Result<()>;
}

/// Writes documents. Nothing is visible or durable before [`Writer::commit`].
pub trait Writer: Send {
    /// Stores a document; with `replaces` it replaces the document of its id.
    ///
    /// # Errors
    /// A failure of the backend.
    fn put(&mut self, document: IndexDocument, replaces: bool) -> Result<()>;

    /// Removes the document of an id that the collection has.
    ///
    /// # Errors
    /// A failure of the backend.
    fn delete(&mut self, id: &str) -> Result<()>;

    /// Makes all changes since the last commit durable and visible.
    ///
    /// # Errors
    /// A failure of the backend; no earlier commit is lost.
    fn commit(&mut self) -> Result<Generation>;

    /// Checks if merges of this writer are running in the background.
    fn is_merging(&self) -> bool;

    /// Merges segments until at most `max_segments` are left, as a commit of its own. Worthwhile
    /// after a first import.
    ///
    /// # Errors
    /// A failure of the backend.
    fn optimise(self: Box<Self>, max_segments: usize) -> Result<Generation>;
}

/// Storage of the commit log. Entries are added durably; corrupt ones are skipped.
pub trait Journal: Send {
    /// Reads the entries up to a generation that were not read before; `None` if the file was
    /// replaced, so that all entries must be read again.
    ///
    /// # Errors
    /// A failure of the file system. A missing file has no entries.
    fn read(&mut self, upto: Generation) -> Result<Option<Vec<Commit>>>;

    /// Adds an entry, durably.
    ///
    /// # Errors
    /// A failure of the file system.
    fn append(&mut self, commit: &Commit) -> Result<()>;

    /// Replaces all entries in one step.
    ///
    /// # Errors
    /// A failure of the file system.
    fn rewrite(&mut self, commits: &[Commit]) -> Result<()>;

    /// Checks if part of the file differs from what was written.
    fn is_corrupt(&self) -> bool;

    /// Moves a corrupt file aside, so that a new one can be written.
    ///
    /// # Errors
    /// A failure of the file system.
    fn quarantine(&mut self) -> Result<()>;
}

/// Progress of [`Maintenance::reindex`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Number of records in the next index version so far.
    Built(u64),
    /// Number of changes made meanwhile that were applied to it.
    CaughtUp(usize),
    /// Waiting for another process that still writes.
    WaitingForWriter,
}

/// The outcome of [`Maintenance::reindex`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reindexed {
    /// The index version now in use.
    pub index_version: u32,
    /// First generation of that version.
    pub generation: Generation,
    /// Number of records.
    pub records: u64,
    /// Time for which nothing could be written.
    pub pause: Duration,
}

/// A file that differs from what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub path: std::path::PathBuf,
    /// The reason.
    pub reason: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.reason)
    }
}

/// The outcome of [`Maintenance::check`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// Files compared with their checksums.
    pub files: usize,
    /// Bytes read.
    pub bytes: u64,
    /// Files that no commit names: left by a run that was killed, removed by the next writer.
    pub stray: usize,
    /// Faults of the index.
    pub faults: Vec<Fault>,
    /// Faults of the files beside the index versions. The index is complete without them.
    pub beside: Vec<Fault>,
    /// Missing parts of those files, which will be rebuilt.
    pub missing: Vec<Fault>,
}

/// The outcome of [`Maintenance::backup`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BackedUp {
    /// Files copied.
    pub files: usize,
    /// Bytes copied.
    pub bytes: u64,
    /// Files that the target already had with the same bytes.
    pub kept: usize,
    /// Corrupt parts beside the index versions that were left out.
    pub left_out: Vec<Fault>,
}

/// Adds the first commit of another index version to the commit log: called while no process
/// can write, with the commit as it will be.
pub type LogHandover<'a> = &'a mut dyn FnMut(&mut dyn Journal, Commit);

/// Maintenance of the data of a backend. It needs no open collection, and works on one that
/// cannot be opened.
pub trait Maintenance {
    /// Builds the next index version from the records, with the dictionary and schema of this
    /// program, and puts it in place; also from another format, as long as its records can be read.
    ///
    /// # Errors
    /// [`Error::InUse`] if another process reindexes; a failure, after which the version before
    /// is in use.
    fn reindex(
        &self,
        effort: Effort,
        progress: &mut dyn FnMut(Progress),
        log: LogHandover<'_>,
    ) -> Result<Reindexed>;

    /// Returns to the index version before the last reindex, with all changes since.
    ///
    /// # Errors
    /// As [`Maintenance::reindex`]; also if there is none before.
    fn roll_back(&self, progress: &mut dyn FnMut(Progress), log: LogHandover<'_>) -> Result<Reindexed>;

    /// Compares every file with its checksum; changes nothing.
    ///
    /// # Errors
    /// A folder that cannot be read at all.
    fn check(&self) -> Result<Checked>;

    /// Copies the data to a folder and verifies the copy; continues an interrupted attempt.
    ///
    /// # Errors
    /// A damaged source, a disk that is full or fails.
    fn backup(&self, to: &Path) -> Result<BackedUp>;
}
