//! Files and folders that only their owner can read, whatever the umask, from the moment they exist.
//!
//! The index holds texts unmasked, and the files beside it hold keys and searches.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Mode of every file.
pub const FILE_MODE: u32 = 0o600;
/// Mode of every folder.
pub const FOLDER_MODE: u32 = 0o700;
/// Permissions of everybody but the owner.
const OTHERS_MASK: u32 = 0o077;
/// Mark of a folder in which everybody may create files.
const STICKY_BIT: u32 = 0o1000;

/// Creates a folder and the missing ones above it; an existing folder is left as it is.
///
/// # Errors
/// Failures of the file system.
pub fn create_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(path)
}

/// Creates a file for writing; fails if anything has its name, a link included.
///
/// # Errors
/// `AlreadyExists`; failures of the file system.
pub fn create_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)
}

/// Access of other users to a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FolderAccess {
    /// Others had none.
    Private,
    /// Others had this mode; it was taken away.
    Closed(u32),
    /// Others have this mode: the folder belongs to another user or is shared by all.
    Open(u32),
}

/// Takes the permissions of others off a folder, if it belongs to this user and is not shared.
///
/// # Errors
/// No such folder; failures of the file system.
pub fn close_folder(path: &Path) -> io::Result<FolderAccess> {
    let metadata = fs::metadata(path)?;
    let mode = metadata.mode() & 0o7777;
    if mode & OTHERS_MASK == 0 {
        return Ok(FolderAccess::Private);
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() || mode & STICKY_BIT != 0 {
        return Ok(FolderAccess::Open(mode));
    }
    fs::set_permissions(path, Permissions::from_mode(mode & !OTHERS_MASK))?;
    Ok(FolderAccess::Closed(mode))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode_of(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn close_folder_leaves_shared_folders_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        for (mode, access, after) in [
            (0o755, FolderAccess::Closed(0o755), 0o700),
            (0o700, FolderAccess::Private, 0o700),
            (0o1777, FolderAccess::Open(0o1777), 0o1777),
        ] {
            fs::set_permissions(folder.path(), Permissions::from_mode(mode)).unwrap();
            assert_eq!((close_folder(folder.path()).unwrap(), mode_of(folder.path())), (access, after));
        }
    }
}
