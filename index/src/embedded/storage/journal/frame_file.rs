//! An append-only file of frames, each with its length and checksums: a frame that a killed writer
//! or a power cut left torn is distinguished from one that is corrupt.
//!
//! The head has a tag that changes with each rewrite, so that a reader that has read a part of the
//! file sees that it must read all of it.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::backend::Journal;
use crate::embedded::storage::disk::{Disk, replace_file_with};
use crate::embedded::storage::journal::frames::{FrameRead, FrameReader, frame_bytes, read_up_to};
use crate::embedded::storage::journal::kind::{
    BUFFER_BYTES, FILE_HEAD_BYTES, JournalKind, parse_head, short_checksum,
};
use crate::error::Result;
use crate::record::commit::Commit;
use crate::record::generation::Generation;
use crate::relations::frames::Frame;

/// A journal and the position up to which it was read.
#[derive(Debug)]
pub struct FrameFile {
    disk: Arc<dyn Disk>,
    kind: JournalKind,
    tag: u64,
    offset: u64,
    /// Set if the part that was read, or the frame behind it, differs from what was written.
    is_corrupt: bool,
}

impl FrameFile {
    /// Creates the reader and writer of a file, which need not exist yet.
    pub fn new(disk: Arc<dyn Disk>, kind: JournalKind) -> Self {
        Self { disk, kind, tag: 0, offset: 0, is_corrupt: false }
    }

    /// Reads the frames up to a generation that were not read before; `None` if the file was
    /// rewritten, so that everything must be read again.
    ///
    /// # Errors
    /// Failures of the file system. A missing or foreign file has no frames.
    pub fn read(&mut self, upto: Generation) -> io::Result<Option<Vec<Frame>>> {
        let tag = match read_head(&*self.disk, self.kind)? {
            Head::Valid(tag) => tag,
            other => {
                let was_read = self.offset > 0;
                (self.tag, self.offset, self.is_corrupt) = (0, 0, !matches!(other, Head::Missing));
                return Ok((!was_read).then(Vec::new));
            }
        };
        if tag != self.tag && self.offset > 0 {
            (self.tag, self.offset, self.is_corrupt) = (0, 0, false);
            return Ok(None);
        }
        self.tag = tag;
        self.offset = self.offset.max(FILE_HEAD_BYTES as u64);
        let mut reader = FrameReader::new(self.disk.stream(self.kind.file_name(), self.offset)?);
        let mut frames = Vec::new();
        // End of the last complete frame, counted from the offset.
        let mut end = 0;
        loop {
            match reader.next_frame()? {
                FrameRead::Frame(frame) if frame.generation() <= upto => {
                    // Skipped frames lie between complete ones.
                    end = reader.consumed;
                    frames.push(frame);
                }
                FrameRead::Corrupt if self.kind == JournalKind::Commits => self.is_corrupt = true,
                FrameRead::Corrupt | FrameRead::Unreadable => {
                    self.is_corrupt = true;
                    break;
                }
                FrameRead::Frame(_) | FrameRead::Torn | FrameRead::End => break,
            }
        }
        self.offset += end;
        Ok(Some(frames))
    }

    /// Returns whether something in the file differs from what was written, as far as it was read.
    pub fn is_corrupt(&self) -> bool {
        self.is_corrupt
    }

    /// Adds a frame behind those that were read. Only the one writer of an index may do so.
    ///
    /// # Errors
    /// Failures of the file system.
    pub fn append(&mut self, frame: &Frame, sync: bool) -> io::Result<()> {
        self.offset += self.write_frame(frame, sync)?;
        Ok(())
    }

    /// Adds a frame, durably, that [`FrameFile::read`] has yet to return.
    ///
    /// # Errors
    /// Failures of the file system.
    pub fn append_unread(&mut self, frame: &Frame) -> io::Result<()> {
        self.write_frame(frame, true).map(drop)
    }

