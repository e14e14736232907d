//! The open index: the version in use, its newest snapshot, and those pinned for cursors.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Instant;

use crate::analysis::Analyzer;
use crate::embedded::fact_store::FactStore;
use crate::embedded::reader::pinned::PinnedSnapshots;
use crate::embedded::reader::segments::IndexSnapshot;
use crate::embedded::storage::checksummed::META;
use crate::embedded::storage::current_file::{
    CURRENT, CurrentFile, GATE_LOCK, VersionNumber, is_unfinished_creation, version_folder,
};
use crate::embedded::storage::disk::{Disk, FileStamp};
use crate::embedded::version::index_version::IndexVersion;
use crate::error::{Error, Result};
use crate::record::generation::Generation;

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

/// An open index. Clones share its state.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

/// State of an open index.
struct Shared {
    disk: Arc<dyn Disk>,
    analyzer: Analyzer,
    facts: FactStore,
    version: RwLock<Arc<IndexVersion>>,
    current: RwLock<Arc<IndexSnapshot>>,
    /// Locked while a generation is made visible.
    refreshing: Mutex<()>,
    pinned: Mutex<PinnedSnapshots>,
    /// Stamps of the current file and the list of segments, as last read.
    stamps: Mutex<[Option<FileStamp>; 2]>,
}

impl Engine {
    /// Opens the index on a disk; creates an empty one if there is none.
    ///
    /// # Errors
    /// A directory that holds something else, or a damaged index; it is left as it is.
    pub fn open(disk: Arc<dyn Disk>) -> Result<Self> {
        let analyzer = Analyzer::shared();
        let number = match CurrentFile::read(&*disk)? {
            Some(current) => current.current,
            None => create_first_version(&disk)?,
        };
        let version = Arc::new(IndexVersion::open(&disk, number, &analyzer)?);
        let stamps = file_stamps(&*disk, &version);
        let facts = FactStore::new(&disk);
        let mut snapshot = version.snapshot()?;
        facts.follow(&mut snapshot)?;
        let snapshot = Arc::new(snapshot);
        let mut pinned = PinnedSnapshots::default();
        pinned.push(snapshot.clone(), Instant::now());
        let shared = Shared {
            disk,
            analyzer,
            facts,
            version: RwLock::new(version),
            current: RwLock::new(snapshot),
            refreshing: Mutex::new(()),
            pinned: Mutex::new(pinned),
            stamps: Mutex::new(stamps),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Returns the disk of the index.
    pub fn disk(&self) -> &Arc<dyn Disk> {
        &self.shared.disk
    }

    /// Returns the analyzer of texts.
    pub fn analyzer(&self) -> &Analyzer {
        &self.shared.analyzer
    }

    /// Returns the store of facts.
    pub fn facts(&self) -> &FactStore {
        &self.shared.facts
    }

    /// Returns the index version in use, as of the last refresh.
    pub fn version(&self) -> Arc<IndexVersion> {
        self.shared.version.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the newest snapshot.
    pub fn snapshot(&self) -> Arc<IndexSnapshot> {
        self.shared.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the snapshot of a generation that is still pinned.
    ///
    /// # Errors
    /// [`Error::GenerationGone`].
    pub fn snapshot_of(&self, generation: Generation) -> Result<Arc<IndexSnapshot>> {
        // Also for the newest one: its use by a cursor has to be remembered.
        let found = self.pinned().find(generation, Instant::now());
        found.ok_or_else(|| Error::GenerationGone { asked: generation, current: self.snapshot().generation })
    }

    /// Returns whether the texts were cut with another dictionary than this program's.
    ///
    /// # Errors
    /// A damaged index.
    pub fn has_stale_dictionary(&self) -> Result<bool> {
        let note = self.version().note()?;
        Ok(note.generation > 0 && note.dictionary.as_deref() != Some(Analyzer::fingerprint()))
    }

    /// Makes commits and index versions of other processes visible, if there are any.
    ///
    /// # Errors
    /// A damaged index; what was visible stays visible.
    pub fn refresh_if_changed(&self) -> Result<bool> {
        let now = file_stamps(&*self.shared.disk, &self.version());
        if now == *self.shared.stamps.lock().unwrap_or_else(PoisonError::into_inner) {
            self.pinned().sweep(Instant::now());
            return Ok(false);
        }
        self.refresh()
    }

    /// Makes the last commit visible; returns whether it was not yet.
    ///
    /// # Errors
    /// A damaged index; what was visible stays visible.
    pub fn refresh(&self) -> Result<bool> {
        let shared = &self.shared;
        let _alone = shared.refreshing.lock().unwrap_or_else(PoisonError::into_inner);
        let version = self.version_in_use()?;
        let stamps = file_stamps(&*shared.disk, &version);
        let note = version.note()?;
        let is_other_version = version.number != self.version().number;
        // A merge in the background changes segments and with them the statistics that scores
        // use, but not the generation. Within a generation the order of a search must not
        // change under a cursor, so the merged view waits for the next commit.
        let is_new = is_other_version || self.snapshot().generation != note.generation;
        if is_new {
            let mut snapshot = version.snapshot()?;
            shared.facts.follow(&mut snapshot)?;
            let snapshot = Arc::new(snapshot);
            self.pinned().push(snapshot.clone(), Instant::now());
            *shared.version.write().unwrap_or_else(PoisonError::into_inner) = version;
            *shared.current.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
        }
        *shared.stamps.lock().unwrap_or_else(PoisonError::into_inner) = stamps;
        Ok(is_new)
    }

    /// Returns the version that the current file names; opens it if it is another one than before.
    fn version_in_use(&self) -> Result<Arc<IndexVersion>> {
        let open = self.version();
        match CurrentFile::read(&*self.shared.disk)? {
            Some(current) if current.current != open.number => {
                Ok(Arc::new(IndexVersion::open(&self.shared.disk, current.current, &self.shared.analyzer)?))
            }
            _ => Ok(open),
        }
    }

    fn pinned(&self) -> MutexGuard<'_, PinnedSnapshots> {
        self.shared.pinned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Creates the first version, unless there is an index.
fn create_first_version(disk: &Arc<dyn Disk>) -> Result<VersionNumber> {
    // An index written before there were versions.
    if disk.exists(Path::new(META))? {
        return Ok(0);
    }
    let foreign_files = || Error::Damaged {
        path: disk.location().to_owned(),
        reason: "holds files, but nothing says which index is in use (there is no file `current`); \
                 restore a backup or choose another directory"
            .into(),
    };
    // Checked before the lock is taken, because that creates a file.
    if !is_unfinished_creation(&**disk)? {
        return Err(foreign_files());
    }
    let _alone = disk.lock(Path::new(GATE_LOCK), true)?;
    // Another process may have been faster.
    if let Some(current) = CurrentFile::read(&**disk)? {
        return Ok(current.current);
    }
    if !is_unfinished_creation(&**disk)? {
        return Err(foreign_files());
    }
    IndexVersion::create(disk, 1)?;
    CurrentFile { current: 1, previous: None }.write(&**disk)?;
    Ok(1)
}

/// Stamps of the files that change with a commit or another version.
fn file_stamps(disk: &dyn Disk, version: &IndexVersion) -> [Option<FileStamp>; 2] {
    [disk.file_stamp(Path::new(CURRENT)), disk.file_stamp(&version_folder(version.number).join(META))]
}
