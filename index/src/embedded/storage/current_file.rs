//! The current file, which names the index version in use.
//!
//! The folder of the index has index versions: `1/`, `2/`, … each a complete index, built with one
//! dictionary and one schema. The file `current` names the version in use and the one before
//! it. It is replaced in one step and has a checksum. An index written before there were versions
//! lies in the folder itself and counts as version 0.

use std::io;
use std::path::{Path, PathBuf};

use crate::checksum::{add_checksum, verify_checksum};
use crate::embedded::storage::checksummed::{META, Meta};
use crate::embedded::storage::disk::{Disk, DiskEntry, read_file, replace_file};
use crate::error::{Error, Result};

/// Name of the current file.
pub const CURRENT: &str = "current";
/// Lock that is held while an index version is created or put in place of another; writers release
/// theirs meanwhile.
pub const GATE_LOCK: &str = "gate.lock";
/// Lock of the one process that reindexes.
pub const REINDEX_LOCK: &str = "rebuild.lock";

/// The number of an index version.
pub type VersionNumber = u32;

/// Content of the current file: the index version in use, and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurrentFile {
    /// The index version in use.
    pub current: VersionNumber,
    /// The one before it, kept to go back to.
    pub previous: Option<VersionNumber>,
}

impl CurrentFile {
    /// Reads the current file; `None` if there is none.
    ///
    /// # Errors
    /// A damaged one.
    pub fn read(disk: &dyn Disk) -> Result<Option<Self>> {
        let bytes = match read_file(disk, Path::new(CURRENT)) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e.into()),
        };
        let parsed =
            verify_checksum(&bytes).and_then(|text| std::str::from_utf8(text).ok()).and_then(Self::parse);
        parsed.map(Some).ok_or_else(|| Error::Damaged {
            path: disk.location().join(CURRENT),
            reason: "it names the index version in use and does not match its checksum".into(),
        })
    }

    /// Replaces the current file, durably.
    ///
    /// # Errors
    /// Failures of the file system.
    pub fn write(self, disk: &dyn Disk) -> io::Result<()> {
        replace_file(disk, Path::new(CURRENT), &self.to_bytes())
    }

    /// Serialises it with its checksum, as it is on disk.
    pub fn to_bytes(self) -> Vec<u8> {
        let previous = self.previous.map(|number| format!("previous {number}\n")).unwrap_or_default();
        add_checksum(format!("gongkai editions 1\ncurrent {}\n{previous}", self.current).into_bytes())
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let _version = lines.next().filter(|line| *line == "gongkai editions 1")?;
        let current = lines.next()?.strip_prefix("current ")?.parse().ok()?;
        let previous = match lines.next() {
            Some(line) => Some(line.strip_prefix("previous ")?.parse().ok()?),
            None => None,
        };
        lines.next().is_none().then_some(Self { current, previous })
    }
}

/// Returns the folder of an index version.
pub fn version_folder(number: VersionNumber) -> PathBuf {
    match number {
        0 => PathBuf::new(),
        number => PathBuf::from(number.to_string()),
    }
}

/// Lists the index versions on a disk, in use or not.
pub fn version_numbers(disk: &dyn Disk) -> io::Result<Vec<VersionNumber>> {
    let entries = disk.list(Path::new(""))?;
    let numbered = entries.iter().filter(|entry| entry.is_folder).filter_map(|entry| entry.name.parse().ok());
    let mut numbers: Vec<VersionNumber> = numbered.collect();
    if entries.iter().any(|entry| entry.name == META) {
        numbers.push(0);
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Checks if a folder without a current file has nothing but what an interrupted first creation
/// leaves.
pub fn is_unfinished_creation(disk: &dyn Disk) -> io::Result<bool> {
    let is_lock = |entry: &DiskEntry| entry.name.ends_with(".lock");
    let outer = disk.list(Path::new(""))?;
    let is_ours = |entry: &DiskEntry| entry.name == "1" || entry.name == "current.new" || is_lock(entry);
    if !outer.iter().all(is_ours) {
        return Ok(false);
    }
    if !outer.iter().any(|entry| entry.name == "1") {
        return Ok(true);
    }
    let is_begun = |entry: &DiskEntry| entry.name == META || entry.name == "meta.json.new" || is_lock(entry);
    if !disk.list(Path::new("1"))?.iter().all(is_begun) {
        return Ok(false);
    }
    let meta = match read_file(disk, &version_folder(1).join(META)) {
        Ok(bytes) => Meta::parse(&bytes),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(e) => return Err(e),
    };
    let segments = meta.and_then(|meta| Meta::segments(&meta.json));
    Ok(segments.is_some_and(|segments| segments.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn current_file_roundtrips_and_rejects_other_content() {
        for current in
            [CurrentFile { current: 0, previous: None }, CurrentFile { current: 12, previous: Some(0) }]
        {
            let bytes = current.to_bytes();
            let text = std::str::from_utf8(verify_checksum(&bytes).expect("checksummed")).expect("text");
            assert_eq!(CurrentFile::parse(text), Some(current));
        }
        for text in ["", "gongkai editions 2\ncurrent 1\n", "gongkai editions 1\ncurrent -1\n", "current 1\n"]
        {
            assert_eq!(CurrentFile::parse(text), None, "{text}");
        }
    }
}
