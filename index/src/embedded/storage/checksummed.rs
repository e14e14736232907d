//! The folder of one edition as tantivy sees it, with what tantivy lacks: the list of
//! segments carries the length and BLAKE3 of every file it names and is itself sealed, the
//! directory is synced after that list takes its name, and nothing is kept that could
//! disagree with it.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    AntiCallToken, Directory, DirectoryLock, FileHandle, Lock, TerminatingWrite, WatchCallback, WatchHandle,
    WritePtr,
};

use crate::checksum::{add_checksum, verify_checksum};
use crate::embedded::storage::disk::{Disk, DiskFile, content, replace};
use crate::throttle::Throttle;

/// The list of segments.
pub const META: &str = "meta.json";
/// Where tantivy keeps which files it made. It is not stored here: what tantivy made is
/// told by its name, so this list cannot be lost, torn or out of date.
const MANAGED: &str = ".managed.json";
/// Bytes written to the disk at a time.
const BUFFER: usize = 64 << 10;

/// What a file must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    pub length: u64,
    pub blake3: String,
}

impl Digest {
    /// Of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self { length: bytes.len() as u64, blake3: blake3::hash(bytes).to_hex().to_string() }
    }
}

/// The files of a commit by name.
pub type Manifest = BTreeMap<String, Digest>;

/// A list of segments as it is on disk.
pub struct Meta {
    /// What tantivy wrote.
    pub json: Vec<u8>,
    /// The files it names; empty in an index of before there were manifests.
    pub manifest: Manifest,
}

impl Meta {
    /// Reads what [`Meta::to_bytes`] wrote, or what tantivy alone wrote; `None` if damaged.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let Some(content) = verify_checksum(bytes) else {
            // Unsealed is only what a program without seals wrote: JSON and nothing else.
            serde_json::from_slice::<serde_json::Value>(bytes).ok()?;
            return Some(Self { json: bytes.to_vec(), manifest: Manifest::new() });
        };
        let (json, manifest) = content.strip_suffix(b"\n")?.rsplit_once_line()?;
        let manifest = serde_json::from_slice(manifest).ok()?;
        Some(Self { json: json.to_vec(), manifest })
    }

    fn to_bytes(&self) -> io::Result<Vec<u8>> {
        let mut bytes = self.json.clone();
        if bytes.last() != Some(&b'\n') {
            bytes.push(b'\n');
        }
        serde_json::to_writer(&mut bytes, &self.manifest)?;
        bytes.push(b'\n');
        Ok(add_checksum(bytes))
    }

    /// Names of segments with the number of their last deletion.
    pub fn segments(json: &[u8]) -> Option<Vec<(String, Option<u64>)>> {
        #[derive(Deserialize)]
        struct Deletes {
            opstamp: u64,
        }
        #[derive(Deserialize)]
        struct Segment {
            segment_id: String,
            deletes: Option<Deletes>,
        }
        #[derive(Deserialize)]
        struct List {
            segments: Vec<Segment>,
        }
        let list: List = serde_json::from_slice(json).ok()?;
        let pair =
            |segment: Segment| (segment.segment_id.replace('-', ""), segment.deletes.map(|d| d.opstamp));
        Some(list.segments.into_iter().map(pair).collect())
    }
}

trait Lines {
    fn rsplit_once_line(&self) -> Option<(&[u8], &[u8])>;
}

impl Lines for [u8] {
    fn rsplit_once_line(&self) -> Option<(&[u8], &[u8])> {
        let at = self.iter().rposition(|byte| *byte == b'\n')?;
        Some((&self[..=at], &self[at + 1..]))
    }
}

