//! Replacement of files in one step: afterwards, and after a power cut, a file has either its old
//! or its new content.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::private_files::create_file;

/// Ending of the temporary file, which lies beside the file that it replaces.
const TEMPORARY_ENDING: &str = ".new";

/// Replaces a file, or creates it; when this returns, the new content is durable. Only its owner can
/// read it.
///
/// # Errors
/// Failures of the file system; the old file is unchanged unless only its folder failed to sync.
pub fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_file_with(path, |file, _| file.write_all(bytes))
}

/// Replaces a file as [`replace_file`] does; the content is written by a closure, which gets the
/// temporary file and its path. If the closure fails, the old file stays, and so does the temporary
/// one until the next replacement.
///
/// # Errors
/// Those of the closure and failures of the file system.
pub fn replace_file_with<T, E: From<io::Error>>(
    path: &Path,
    write: impl FnOnce(&mut File, &Path) -> Result<T, E>,
) -> Result<T, E> {
    let temporary = temporary_path(path);
    let mut file = create_temporary(&temporary)?;
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

fn create_temporary(path: &Path) -> io::Result<File> {
    // An interrupted replacement may have left one, perhaps with another mode.
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    create_file(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode_of(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn replace_file_writes_private_content_and_leaves_no_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        fs::write(temporary_path(&path), "left by an interrupted replacement").unwrap();
        fs::write(&path, "written by an older program").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        replace_file(&path, b"new").unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), mode_of(&path)), ("new", 0o600));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn replace_file_with_failing_closure_keeps_old_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lists.json");
        replace_file(&path, b"old").unwrap();
        let failed = replace_file_with(&path, |file, _| {
            file.write_all(b"half")?;
            Err::<(), _>(io::Error::other("no more"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&path).unwrap(), b"old");
        replace_file(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }
}
