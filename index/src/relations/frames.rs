//! Frames: the entries of the files in which a backend stores facts, groups of copies and
//! commits.

use crate::record::commit::Commit;
use crate::record::generation::Generation;
use crate::relations::facts::Facts;

/// Format of facts and groups in a file. It is raised when the reading of facts from records or
/// the search for copies changes; older files are then rebuilt from the records.
pub const FORMAT: u8 = 4;

/// A document by the hash of its id, and its group of copies.
pub type Assigned = (u64, u32);

/// A change of one document by a commit.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// The document is new or has another content.
    Put(Box<Facts>),
    /// The document of this id was deleted.
    Deleted(String),
}

/// One entry of a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    /// Changes made by a commit.
    Changes {
        /// The commit.
        generation: Generation,
        /// Changes in the order of their ids.
        changes: Vec<Change>,
    },
    /// Groups of copies found for a commit.
    Groups {
        /// The commit.
        generation: Generation,
        /// Documents and their groups.
        assigned: Vec<Assigned>,
    },
    /// A commit, for the commit log.
    Commit(Commit),
}

impl Frame {
    /// Returns the generation of the commit it belongs to.
    pub fn generation(&self) -> Generation {
        match self {
            Self::Changes { generation, .. } | Self::Groups { generation, .. } => *generation,
            Self::Commit(commit) => commit.generation,
        }
    }
}
