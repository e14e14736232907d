//! The index on this machine, on tantivy.
//!
//! Nothing of tantivy is visible outside this folder.

#[cfg(test)]
mod faults;
mod reader;
mod relations;
mod schema;
mod search;
pub(crate) mod storage;
mod tokenizers;
pub mod version;
pub mod writer;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Instant;

use self::reader::pinned::PinnedSnapshots;
use self::reader::segments::Snapshot;
use self::relations::Reliance;
use self::storage::checksummed::META;
use self::storage::current_file::{CURRENT, GATE, Pointer, folder, is_unfinished_creation};
use self::storage::disk::{Disk, OsDisk};
pub use self::version::backup::{Copied, copy};
pub use self::version::check::{Checked, Fault, check};
use self::version::index_version::IndexVersion;
pub use self::version::reindex::{Progress, Rebuilt, rebuild, roll_back};
pub use self::writer::index_writer::EmbeddedWriter;
use self::writer::index_writer::Size;
use crate::analysis::Analyzer;
use crate::backend::{Budget, Hold, Searcher};
pub use crate::collection::write_queue::{Change, Changed, Limits, QueueFull, Reply, WriteQueue, Written};
use crate::error::{Error, Result};
use crate::query::Query;
use crate::record::Record;
use crate::record::generation::Generation;
use crate::relations::{Commit, Relations};
use crate::results::{Ordered, SearchResults, Trend, TrendQuery};

impl From<tantivy::TantivyError> for Error {
    fn from(error: tantivy::TantivyError) -> Self {
        match error {
            tantivy::TantivyError::IoError(io)
            | tantivy::TantivyError::LockFailure(tantivy::directory::error::LockError::IoError(io), _) => {
                Self::Io(std::io::Error::new(io.kind(), io.to_string()))
            }
            other => Self::Index(other.to_string()),
        }
    }
}

/// An open index. Clones share it.
#[derive(Clone)]
pub struct Embedded {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) disk: Arc<dyn Disk>,
    analyzer: Analyzer,
    reliance: Reliance,
    edition: RwLock<Arc<IndexVersion>>,
    current: RwLock<Arc<Snapshot>>,
    /// Taken by whoever makes a generation visible, for as long as that takes.
    refreshing: Mutex<()>,
    held: Mutex<PinnedSnapshots>,
    /// Which pointer and which list of segments were last read.
    seen: Mutex<Marks>,
}

/// Tell one pointer and one list of segments from the next.
type Marks = [Option<[u64; 3]>; 2];

impl Embedded {
    /// Opens the index in a directory, or makes an empty one where there is none.
    ///
    /// # Errors
    /// A directory that holds something else or a damaged index; it is left as it is.
    pub fn open(path: &Path) -> Result<Self> {
        Self::on(Arc::new(OsDisk::open(path)?))
    }

    fn on(disk: Arc<dyn Disk>) -> Result<Self> {
        let analyzer = Analyzer::shared();
        let number = match Pointer::read(&*disk)? {
            Some(pointer) => pointer.current,
            None => first_edition(&disk)?,
        };
        let edition = Arc::new(IndexVersion::open(&disk, number, &analyzer)?);
        let seen = marks(&*disk, &edition);
        let reliance = Reliance::new(&disk);
        let mut snapshot = edition.snapshot()?;
        reliance.follow(&mut snapshot)?;
        let snapshot = Arc::new(snapshot);
        let mut held = PinnedSnapshots::default();
        held.push(snapshot.clone(), Instant::now());
        Ok(Self {
            shared: Arc::new(Shared {
                disk,
                analyzer,
                reliance,
                edition: RwLock::new(edition),
                current: RwLock::new(snapshot),
                refreshing: Mutex::new(()),
                held: Mutex::new(held),
                seen: Mutex::new(seen),
            }),
        })
    }

    /// The writer; there can be one at a time, in all processes together.
    ///
    /// # Errors
    /// [`Error::InUse`].
    pub fn writer(&self) -> Result<EmbeddedWriter> {
        EmbeddedWriter::open(self, Size::BULK)
    }

    /// The writer for a few records at a time, which commits sooner.
    ///
    /// # Errors
    /// [`Error::InUse`].
    pub fn writer_of_few(&self) -> Result<EmbeddedWriter> {
        EmbeddedWriter::open(self, Size::FEW)
    }

    /// Whether the texts were cut with another dictionary than this program's: all is
    /// found, but words rank as they were cut.
    ///
    /// # Errors
    /// A damaged index.
    pub fn has_another_dictionary(&self) -> Result<bool> {
        let note = self.edition().note()?;
        Ok(note.generation > 0 && note.dictionary.as_deref() != Some(Analyzer::fingerprint()))
    }

    /// The number of the edition in use, as far as it was seen.
    pub fn edition_number(&self) -> u32 {
        self.edition().number
    }

    /// Whether the links of the records had to be made again from them, since the file they
    /// are kept in was missing, spoilt or of another format.
    pub fn made_relations_again(&self) -> bool {
        self.shared.reliance.was_made_again()
    }

