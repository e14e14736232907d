//! The bytes of a journal's frames, and how what was left unfinished is told from what is corrupt.

use std::io::{self, BufReader, Read};

use crate::embedded::storage::checksummed::Digest;
use crate::embedded::storage::journal::kind::{BUFFER, HEAD, Kind, checksum, tag_of_head};
use crate::record::generation::Generation;
use crate::relations::encoding::{decode_frame, encode_frame};
use crate::relations::frames::Frame;

/// Length of what stands before a frame: its length, its checksum, a checksum of both.
pub const BEFORE: usize = 16;
/// Longest frame that is believed.
const LONGEST: usize = 1 << 31;

/// Looks at every byte of a file without keeping any of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Looked {
    /// Whether there is one.
    pub there: bool,
    /// Whether anything in it is not what was written; an unfinished end is not that.
    pub corrupt: bool,
    /// Its length.
    pub bytes: u64,
    /// The commit of the last frame that counts.
    pub last: Generation,
    /// The part with the whole frames up to the commit that was asked for.
    pub prefix: Digest,
}

/// Looks at a file of an index. `upto` bounds the prefix, not the look.
///
/// # Errors
/// The file system's.
pub fn look(file: impl Read, kind: Kind, upto: Generation) -> io::Result<Looked> {
    let mut measured =
        Measured { inner: BufReader::with_capacity(BUFFER, file), hasher: blake3::Hasher::new(), length: 0 };
    let mut looked = Looked { there: true, ..Looked::default() };
    let mut head = [0; HEAD];
    let read = fill(&mut measured, &mut head)?;
    // Shorter than its head is a file that a kill left behind.
    if read == HEAD && tag_of_head(&head, kind).is_none() {
        looked.corrupt = true;
    }
    if read < HEAD || looked.corrupt {
        looked.bytes = read as u64;
        return Ok(looked);
    }
    looked.prefix = measured.digest();
    let mut frames = Frames { inner: measured, read: 0 };
    let mut counts = true;
    loop {
        match frames.next()? {
            Piece::Frame(frame) if counts && frame.generation() <= upto => {
                looked.last = frame.generation();
                looked.prefix = frames.inner.digest();
            }
            // What was announced and never committed.
            Piece::Frame(_) => counts = false,
            Piece::Corrupt => {
                looked.corrupt = true;
                counts &= kind == Kind::Commits;
            }
            Piece::Lost => {
                looked.corrupt = true;
                break;
            }
            Piece::Torn | Piece::End => break,
        }
    }
    looked.bytes = frames.inner.length;
    Ok(looked)
}

struct Measured<R> {
    inner: R,
    hasher: blake3::Hasher,
    length: u64,
}

impl<R> Measured<R> {
    fn digest(&self) -> Digest {
        Digest { length: self.length, blake3: self.hasher.finalize().to_hex().to_string() }
    }
}

impl<R: Read> Read for Measured<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.hasher.update(&into[..read]);
        self.length += read as u64;
        Ok(read)
    }
}

/// A frame as it stands in a file.
pub fn framed(frame: &Frame) -> Vec<u8> {
    let payload = encode_frame(frame);
    let mut bytes = Vec::with_capacity(BEFORE + payload.len());
    bytes.extend((payload.len() as u32).to_le_bytes());
    bytes.extend(checksum(&payload));
    let sum = checksum(&bytes);
    bytes.extend(&sum[..4]);
    bytes.extend(payload);
    bytes
}

/// What comes next in a file.
pub enum Piece {
    Frame(Frame),
    /// A frame of known length that is not what was written.
    Corrupt,
    /// Not even its length can be believed: nothing behind it can be reached.
    Lost,
    /// The file ends before the frame does.
    Torn,
    End,
}

/// Reads one frame after the other.
pub struct Frames<R> {
    inner: R,
    /// Bytes of frames that were read or passed over.
    pub read: u64,
}

impl Frames<BufReader<Box<dyn Read>>> {
    /// From a stream.
    pub fn of(stream: Box<dyn Read>) -> Self {
        Self { inner: BufReader::with_capacity(BUFFER, stream), read: 0 }
    }
}

impl<R: Read> Frames<R> {
    /// The next piece.
    ///
    /// # Errors
    /// The file system's.
    pub fn next(&mut self) -> io::Result<Piece> {
        let mut before = [0; BEFORE];
        match fill(&mut self.inner, &mut before)? {
            0 => return Ok(Piece::End),
            BEFORE => {}
            _ => return Ok(Piece::Torn),
        }
        let length = u32::from_le_bytes([before[0], before[1], before[2], before[3]]) as usize;
        // What a power cut may leave of a file that had grown.
        if before == [0; BEFORE] {
            return Ok(Piece::Torn);
        }
        if checksum(&before[..12])[..4] != before[12..] || length > LONGEST {
            return Ok(Piece::Lost);
        }
        let mut payload = Vec::new();
        (&mut self.inner).take(length as u64).read_to_end(&mut payload)?;
        if payload.len() < length {
            return Ok(Piece::Torn);
        }
        self.read += (BEFORE + length) as u64;
        if checksum(&payload) != before[4..12] {
            return Ok(Piece::Corrupt);
        }
        Ok(decode_frame(&payload).map_or(Piece::Corrupt, Piece::Frame))
    }
}

/// Reads until the buffer is full or the file ends; how much that was.
pub fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}