    fn write_frame(&mut self, frame: &Frame, sync: bool) -> io::Result<u64> {
        if self.offset == 0 {
            self.rewrite(&[])?;
        }
        // Bytes behind the last complete frame are cut off: they were never acknowledged.
        let mut file = self.disk.extend(self.kind.file_name(), self.offset)?;
        let bytes = frame_bytes(frame);
        file.write_all(&bytes)?;
        if sync {
            file.sync()?;
        }
        Ok(bytes.len() as u64)
    }

    /// Replaces all frames in one step.
    ///
    /// # Errors
    /// Failures of the file system; the old file stays.
    pub fn rewrite(&mut self, frames: &[Frame]) -> io::Result<()> {
        let (head, tag) = new_head(self.kind, self.tag);
        let mut length = 0;
        replace_file_with(&*self.disk, self.kind.file_name(), |file| {
            let mut buffer = head.to_vec();
            for frame in frames {
                buffer.extend(frame_bytes(frame));
                if buffer.len() >= BUFFER_BYTES {
                    file.write_all(&buffer)?;
                    length += buffer.len() as u64;
                    buffer.clear();
                }
            }
            file.write_all(&buffer)?;
            length += buffer.len() as u64;
            Ok(())
        })?;
        (self.tag, self.offset, self.is_corrupt) = (tag, length, false);
        Ok(())
    }

    /// Renames the file, so that nothing writes to it any more: what cannot be derived again is kept
    /// even where it cannot be read. A file that was quarantined before stays.
    ///
    /// # Errors
    /// Failures of the file system.
    pub fn quarantine(&mut self) -> io::Result<()> {
        let mut quarantined = self.kind.file_name().as_os_str().to_owned();
        quarantined.push(".spoilt");
        let quarantined = PathBuf::from(quarantined);
        if !self.disk.exists(&quarantined)? && self.disk.exists(self.kind.file_name())? {
            self.disk.rename(self.kind.file_name(), &quarantined)?;
            self.disk.sync_folder(Path::new(""))?;
        }
        Ok(())
    }

    /// Returns the position up to which the file was read or written, in bytes.
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

/// The head of a file.
enum Head {
    Missing,
    Foreign,
    /// A valid head with this tag.
    Valid(u64),
}

fn read_head(disk: &dyn Disk, kind: JournalKind) -> io::Result<Head> {
    let mut stream = match disk.stream(kind.file_name(), 0) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Head::Missing),
        opened => opened?,
    };
    let mut head = [0; FILE_HEAD_BYTES];
    if read_up_to(&mut stream, &mut head)? < FILE_HEAD_BYTES {
        return Ok(Head::Missing);
    }
    Ok(parse_head(&head, kind).map_or(Head::Foreign, Head::Valid))
}

