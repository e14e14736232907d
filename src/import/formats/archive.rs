//! ZIP archives of files: each entry is read as if it were a file.

use crate::import::formats::package::{Package, is_safe_name};
use crate::import::read_error::ReadError;

/// An entry as it was unpacked, or why it was not.
pub struct Unpacked {
    /// Its name in the archive.
    pub name: String,
    /// Its bytes.
    pub bytes: Result<Vec<u8>, ReadError>,
}

/// Unpacks the entries one by one; `sink` returns false to stop.
///
/// # Errors
/// It is no archive, or has more entries than are read.
pub fn unpack(bytes: &[u8], sink: &mut dyn FnMut(Unpacked) -> bool) -> Result<(), ReadError> {
    let mut package = Package::open(bytes)?;
    for entry in package.entries() {
        let unpacked = if is_safe_name(&entry.name) {
            package.read(entry.index)
        } else {
            Err(ReadError::Limit("条目的路径指向压缩包之外".to_owned()))
        };
        if !sink(Unpacked { name: entry.name, bytes: unpacked }) {
            break;
        }
    }
    Ok(())
}
