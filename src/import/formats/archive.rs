//! ZIP archives of files: each entry is read like a file.

use crate::import::formats::package::{Package, is_safe_name};
use crate::import::read_error::ReadError;
use crate::import::time_budget::TimeBudget;

/// Unpacked entry, or the error of unpacking it.
pub struct Unpacked {
    /// Name in the archive.
    pub name: String,
    /// Content of the entry.
    pub bytes: Result<Vec<u8>, ReadError>,
}

/// Unpacks the entries one by one, while the budget lasts; `sink` returns false to stop.
///
/// # Errors
/// The bytes are no archive, or it has more entries than the limit.
pub fn unpack(
    bytes: &[u8],
    budget: &TimeBudget,
    sink: &mut dyn FnMut(Unpacked) -> bool,
) -> Result<(), ReadError> {
    let mut package = Package::open(bytes)?;
    for name in package.repeated_names() {
        let told = "压缩包里有多个同名条目，只读取了目录中的最后一个，其余未入库".to_owned();
        if !sink(Unpacked { name, bytes: Err(ReadError::Damaged(told)) }) {
            return Ok(());
        }
    }
    for entry in package.entries() {
        let unpacked = if is_safe_name(&entry.name) {
            budget.spend(|| package.read(entry.index))
        } else {
            Err(ReadError::Limit("条目的路径指向压缩包之外".to_owned()))
        };
        if !sink(Unpacked { name: entry.name, bytes: unpacked }) {
            break;
        }
    }
    Ok(())
}
