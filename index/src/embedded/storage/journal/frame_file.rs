//! A file of frames that are only ever added, each with its length and checksums: what a
//! killed writer or a power cut left unfinished is told from what the disk has corrupt.
//!
//! The head has a tag that is new with each rewriting, so that whoever read a part of the
//! file before sees that it must read all of it.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::backend::Journal;
use crate::embedded::storage::disk::{Disk, beside};
use crate::embedded::storage::journal::frames::{Frames, Piece, fill, framed};
use crate::embedded::storage::journal::kind::{BUFFER, HEAD, Kind, checksum, tag_of_head};
use crate::error::Result;
use crate::record::commit::Commit;
use crate::record::generation::Generation;
use crate::relations::frames::Frame;

/// One of the files, and how far it was read.
#[derive(Debug)]
pub struct FrameFile {
    disk: Arc<dyn Disk>,
    kind: Kind,
    tag: u64,
    offset: u64,
    /// Whether the part that was read, or what lies behind it, is not what was written.
    corrupt: bool,
}

impl FrameFile {
    /// A file that may not be there yet.
    pub fn new(disk: Arc<dyn Disk>, kind: Kind) -> Self {
        Self { disk, kind, tag: 0, offset: 0, corrupt: false }
    }

    /// Reads the frames up to a commit that were not read before; `None` if the file was
    /// begun anew, so that everything must be.
    ///
    /// # Errors
    /// The file system's. A missing or foreign file is one without frames.
    pub fn read(&mut self, upto: Generation) -> io::Result<Option<Vec<Frame>>> {
        let tag = match head(&*self.disk, self.kind)? {
            Head::Whole(tag) => tag,
            other => {
                let known = self.offset > 0;
                (self.tag, self.offset, self.corrupt) = (0, 0, !matches!(other, Head::Absent));
                return Ok((!known).then(Vec::new));
            }
        };
        if tag != self.tag && self.offset > 0 {
            (self.tag, self.offset, self.corrupt) = (0, 0, false);
            return Ok(None);
        }
        self.tag = tag;
        self.offset = self.offset.max(HEAD as u64);
        let mut reader = Frames::of(self.disk.stream(self.kind.name(), self.offset)?);
        let mut frames = Vec::new();
        // Where the last whole frame ended, counted from where the reading began.
        let mut end = 0;
        loop {
            match reader.next()? {
                Piece::Frame(frame) if frame.generation() <= upto => {
                    // What was passed over lies between frames that are whole.
                    end = reader.read;
                    frames.push(frame);
                }
                Piece::Corrupt if self.kind == Kind::Commits => self.corrupt = true,
                Piece::Corrupt | Piece::Lost => {
                    self.corrupt = true;
                    break;
                }
                Piece::Frame(_) | Piece::Torn | Piece::End => break,
            }
        }
        self.offset += end;
        Ok(Some(frames))
    }

    /// Whether something in the file was not what was written, as far as it was read.
    pub fn is_corrupt(&self) -> bool {
        self.corrupt
    }

    /// Adds a frame behind those that were read. Only the one writer of an index does so.
    ///
    /// # Errors
    /// The file system's.
    pub fn append(&mut self, frame: &Frame, sync: bool) -> io::Result<()> {
        self.offset += self.put(frame, sync)?;
        Ok(())
    }

    /// Adds a frame, durably, that [`FrameFile::read`] is still to give.
    ///
    /// # Errors
    /// The file system's.
    pub fn append_unread(&mut self, frame: &Frame) -> io::Result<()> {
        self.put(frame, true).map(drop)
    }

    fn put(&mut self, frame: &Frame, sync: bool) -> io::Result<u64> {
        if self.offset == 0 {
            self.rewrite(&[])?;
        }
        // What lies behind the last whole frame goes: nobody was promised it.
        let mut file = self.disk.extend(self.kind.name(), self.offset)?;
        let bytes = framed(frame);
        file.write_all(&bytes)?;
        if sync {
            file.sync()?;
        }
        Ok(bytes.len() as u64)
    }

    /// Puts other frames in the place of all, in one step.
    ///
    /// # Errors
    /// The file system's; the old file stays then.
    pub fn rewrite(&mut self, frames: &[Frame]) -> io::Result<()> {
        let (head, tag) = new_head(self.kind, self.tag);
        let (beside, mut file) = beside(&*self.disk, self.kind.name())?;
        let mut buffer = head.to_vec();
        let mut length = 0;
        for frame in frames {
            buffer.extend(framed(frame));
            if buffer.len() >= BUFFER {
                file.write_all(&buffer)?;
                length += buffer.len() as u64;
                buffer.clear();
            }
        }
        file.write_all(&buffer)?;
        length += buffer.len() as u64;
        file.sync()?;
        drop(file);
        self.disk.rename(&beside, self.kind.name())?;
        self.disk.sync_folder(Path::new(""))?;
        (self.tag, self.offset, self.corrupt) = (tag, length, false);
        Ok(())
    }

