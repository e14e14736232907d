//! A bit set of the documents of one segment.

use tantivy::fastfield::AliveBitSet;

/// A set of documents from 0 to `len - 1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bits {
    words: Vec<u64>,
    len: u32,
}

impl Bits {
    /// Creates an empty set of `len` documents.
    pub fn empty(len: u32) -> Self {
        Self { words: vec![0; len.div_ceil(64) as usize], len }
    }

    /// Creates the set of all of `len` documents.
    pub fn full(len: u32) -> Self {
        let mut bits = Self { words: vec![u64::MAX; len.div_ceil(64) as usize], len };
        bits.trim();
        bits
    }

    /// Clears the bits of the last word beyond `len`.
    fn trim(&mut self) {
        let used = self.len % 64;
        if used != 0
            && let Some(last) = self.words.last_mut()
        {
            *last &= (1 << used) - 1;
        }
    }

    /// Adds a document.
    #[inline]
    pub fn insert(&mut self, doc: u32) {
        self.words[(doc / 64) as usize] |= 1 << (doc % 64);
    }

    /// Removes a document.
    #[inline]
    pub fn remove(&mut self, doc: u32) {
        self.words[(doc / 64) as usize] &= !(1 << (doc % 64));
    }

    /// Checks if a document is in the set.
    #[inline]
    pub fn contains(&self, doc: u32) -> bool {
        self.words[(doc / 64) as usize] & (1 << (doc % 64)) != 0
    }

    /// Counts the documents in the set.
    pub fn count(&self) -> u32 {
        self.words.iter().map(|word| word.count_ones()).sum()
    }

    /// Counts the documents in the set that are not deleted.
    pub fn count_alive(&self, alive: Option<&AliveBitSet>) -> u64 {
        match alive {
            None => u64::from(self.count()),
            Some(alive) => self.iter().filter(|doc| alive.is_alive(*doc)).count() as u64,
        }
    }

    /// Keeps the documents that are in both sets.
    pub fn intersect(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= b);
    }

    /// Adds the documents of the other set.
    pub fn unite(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a |= b);
    }

    /// Removes the documents of the other set.
    pub fn subtract(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= !b);
    }

    /// Iterates over the documents, in order.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.words.iter().enumerate().flat_map(|(i, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some(i as u32 * 64 + bit)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_insert_remove_and_combine_as_a_set() {
        let mut bits = Bits::empty(130);
        [0, 63, 64, 129].into_iter().for_each(|doc| bits.insert(doc));
        assert_eq!(bits.iter().collect::<Vec<_>>(), [0, 63, 64, 129]);
        let mut rest = Bits::full(130);
        assert_eq!(rest.count(), 130);
        rest.subtract(&bits);
        assert_eq!(rest.count(), 126);
        rest.unite(&bits);
        assert_eq!(rest, Bits::full(130));
        rest.intersect(&bits);
        rest.remove(63);
        assert!(rest.contains(64) && !rest.contains(63) && rest.count() == 3);
    }
}
