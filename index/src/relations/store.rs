//! The file in which facts and changes are kept beside an index: frames that are only
//! ever added, each with its length and checksum. A frame that is not whole, and all
//! behind it, is as good as not written.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::bytes::{Sink, Source};
use super::{Change, Relations, reprints::Assigned};
use crate::results::Generation;

/// How the file begins: what it is, and its format. A change of what is read out of
/// records or of how copies are found raises the number.
const MAGIC: &[u8; 8] = b"GKREL\x00\x00\x02";
/// Length of the head: the magic and a tag that is new with each rewriting.
const HEAD: usize = 16;
/// Longest frame that is believed.
const LONGEST: usize = 1 << 31;

/// What a commit did to the collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its number.
    pub generation: Generation,
    /// When, in seconds since 1970.
    pub seconds: u64,
    /// How many records the collection held after it.
    pub records: u64,
    /// A digest of all ids and contents it held.
    pub digest: u128,
    /// Whether `changes` has all of them: of old commits only the numbers are kept.
    pub complete: bool,
    /// What was put, with its content hash, and what was deleted.
    pub changes: Vec<(String, Option<u128>)>,
}

/// One entry of a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    /// What a commit changed.
    Changes {
        /// The commit.
        generation: Generation,
        /// In the order of their ids.
        changes: Vec<Change>,
    },
    /// The copies of texts found for it.
    Groups {
        /// The commit.
        generation: Generation,
        /// Records and their groups.
        assigned: Vec<Assigned>,
    },
    /// What a commit did, for the record.
    Commit(Commit),
}

impl Frame {
    /// The commit it belongs to.
    pub fn generation(&self) -> Generation {
        match self {
            Self::Changes { generation, .. } | Self::Groups { generation, .. } => *generation,
            Self::Commit(commit) => commit.generation,
        }
    }
}

/// A file of frames, and how far it was read.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    tag: u64,
    offset: u64,
}

impl Store {
    /// A file that may not be there yet.
    pub fn new(path: PathBuf) -> Self {
        Self { path, tag: 0, offset: 0 }
    }

    /// Reads the frames up to a commit that were not read before; `None` if the file was
    /// begun anew, so that everything must be.
    ///
    /// # Errors
    /// The file system's. A missing or foreign file is one without frames.
    pub fn read(&mut self, upto: Generation) -> io::Result<Option<Vec<Frame>>> {
        let Some((mut file, tag)) = self.open()? else {
            let known = self.offset > 0;
            (self.tag, self.offset) = (0, 0);
            return Ok((!known).then(Vec::new));
        };
        if tag != self.tag && self.offset > 0 {
            (self.tag, self.offset) = (0, 0);
            return Ok(None);
        }
        self.tag = tag;
        self.offset = self.offset.max(HEAD as u64);
        file.seek(SeekFrom::Start(self.offset))?;
        let mut reader = io::BufReader::with_capacity(1 << 16, file);
        let mut frames = Vec::new();
        while let Some((frame, length)) = next(&mut reader)?.filter(|(frame, _)| frame.generation() <= upto) {
            self.offset += length;
            frames.push(frame);
        }
        Ok(Some(frames))
    }

    fn open(&self) -> io::Result<Option<(File, u64)>> {
        let mut file = match File::open(&self.path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let mut head = [0; HEAD];
        if file.read_exact(&mut head).is_err() || !head.starts_with(MAGIC) {
            return Ok(None);
        }
        let mut tag = [0; 8];
        tag.copy_from_slice(&head[8..]);
        Ok(Some((file, u64::from_le_bytes(tag))))
    }

    /// Adds a frame behind those that were read. Only the one writer of an index does so.
    ///
    /// # Errors
    /// The file system's.
    pub fn append(&mut self, frame: &Frame, sync: bool) -> io::Result<()> {
        self.offset += self.put(frame, sync)?;
        Ok(())
    }

    /// Adds a frame that [`Store::read`] is still to give.
    ///
    /// # Errors
    /// The file system's.
    pub fn append_unread(&mut self, frame: &Frame) -> io::Result<()> {
        self.put(frame, false).map(drop)
    }

    fn put(&mut self, frame: &Frame, sync: bool) -> io::Result<u64> {
        if self.offset == 0 {
            self.begin()?;
        }
        let bytes = framed(frame);
        let mut file = OpenOptions::new().write(true).open(&self.path)?;
        // What a crash left behind the last whole frame goes.
        file.set_len(self.offset)?;
        file.seek(SeekFrom::Start(self.offset))?;
        file.write_all(&bytes)?;
        if sync {
            file.sync_data()?;
        }
        Ok(bytes.len() as u64)
    }

    fn begin(&mut self) -> io::Result<()> {
        let (head, tag) = head(&self.path);
        fs::write(&self.path, head)?;
        (self.tag, self.offset) = (tag, HEAD as u64);
        Ok(())
    }

    /// Puts other frames in the place of all, in one step.
    ///
    /// # Errors
    /// The file system's; the old file stays then.
    pub fn rewrite(&mut self, frames: &[Frame]) -> io::Result<()> {
        let beside = self.path.with_extension("new");
        let (head, tag) = head(&self.path);
        let mut file = io::BufWriter::new(File::create(&beside)?);
        file.write_all(&head)?;
        let mut length = HEAD as u64;
        for frame in frames {
            let bytes = framed(frame);
            length += bytes.len() as u64;
            file.write_all(&bytes)?;
        }
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(beside, &self.path)?;
        (self.tag, self.offset) = (tag, length);
        Ok(())
    }

    /// How far it was read or written, in bytes.
    pub fn length(&self) -> u64 {
        self.offset
    }
}

fn framed(frame: &Frame) -> Vec<u8> {
    let mut sink = Sink(vec![0; 12]);
    sink.frame(frame);
    let length = (sink.0.len() - 12) as u32;
    let sum = checksum(&sink.0[12..]);
    sink.0[..4].copy_from_slice(&length.to_le_bytes());
    sink.0[4..12].copy_from_slice(&sum);
    sink.0
}

/// The next frame with its length in the file; `None` at the end or where it is spoilt.
fn next(reader: &mut impl Read) -> io::Result<Option<(Frame, u64)>> {
    let mut head = [0; 12];
    if !filled(reader, &mut head)? {
        return Ok(None);
    }
    let length = u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize;
    if length > LONGEST {
        return Ok(None);
    }
    let mut payload = Vec::new();
    reader.take(length as u64).read_to_end(&mut payload)?;
    if payload.len() < length || checksum(&payload) != head[4..12] {
        return Ok(None);
    }
    Ok(Source(&payload).frame().map(|frame| (frame, 12 + length as u64)))
}

fn filled(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(buffer) {
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        read => read.map(|()| true),
    }
}

fn checksum(bytes: &[u8]) -> [u8; 8] {
    let mut first = [0; 8];
    first.copy_from_slice(&blake3::hash(bytes).as_bytes()[..8]);
    first
}

/// The head of a new file. Its tag differs from that of the file it replaces.
fn head(path: &Path) -> ([u8; HEAD], u64) {
    let old = Store::new(path.to_owned()).open().ok().flatten().map_or(0, |(_, tag)| tag);
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_nanos() as u64);
    let tag = super::sketch::mix(old ^ now).max(1);
    let mut head = [0; HEAD];
    head[..8].copy_from_slice(MAGIC);
    head[8..].copy_from_slice(&tag.to_le_bytes());
    (head, tag)
}

