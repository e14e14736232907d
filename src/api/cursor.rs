//! Cursor: a position in the order of one search on one generation, opaque to the client.

use gongkai_index::query::{Mode, Position, Query};
use gongkai_index::record::Date;
use gongkai_index::record::generation::SnapshotToken;

/// Position after the last hit of a page, and the search it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Snapshot the search began on.
    pub snapshot: SnapshotToken,
    /// Position of the last hit of the page.
    pub after: Position,
    /// Fingerprint of the search: a cursor is refused by any other.
    pub search: u64,
    /// Day the search began on; later pages compute validity for it, even after midnight.
    pub today: Date,
}

impl Cursor {
    /// Encodes the cursor as text for an address.
    pub fn encode(&self) -> String {
        let Self { snapshot, after, search, today } = self;
        let SnapshotToken { generation, pin } = snapshot;
        let pin = pin.as_ref().map(|pin| format!("{pin}.")).unwrap_or_default();
        let day = today.strftime("%Y%m%d");
        format!("{pin}{generation:x}-{:x}-{:x}-{search:x}-{day}", after.key, after.id_hash)
    }

    /// Decodes the output of [`Cursor::encode`]; any other text is refused.
    pub fn decode(text: &str) -> Option<Self> {
        let (pin, rest) = text.rsplit_once('.').map_or((None, text), |(pin, rest)| (Some(pin), rest));
        if pin.is_some_and(|pin| !is_pin(pin)) {
            return None;
        }
        let (numbers, day) = rest.rsplit_once('-')?;
        let mut numbers = numbers.split('-').map(|part| u64::from_str_radix(part, 16).ok());
        let mut next = || numbers.next().flatten();
        let cursor = Self {
            snapshot: SnapshotToken { generation: next()?, pin: pin.map(str::to_owned) },
            after: Position { key: next()?, id_hash: next()? },
            search: next()?,
            today: Date::strptime("%Y%m%d", day).ok()?,
        };
        (cursor.encode() == text).then_some(cursor)
    }
}

/// Returns whether a text may be the name that a backend gives a snapshot.
fn is_pin(pin: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    !pin.is_empty() && pin.len() <= SnapshotToken::MAX_PIN_BYTES && pin.chars().all(plain)
}

/// Hashes everything that decides the hits of a search and their order, as it was asked; page,
/// facets and highlights do not take part. What the lexicon makes of the text may change between
/// two pages and does not take part either.
pub fn fingerprint(mode: Mode, query: &Query) -> u64 {
    let Query { parsed, filters, ignored, date_field, range, today, sort, as_of, collapse, .. } = query;
    // The debug form names every part. BLAKE3 is the same in every process, so a cursor outlives a
    // restart; another version of the program may name a part otherwise and refuse it.
    let parts = (mode, &parsed.text, filters, ignored, date_field, range, today, sort, as_of, collapse);
    let hash = blake3::hash(format!("{parts:?}").as_bytes());
    u64::from_le_bytes(hash.as_bytes()[..8].try_into().expect("eight of the 32 bytes of a hash"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decode_accepts_only_encoded_cursors() {
        let today = Date::constant(2026, 1, 1);
        let cursor = Cursor {
            snapshot: SnapshotToken::of_generation(7),
            after: Position { key: u64::MAX, id_hash: 0 },
            search: 42,
            today,
        };
        assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor.clone()));
        let snapshot = SnapshotToken { generation: 7, pin: Some("a_B-9".into()) };
        let pinned = Cursor { snapshot, ..cursor };
        assert_eq!(Cursor::decode(&pinned.encode()), Some(pinned));
        for text in [
            "",
            "1-2-3",
            "1-2-3-4",
            "1-2-3-4-5",
            "1-2-3-4-20261301",
            "1-2-3-4-5-20260101",
            "g-1-1-1-20260101",
            "+1-2-3-4-20260101",
            "01-2-3-4-20260101",
            ".7-2-3-4-20260101",
            "a/b.7-2-3-4-20260101",
        ] {
            assert_eq!(Cursor::decode(text), None, "{text}");
        }
    }
}
