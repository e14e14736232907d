//! One index version, open for reading.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use serde::{Deserialize, Serialize};
use tantivy::directory::error::{LockError, OpenReadError};
use tantivy::{Index, IndexReader, IndexSettings, ReloadPolicy, TantivyError};

use crate::analysis::Analyzer;
use crate::embedded::reader::segments::{IndexSnapshot, SnapshotOpener};
use crate::embedded::schema::{FORMAT, Fields};
use crate::embedded::storage::checksummed::{ChecksummedDirectory, Digest, META, Manifest, Meta, Verified};
use crate::embedded::storage::current_file::{VersionNumber, version_folder};
use crate::embedded::storage::disk::{Disk, read_file};
use crate::embedded::tokenizers;
use crate::error::{Error, Result};
use crate::record::generation::Generation;

/// The note of a commit, stored as tantivy's commit payload.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CommitNote {
    /// The format of the index.
    pub format: u32,
    /// The number of the commit.
    pub generation: Generation,
    /// The fingerprint of the dictionary that segmented the texts; older commits have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dictionary: Option<String>,
}

impl CommitNote {
    /// Creates the note of a commit by this program.
    pub fn new(generation: Generation) -> Self {
        Self { format: FORMAT, generation, dictionary: Some(Analyzer::fingerprint().to_owned()) }
    }

    /// Serialises the note as the payload.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads the note of the last commit of an index, whatever its format.
    ///
    /// # Errors
    /// A damaged index.
    pub fn read_any_format(index: &Index, path: &Path) -> Result<Self> {
        let metas = index.load_metas().map_err(|e| open_error(path, &e))?;
        let Some(payload) = metas.payload else { return Ok(Self::new(0)) };
        serde_json::from_str(&payload).map_err(|e| Error::Damaged {
            path: path.to_owned(),
            reason: format!("the last commit has an unreadable note: {e}"),
        })
    }

    /// Returns the generation of the commit that wrote a list of segments; 0 if the list has no note.
    pub fn generation_in(json: &[u8]) -> Generation {
        let list: Option<serde_json::Value> = serde_json::from_slice(json).ok();
        let payload = list.as_ref().and_then(|list| list.get("payload")?.as_str());
        payload.and_then(|note| serde_json::from_str::<Self>(note).ok()).map_or(0, |note| note.generation)
    }

    fn read(index: &Index, path: &Path) -> Result<Self> {
        let note = Self::read_any_format(index, path)?;
        if note.format != FORMAT {
            return Err(Error::Format { path: path.to_owned(), found: note.format, expected: FORMAT });
        }
        Ok(note)
    }
}

/// An index version, open for reading.
pub struct IndexVersion {
    /// Number of the version.
    pub number: VersionNumber,
    /// Path of its folder, for messages.
    pub path: PathBuf,
    /// Fields of its schema.
    pub fields: Arc<Fields>,
    disk: Arc<dyn Disk>,
    verified: Verified,
    index: Index,
    reader: IndexReader,
    opener: SnapshotOpener,
}

impl IndexVersion {
    /// Creates an empty index version.
    ///
    /// # Errors
    /// Failures of the file system.
    pub fn create(disk: &Arc<dyn Disk>, number: VersionNumber) -> Result<()> {
        disk.create_folder(&version_folder(number))?;
        disk.sync_folder(Path::new(""))?;
        let directory = ChecksummedDirectory::new(disk.clone(), &version_folder(number), Verified::default());
        Index::create(directory, Fields::new().schema, IndexSettings::default())?;
        Ok(())
    }

    /// Opens an index version and verifies all its files.
    ///
    /// # Errors
    /// A damaged version or one of another format.
    pub fn open(disk: &Arc<dyn Disk>, number: VersionNumber, analyzer: &Analyzer) -> Result<Self> {
        let path = disk.location().join(version_folder(number));
        // tantivy trusts what it reads: on damaged files it may panic.
        let opened = catch_unwind(AssertUnwindSafe(|| Self::open_unguarded(disk, number, &path, analyzer)));
        opened.unwrap_or_else(|_| Err(Error::Damaged { path, reason: "it cannot be read".into() }))
    }

    fn open_unguarded(
        disk: &Arc<dyn Disk>,
        number: VersionNumber,
        path: &Path,
        analyzer: &Analyzer,
    ) -> Result<Self> {
        let verified = Verified::default();
        let directory = ChecksummedDirectory::new(disk.clone(), &version_folder(number), verified.clone());
        let index = Index::open(directory).map_err(|e| open_error(path, &e))?;
        CommitNote::read(&index, path)?;
        let fields = Arc::new(Fields::new());
        if index.schema() != fields.schema {
            return Err(Error::Format { path: path.to_owned(), found: 0, expected: FORMAT });
        }
        tokenizers::register(&index, analyzer);
        verify(&**disk, number, &verified)?;
        let reader: IndexReader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            // Records are read through stores that all snapshots share.
            .doc_store_cache_num_blocks(1)
            .try_into()
            .map_err(|e| open_error(path, &e))?;
        Ok(Self {
            number,
            path: path.to_owned(),
            fields,
            disk: disk.clone(),
            verified,
            index,
            reader,
            opener: SnapshotOpener::default(),
        })
    }