/// What is known of the files of a folder by those who share it.
#[derive(Default)]
struct Ledger {
    digests: Mutex<Manifest>,
    /// Set when the writer has given up its lock; no list is written after that.
    closed: Mutex<bool>,
    /// Files begun and not yet complete.
    writing: AtomicUsize,
    /// The first thing that went wrong with writing.
    failure: Mutex<Option<(io::ErrorKind, String)>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Files that were compared with their digests, or written by this process.
pub type Verified = Arc<Mutex<HashSet<String>>>;

/// The folder of an edition.
#[derive(Clone)]
pub struct ChecksummedDirectory {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    ledger: Arc<Ledger>,
    verified: Verified,
    /// Rests for who writes much.
    throttle: Throttle,
}

impl fmt::Debug for ChecksummedDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChecksummedDirectory({})", self.disk.place().join(&self.folder).display())
    }
}

impl ChecksummedDirectory {
    /// A folder of a disk.
    pub fn new(disk: Arc<dyn Disk>, folder: &Path, verified: Verified) -> Self {
        Self {
            disk,
            folder: folder.to_owned(),
            ledger: Arc::default(),
            verified,
            throttle: Throttle::default(),
        }
    }

    /// The same, where whoever writes a file, also tantivy's own threads, keeps this pace.
    pub fn with_throttle(mut self, throttle: Throttle) -> Self {
        self.throttle = throttle;
        self
    }

    /// The pace that is kept.
    pub fn throttle(&self) -> &Throttle {
        &self.throttle
    }

    /// Waits for a list that is being written and lets none be written any more: a merge
    /// that ends after its writer is gone must not undo what the next writer committed.
    pub fn close(&self) {
        *locked(&self.ledger.closed) = true;
    }

    /// Whether files are being written, by a merge in the background for example.
    pub fn is_writing(&self) -> bool {
        self.ledger.writing.load(Ordering::Relaxed) > 0
    }

    /// What went wrong with the disk, for tantivy tells only that something did.
    pub fn failure(&self) -> Option<io::Error> {
        locked(&self.ledger.failure).clone().map(|(kind, text)| io::Error::new(kind, text))
    }

    fn at(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }

    fn noted<T>(&self, result: io::Result<T>) -> io::Result<T> {
        if let Err(e) = &result {
            locked(&self.ledger.failure).get_or_insert((e.kind(), e.to_string()));
        }
        result
    }

    fn write_meta(&self, json: &[u8]) -> io::Result<()> {
        let closed = locked(&self.ledger.closed);
        if *closed {
            return Err(io::Error::other("the writer is closed"));
        }
        let segments = Meta::segments(json).ok_or_else(|| io::Error::other("no list of segments"))?;
        let digests = locked(&self.ledger.digests);
        let manifest =
            digests.iter().filter(|(name, _)| is_live(name, &segments)).map(|(n, d)| (n.clone(), d.clone()));
        let meta = Meta { json: json.to_vec(), manifest: manifest.collect() };
        drop(digests);
        replace(&*self.disk, &self.at(Path::new(META)), &meta.to_bytes()?)
    }

    fn managed(&self) -> io::Result<Vec<u8>> {
        let names = self.disk.list(&self.folder)?.into_iter().filter(|entry| is_made_by_tantivy(&entry.name));
        let mut names: Vec<String> = names.map(|entry| entry.name).collect();
        names.push(META.to_owned());
        Ok(serde_json::to_vec(&names)?)
    }
}

/// Whether the list names this file; of deletions only the last.
fn is_live(name: &str, segments: &[(String, Option<u64>)]) -> bool {
    let Some((id, ending)) = name.split_once('.') else { return false };
    let Some((_, deletes)) = segments.iter().find(|(segment, _)| segment == id) else { return false };
    match ending.strip_suffix(".del") {
        Some(opstamp) => opstamp.parse() == Ok(deletes.unwrap_or(u64::MAX)),
        None => !ending.ends_with("temp"),
    }
}

