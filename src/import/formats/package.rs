//! ZIP packages in memory, with limits on everything an attacker may choose: entries, sizes,
//! ratio, names.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use crate::import::formats::charset;
use crate::import::read_error::ReadError;

/// Limit of entries in one package.
pub const MAX_ENTRIES: usize = 1_000;
/// Size limit of one package when it is unpacked.
pub const MAX_UNPACKED_BYTES: u64 = 100 << 20;
/// Limit of unpacked bytes for each packed byte, once an entry is larger than [`RATIO_FREE_BYTES`].
pub const MAX_RATIO: u64 = 100;
/// Size up to which the ratio is not limited: blank tables are packed very tightly.
pub const RATIO_FREE_BYTES: u64 = 4 << 20;

/// Package whose entries are read on demand.
pub struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    unpacked: u64,
}

/// Entry of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Index in the package.
    pub index: usize,
    /// Decoded name.
    pub name: String,
}

impl<'a> Package<'a> {
    /// Opens a package by its directory; nothing is unpacked yet.
    ///
    /// # Errors
    /// The bytes are no package, or it has too many entries.
    pub fn open(bytes: &'a [u8]) -> Result<Self, ReadError> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(ReadError::damaged)?;
        if archive.len() > MAX_ENTRIES {
            return Err(ReadError::Limit(format!(
                "压缩包有 {} 个条目，最多 {MAX_ENTRIES} 个",
                archive.len()
            )));
        }
        Ok(Self { archive, unpacked: 0 })
    }

    /// Lists the entries in the order of the package, without folders.
    pub fn entries(&self) -> Vec<Entry> {
        let named = (0..self.archive.len()).filter_map(|index| {
            let raw = self.archive.by_index_data(index).ok()?;
            let name = entry_name(raw.name_raw());
            (!name.ends_with('/')).then_some(Entry { index, name })
        });
        named.collect()
    }

    /// Lists the names that several entries have: all but the last of each cannot be read.
    pub fn repeated_names(&self) -> Vec<String> {
        if !self.archive.has_duplicate_names() {
            return Vec::new();
        }
        let bytes: &[u8] = self.archive.clone().into_inner().into_inner();
        let start = usize::try_from(self.archive.central_directory_start()).unwrap_or(usize::MAX);
        let names = directory_names(bytes.get(start..).unwrap_or_default());
        let is_repeated = |at: &usize| {
            let (name, first) = (&names[*at], names[..*at].contains(&names[*at]));
            !first && names[*at + 1..].contains(name)
        };
        (0..names.len()).filter(is_repeated).map(|at| entry_name(names[at])).collect()
    }

    /// Unpacks the entry with this name.
    ///
    /// # Errors
    /// The entry is missing, damaged, or larger than the limit.
    pub fn read_named(&mut self, name: &str) -> Result<Vec<u8>, ReadError> {
        let wanted = name.trim_start_matches('/');
        let index = self.archive.index_for_name(wanted).or_else(|| {
            let found = self.entries().into_iter().find(|entry| entry.name.eq_ignore_ascii_case(wanted));
            found.map(|entry| entry.index)
        });
        let index = index.ok_or_else(|| ReadError::Damaged(format!("缺少 {wanted}")))?;
        self.read(index)
    }

    /// Unpacks one entry.
    ///
    /// # Errors
    /// The entry is damaged or encrypted, or larger than the limit.
    pub fn read(&mut self, index: usize) -> Result<Vec<u8>, ReadError> {
        let left = MAX_UNPACKED_BYTES - self.unpacked;
        let entry = self.archive.by_index(index).map_err(ReadError::damaged)?;
        if entry.is_symlink() {
            return Err(ReadError::Limit("符号链接不予读取".to_owned()));
        }
        let by_ratio = entry.compressed_size().saturating_mul(MAX_RATIO).max(RATIO_FREE_BYTES);
        let allowed = left.min(by_ratio);
        // The sizes in the directory are claims: the bytes that come out count.
        let mut bytes = Vec::with_capacity(entry.size().min(allowed).min(1 << 20) as usize);
        entry.take(allowed + 1).read_to_end(&mut bytes).map_err(ReadError::damaged)?;
        self.unpacked += (bytes.len() as u64).min(left);
        if bytes.len() as u64 > allowed {
            let reason = if allowed < left {
                format!("压缩比超过 {MAX_RATIO}")
            } else {
                format!("解压后超过 {} MB", MAX_UNPACKED_BYTES >> 20)
            };
            return Err(ReadError::Limit(reason));
        }
        Ok(bytes)
    }
}

