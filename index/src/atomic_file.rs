//! Replacement of files in one step: afterwards, and after a power cut, a file has either its old
//! or its new content.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Ending of the temporary file, which lies beside the file that it replaces.
const TEMPORARY_ENDING: &str = ".new";
/// Mode of a temporary file until it has the mode asked for: readable to its owner only.
const PRIVATE_MODE: u32 = 0o600;

/// Replaces a file, or creates it; when this returns, the new content is durable.
///
/// With a `mode` the content is never readable to others than that mode allows; without one the
/// file has the mode of a new file.
///
/// # Errors
/// Failures of the file system; the old file is unchanged unless only its folder failed to sync.
pub fn replace_file(path: &Path, bytes: &[u8], mode: Option<u32>) -> io::Result<()> {
    replace_file_with(path, mode, |file, _| file.write_all(bytes))
}

/// Replaces a file as [`replace_file`] does; the content is written by a closure, which gets the
/// temporary file and its path. If the closure fails, the old file stays, and so does the temporary
/// one until the next replacement.
///
/// # Errors
/// Those of the closure and failures of the file system.
pub fn replace_file_with<T, E: From<io::Error>>(
    path: &Path,
    mode: Option<u32>,
    write: impl FnOnce(&mut File, &Path) -> Result<T, E>,
) -> Result<T, E> {
    let temporary = temporary_path(path);
    let mut file = create_temporary(&temporary, mode)?;
    let written = write(&mut file, &temporary)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&temporary, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(written)
}

/// Returns the path of the temporary file for a file.
pub fn temporary_path(path: &Path) -> PathBuf {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(TEMPORARY_ENDING);
    temporary.into()
}

fn create_temporary(path: &Path, mode: Option<u32>) -> io::Result<File> {
    // An interrupted replacement may have left one, perhaps with another mode.
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    let Some(mode) = mode else { return options.open(path) };
    let file = options.mode(PRIVATE_MODE).open(path)?;
    file.set_permissions(Permissions::from_mode(mode))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode_of(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn replace_file_writes_content_and_mode_and_leaves_no_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        fs::write(temporary_path(&path), "left by an interrupted replacement").unwrap();
        for (content, mode) in [("old", 0o644), ("new", 0o600)] {
            replace_file(&path, content.as_bytes(), Some(mode)).unwrap();
            assert_eq!((fs::read_to_string(&path).unwrap().as_str(), mode_of(&path)), (content, mode));
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn replace_file_with_failing_closure_keeps_old_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lists.json");
        replace_file(&path, b"old", None).unwrap();
        let failed = replace_file_with(&path, None, |file, _| {
            file.write_all(b"half")?;
            Err::<(), _>(io::Error::other("no more"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&path).unwrap(), b"old");
        replace_file(&path, b"new", None).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }
}
