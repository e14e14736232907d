//! Files with a checksum: the last line is the BLAKE3 hash of everything before it, so that
//! damage is found.

use std::fs;
use std::io;
use std::path::Path;

use crate::atomic_file::replace_file;

/// Prefix of the last line.
const LINE_PREFIX: &[u8] = b"blake3 ";
/// Length of the last line: the prefix, 64 hexadecimal digits, a line end.
const LINE_BYTES: usize = LINE_PREFIX.len() + 64 + 1;

/// Appends the line with the checksum of the content.
pub fn add_checksum(mut content: Vec<u8>) -> Vec<u8> {
    let hash = blake3::hash(&content).to_hex();
    content.extend_from_slice(LINE_PREFIX);
    content.extend_from_slice(hash.as_bytes());
    content.push(b'\n');
    content
}

/// Verifies the checksum and returns the content without it; `None` if it is missing or wrong.
pub fn verify_checksum(checksummed: &[u8]) -> Option<&[u8]> {
    let (content, line) = checksummed.split_at_checked(checksummed.len().checked_sub(LINE_BYTES)?)?;
    let hash = line.strip_prefix(LINE_PREFIX)?.strip_suffix(b"\n")?;
    (blake3::hash(content).to_hex().as_bytes() == hash).then_some(content)
}

/// Writes a file of derived data with its checksum, completely or not at all: the content is
/// durable before the file takes its name.
///
/// # Errors
/// Failures of the file system.
pub fn write(path: &Path, content: Vec<u8>) -> io::Result<()> {
    replace_file(path, &add_checksum(content))
}

/// Reads a file written by [`write()`]; `None` if it is missing or damaged.
pub fn read(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = fs::read(path).ok()?;
    let length = verify_checksum(&bytes)?.len();
    bytes.truncate(length);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verify_checksum_of_changed_or_truncated_content_fails() {
        let checksummed = add_checksum("正文 body".as_bytes().to_vec());
        assert_eq!(verify_checksum(&checksummed), Some("正文 body".as_bytes()));
        assert_eq!(verify_checksum(&add_checksum(Vec::new())), Some(&b""[..]));
        for bit in 0..checksummed.len() * 8 {
            let mut changed = checksummed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(verify_checksum(&changed), None, "bit {bit}");
        }
        for length in 0..checksummed.len() {
            assert_eq!(verify_checksum(&checksummed[..length]), None, "cut at {length}");
        }
    }
}