    /// Looks whether another process has committed or has put another edition in place, and
    /// if so makes it visible.
    ///
    /// # Errors
    /// A damaged index; what was visible before stays visible.
    pub fn refresh_if_changed(&self) -> Result<bool> {
        let now = marks(&*self.shared.disk, &self.edition());
        if now == *self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner) {
            self.held().sweep(Instant::now());
            return Ok(false);
        }
        self.refresh()
    }

    /// Makes the last commit visible; false if it was already.
    fn refresh(&self) -> Result<bool> {
        let shared = &self.shared;
        let _alone = shared.refreshing.lock().unwrap_or_else(PoisonError::into_inner);
        let edition = self.edition_in_use()?;
        let seen = marks(&*shared.disk, &edition);
        let note = edition.note()?;
        let moved = edition.number != self.edition().number;
        // A merge in the background changes segments and with them the statistics that
        // scores are made of, but not the generation. Within a generation the order of a
        // search must not change under a cursor, so the merged view waits for the next commit.
        let new = moved || self.snapshot().generation != note.generation;
        if new {
            let mut snapshot = edition.snapshot()?;
            shared.reliance.follow(&mut snapshot)?;
            let snapshot = Arc::new(snapshot);
            self.held().push(snapshot.clone(), Instant::now());
            *shared.edition.write().unwrap_or_else(PoisonError::into_inner) = edition;
            *shared.current.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
        }
        *shared.seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
        Ok(new)
    }

    /// The edition that the pointer names, opened if it is another one than so far.
    fn edition_in_use(&self) -> Result<Arc<IndexVersion>> {
        let open = self.edition();
        match Pointer::read(&*self.shared.disk)? {
            Some(pointer) if pointer.current != open.number => {
                Ok(Arc::new(IndexVersion::open(&self.shared.disk, pointer.current, &self.shared.analyzer)?))
            }
            _ => Ok(open),
        }
    }

    fn edition(&self) -> Arc<IndexVersion> {
        self.shared.edition.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn held(&self) -> MutexGuard<'_, PinnedSnapshots> {
        self.shared.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        self.shared.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn snapshot_at(&self, generation: Option<Generation>) -> Result<Arc<Snapshot>> {
        let current = self.snapshot();
        let Some(asked) = generation else { return Ok(current) };
        // Also the current one: that a cursor came back to it is to be remembered.
        let found = self.held().find(asked, Instant::now());
        found.ok_or(Error::GenerationGone { asked, current: current.generation })
    }
}

impl Searcher for Embedded {
    fn search(&self, query: &Query, at: Option<Generation>, budget: &Budget) -> Result<SearchResults> {
        let snapshot = self.snapshot_at(at)?;
        let mut found = search::execute::run(&snapshot, query, &self.shared.analyzer, budget)?;
        let relations = self.shared.reliance.read();
        found.hits.iter_mut().for_each(|hit| hit.relate(&relations));
        Ok(found)
    }

    fn order(&self, query: &Query, at: Option<Generation>, budget: &Budget) -> Result<Ordered> {
        let snapshot = self.snapshot_at(at)?;
        search::execute::order(&snapshot, query, &self.shared.analyzer, budget)
    }

    fn trend(&self, query: &Query, asked: &TrendQuery, budget: &Budget) -> Result<Trend> {
        search::trend::run(&self.snapshot(), query, asked, &self.shared.analyzer, budget)
    }

    fn relations(&self, read: &mut dyn FnMut(&Relations)) {
        read(&self.shared.reliance.read());
    }

    fn commits(&self) -> Result<Vec<Commit>> {
        Ok(self.shared.reliance.commits())
    }

    fn record(&self, id: &str) -> Result<Option<Record>> {
        self.snapshot().record(id)
    }

    fn each_record(&self, visit: &mut dyn FnMut(&Record)) -> Result<()> {
        self.snapshot().each_record(visit)
    }

    fn each_word(&self, visit: &mut dyn FnMut(&str, u32)) -> Result<()> {
        self.snapshot().each_word(visit)
    }

    fn segments(&self) -> usize {
        self.snapshot().searcher.segment_readers().len()
    }

    fn generation(&self) -> Generation {
        self.snapshot().generation
    }

    fn hold(&self, generation: Option<Generation>) -> Result<Hold> {
        let snapshot = self.snapshot_at(generation)?;
        self.held().lend(&snapshot);
        Ok(Hold::new(snapshot.generation, snapshot))
    }

    fn len(&self) -> u64 {
        self.snapshot().searcher.num_docs()
    }
}

/// Makes the first edition where there is no index yet.
fn first_edition(disk: &Arc<dyn Disk>) -> Result<storage::current_file::Number> {
    // An index of before there were editions.
    if disk.exists(Path::new(META))? {
        return Ok(0);
    }
    let foreign = || Error::Damaged {
        path: disk.place().to_owned(),
        reason: "holds files, but nothing says which index is in use (there is no file `current`); \
                 restore a backup or choose another directory"
            .into(),
    };
    // Looked at before the lock is taken, since taking it makes a file.
    if !is_unfinished_creation(&**disk)? {
        return Err(foreign());
    }
    let _alone = disk.lock(Path::new(GATE), true)?;
    // Another process may have been faster.
    if let Some(pointer) = Pointer::read(&**disk)? {
        return Ok(pointer.current);
    }
    if !is_unfinished_creation(&**disk)? {
        return Err(foreign());
    }
    IndexVersion::create(disk, 1)?;
    Pointer { current: 1, previous: None }.write(&**disk)?;
    Ok(1)
}

fn marks(disk: &dyn Disk, edition: &IndexVersion) -> Marks {
    [disk.mark(Path::new(CURRENT)), disk.mark(&folder(edition.number).join(META))]
}
