//! The terms of a field in one segment.
//!
//! While records are written there are many small segments, and each search asks each of them
//! for hundreds of terms that hardly any of them has. So of a small one it is known, from a
//! Bloom filter, of nearly every term that it does not have it, without a walk through its
//! dictionary (Bloom, Space/time trade-offs in hash coding with allowable errors, 1970).

use std::hash::Hasher;
use std::io;
use std::sync::Arc;

use rustc_hash::FxHasher;
use tantivy::postings::TermInfo;
use tantivy::schema::{Field, Term};
use tantivy::{InvertedIndexReader, SegmentReader};

/// Segments of at most so many records have a filter.
const SMALL: u32 = 1_000;
/// But not for a field of more terms than this, which takes a filter of 2 MiB.
const MOST: usize = 1 << 20;
/// Bits of a filter for each term: with two for a term, one in sixty others passes.
const BITS: usize = 16;

/// The terms of a field in one segment with their postings.
pub struct Terms {
    /// The postings.
    pub lists: Arc<InvertedIndexReader>,
    field: Field,
    filter: Option<Filter>,
}

impl Terms {
    /// Opens them.
    ///
    /// # Errors
    /// A damaged segment.
    pub fn open(reader: &SegmentReader, field: Field) -> tantivy::Result<Self> {
        let lists = reader.inverted_index(field)?;
        let small = reader.max_doc() <= SMALL && lists.terms().num_terms() <= MOST;
        let filter = if small { Some(Filter::of(&lists)?) } else { None };
        Ok(Self { lists, field, filter })
    }

    /// Where the postings of a term are, if the segment has it.
    ///
    /// # Errors
    /// A damaged segment.
    pub fn info(&self, text: &str) -> io::Result<Option<TermInfo>> {
        if self.filter.as_ref().is_some_and(|filter| !filter.may_have(text.as_bytes())) {
            return Ok(None);
        }
        self.lists.get_term_info(&Term::from_field_text(self.field, text))
    }
}

/// What may be in a set.
struct Filter {
    bits: Box<[u64]>,
}

impl Filter {
    fn of(lists: &InvertedIndexReader) -> io::Result<Self> {
        let mut filter = Self::with_room(lists.terms().num_terms());
        let mut terms = lists.terms().stream()?;
        while terms.advance() {
            filter.add(terms.key());
        }
        Ok(filter)
    }

    fn with_room(terms: usize) -> Self {
        let words = (terms * BITS).div_ceil(64).next_power_of_two();
        Self { bits: vec![0; words].into_boxed_slice() }
    }

    fn places(&self, term: &[u8]) -> [usize; 2] {
        let mut hasher = FxHasher::default();
        hasher.write(term);
        let (hash, all) = (hasher.finish(), self.bits.len() * 64 - 1);
        [hash as usize & all, (hash >> 32) as usize & all]
    }

    fn add(&mut self, term: &[u8]) {
        for place in self.places(term) {
            self.bits[place / 64] |= 1 << (place % 64);
        }
    }

    fn may_have(&self, term: &[u8]) -> bool {
        self.places(term).iter().all(|place| self.bits[place / 64] & 1 << (place % 64) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_passes_and_nearly_nothing_else() {
        let pair = |n: u32| {
            let han = |n: u32| char::from_u32(0x4e00 + n % 3_000).unwrap();
            String::from_iter([han(n), han(n / 3_000 + n)])
        };
        let mut filter = Filter::with_room(20_000);
        (0..20_000).for_each(|n| filter.add(pair(n).as_bytes()));
        assert!((0..20_000).all(|n| filter.may_have(pair(n).as_bytes())));
        let others = (20_000..120_000).filter(|n| filter.may_have(pair(*n).as_bytes())).count();
        assert!(others < 100_000 / 40, "{others} of 100,000 pass");
        assert!(!Filter::with_room(0).may_have("字".as_bytes()));
    }
}
