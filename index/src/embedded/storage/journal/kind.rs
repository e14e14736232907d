//! The kinds of journals: their names, heads, and messages about damage.

use std::path::Path;

use crate::relations::frames::FORMAT;

/// Length of the head of a file: the kind of the file, its tag, a checksum of both.
pub const FILE_HEAD_BYTES: usize = 24;
/// Bytes read or written at a time.
pub const BUFFER_BYTES: usize = 1 << 16;

/// The kinds of journals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JournalKind {
    /// Facts of the records. Frames build on each other, and all of them can be derived again:
    /// nothing behind a corrupt frame is read.
    Relations,
    /// The commit log. Frames are independent and cannot be derived again: a corrupt frame is skipped.
    Commits,
}

impl JournalKind {
    /// Both kinds.
    pub const ALL: [Self; 2] = [Self::Relations, Self::Commits];

    /// Returns the name of the file, in the folder of the index.
    pub fn file_name(self) -> &'static Path {
        Path::new(match self {
            Self::Relations => "relations.log",
            Self::Commits => "commits.log",
        })
    }

    /// Returns the message for a corrupt file.
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

    /// Returns the message for a file that is missing or ends before the last commit.
    pub fn incomplete_message(self) -> &'static str {
        match self {
            Self::Relations => {
                "has not all commits; links, copies and terms are made again from the records, and the \
                 next change writes the file anew"
            }
            Self::Commits => "has not all commits; what they changed receipts can tell by its hash alone",
        }
    }

    /// Returns the bytes that a file of this kind begins with.
    pub fn magic(self) -> [u8; 8] {
        match self {
            Self::Relations => [b'G', b'K', b'R', b'E', b'L', 0, 0, FORMAT],
            Self::Commits => *b"GKCOM\0\0\x01",
        }
    }
}

/// Parses the head of a file and returns its tag; `None` if it is no head of this kind.
pub fn parse_head(head: &[u8; FILE_HEAD_BYTES], kind: JournalKind) -> Option<u64> {
    let (content, sum) = head.split_at(16);
    let (magic, tag) = content.split_at(8);
    (magic == kind.magic() && short_checksum(content) == *sum)
        .then(|| u64::from_le_bytes(tag.try_into().unwrap_or_default()))
}

/// Computes a checksum of 8 bytes.
pub fn short_checksum(bytes: &[u8]) -> [u8; 8] {
    let mut first = [0; 8];
    first.copy_from_slice(&blake3::hash(bytes).as_bytes()[..8]);
    first
}
