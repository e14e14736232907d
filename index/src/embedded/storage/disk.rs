//! The operations of a file system that the index needs. They are few, so that tests can put a
//! simulated disk in its place that loses power or fails.

use std::any::Any;
use std::fmt::Debug;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tantivy::directory::error::OpenReadError;
use tantivy::directory::{Directory, FileHandle, MmapDirectory};

use crate::atomic_file::temporary_path;
use crate::file_lock;
use crate::private_files::{create_file, create_folder};

/// Time to wait for a lock. Other processes hold theirs for one step: to open a list of segments, to
/// put an index version in place of another.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);

/// A file being written.
pub trait DiskFile: Write + Send + Sync {
    /// Returns once the content is durable.
    fn sync(&mut self) -> io::Result<()>;
}

/// An entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DiskEntry {
    /// Name in the folder.
    pub name: String,
    /// Set for a folder.
    pub is_folder: bool,
}

/// A lock among processes; dropping it releases it.
pub type LockGuard = Box<dyn Any + Send + Sync>;

/// A folder with everything below it; paths are relative to it.
pub trait Disk: Debug + Send + Sync {
    /// Returns the path of the folder, for messages.
    fn location(&self) -> &Path;
    /// Opens a file for reading; `NotFound` if there is none.
    fn read(&self, path: &Path) -> io::Result<Arc<dyn FileHandle>>;
    /// Opens a file as a stream, from an offset on. Unlike a file of [`Disk::read`], it may be
    /// truncated meanwhile by its writer.
    fn stream(&self, path: &Path, from: u64) -> io::Result<Box<dyn Read>>;
    /// Truncates an existing file at an offset and opens it for writing there.
    fn extend(&self, path: &Path, from: u64) -> io::Result<Box<dyn DiskFile>>;
    /// Creates a file; `AlreadyExists` if there is one.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// Renames a file, replacing the file that has the new name.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Removes an empty folder.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;
    /// Creates a folder, unless it exists.
    fn create_folder(&self, path: &Path) -> io::Result<()>;
    /// Lists the entries of a folder.
    fn list(&self, folder: &Path) -> io::Result<Vec<DiskEntry>>;
    /// Returns once the names in a folder are durable.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
    /// Takes a lock among processes; `None` if another process has it and `wait` is not set. With
    /// `wait` it fails with `TimedOut` after [`LOCK_TIMEOUT`].
    fn lock(&self, path: &Path, wait: bool) -> io::Result<Option<LockGuard>>;
    /// Checks if a file exists.
    fn exists(&self, path: &Path) -> io::Result<bool> {
        match self.read(path) {
            Ok(_) => Ok(true),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(e) => Err(e),
        }
    }
    /// Returns a stamp that changes whenever another file takes this name; `None` without a file.
    fn file_stamp(&self, path: &Path) -> Option<FileStamp>;
}

/// Inode, length and time of change, by which a file is distinguished from the next one of its name.
pub type FileStamp = [u64; 3];

/// Reads the whole content of a file.
pub fn read_file(disk: &dyn Disk, path: &Path) -> io::Result<Vec<u8>> {
    let file = disk.read(path)?;
    Ok(file.read_bytes(0..file.len())?.as_slice().to_vec())
}

/// Replaces a file in one step: afterwards, and after a power cut, it has the old or the
/// new content; when this returns, the new one.
pub fn replace_file(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_file_with(disk, path, |file| file.write_all(bytes))
}

/// Replaces a file as [`replace_file`] does; the content is written by a closure. The steps are those
/// of [`crate::atomic_file`], on a disk that may be simulated.
pub fn replace_file_with(
    disk: &dyn Disk,
    path: &Path,
    write: impl FnOnce(&mut dyn DiskFile) -> io::Result<()>,
) -> io::Result<()> {
    let temporary = temporary_path(path);
    match disk.remove(&temporary) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let mut file = disk.create(&temporary)?;
    write(&mut *file)?;
    file.sync()?;
    drop(file);
    disk.rename(&temporary, path)?;
    disk.sync_folder(path.parent().unwrap_or(Path::new("")))
}

/// The file system of this machine.
#[derive(Debug)]
pub struct OsDisk {
    location: PathBuf,
    /// Reader that maps files into memory, which needs the `unsafe` that this crate forbids itself.
    mapped: MmapDirectory,
}

impl OsDisk {
    /// Opens a folder, and creates it if it does not exist.
    pub fn open(location: &Path) -> io::Result<Self> {
        create_folder(location)?;
        let mapped = MmapDirectory::open(location).map_err(io::Error::other)?;
        Ok(Self { location: location.to_owned(), mapped })
    }
}

impl DiskFile for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

impl Disk for OsDisk {
    fn location(&self) -> &Path {
        &self.location
    }

    fn read(&self, path: &Path) -> io::Result<Arc<dyn FileHandle>> {
        self.mapped.get_file_handle(path).map_err(|e| match e {
            OpenReadError::FileDoesNotExist(_) => io::Error::from(io::ErrorKind::NotFound),
            OpenReadError::IoError { io_error, .. } => io::Error::new(io_error.kind(), io_error.to_string()),
            other => io::Error::other(other),
        })
    }

    fn stream(&self, path: &Path, from: u64) -> io::Result<Box<dyn Read>> {
        let mut file = File::open(self.location.join(path))?;
        file.seek(SeekFrom::Start(from))?;
        Ok(Box::new(file))
    }

    fn extend(&self, path: &Path, from: u64) -> io::Result<Box<dyn DiskFile>> {
        let mut file = OpenOptions::new().write(true).open(self.location.join(path))?;
        file.set_len(from)?;
        file.seek(SeekFrom::Start(from))?;
        Ok(Box::new(file))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(create_file(&self.location.join(path))?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(self.location.join(from), self.location.join(to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(self.location.join(path))
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(self.location.join(path))
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        create_folder(&self.location.join(path))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<DiskEntry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(self.location.join(folder))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            entries.push(DiskEntry { name, is_folder: entry.file_type()?.is_dir() });
        }
        entries.sort();
        Ok(entries)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(self.location.join(folder))?.sync_all()
    }

    fn lock(&self, path: &Path, wait: bool) -> io::Result<Option<LockGuard>> {
        let path = self.location.join(path);
        let guard =
            if wait { Some(file_lock::lock(&path, LOCK_TIMEOUT)?) } else { file_lock::try_lock(&path)? };
        Ok(guard.map(|file| Box::new(file) as LockGuard))
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        self.location.join(path).try_exists()
    }

    fn file_stamp(&self, path: &Path) -> Option<FileStamp> {
        use std::os::unix::fs::MetadataExt;
        let meta = fs::metadata(self.location.join(path)).ok()?;
        Some([meta.ino(), meta.len(), (meta.mtime() as u64) << 30 ^ meta.mtime_nsec() as u64])
    }
}
