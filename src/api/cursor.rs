//! The cursor: a place in the order of one search on one generation, opaque to the client.

use std::hash::{DefaultHasher, Hash, Hasher};

use gongkai_index::query::{Position, Query};
use gongkai_index::results::Generation;

/// Where to go on, and of which search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The generation the search began on.
    pub generation: Generation,
    /// The last hit given.
    pub after: Position,
    /// What the search was: a cursor does not fit another one.
    pub search: u64,
}

impl Cursor {
    /// As text for an address.
    pub fn encode(&self) -> String {
        format!("{:x}-{:x}-{:x}-{:x}", self.generation, self.after.key, self.after.id_hash, self.search)
    }

    /// Reads what [`Cursor::encode`] wrote.
    pub fn decode(text: &str) -> Option<Self> {
        let mut numbers = text.split('-').map(|part| u64::from_str_radix(part, 16).ok());
        let mut next = || numbers.next().flatten();
        let cursor =
            Self { generation: next()?, after: Position { key: next()?, id_hash: next()? }, search: next()? };
        (cursor.encode() == text).then_some(cursor)
    }
}

/// Identifies a search by all that decides its hits and their order; the page and
/// what is counted or marked beside them do not.
pub fn fingerprint(query: &Query) -> u64 {
    let mut hasher = DefaultHasher::new();
    query.understanding.matching.hash(&mut hasher);
    query.understanding.text.hash(&mut hasher);
    query.filters.hash(&mut hasher);
    (query.date_field, query.range, query.today, query.sort).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_nothing_else() {
        let cursor = Cursor { generation: 7, after: Position { key: u64::MAX, id_hash: 0 }, search: 42 };
        assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
        for text in ["", "1-2-3", "1-2-3-4-5", "g-1-1-1", "+1-2-3-4", "01-2-3-4"] {
            assert_eq!(Cursor::decode(text), None, "{text}");
        }
    }
}