    /// Gives the file another name under which nobody writes to it: what cannot be made again
    /// is kept even where it cannot be read. One that was kept before stays.
    ///
    /// # Errors
    /// The file system's.
    pub fn quarantine(&mut self) -> io::Result<()> {
        let mut aside = self.kind.name().as_os_str().to_owned();
        aside.push(".spoilt");
        let aside = PathBuf::from(aside);
        if !self.disk.exists(&aside)? && self.disk.exists(self.kind.name())? {
            self.disk.rename(self.kind.name(), &aside)?;
            self.disk.sync_folder(Path::new(""))?;
        }
        Ok(())
    }

    /// How far it was read or written, in bytes.
    pub fn length(&self) -> u64 {
        self.offset
    }
}

impl Journal for FrameFile {
    fn read(&mut self, upto: Generation) -> Result<Option<Vec<Commit>>> {
        let commit = |frame| match frame {
            Frame::Commit(commit) => Some(commit),
            Frame::Changes { .. } | Frame::Groups { .. } => None,
        };
        let frames = Self::read(self, upto)?;
        Ok(frames.map(|frames| frames.into_iter().filter_map(commit).collect()))
    }

    fn append(&mut self, commit: &Commit) -> Result<()> {
        Ok(Self::append(self, &Frame::Commit(commit.clone()), true)?)
    }

    fn rewrite(&mut self, commits: &[Commit]) -> Result<()> {
        let frames: Vec<Frame> = commits.iter().cloned().map(Frame::Commit).collect();
        Ok(Self::rewrite(self, &frames)?)
    }

    fn is_corrupt(&self) -> bool {
        Self::is_corrupt(self)
    }

    fn quarantine(&mut self) -> Result<()> {
        Ok(Self::quarantine(self)?)
    }
}

enum Head {
    Absent,
    Foreign,
    Whole(u64),
}

fn head(disk: &dyn Disk, kind: Kind) -> io::Result<Head> {
    let mut stream = match disk.stream(kind.name(), 0) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Head::Absent),
        opened => opened?,
    };
    let mut head = [0; HEAD];
    if fill(&mut stream, &mut head)? < HEAD {
        return Ok(Head::Absent);
    }
    Ok(tag_of_head(&head, kind).map_or(Head::Foreign, Head::Whole))
}

