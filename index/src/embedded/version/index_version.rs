//! One edition of the index, open for reading.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use serde::{Deserialize, Serialize};
use tantivy::directory::error::{LockError, OpenReadError};
use tantivy::{Index, IndexReader, IndexSettings, ReloadPolicy, TantivyError};

use crate::analysis::Analyzer;
use crate::embedded::reader::segments::{IndexSnapshot, Opener};
use crate::embedded::schema::{FORMAT, Fields};
use crate::embedded::storage::checksummed::{ChecksummedDirectory, Digest, META, Manifest, Meta, Verified};
use crate::embedded::storage::current_file::{Number, folder};
use crate::embedded::storage::disk::{Disk, content};
use crate::embedded::tokenizers;
use crate::error::{Error, Result};
use crate::record::generation::Generation;

/// What a commit says of itself, in tantivy's commit payload.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CommitNote {
    /// The format of the index.
    pub format: u32,
    /// The number of the commit.
    pub generation: Generation,
    /// The dictionary that cut the texts; absent in what was written before it was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dictionary: Option<String>,
}

impl CommitNote {
    /// Of a commit by this program.
    pub fn new(generation: Generation) -> Self {
        Self { format: FORMAT, generation, dictionary: Some(Analyzer::fingerprint().to_owned()) }
    }

    /// As the payload.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Of the last commit of an index, whatever its format.
    ///
    /// # Errors
    /// A damaged index.
    pub fn of_any_format(index: &Index, path: &Path) -> Result<Self> {
        let metas = index.load_metas().map_err(|e| damaged(path, &e))?;
        let Some(payload) = metas.payload else { return Ok(Self::new(0)) };
        serde_json::from_str(&payload).map_err(|e| Error::Damaged {
            path: path.to_owned(),
            reason: format!("the last commit has an unreadable note: {e}"),
        })
    }

    /// The number of the commit that wrote a list of segments; 0 if it does not say.
    pub fn generation_in(json: &[u8]) -> Generation {
        let list: Option<serde_json::Value> = serde_json::from_slice(json).ok();
        let payload = list.as_ref().and_then(|list| list.get("payload")?.as_str());
        payload.and_then(|note| serde_json::from_str::<Self>(note).ok()).map_or(0, |note| note.generation)
    }

    fn of(index: &Index, path: &Path) -> Result<Self> {
        let note = Self::of_any_format(index, path)?;
        if note.format != FORMAT {
            return Err(Error::Format { path: path.to_owned(), found: note.format, expected: FORMAT });
        }
        Ok(note)
    }
}

/// An edition, open for reading.
pub struct IndexVersion {
    /// Its number.
    pub number: Number,
    /// Where it is, for messages.
    pub place: PathBuf,
    /// The fields of its schema.
    pub fields: Arc<Fields>,
    disk: Arc<dyn Disk>,
    verified: Verified,
    index: Index,
    reader: IndexReader,
    opener: Opener,
}

impl IndexVersion {
    /// Makes an empty one.
    ///
    /// # Errors
    /// The file system's.
    pub fn create(disk: &Arc<dyn Disk>, number: Number) -> Result<()> {
        disk.make_folder(&folder(number))?;
        disk.sync_folder(Path::new(""))?;
        let directory = ChecksummedDirectory::new(disk.clone(), &folder(number), Verified::default());
        Index::create(directory, Fields::new().schema, IndexSettings::default())?;
        Ok(())
    }

    /// Opens one and verifies every file of it.
    ///
    /// # Errors
    /// A damaged edition or one of another format.
    pub fn open(disk: &Arc<dyn Disk>, number: Number, analyzer: &Analyzer) -> Result<Self> {
        let place = disk.place().join(folder(number));
        // tantivy trusts what it reads: on damaged files it may panic.
        let opened = catch_unwind(AssertUnwindSafe(|| Self::open_trusting(disk, number, &place, analyzer)));
        opened.unwrap_or_else(|_| Err(Error::Damaged { path: place, reason: "it cannot be read".into() }))
    }

    fn open_trusting(
        disk: &Arc<dyn Disk>,
        number: Number,
        place: &Path,
        analyzer: &Analyzer,
    ) -> Result<Self> {
        let verified = Verified::default();
        let directory = ChecksummedDirectory::new(disk.clone(), &folder(number), verified.clone());
        let index = Index::open(directory).map_err(|e| damaged(place, &e))?;
        CommitNote::of(&index, place)?;
        let fields = Arc::new(Fields::new());
        if index.schema() != fields.schema {
            return Err(Error::Format { path: place.to_owned(), found: 0, expected: FORMAT });
        }
        tokenizers::register(&index, analyzer);
        verify(&**disk, number, &verified)?;
        let reader: IndexReader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            // Records are read through stores that all generations share.
            .doc_store_cache_num_blocks(1)
            .try_into()
            .map_err(|e| damaged(place, &e))?;
        Ok(Self {
            number,
            place: place.to_owned(),
            fields,
            disk: disk.clone(),
            verified,
            index,
            reader,
            opener: Opener::default(),
        })
    }