/// Creates the head of a new file and its tag, which differs from that of the file it replaces.
fn new_head(kind: JournalKind, old_tag: u64) -> ([u8; FILE_HEAD_BYTES], u64) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos() as u64);
    let mixed = short_checksum(&[old_tag.to_le_bytes(), now.to_le_bytes()].concat());
    let tag = u64::from_le_bytes(mixed).max(1);
    let mut head = [0; FILE_HEAD_BYTES];
    head[..8].copy_from_slice(&kind.magic());
    head[8..16].copy_from_slice(&tag.to_le_bytes());
    let sum = short_checksum(&head[..16]);
    head[16..].copy_from_slice(&sum);
    (head, tag)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;
    use crate::embedded::storage::disk::OsDisk;
    use crate::embedded::storage::journal::frames::{FRAME_HEAD_BYTES, JournalScan, scan};
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

    fn frame_file(folder: &TempDir, kind: JournalKind) -> FrameFile {
        FrameFile::new(Arc::new(OsDisk::open(folder.path()).unwrap()), kind)
    }

    fn scanned(folder: &TempDir, kind: JournalKind) -> JournalScan {
        scan(fs::File::open(folder.path().join(kind.file_name())).unwrap(), kind, 9).unwrap()
    }

    #[test]
    fn frames_written_are_read_up_to_a_commit() {
        let folder = TempDir::new().unwrap();
        let (mut writer, mut reader) =
            (frame_file(&folder, JournalKind::Relations), frame_file(&folder, JournalKind::Relations));
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
    fn torn_or_corrupt_frame_ends_relations_and_only_corruption_is_reported() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join(JournalKind::Relations.file_name());
        let mut writer = frame_file(&folder, JournalKind::Relations);
        writer.append(&changes(1, "a"), false).unwrap();
        let complete = writer.length() as usize;
        writer.append(&changes(2, "b"), false).unwrap();
        let bytes = fs::read(&path).unwrap();
        for at in (complete + 1..bytes.len()).step_by(7) {
            let mut changed = bytes.clone();
            changed[at] ^= 0x55;
            fs::write(&path, &changed).unwrap();
            let mut reader = frame_file(&folder, JournalKind::Relations);
            assert_eq!(reader.read(9).unwrap().unwrap(), [changes(1, "a")]);
            assert!(reader.is_corrupt() && scanned(&folder, JournalKind::Relations).is_corrupt);
            fs::write(&path, &bytes[..at]).unwrap();
            let mut reader = frame_file(&folder, JournalKind::Relations);
            assert_eq!(reader.read(9).unwrap().unwrap(), [changes(1, "a")]);
            assert!(!reader.is_corrupt() && !scanned(&folder, JournalKind::Relations).is_corrupt);
            assert_eq!(scanned(&folder, JournalKind::Relations).prefix.length as usize, complete);
            reader.append(&changes(2, "c"), false).unwrap();
            assert_eq!(frame_file(&folder, JournalKind::Relations).read(9).unwrap().unwrap().len(), 2);
        }
    }

    #[test]
    fn scan_of_file_with_changed_bit_finds_corruption() {
        for kind in JournalKind::ALL {
            let folder = TempDir::new().unwrap();
            let path = folder.path().join(kind.file_name());
            frame_file(&folder, kind).rewrite(&[changes(1, "a"), commit(2)]).unwrap();
            let bytes = fs::read(&path).unwrap();
            assert!(!scanned(&folder, kind).is_corrupt);
            assert_eq!(scanned(&folder, kind).last_generation, 2);
            for bit in 0..bytes.len() * 8 {
                let mut changed = bytes.clone();
                changed[bit / 8] ^= 1 << (bit % 8);
                fs::write(&path, &changed).unwrap();
                assert!(scanned(&folder, kind).is_corrupt, "bit {bit} of {kind:?}");
            }
        }
    }

    #[test]
    fn corrupt_commit_is_skipped_and_file_is_quarantined() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join(JournalKind::Commits.file_name());
        let mut writer = frame_file(&folder, JournalKind::Commits);
        writer.append(&commit(1), true).unwrap();
        let first = writer.length() as usize;
        writer.append(&commit(2), true).unwrap();
        writer.append(&commit(3), true).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        bytes[first + FRAME_HEAD_BYTES + 2] ^= 1;
        fs::write(&path, &bytes).unwrap();
        let mut reader = frame_file(&folder, JournalKind::Commits);
        assert_eq!(reader.read(9).unwrap().unwrap(), [commit(1), commit(3)]);
        assert!(reader.is_corrupt());
        reader.quarantine().unwrap();
        reader.rewrite(&[commit(1), commit(3)]).unwrap();
        reader.append(&commit(4), true).unwrap();
        assert!(!scanned(&folder, JournalKind::Commits).is_corrupt);
        assert_eq!(fs::read(folder.path().join("commits.log.spoilt")).unwrap(), bytes);
        assert_eq!(frame_file(&folder, JournalKind::Commits).read(9).unwrap().unwrap().len(), 3);
    }
}