    /// Opens a snapshot of the last commit.
    ///
    /// # Errors
    /// A damaged index; one that changed too often to be read.
    pub fn snapshot(&self) -> Result<IndexSnapshot> {
        let opened = catch_unwind(AssertUnwindSafe(|| {
            verify(&*self.disk, self.number, &self.verified)?;
            let note = self.reload()?;
            self.opener.open(self.reader.searcher(), &self.fields, note.generation)
        }));
        opened.unwrap_or_else(|_| {
            Err(Error::Damaged { path: self.path.clone(), reason: "a segment cannot be read".into() })
        })
    }

    /// Reads the note of the last commit.
    ///
    /// # Errors
    /// A damaged index.
    pub fn note(&self) -> Result<CommitNote> {
        CommitNote::read(&self.index, &self.path)
    }

    /// Opens the index for a writer, with a directory of its own.
    ///
    /// # Errors
    /// A damaged index.
    pub fn open_for_writing(&self, analyzer: &Analyzer) -> Result<(Index, ChecksummedDirectory)> {
        let directory =
            ChecksummedDirectory::new(self.disk.clone(), &version_folder(self.number), self.verified.clone());
        let index = Index::open(directory.clone()).map_err(|e| open_error(&self.path, &e))?;
        tokenizers::register(&index, analyzer);
        Ok((index, directory))
    }

    /// Reads the list of segments and the note of the commit that wrote it. They are two
    /// reads, and another process may commit between them: read until both are of one commit.
    fn reload(&self) -> Result<CommitNote> {
        loop {
            let before = self.note()?;
            self.reader.reload().map_err(|e| open_error(&self.path, &e))?;
            if self.note()?.generation == before.generation {
                return Ok(before);
            }
        }
    }
}

/// Converts a failure of tantivy to open an index; a disk that fails is not a damaged index.
pub fn open_error(path: &Path, error: &tantivy::TantivyError) -> Error {
    use io::ErrorKind::{InvalidData, NotFound, UnexpectedEof};
    let cause = match error {
        TantivyError::IoError(cause) => Some(cause),
        TantivyError::OpenReadError(OpenReadError::IoError { io_error, .. }) => Some(io_error),
        TantivyError::LockFailure(LockError::IoError(cause), _) => Some(cause),
        _ => None,
    };
    match cause {
        Some(cause) if !matches!(cause.kind(), InvalidData | NotFound | UnexpectedEof) => {
            Error::Io(io::Error::new(cause.kind(), cause.to_string()))
        }
        _ => Error::Damaged { path: path.to_owned(), reason: error.to_string() },
    }
}

/// Compares the files of an index version that were not yet verified with their digests. A damaged
/// file is never searched, because tantivy would trust its content.
fn verify(disk: &dyn Disk, number: VersionNumber, verified: &Verified) -> Result<()> {
    let folder = version_folder(number);
    let bytes = read_file(disk, &folder.join(META))?;
    let path = disk.location().join(&folder);
    let Some(meta) = Meta::parse(&bytes) else {
        return Err(Error::Damaged {
            path: path.join(META),
            reason: "the list of segments does not match its checksum".into(),
        });
    };
    let known = verified.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let new: Manifest = meta.manifest.into_iter().filter(|(name, _)| !known.contains(name)).collect();
    let (faults, missing): (Vec<_>, Vec<_>) =
        find_faulty_files(disk, &folder, &new).into_iter().partition(|fault| !fault.is_missing);
    if let Some(fault) = faults.first() {
        return Err(Error::Damaged { path: path.join(&fault.name), reason: fault.reason.clone() });
    }
    // A file may be removed after the list was read: then there is a newer list without it.
    if let Some(lost) = missing.first()
        && read_file(disk, &folder.join(META))? == bytes
    {
        return Err(Error::Damaged { path: path.join(&lost.name), reason: lost.reason.clone() });
    }
    let mut known = verified.lock().unwrap_or_else(PoisonError::into_inner);
    known.extend(new.into_keys());
    Ok(())
}

/// A file that differs from the manifest.
#[derive(Debug, Clone)]
pub struct FaultyFile {
    /// Name of the file.
    pub name: String,
    /// Description of the fault.
    pub reason: String,
    /// Set if the file does not exist.
    pub is_missing: bool,
}

/// Finds the files that differ from the manifest, on as many threads as there are cores.
pub fn find_faulty_files(disk: &dyn Disk, folder: &Path, manifest: &Manifest) -> Vec<FaultyFile> {
    let files: Vec<(&String, &Digest)> = manifest.iter().collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(files.len() / 8 + 1);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = || {
        let mut found = Vec::new();
        while let Some((name, digest)) = files.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
            found.extend(check_file(disk, folder, name, digest));
        }
        found
    };
    if threads == 1 {
        return work();
    }
    let mut found: Vec<FaultyFile> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    });
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn check_file(disk: &dyn Disk, folder: &Path, name: &str, digest: &Digest) -> Option<FaultyFile> {
    let fault = |reason: String, is_missing| Some(FaultyFile { name: name.to_owned(), reason, is_missing });
    let file = match disk.read(&folder.join(name)) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return fault("is missing".into(), true),
        Err(e) => return fault(format!("cannot be read: {e}"), false),
    };
    if file.len() as u64 != digest.length {
        return fault(format!("is {} bytes long and should be {}", file.len(), digest.length), false);
    }
    match file.read_bytes(0..file.len()) {
        Ok(bytes) if Digest::from_bytes(&bytes) == *digest => None,
        Ok(_) => fault("the content does not match its checksum".into(), false),
        Err(e) => fault(format!("cannot be read: {e}"), false),
    }
}
