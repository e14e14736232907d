//! The terms of a field in one segment.
//!
//! While records are written there are many small segments, and each search looks up hundreds of
//! terms in each of them, which hardly any of them has. So a small segment has a Bloom filter, which
//! rejects nearly all terms that the segment lacks, without a walk through its
//! dictionary (Bloom, Space/time trade-offs in hash coding with allowable errors, 1970).

use std::hash::Hasher;
use std::io;
use std::sync::Arc;

use rustc_hash::FxHasher;
use tantivy::postings::TermInfo;
use tantivy::schema::{Field, Term};
use tantivy::{InvertedIndexReader, SegmentReader};

/// Maximal number of records of a segment with a filter.
const MAX_FILTERED_RECORDS: u32 = 1_000;
/// Maximal number of terms of a field with a filter, which takes 2 MiB then.
const MAX_FILTERED_TERMS: usize = 1 << 20;
/// Bits of a filter for each term: with two set for a term, one in sixty others passes.
const BITS_PER_TERM: usize = 16;

/// The terms of a field in one segment with their postings.
pub struct Terms {
    /// Postings of the field.
    pub lists: Arc<InvertedIndexReader>,
    field: Field,
    filter: Option<BloomFilter>,
}

impl Terms {
    /// Opens the terms of a field.
    ///
    /// # Errors
    /// A damaged segment.
    pub fn open(reader: &SegmentReader, field: Field) -> tantivy::Result<Self> {
        let lists = reader.inverted_index(field)?;
        let is_small =
            reader.max_doc() <= MAX_FILTERED_RECORDS && lists.terms().num_terms() <= MAX_FILTERED_TERMS;
        let filter = if is_small { Some(BloomFilter::from_terms(&lists)?) } else { None };
        Ok(Self { lists, field, filter })
    }

    /// Finds a term; `None` if the segment does not have it.
    ///
    /// # Errors
    /// A damaged segment.
    pub fn find(&self, text: &str) -> io::Result<Option<TermInfo>> {
        if self.filter.as_ref().is_some_and(|filter| !filter.may_contain(text.as_bytes())) {
            return Ok(None);
        }
        self.lists.get_term_info(&Term::from_field_text(self.field, text))
    }
}

/// A Bloom filter of terms.
struct BloomFilter {
    bits: Box<[u64]>,
}

impl BloomFilter {
    fn from_terms(lists: &InvertedIndexReader) -> io::Result<Self> {
        let mut filter = Self::with_capacity(lists.terms().num_terms());
        let mut terms = lists.terms().stream()?;
        while terms.advance() {
            filter.add(terms.key());
        }
        Ok(filter)
    }

    fn with_capacity(terms: usize) -> Self {
        let words = (terms * BITS_PER_TERM).div_ceil(64).next_power_of_two();
        Self { bits: vec![0; words].into_boxed_slice() }
    }

    /// Returns the positions of the two bits of a term.
    fn positions(&self, term: &[u8]) -> [usize; 2] {
        let mut hasher = FxHasher::default();
        hasher.write(term);
        let (hash, mask) = (hasher.finish(), self.bits.len() * 64 - 1);
        [hash as usize & mask, (hash >> 32) as usize & mask]
    }

    fn add(&mut self, term: &[u8]) {
        for position in self.positions(term) {
            self.bits[position / 64] |= 1 << (position % 64);
        }
    }

    fn may_contain(&self, term: &[u8]) -> bool {
        self.positions(term).iter().all(|position| self.bits[position / 64] & 1 << (position % 64) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bloom_filter_passes_all_its_terms_and_few_others() {
        let pair = |n: u32| {
            let han = |n: u32| char::from_u32(0x4e00 + n % 3_000).unwrap();
            String::from_iter([han(n), han(n / 3_000 + n)])
        };
        let mut filter = BloomFilter::with_capacity(20_000);
        (0..20_000).for_each(|n| filter.add(pair(n).as_bytes()));
        assert!((0..20_000).all(|n| filter.may_contain(pair(n).as_bytes())));
        let others = (20_000..120_000).filter(|n| filter.may_contain(pair(*n).as_bytes())).count();
        assert!(others < 100_000 / 40, "{others} of 100,000 pass");
        assert!(!BloomFilter::with_capacity(0).may_contain("字".as_bytes()));
    }
}