/// Reads the names in a central directory, each as often as it stands there.
fn directory_names(mut directory: &[u8]) -> Vec<&[u8]> {
    const HEADER_BYTES: usize = 46;
    let mut names = Vec::new();
    while names.len() <= MAX_ENTRIES
        && directory.starts_with(b"PK\x01\x02")
        && directory.len() >= HEADER_BYTES
    {
        let length = |at: usize| usize::from(u16::from_le_bytes([directory[at], directory[at + 1]]));
        let (name, rest) = (length(28), length(30) + length(32));
        let end = HEADER_BYTES + name;
        let Some(bytes) = directory.get(HEADER_BYTES..end) else { break };
        names.push(bytes);
        directory = directory.get(end + rest..).unwrap_or_default();
    }
    names
}

/// Decodes a name: UTF-8 or, from Chinese Windows, GBK, whatever the entry's flag says.
fn entry_name(raw: &[u8]) -> String {
    charset::decode(raw, Some("gb18030")).text.replace('\\', "/")
}

/// Checks that a name stays inside the package: relative, without `..`, drive or NUL.
pub fn is_safe_name(name: &str) -> bool {
    let inside = name.split('/').all(|step| !step.is_empty() && step != ".." && step != ".");
    inside && !name.contains('\0') && !name.contains(':') && name.len() <= 1024
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in entries {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn entries_are_listed_and_read_by_name() {
        let bytes = archive(&[("甲/乙.txt", b"1"), ("b.txt", b"22")]);
        let mut package = Package::open(&bytes).unwrap();
        let names: Vec<_> = package.entries().into_iter().map(|e| e.name).collect();
        assert_eq!(names, ["甲/乙.txt", "b.txt"]);
        assert_eq!(package.read_named("/B.txt").unwrap(), b"22");
        assert!(matches!(package.read_named("c"), Err(ReadError::Damaged(_))));
    }

    #[test]
    fn repeated_names_are_listed_once_each() {
        let mut bytes = archive(&[("a.txt", b"1"), ("b.txt", b"2"), ("c.txt", b"3")]);
        assert!(Package::open(&bytes).unwrap().repeated_names().is_empty());
        for at in 0..bytes.len() - 5 {
            if bytes[at..].starts_with(b"b.txt") {
                bytes[at] = b'a';
            }
        }
        let package = Package::open(&bytes).unwrap();
        assert_eq!(package.repeated_names(), ["a.txt"]);
        assert_eq!(package.entries().len(), 2);
    }

    #[test]
    fn zip_bomb_is_rejected_before_unpacking() {
        let zeros = vec![0; 40 << 20];
        let bytes = archive(&[("bomb", &zeros)]);
        assert!(bytes.len() < 200 << 10);
        let error = Package::open(&bytes).unwrap().read(0).unwrap_err();
        assert!(matches!(error, ReadError::Limit(_)), "{error}");
    }

    #[test]
    fn package_with_too_many_entries_is_rejected() {
        let names: Vec<String> = (0..=MAX_ENTRIES).map(|i| i.to_string()).collect();
        let entries: Vec<(&str, &[u8])> = names.iter().map(|n| (n.as_str(), &b""[..])).collect();
        assert!(matches!(Package::open(&archive(&entries)), Err(ReadError::Limit(_))));
    }

    #[test]
    fn names_outside_the_package_are_unsafe() {
        for name in ["../a", "/etc/x", "a/../b", "c:x", "a//b", "a\0"] {
            assert!(!is_safe_name(name), "{name}");
        }
        assert!(is_safe_name("甲/乙 丙.txt"));
    }
}