/// Segment files are named by 32 hexadecimal digits and an ending.
pub fn is_made_by_tantivy(name: &str) -> bool {
    let Some((id, _)) = name.split_once('.') else { return false };
    id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl Directory for ChecksummedDirectory {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.disk.read(&self.at(path)).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => OpenReadError::FileDoesNotExist(path.to_owned()),
            _ => OpenReadError::wrap_io_error(e, path.to_owned()),
        })
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        if let Some(name) = path.to_str() {
            locked(&self.ledger.digests).remove(name);
            locked(&self.verified).remove(name);
        }
        self.disk.remove(&self.at(path)).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => DeleteError::FileDoesNotExist(path.to_owned()),
            _ => DeleteError::IoError { io_error: Arc::new(e), filepath: path.to_owned() },
        })
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.disk.exists(&self.at(path)).map_err(|e| OpenReadError::wrap_io_error(e, path.to_owned()))
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        let file = self.noted(self.disk.create(&self.at(path))).map_err(|e| match e.kind() {
            io::ErrorKind::AlreadyExists => OpenWriteError::FileAlreadyExists(path.to_owned()),
            _ => OpenWriteError::wrap_io_error(e, path.to_owned()),
        })?;
        self.ledger.writing.fetch_add(1, Ordering::Relaxed);
        let file = SealedFile {
            name: path.to_string_lossy().into_owned(),
            file: BufWriter::with_capacity(BUFFER, Plain(file)),
            hasher: blake3::Hasher::new(),
            length: 0,
            directory: self.clone(),
        };
        Ok(BufWriter::new(Box::new(file)))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        let failed = |e: io::Error| match e.kind() {
            io::ErrorKind::NotFound => OpenReadError::FileDoesNotExist(path.to_owned()),
            _ => OpenReadError::wrap_io_error(e, path.to_owned()),
        };
        if path == Path::new(MANAGED) {
            return self.managed().map_err(failed);
        }
        let bytes = content(&*self.disk, &self.at(path)).map_err(failed)?;
        let meta = Meta::parse(&bytes).ok_or_else(|| failed(damaged(path)))?;
        let mut digests = locked(&self.ledger.digests);
        for (name, digest) in meta.manifest {
            digests.entry(name).or_insert(digest);
        }
        Ok(meta.json)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        match path.to_str() {
            Some(MANAGED) => Ok(()),
            Some(META) => self.noted(self.write_meta(data)),
            _ => Err(io::Error::other(format!("{} is no file of an index", path.display()))),
        }
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.noted(self.disk.sync_folder(&self.folder))
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        match self.disk.lock(&self.at(&lock.filepath), lock.is_blocking) {
            Ok(Some(held)) => Ok(DirectoryLock::from(Box::new(held))),
            Ok(None) => Err(LockError::LockBusy),
            Err(e) => Err(LockError::wrap_io_error(e)),
        }
    }

    fn watch(&self, _: WatchCallback) -> tantivy::Result<WatchHandle> {
        Ok(WatchHandle::empty())
    }
}

fn damaged(path: &Path) -> io::Error {
    let text = format!("{}: the content does not match its checksum", path.display());
    io::Error::new(io::ErrorKind::InvalidData, text)
}

/// A disk file that can stand in a buffer.
struct Plain(Box<dyn DiskFile>);

impl Write for Plain {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A file that is measured as it is written.
struct SealedFile {
    name: String,
    file: BufWriter<Plain>,
    hasher: blake3::Hasher,
    length: u64,
    directory: ChecksummedDirectory,
}

impl Write for SealedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.directory.throttle.pause();
        let written = self.directory.noted(self.file.write(bytes))?;
        self.hasher.update(&bytes[..written]);
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        // Whoever flushes in between gains nothing from it; the end syncs.
        Ok(())
    }
}

impl TerminatingWrite for SealedFile {
    fn terminate_ref(&mut self, _: AntiCallToken) -> io::Result<()> {
        self.directory.noted(self.file.flush())?;
        self.directory.noted(self.file.get_mut().0.sync())?;
        let digest = Digest { length: self.length, blake3: self.hasher.finalize().to_hex().to_string() };
        locked(&self.directory.ledger.digests).insert(self.name.clone(), digest);
        locked(&self.directory.verified).insert(self.name.clone());
        Ok(())
    }
}

impl Drop for SealedFile {
    fn drop(&mut self) {
        self.directory.ledger.writing.fetch_sub(1, Ordering::Relaxed);
    }
}
