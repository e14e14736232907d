//! References to documents of one snapshot, and the keys by which they are looked up.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// A reference to a document of one snapshot. Valid for that snapshot alone.
///
/// References compare by number: the order in which the backend received the documents.
#[derive(Debug, Clone, Copy)]
pub struct DocRef {
    /// Number of the document in the snapshot.
    pub number: u32,
    /// Segment and document within it, if the backend that made this reference knows them.
    /// Only that backend reads it; without it the document is found by its id.
    pub place: Option<(u32, u32)>,
}

impl DocRef {
    /// Creates a reference by number alone.
    pub fn new(number: u32) -> Self {
        Self { number, place: None }
    }
}

impl PartialEq for DocRef {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for DocRef {}

impl PartialOrd for DocRef {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for DocRef {
    fn cmp(&self, other: &Self) -> Ordering {
        self.number.cmp(&other.number)
    }
}

impl Hash for DocRef {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.number.hash(state);
    }
}

/// A key field: every document is found under its keys, each a hash of 64 bits, never 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyField {
    /// The id: [`crate::keys::id::id_hash`].
    Id,
    /// Titles of the document.
    Title,
    /// Titles of the documents it encloses.
    Enclosed,
    /// Document number.
    Number,
    /// Title that its versions share.
    Family,
    /// Titles, numbers and ids of the documents it cites.
    Cites,
    /// Titles, numbers and ids of the documents it explains.
    Explains,
    /// Titles, numbers and ids of the documents it repeals.
    Repeals,
    /// Bands of the sketch of its text: copies share some of them.
    Band,
    /// Fingerprints of its whole text and of its title.
    Fingerprint,
    /// Group of copies.
    CopyGroup,
}

impl KeyField {
    /// All key fields.
    pub const ALL: [Self; 11] = [
        Self::Id,
        Self::Title,
        Self::Enclosed,
        Self::Number,
        Self::Family,
        Self::Cites,
        Self::Explains,
        Self::Repeals,
        Self::Band,
        Self::Fingerprint,
        Self::CopyGroup,
    ];
}
