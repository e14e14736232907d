//! What is kept of relations: frames, each of one commit, and the bytes they are kept as.
//! The files that hold them are the business of whoever keeps the index.

use crate::record::generation::Generation;
use crate::relations::copies::Assigned;
use crate::relations::encoding::{Sink, Source};
use crate::relations::{Change, Relations};

/// The format of facts and groups. A change of what is read out of records or of how
/// copies are found raises the number; what was kept before is then made again.
pub const FORMAT: u8 = 4;

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

    /// How much there is to do about it.
    pub fn weight(&self) -> usize {
        match self {
            Self::Changes { changes, .. } => changes.len(),
            Self::Groups { assigned, .. } => assigned.len(),
            Self::Commit(_) => 0,
        }
    }

    /// As it is kept.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut sink = Sink::default();
        sink.frame(self);
        sink.0
    }

    /// Reads what [`Frame::to_bytes`] wrote; `None` for anything else.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        Source(bytes).frame()
    }
}

impl Relations {
    /// Everything as frames, from which it can be made again.
    pub fn frames(&self) -> Vec<Frame> {
        let changes = self.entries.iter().flatten().map(|entry| Change::Put(Box::new(entry.facts.clone())));
        let groups = self.entries.iter().flatten().filter(|entry| entry.group != 0);
        let assigned =
            groups.map(|entry| (crate::relations::facts::key(&entry.facts.id), entry.group)).collect();
        let generation = self.generation;
        vec![
            Frame::Changes { generation, changes: changes.collect() },
            Frame::Groups { generation, assigned },
        ]
    }

    /// Enters frames in their order. Gives the records whose copies no frame told.
    pub fn enter(&mut self, frames: Vec<Frame>) -> Vec<crate::relations::Slot> {
        let mut open: Vec<crate::relations::Slot> = Vec::new();
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
