//! What the index needs of a file system, and nothing more: so little that the tests can
//! put a disk in its place that loses power or fails.

use std::any::Any;
use std::fmt::Debug;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tantivy::directory::error::{LockError, OpenReadError};
use tantivy::directory::{Directory, FileHandle, Lock, MmapDirectory};

/// A file being written.
pub trait DiskFile: Write + Send + Sync {
    /// Returns once the content is durable.
    fn sync(&mut self) -> io::Result<()>;
}

/// An entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DiskEntry {
    pub name: String,
    pub folder: bool,
}

/// A held lock; dropping it gives it up.
pub type Held = Box<dyn Any + Send + Sync>;

/// A folder with everything below it; paths are relative to it.
pub trait Disk: Debug + Send + Sync {
    /// Where it is, for messages.
    fn place(&self) -> &Path;
    /// A file for reading; `NotFound` if there is none.
    fn read(&self, path: &Path) -> io::Result<Arc<dyn FileHandle>>;
    /// A file from a place on, read as a stream: unlike what [`Disk::read`] gives, it may be
    /// cut short meanwhile by whoever writes it.
    fn stream(&self, path: &Path, from: u64) -> io::Result<Box<dyn Read>>;
    /// A file that is there, to be written on from a place; what lay behind that goes.
    fn extend(&self, path: &Path, from: u64) -> io::Result<Box<dyn DiskFile>>;
    /// A new file; `AlreadyExists` if there is one.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// Gives a file another name, replacing what had it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Removes an empty folder.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;
    /// Makes a folder; one that is there already will do.
    fn make_folder(&self, path: &Path) -> io::Result<()>;
    /// What a folder holds.
    fn list(&self, folder: &Path) -> io::Result<Vec<DiskEntry>>;
    /// Returns once the names in a folder are durable.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
    /// Takes a lock among processes; `None` if another has it and `wait` is not set.
    fn lock(&self, path: &Path, wait: bool) -> io::Result<Option<Held>>;
    /// Whether a file is there.
    fn exists(&self, path: &Path) -> io::Result<bool> {
        match self.read(path) {
            Ok(_) => Ok(true),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(e) => Err(e),
        }
    }
    /// Returns a stamp that changes whenever another file takes this name; `None` without a file.
    fn stamp(&self, path: &Path) -> Option<FileStamp>;
}

/// Tells one file of a name from the next: device, inode and time of change.
pub type FileStamp = [u64; 3];

/// The whole content of a file.
pub fn content(disk: &dyn Disk, path: &Path) -> io::Result<Vec<u8>> {
    let file = disk.read(path)?;
    Ok(file.read_bytes(0..file.len())?.as_slice().to_vec())
}

/// Replaces a file in one step: afterwards, and after a power cut, it has the old or the
/// new content; when this returns, the new one.
pub fn replace(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (beside, mut file) = beside(disk, path)?;
    file.write_all(bytes)?;
    file.sync()?;
    drop(file);
    disk.rename(&beside, path)?;
    disk.sync_folder(path.parent().unwrap_or(Path::new("")))
}

/// A new file that is to take the place of another.
pub fn beside(disk: &dyn Disk, path: &Path) -> io::Result<(PathBuf, Box<dyn DiskFile>)> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    match disk.remove(&beside) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let file = disk.create(&beside)?;
    Ok((beside, file))
}

/// The file system of this machine.
#[derive(Debug)]
pub struct OsDisk {
    place: PathBuf,
    /// Reads by mapping files into memory, which needs the `unsafe` that this crate forbids itself.
    mapped: MmapDirectory,
}

impl OsDisk {
    /// A folder, made if it is not there.
    pub fn open(place: &Path) -> io::Result<Self> {
        fs::create_dir_all(place)?;
        let mapped = MmapDirectory::open(place).map_err(io::Error::other)?;
        Ok(Self { place: place.to_owned(), mapped })
    }
}

impl DiskFile for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

impl Disk for OsDisk {
    fn place(&self) -> &Path {
        &self.place
    }

    fn read(&self, path: &Path) -> io::Result<Arc<dyn FileHandle>> {
        self.mapped.get_file_handle(path).map_err(|e| match e {
            OpenReadError::FileDoesNotExist(_) => io::Error::from(io::ErrorKind::NotFound),
            OpenReadError::IoError { io_error, .. } => io::Error::new(io_error.kind(), io_error.to_string()),
            other => io::Error::other(other),
        })
    }

    fn stream(&self, path: &Path, from: u64) -> io::Result<Box<dyn Read>> {
        let mut file = File::open(self.place.join(path))?;
        file.seek(SeekFrom::Start(from))?;
        Ok(Box::new(file))
    }

    fn extend(&self, path: &Path, from: u64) -> io::Result<Box<dyn DiskFile>> {
        let mut file = OpenOptions::new().write(true).open(self.place.join(path))?;
        file.set_len(from)?;
        file.seek(SeekFrom::Start(from))?;
        Ok(Box::new(file))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = OpenOptions::new().write(true).create_new(true).open(self.place.join(path))?;
        Ok(Box::new(file))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(self.place.join(from), self.place.join(to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(self.place.join(path))
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(self.place.join(path))
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(self.place.join(path))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<DiskEntry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(self.place.join(folder))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            entries.push(DiskEntry { name, folder: entry.file_type()?.is_dir() });
        }
        entries.sort();
        Ok(entries)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(self.place.join(folder))?.sync_all()
    }

    fn lock(&self, path: &Path, wait: bool) -> io::Result<Option<Held>> {
        let lock = Lock { filepath: path.to_owned(), is_blocking: wait };
        match self.mapped.acquire_lock(&lock) {
            Ok(held) => Ok(Some(Box::new(held))),
            Err(LockError::LockBusy) => Ok(None),
            Err(LockError::IoError(e)) => Err(io::Error::new(e.kind(), e.to_string())),
        }
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        self.place.join(path).try_exists()
    }

    fn stamp(&self, path: &Path) -> Option<FileStamp> {
        use std::os::unix::fs::MetadataExt;
        let meta = fs::metadata(self.place.join(path)).ok()?;
        Some([meta.ino(), meta.len(), (meta.mtime() as u64) << 30 ^ meta.mtime_nsec() as u64])
    }
}
