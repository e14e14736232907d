//! The bytes of a journal's frames; distinguishes torn frames from corrupt ones.

use std::io::{self, BufReader, Read};

use crate::embedded::storage::checksummed::Digest;
use crate::embedded::storage::journal::kind::{
    BUFFER_BYTES, FILE_HEAD_BYTES, JournalKind, parse_head, short_checksum,
};
use crate::record::generation::Generation;
use crate::relations::encoding::{decode_frame, encode_frame};
use crate::relations::frames::Frame;

/// Length of the head of a frame: the length of the frame, its checksum, a checksum of both.
pub const FRAME_HEAD_BYTES: usize = 16;
/// Longest frame that is read; a longer one is taken for damage.
const MAX_FRAME_BYTES: usize = 1 << 31;

/// Result of [`scan`], which reads every byte of a file and keeps none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JournalScan {
    /// Set if the file exists.
    pub exists: bool,
    /// Set if anything differs from what was written; a torn end does not count.
    pub is_corrupt: bool,
    /// Length of the file, in bytes.
    pub bytes: u64,
    /// Generation of the last frame that counts.
    pub last_generation: Generation,
    /// The part with the complete frames up to the generation asked for.
    pub prefix: Digest,
}

/// Scans a journal. `upto` bounds the prefix, not the scan.
///
/// # Errors
/// Failures of the file system.
pub fn scan(file: impl Read, kind: JournalKind, upto: Generation) -> io::Result<JournalScan> {
    let mut measured = Measured {
        inner: BufReader::with_capacity(BUFFER_BYTES, file),
        hasher: blake3::Hasher::new(),
        length: 0,
    };
    let mut scan = JournalScan { exists: true, ..JournalScan::default() };
    let mut head = [0; FILE_HEAD_BYTES];
    let read = read_up_to(&mut measured, &mut head)?;
    // A file shorter than its head was left by a killed process.
    if read == FILE_HEAD_BYTES && parse_head(&head, kind).is_none() {
        scan.is_corrupt = true;
    }
    if read < FILE_HEAD_BYTES || scan.is_corrupt {
        scan.bytes = read as u64;
        return Ok(scan);
    }
    scan.prefix = measured.digest();
    let mut frames = FrameReader { inner: measured, consumed: 0 };
    let mut counts = true;
    loop {
        match frames.next_frame()? {
            FrameRead::Frame(frame) if counts && frame.generation() <= upto => {
                scan.last_generation = frame.generation();
                scan.prefix = frames.inner.digest();
            }
            // Announced, but never committed.
            FrameRead::Frame(_) => counts = false,
            FrameRead::Corrupt => {
                scan.is_corrupt = true;
                counts &= kind == JournalKind::Commits;
            }
            FrameRead::Unreadable => {
                scan.is_corrupt = true;
                break;
            }
            FrameRead::Torn | FrameRead::End => break,
        }
    }
    scan.bytes = frames.inner.length;
    Ok(scan)
}

/// A reader that computes length and hash of what is read.
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

/// Serialises a frame with its head.
pub fn frame_bytes(frame: &Frame) -> Vec<u8> {
    let payload = encode_frame(frame);
    let mut bytes = Vec::with_capacity(FRAME_HEAD_BYTES + payload.len());
    bytes.extend((payload.len() as u32).to_le_bytes());
    bytes.extend(short_checksum(&payload));
    let sum = short_checksum(&bytes);
    bytes.extend(&sum[..4]);
    bytes.extend(payload);
    bytes
}

/// Result of reading the next frame.
pub enum FrameRead {
    /// A complete frame.
    Frame(Frame),
    /// A frame of known length whose content does not match its checksum.
    Corrupt,
    /// A frame whose length cannot be trusted, so that no frame behind it can be found.
    Unreadable,
    /// The file ends before the frame does.
    Torn,
    /// The end of the file.
    End,
}

/// Reads one frame after the other.
pub struct FrameReader<R> {
    inner: R,
    /// Bytes of the frames that were read or skipped.
    pub consumed: u64,
}

impl FrameReader<BufReader<Box<dyn Read>>> {
    /// Reads from a stream.
    pub fn new(stream: Box<dyn Read>) -> Self {
        Self { inner: BufReader::with_capacity(BUFFER_BYTES, stream), consumed: 0 }
    }
}

impl<R: Read> FrameReader<R> {
    /// Reads the next frame.
    ///
    /// # Errors
    /// Failures of the file system.
    pub fn next_frame(&mut self) -> io::Result<FrameRead> {
        let mut head = [0; FRAME_HEAD_BYTES];
        match read_up_to(&mut self.inner, &mut head)? {
            0 => return Ok(FrameRead::End),
            FRAME_HEAD_BYTES => {}
            _ => return Ok(FrameRead::Torn),
        }
        let length = u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize;
        // A power cut may leave zeros at the end of a file that had grown.
        if head == [0; FRAME_HEAD_BYTES] {
            return Ok(FrameRead::Torn);
        }
        if short_checksum(&head[..12])[..4] != head[12..] || length > MAX_FRAME_BYTES {
            return Ok(FrameRead::Unreadable);
        }
        let mut payload = Vec::new();
        (&mut self.inner).take(length as u64).read_to_end(&mut payload)?;
        if payload.len() < length {
            return Ok(FrameRead::Torn);
        }
        self.consumed += (FRAME_HEAD_BYTES + length) as u64;
        if short_checksum(&payload) != head[4..12] {
            return Ok(FrameRead::Corrupt);
        }
        Ok(decode_frame(&payload).map_or(FrameRead::Corrupt, FrameRead::Frame))
    }
}

/// Reads until the buffer is full or the file ends; returns the number of bytes.
pub fn read_up_to(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
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
