//! Locks among processes: a lock file that the kernel releases when its holder ends.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use crate::private_files::FILE_MODE;

/// Pause between two attempts to take a lock.
const RETRY_INTERVAL: Duration = Duration::from_millis(10);

/// Opens a lock file, and creates it if there is none. Neither follows a link nor changes a content.
fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let opened = rustix::fs::open(path, flags, Mode::from_raw_mode(FILE_MODE));
    opened.map(File::from).map_err(|e| with_path(path, &io::Error::from(e)))
}

/// Takes the lock of a file; `None` if another process holds it.
///
/// # Errors
/// A file that cannot be opened: a link, one of another user.
pub fn try_lock(path: &Path) -> io::Result<Option<File>> {
    let file = open(path)?;
    Ok(try_lock_file(&file, path)?.then_some(file))
}

/// Takes the lock of a file, and waits for it at most so long.
///
/// # Errors
/// `TimedOut`; a file that cannot be opened.
pub fn lock(path: &Path, timeout: Duration) -> io::Result<File> {
    let file = open(path)?;
    lock_file(&file, path, timeout)?;
    Ok(file)
}

/// Locks a file that is open, and waits for it at most so long; `path` is its name in messages.
///
/// # Errors
/// `TimedOut`; failures of the file system.
pub fn lock_file(file: &File, path: &Path, timeout: Duration) -> io::Result<()> {
    let deadline = Instant::now() + timeout;
    while !try_lock_file(file, path)? {
        if Instant::now() >= deadline {
            let text = format!(
                "{0}: another process has held this lock for {1:?}; wait for its end or end it \
                 (`fuser {0}` names it), then try again",
                path.display(),
                timeout
            );
            return Err(io::Error::new(io::ErrorKind::TimedOut, text));
        }
        std::thread::sleep(RETRY_INTERVAL);
    }
    Ok(())
}

fn try_lock_file(file: &File, path: &Path) -> io::Result<bool> {
    match rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK | Errno::INTR) => Ok(false),
        Err(e) => Err(with_path(path, &io::Error::from(e))),
    }
}

fn with_path(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: cannot be locked: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_held_elsewhere_is_given_up_after_its_timeout() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gate.lock");
        let held = try_lock(&path).unwrap().expect("the lock is free");
        assert!(try_lock(&path).unwrap().is_none());
        let error = lock(&path, Duration::from_millis(50)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(error.to_string().contains("gate.lock: another process"), "{error}");
        drop(held);
        assert!(lock(&path, Duration::from_secs(60)).is_ok());
    }

    #[test]
    fn lock_file_is_no_link_and_keeps_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("letter"), folder.path().join("link.lock"));
        std::fs::write(&file, "mine").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(try_lock(&link).unwrap_err().to_string().contains("link.lock"));
        assert!(try_lock(&file).unwrap().is_some());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    }
}
