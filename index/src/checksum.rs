//! Files that say of themselves whether they are whole: the last line is the BLAKE3
//! of everything before it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// What the last line begins with.
const WORD: &[u8] = b"blake3 ";
/// The last line: the word, 64 hexadecimal digits, a line end.
const LINE: usize = WORD.len() + 64 + 1;

/// Adds the line that seals the content.
pub fn seal(mut content: Vec<u8>) -> Vec<u8> {
    let hash = blake3::hash(&content).to_hex();
    content.extend_from_slice(WORD);
    content.extend_from_slice(hash.as_bytes());
    content.push(b'\n');
    content
}

/// The content without its seal; `None` if it has none or another than it should.
pub fn unseal(sealed: &[u8]) -> Option<&[u8]> {
    let (content, line) = sealed.split_at_checked(sealed.len().checked_sub(LINE)?)?;
    let hash = line.strip_prefix(WORD)?.strip_suffix(b"\n")?;
    (blake3::hash(content).to_hex().as_bytes() == hash).then_some(content)
}

/// Writes a file of what can be made again, sealed, whole or not at all: durable before
/// it takes its name.
///
/// # Errors
/// The file system's.
pub fn write(path: &Path, content: Vec<u8>) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let mut file = File::create(&beside)?;
    file.write_all(&seal(content))?;
    file.sync_data()?;
    fs::rename(&beside, path)
}

/// Reads what [`write()`] wrote; `None` if there is none or it is damaged.
pub fn read(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = fs::read(path).ok()?;
    let length = unseal(&bytes)?.len();
    bytes.truncate(length);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_changed_bit_and_every_lost_end_breaks_the_seal() {
        let sealed = seal("正文 body".as_bytes().to_vec());
        assert_eq!(unseal(&sealed), Some("正文 body".as_bytes()));
        assert_eq!(unseal(&seal(Vec::new())), Some(&b""[..]));
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(unseal(&changed), None, "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert_eq!(unseal(&sealed[..length]), None, "cut at {length}");
        }
    }
}
