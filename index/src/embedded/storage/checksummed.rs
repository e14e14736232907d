//! The folder of one index version as a tantivy directory, with what tantivy's own lacks: the list
//! of segments has the length and BLAKE3 hash of every file it names and a checksum of its own, the
//! folder is synced after the list is renamed into place, and nothing else is stored that could
//! disagree with the list.

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
use crate::embedded::storage::disk::{Disk, DiskFile, read_file, replace_file};
use crate::throttle::Throttle;

/// Name of the list of segments.
pub const META: &str = "meta.json";
/// Name of tantivy's list of the files it created. It is not stored: those files are recognised by
/// their names, so the list cannot be lost, torn or out of date.
const MANAGED: &str = ".managed.json";
/// Bytes written to the disk at a time.
const BUFFER_BYTES: usize = 64 << 10;

/// Expected length and hash of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// Length in bytes.
    pub length: u64,
    /// BLAKE3 hash, in hexadecimal.
    pub blake3: String,
}

impl Digest {
    /// Computes the digest of bytes.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self { length: bytes.len() as u64, blake3: blake3::hash(bytes).to_hex().to_string() }
    }
}

/// The digests of a commit's files, by name.
pub type Manifest = BTreeMap<String, Digest>;

/// The list of segments with its manifest.
pub struct Meta {
    /// The list as tantivy wrote it.
    pub json: Vec<u8>,
    /// Digests of the files it names; empty in an index written before there were manifests.
    pub manifest: Manifest,
}

impl Meta {
    /// Parses a file written by [`Meta::to_bytes`] or by tantivy alone; `None` if damaged.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let Some(content) = verify_checksum(bytes) else {
            // Only programs before checksums wrote without one: JSON and nothing else.
            serde_json::from_slice::<serde_json::Value>(bytes).ok()?;
            return Some(Self { json: bytes.to_vec(), manifest: Manifest::new() });
        };
        let (json, manifest) = split_last_line(content.strip_suffix(b"\n")?)?;
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

    /// Returns the ids of the segments with the number of their last deletion.
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

/// Splits off the last line.
fn split_last_line(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let line_end = text.iter().rposition(|byte| *byte == b'\n')?;
    Some((&text[..=line_end], &text[line_end + 1..]))
}

/// State of the files of a folder, shared by the clones of its directory.
#[derive(Default)]
struct FolderState {
    digests: Mutex<Manifest>,
    /// Set when the writer has released its lock; no list is written after that.
    is_closed: Mutex<bool>,
    /// Number of files that are being written.
    open_files: AtomicUsize,
    /// The first failure to write.
    failure: Mutex<Option<(io::ErrorKind, String)>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Names of the files that were compared with their digests, or written by this process.
pub type Verified = Arc<Mutex<HashSet<String>>>;

/// The folder of an index version.
#[derive(Clone)]
pub struct ChecksummedDirectory {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    state: Arc<FolderState>,
    verified: Verified,
    /// Throttle for writers in the background.
    throttle: Throttle,
}

impl fmt::Debug for ChecksummedDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChecksummedDirectory({})", self.disk.location().join(&self.folder).display())
    }
}

impl ChecksummedDirectory {
    /// Opens a folder of a disk.
    pub fn new(disk: Arc<dyn Disk>, folder: &Path, verified: Verified) -> Self {
        Self {
            disk,
            folder: folder.to_owned(),
            state: Arc::default(),
            verified,
            throttle: Throttle::default(),
        }
    }

    /// Sets the throttle of all writes, also those of tantivy's own threads.
    pub fn with_throttle(mut self, throttle: Throttle) -> Self {
        self.throttle = throttle;
        self
    }

    /// Returns the throttle of writes.
    pub fn throttle(&self) -> &Throttle {
        &self.throttle
    }

    /// Waits for a list that is being written, and prevents further ones: a merge that ends after
    /// its writer is gone must not undo what the next writer committed.
    pub fn close(&self) {
        *lock(&self.state.is_closed) = true;
    }

    /// Returns whether files are being written, by a merge in the background for example.
    pub fn is_writing(&self) -> bool {
        self.state.open_files.load(Ordering::Relaxed) > 0
    }

    /// Returns the first failure of the disk, because tantivy does not pass on its cause.
    pub fn failure(&self) -> Option<io::Error> {
        lock(&self.state.failure).clone().map(|(kind, text)| io::Error::new(kind, text))
    }

    fn path_on_disk(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }

    /// Remembers the first failure.
    fn note_failure<T>(&self, result: io::Result<T>) -> io::Result<T> {
        if let Err(e) = &result {
            lock(&self.state.failure).get_or_insert((e.kind(), e.to_string()));
        }
        result
    }

    fn write_meta(&self, json: &[u8]) -> io::Result<()> {
        let is_closed = lock(&self.state.is_closed);
        if *is_closed {
            return Err(io::Error::other("the writer is closed"));
        }
        let segments = Meta::segments(json).ok_or_else(|| io::Error::other("no list of segments"))?;
        let digests = lock(&self.state.digests);
        let manifest = digests
            .iter()
            .filter(|(name, _)| is_listed(name, &segments))
            .map(|(n, d)| (n.clone(), d.clone()));
        let meta = Meta { json: json.to_vec(), manifest: manifest.collect() };
        drop(digests);
        replace_file(&*self.disk, &self.path_on_disk(Path::new(META)), &meta.to_bytes()?)
    }