impl Relations {
    /// Everything as frames, from which it can be made again.
    pub fn frames(&self) -> Vec<Frame> {
        let changes = self.entries.iter().flatten().map(|entry| Change::Put(Box::new(entry.facts.clone())));
        let groups = self.entries.iter().flatten().filter(|entry| entry.group != 0);
        let assigned = groups.map(|entry| (super::facts::key(&entry.facts.id), entry.group)).collect();
        let generation = self.generation;
        vec![
            Frame::Changes { generation, changes: changes.collect() },
            Frame::Groups { generation, assigned },
        ]
    }

    /// Enters frames in their order. Gives the records whose copies no frame told.
    pub fn enter(&mut self, frames: Vec<Frame>) -> Vec<super::Slot> {
        let mut open: Vec<super::Slot> = Vec::new();
        for frame in frames {
            match frame {
                Frame::Changes { generation, changes } => {
                    open.extend(self.apply(changes));
                    self.generation = generation;
                }
                Frame::Groups { assigned, .. } => {
                    self.assign(&assigned);
                    open.clear();
                }
                Frame::Commit(_) => {}
            }
        }
        open.sort_unstable();
        open.dedup();
        open.retain(|slot| self.entry(*slot).is_some());
        open
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Kind, Record, parse_iso_date};
    use crate::relations::Facts;

    fn put(id: &str) -> Change {
        let mut record = Record::new(id, Kind::Policy, "云屏市某某管理办法");
        record.body = "第一条 根据《行政许可法》（云政发〔2019〕3号）制定本办法。《旧办法》同时废止。".into();
        record.effective_on = parse_iso_date("2019-05-01");
        Change::Put(Box::new(Facts::of(&record)))
    }

    fn changes(generation: u64, id: &str) -> Frame {
        Frame::Changes { generation, changes: vec![put(id), Change::Gone("b".into())] }
    }

    #[test]
    fn what_was_written_is_read_up_to_a_commit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("relations");
        let mut writer = Store::new(path.clone());
        let mut reader = Store::new(path.clone());
        assert_eq!(reader.read(9).unwrap(), Some(Vec::new()));
        for generation in 1..=3 {
            writer.append(&changes(generation, &format!("r{generation}")), false).unwrap();
        }
        assert_eq!(reader.read(2).unwrap().unwrap(), [changes(1, "r1"), changes(2, "r2")]);
        assert_eq!(reader.read(3).unwrap().unwrap(), [changes(3, "r3")]);
        writer.rewrite(&[changes(3, "all")]).unwrap();
        assert_eq!(reader.read(3).unwrap(), None);
        assert_eq!(reader.read(3).unwrap().unwrap(), [changes(3, "all")]);
    }

    #[test]
    fn what_is_spoilt_ends_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("relations");
        let mut writer = Store::new(path.clone());
        writer.append(&changes(1, "a"), false).unwrap();
        let whole = writer.length() as usize;
        writer.append(&changes(2, "b"), false).unwrap();
        let bytes = fs::read(&path).unwrap();
        for at in (whole..bytes.len()).step_by(7) {
            let mut spoilt = bytes.clone();
            spoilt[at] ^= 0x55;
            fs::write(&path, &spoilt).unwrap();
            assert_eq!(Store::new(path.clone()).read(9).unwrap().unwrap(), [changes(1, "a")]);
            fs::write(&path, &bytes[..at]).unwrap();
            let mut reader = Store::new(path.clone());
            assert_eq!(reader.read(9).unwrap().unwrap(), [changes(1, "a")]);
            reader.append(&changes(2, "c"), false).unwrap();
            assert_eq!(Store::new(path.clone()).read(9).unwrap().unwrap().len(), 2);
        }
    }
}