    /// The last commit, open.
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
            Err(Error::Damaged { path: self.place.clone(), reason: "a segment cannot be read".into() })
        })
    }

    /// The note of the last commit.
    ///
    /// # Errors
    /// A damaged index.
    pub fn note(&self) -> Result<CommitNote> {
        CommitNote::of(&self.index, &self.place)
    }

    /// The index again, for a writer: with files of its own to look after.
    ///
    /// # Errors
    /// A damaged index.
    pub fn for_writing(&self, analyzer: &Analyzer) -> Result<(Index, ChecksummedDirectory)> {
        let directory =
            ChecksummedDirectory::new(self.disk.clone(), &folder(self.number), self.verified.clone());
        let index = Index::open(directory.clone()).map_err(|e| damaged(&self.place, &e))?;
        tokenizers::register(&index, analyzer);
        Ok((index, directory))
    }

    /// Reads the list of segments and the note of the commit that wrote it. They are two
    /// reads, and another process may commit between them: read until both are of one commit.
    fn reload(&self) -> Result<CommitNote> {
        loop {
            let before = self.note()?;
            self.reader.reload().map_err(|e| damaged(&self.place, &e))?;
            if self.note()?.generation == before.generation {
                return Ok(before);
            }
        }
    }
}

/// A failure of tantivy's to open something, as what it means for whoever opens it: a disk
/// that fails is not a damaged index.
pub fn damaged(path: &Path, error: &tantivy::TantivyError) -> Error {
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

/// Compares every file of an edition that was not yet compared with its digest. A damaged
/// file is never searched: tantivy would trust what it says.
fn verify(disk: &dyn Disk, number: Number, verified: &Verified) -> Result<()> {
    let folder = folder(number);
    let bytes = content(disk, &folder.join(META))?;
    let place = disk.place().join(&folder);
    let Some(meta) = Meta::parse(&bytes) else {
        return Err(Error::Damaged {
            path: place.join(META),
            reason: "the list of segments does not match its checksum".into(),
        });
    };
    let known = verified.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let new: Manifest = meta.manifest.into_iter().filter(|(name, _)| !known.contains(name)).collect();
    let (faults, gone): (Vec<_>, Vec<_>) =
        differing(disk, &folder, &new).into_iter().partition(|fault| !fault.gone);
    if let Some(fault) = faults.first() {
        return Err(Error::Damaged { path: place.join(&fault.name), reason: fault.reason.clone() });
    }
    // A file may go between the list and the look: then there is a newer list without it.
    if let Some(lost) = gone.first()
        && content(disk, &folder.join(META))? == bytes
    {
        return Err(Error::Damaged { path: place.join(&lost.name), reason: lost.reason.clone() });
    }
    let mut known = verified.lock().unwrap_or_else(PoisonError::into_inner);
    known.extend(new.into_keys());
    Ok(())
}

/// A file that is not what the manifest says.
#[derive(Debug, Clone)]
pub struct Differing {
    pub name: String,
    pub reason: String,
    pub gone: bool,
}

/// The files of a manifest that are not what it says; on as many threads as there are cores.
pub fn differing(disk: &dyn Disk, folder: &Path, manifest: &Manifest) -> Vec<Differing> {
    let files: Vec<(&String, &Digest)> = manifest.iter().collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(files.len() / 8 + 1);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = || {
        let mut found = Vec::new();
        while let Some((name, digest)) = files.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
            found.extend(differs(disk, folder, name, digest));
        }
        found
    };
    if threads == 1 {
        return work();
    }
    let mut found: Vec<Differing> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    });
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn differs(disk: &dyn Disk, folder: &Path, name: &str, digest: &Digest) -> Option<Differing> {
    let fault = |reason: String, gone| Some(Differing { name: name.to_owned(), reason, gone });
    let file = match disk.read(&folder.join(name)) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return fault("is missing".into(), true),
        Err(e) => return fault(format!("cannot be read: {e}"), false),
    };
    if file.len() as u64 != digest.length {
        return fault(format!("is {} bytes long and should be {}", file.len(), digest.length), false);
    }
    match file.read_bytes(0..file.len()) {
        Ok(bytes) if Digest::of(&bytes) == *digest => None,
        Ok(_) => fault("the content does not match its checksum".into(), false),
        Err(e) => fault(format!("cannot be read: {e}"), false),
    }
}
