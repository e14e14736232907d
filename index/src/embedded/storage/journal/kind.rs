//! The kinds of frame files: their names, heads, and what a corrupt one means.

use std::path::Path;

use crate::relations::frames::FORMAT;

/// Length of the head: what the file is, its tag, a checksum of both.
pub const HEAD: usize = 24;
/// Bytes read or written at a time.
pub const BUFFER: usize = 1 << 16;

/// Which of the files it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What follows from the records. Frames build on each other, and all of it can be made
    /// again: nothing behind a corrupt frame is read.
    Relations,
    /// What each commit did. Frames stand for themselves, and nothing can be made again: a
    /// corrupt frame is passed over.
    Commits,
}

impl Kind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Relations, Self::Commits];

    /// The name of the file, in the folder of the index.
    pub fn name(self) -> &'static Path {
        Path::new(match self {
            Self::Relations => "relations.log",
            Self::Commits => "commits.log",
        })
    }

    /// What it means that not everything in it is what was written.
    pub fn corrupt_message(self) -> &'static str {
        match self {
            Self::Relations => {
                "the content does not match its checksum; it is not used: links, copies and terms are \
                 made again from the records, and the next change writes the file anew"
            }
            Self::Commits => {
                "the content does not match its checksum; receipts are still verified, but what some \
                 commits changed is not known any more; the next change writes the file anew and keeps \
                 this one beside it"
            }
        }
    }

    /// What it means that it ends before the last commit, or is not there.
    pub fn incomplete_message(self) -> &'static str {
        match self {
            Self::Relations => {
                "has not all commits; links, copies and terms are made again from the records, and the \
                 next change writes the file anew"
            }
            Self::Commits => "has not all commits; what they changed receipts can tell by its hash alone",
        }
    }

    pub fn magic(self) -> [u8; 8] {
        match self {
            Self::Relations => [b'G', b'K', b'R', b'E', b'L', 0, 0, FORMAT],
            Self::Commits => *b"GKCOM\0\0\x01",
        }
    }
}

/// The tag that a head tells, if it is one.
pub fn tag_of_head(head: &[u8; HEAD], kind: Kind) -> Option<u64> {
    let (said, sum) = head.split_at(16);
    let (magic, tag) = said.split_at(8);
    (magic == kind.magic() && checksum(said) == *sum)
        .then(|| u64::from_le_bytes(tag.try_into().unwrap_or_default()))
}

/// A short checksum.
pub fn checksum(bytes: &[u8]) -> [u8; 8] {
    let mut first = [0; 8];
    first.copy_from_slice(&blake3::hash(bytes).as_bytes()[..8]);
    first
}