/// The head of a new file. Its tag differs from that of the file it replaces.
fn new_head(kind: Kind, old: u64) -> ([u8; HEAD], u64) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos() as u64);
    let mixed = checksum(&[old.to_le_bytes(), now.to_le_bytes()].concat());
    let tag = u64::from_le_bytes(mixed).max(1);
    let mut head = [0; HEAD];
    head[..8].copy_from_slice(&kind.magic());
    head[8..16].copy_from_slice(&tag.to_le_bytes());
    let sum = checksum(&head[..16]);
    head[16..].copy_from_slice(&sum);
    (head, tag)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;
    use crate::embedded::storage::disk::OsDisk;
    use crate::embedded::storage::journal::frames::{BEFORE, Looked, look};
    use crate::record::{Kind as RecordKind, Record, parse_iso_date};
    use crate::relations::facts::Facts;
    use crate::relations::frames::Change;

    fn changes(generation: Generation, id: &str) -> Frame {
        let mut record = Record::new(id, RecordKind::Policy, "云屏市某某管理办法");
        record.body = "第一条 根据《行政许可法》（云政发〔2019〕3号）制定本办法。《旧办法》同时废止。".into();
        record.effective_on = parse_iso_date("2019-05-01");
        let changes = vec![Change::Put(Box::new(Facts::from_record(&record))), Change::Deleted("b".into())];
        Frame::Changes { generation, changes }
    }

    fn commit(generation: Generation) -> Frame {
        let changes = vec![("a".to_owned(), Some(u128::from(generation))), ("b".to_owned(), None)];
        Frame::Commit(Commit { generation, seconds: 7, records: 1, digest: 9, complete: true, changes })
    }

    fn frame_file(folder: &TempDir, kind: Kind) -> FrameFile {
        FrameFile::new(Arc::new(OsDisk::open(folder.path()).unwrap()), kind)
    }

    fn looked(folder: &TempDir, kind: Kind) -> Looked {
        look(fs::File::open(folder.path().join(kind.name())).unwrap(), kind, 9).unwrap()
    }

    #[test]
    fn what_was_written_is_read_up_to_a_commit() {
        let folder = TempDir::new().unwrap();
        let (mut writer, mut reader) =
            (frame_file(&folder, Kind::Relations), frame_file(&folder, Kind::Relations));
        assert_eq!(reader.read(9).unwrap(), Some(Vec::new()));
        for generation in 1..=3 {
            writer.append(&changes(generation, &format!("r{generation}")), false).unwrap();
        }
        assert_eq!(reader.read(2).unwrap().unwrap(), [changes(1, "r1"), changes(2, "r2")]);
        assert_eq!(reader.read(3).unwrap().unwrap(), [changes(3, "r3")]);
        writer.rewrite(&[changes(3, "all")]).unwrap();
        assert_eq!(reader.read(3).unwrap(), None);
        assert_eq!(reader.read(3).unwrap().unwrap(), [changes(3, "all")]);
        assert_eq!(reader.length(), writer.length());
        writer.append(&changes(4, "more"), false).unwrap();
        assert_eq!(reader.read(4).unwrap().unwrap(), [changes(4, "more")]);
    }

    #[test]
    fn what_is_unfinished_or_corrupt_ends_the_relations_and_is_told_apart() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join(Kind::Relations.name());
        let mut writer = frame_file(&folder, Kind::Relations);
        writer.append(&changes(1, "a"), false).unwrap();
        let whole = writer.length() as usize;
        writer.append(&changes(2, "b"), false).unwrap();
        let bytes = fs::read(&path).unwrap();
        for at in (whole + 1..bytes.len()).step_by(7) {
            let mut corrupt = bytes.clone();
            corrupt[at] ^= 0x55;
            fs::write(&path, &corrupt).unwrap();
            let mut reader = frame_file(&folder, Kind::Relations);
            assert_eq!(reader.read(9).unwrap().unwrap(), [changes(1, "a")]);
            assert!(reader.is_corrupt() && looked(&folder, Kind::Relations).corrupt);
            fs::write(&path, &bytes[..at]).unwrap();
            let mut reader = frame_file(&folder, Kind::Relations);
            assert_eq!(reader.read(9).unwrap().unwrap(), [changes(1, "a")]);
            assert!(!reader.is_corrupt() && !looked(&folder, Kind::Relations).corrupt);
            assert_eq!(looked(&folder, Kind::Relations).prefix.length as usize, whole);
            reader.append(&changes(2, "c"), false).unwrap();
            assert_eq!(frame_file(&folder, Kind::Relations).read(9).unwrap().unwrap().len(), 2);
        }
    }

    #[test]
    fn every_changed_bit_is_seen() {
        for kind in Kind::ALL {
            let folder = TempDir::new().unwrap();
            let path = folder.path().join(kind.name());
            frame_file(&folder, kind).rewrite(&[changes(1, "a"), commit(2)]).unwrap();
            let bytes = fs::read(&path).unwrap();
            assert!(!looked(&folder, kind).corrupt);
            assert_eq!(looked(&folder, kind).last, 2);
            for bit in 0..bytes.len() * 8 {
                let mut changed = bytes.clone();
                changed[bit / 8] ^= 1 << (bit % 8);
                fs::write(&path, &changed).unwrap();
                assert!(looked(&folder, kind).corrupt, "bit {bit} of {kind:?}");
            }
        }
    }

    #[test]
    fn a_commit_that_is_corrupt_costs_that_commit_alone_and_is_kept_aside() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join(Kind::Commits.name());
        let mut writer = frame_file(&folder, Kind::Commits);
        writer.append(&commit(1), true).unwrap();
        let first = writer.length() as usize;
        writer.append(&commit(2), true).unwrap();
        writer.append(&commit(3), true).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        bytes[first + BEFORE + 2] ^= 1;
        fs::write(&path, &bytes).unwrap();
        let mut reader = frame_file(&folder, Kind::Commits);
        assert_eq!(reader.read(9).unwrap().unwrap(), [commit(1), commit(3)]);
        assert!(reader.is_corrupt());
        reader.quarantine().unwrap();
        reader.rewrite(&[commit(1), commit(3)]).unwrap();
        reader.append(&commit(4), true).unwrap();
        assert!(!looked(&folder, Kind::Commits).corrupt);
        assert_eq!(fs::read(folder.path().join("commits.log.spoilt")).unwrap(), bytes);
        assert_eq!(frame_file(&folder, Kind::Commits).read(9).unwrap().unwrap().len(), 3);
    }
}