    /// Lists the files that tantivy created, as tantivy's own list has them.
    fn managed_files(&self) -> io::Result<Vec<u8>> {
        let names = self.disk.list(&self.folder)?.into_iter().filter(|entry| is_made_by_tantivy(&entry.name));
        let mut names: Vec<String> = names.map(|entry| entry.name).collect();
        names.push(META.to_owned());
        Ok(serde_json::to_vec(&names)?)
    }
}

/// Checks if the list names this file; of the files of deletions only the last counts.
fn is_listed(name: &str, segments: &[(String, Option<u64>)]) -> bool {
    let Some((id, ending)) = name.split_once('.') else { return false };
    let Some((_, deletes)) = segments.iter().find(|(segment, _)| segment == id) else { return false };
    match ending.strip_suffix(".del") {
        Some(opstamp) => opstamp.parse() == Ok(deletes.unwrap_or(u64::MAX)),
        None => !ending.ends_with("temp"),
    }
}

/// Checks if a name is that of a segment file: 32 hexadecimal digits and an ending.
pub fn is_made_by_tantivy(name: &str) -> bool {
    let Some((id, _)) = name.split_once('.') else { return false };
    id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl Directory for ChecksummedDirectory {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.disk.read(&self.path_on_disk(path)).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => OpenReadError::FileDoesNotExist(path.to_owned()),
            _ => OpenReadError::wrap_io_error(e, path.to_owned()),
        })
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        if let Some(name) = path.to_str() {
            lock(&self.state.digests).remove(name);
            lock(&self.verified).remove(name);
        }
        self.disk.remove(&self.path_on_disk(path)).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => DeleteError::FileDoesNotExist(path.to_owned()),
            _ => DeleteError::IoError { io_error: Arc::new(e), filepath: path.to_owned() },
        })
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.disk
            .exists(&self.path_on_disk(path))
            .map_err(|e| OpenReadError::wrap_io_error(e, path.to_owned()))
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        let file =
            self.note_failure(self.disk.create(&self.path_on_disk(path))).map_err(|e| match e.kind() {
                io::ErrorKind::AlreadyExists => OpenWriteError::FileAlreadyExists(path.to_owned()),
                _ => OpenWriteError::wrap_io_error(e, path.to_owned()),
            })?;
        self.state.open_files.fetch_add(1, Ordering::Relaxed);
        let file = ChecksummedFile {
            name: path.to_string_lossy().into_owned(),
            file: BufWriter::with_capacity(BUFFER_BYTES, UnbufferedFile(file)),
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
            return self.managed_files().map_err(failed);
        }
        let bytes = read_file(&*self.disk, &self.path_on_disk(path)).map_err(failed)?;
        let meta = Meta::parse(&bytes).ok_or_else(|| failed(checksum_error(path)))?;
        let mut digests = lock(&self.state.digests);
        for (name, digest) in meta.manifest {
            digests.entry(name).or_insert(digest);
        }
        Ok(meta.json)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        match path.to_str() {
            Some(MANAGED) => Ok(()),
            Some(META) => self.note_failure(self.write_meta(data)),
            _ => Err(io::Error::other(format!("{} is no file of an index", path.display()))),
        }
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.note_failure(self.disk.sync_folder(&self.folder))
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        match self.disk.lock(&self.path_on_disk(&lock.filepath), lock.is_blocking) {
            Ok(Some(guard)) => Ok(DirectoryLock::from(Box::new(guard))),
            Ok(None) => Err(LockError::LockBusy),
            Err(e) => Err(LockError::wrap_io_error(e)),
        }
    }

    fn watch(&self, _: WatchCallback) -> tantivy::Result<WatchHandle> {
        Ok(WatchHandle::empty())
    }
}

fn checksum_error(path: &Path) -> io::Error {
    let text = format!("{}: the content does not match its checksum", path.display());
    io::Error::new(io::ErrorKind::InvalidData, text)
}

/// A file of a disk as a writer for [`BufWriter`].
struct UnbufferedFile(Box<dyn DiskFile>);

impl Write for UnbufferedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A file whose digest is computed while it is written.
struct ChecksummedFile {
    name: String,
    file: BufWriter<UnbufferedFile>,
    hasher: blake3::Hasher,
    length: u64,
    directory: ChecksummedDirectory,
}

impl Write for ChecksummedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.directory.throttle.pause();
        let written = self.directory.note_failure(self.file.write(bytes))?;
        self.hasher.update(&bytes[..written]);
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        // A flush in between has no use; the file is synced at its end.
        Ok(())
    }
}

impl TerminatingWrite for ChecksummedFile {
    fn terminate_ref(&mut self, _: AntiCallToken) -> io::Result<()> {
        self.directory.note_failure(self.file.flush())?;
        self.directory.note_failure(self.file.get_mut().0.sync())?;
        let digest = Digest { length: self.length, blake3: self.hasher.finalize().to_hex().to_string() };
        lock(&self.directory.state.digests).insert(self.name.clone(), digest);
        lock(&self.directory.verified).insert(self.name.clone());
        Ok(())
    }
}

impl Drop for ChecksummedFile {
    fn drop(&mut self) {
        self.directory.state.open_files.fetch_sub(1, Ordering::Relaxed);
    }
}
