//! Access of other users to what the program writes.
//!
//! The umask closes every file, also those of libraries. A report that the user asked for gets the
//! permissions of the user's own umask.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::OnceLock;

use gongkai_index::private_files::{FolderAccess, close_folder, create_file};
use rustix::fs::Mode;

use crate::config::Config;

/// Umask under which only the owner can read and write.
const PRIVATE_UMASK: u32 = 0o077;
/// Mode of a report before the user's umask is taken off.
const REPORT_MODE: u32 = 0o666;
/// The umask that the program was started with.
static USER_UMASK: OnceLock<u32> = OnceLock::new();

/// Sets the umask of this process and of those it starts.
pub(super) fn set_private_umask() {
    let before = rustix::process::umask(Mode::from_raw_mode(PRIVATE_UMASK));
    USER_UMASK.get_or_init(|| before.as_raw_mode());
}

/// Creates or empties a report file, with the permissions that the user's programs give to files.
///
/// # Errors
/// Failures of the file system.
pub(super) fn create_report(path: &Path) -> io::Result<File> {
    match create_file(path) {
        Ok(file) => {
            let umask = USER_UMASK.get().copied().unwrap_or(PRIVATE_UMASK);
            file.set_permissions(Permissions::from_mode(REPORT_MODE & !umask))?;
            Ok(file)
        }
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => File::create(path),
        Err(e) => Err(e),
    }
}

/// Closes the data directory to other users, or warns where that is not this program's to do. Earlier
/// programs left it as the umask had it.
pub(super) fn close_data_directory(config: &Config) {
    for folder in [&config.data, &config.index_directory(), &config.searches_directory()] {
        close_to_others(folder);
    }
}

/// Closes one folder to other users, and says so; a folder that does not exist is none to close.
pub(super) fn close_to_others(folder: &Path) {
    match close_folder(folder) {
        Ok(FolderAccess::Private) => {}
        Ok(FolderAccess::Closed(mode)) => {
            eprintln!(
                "{}: other users had access (mode {mode:03o}); it is closed to them now",
                folder.display()
            );
        }
        Ok(FolderAccess::Open(mode)) => eprintln!(
            "warning: {}: other users have access (mode {mode:03o}), and the folder is shared or of another user, so it is left as it is; give gongkai a folder of its own",
            folder.display()
        ),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => eprintln!("warning: {}: cannot be closed to other users: {e}", folder.display()),
    }
}
