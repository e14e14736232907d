//! Suffix array: positions in a long row of units, sorted by the units from there on, so that all
//! positions where a pattern occurs are one range, and the most useful of them
//! are returned first without reading the others.
//!
//! The row begins with the most useful entries, so the most useful position is the smallest: a
//! tree of minima over the sorted positions returns them in order.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::ops::Range;

use crate::lexicon::vocabulary::bytes::{ByteReader, ByteWriter, Damaged};
use crate::lexicon::vocabulary::units::END;

/// Number of positions in one leaf of the tree of minima.
const BLOCK_LENGTH: usize = 32;
/// Longest range that is simply sorted.
const MAX_SORTED_RANGE: usize = 96;

/// Range of a unit of a pattern, both ends included.
pub type Span = (u16, u16);

/// Positions sorted by the keys from there on.
#[derive(Debug, Default, Clone)]
pub struct SuffixArray {
    positions: Vec<u32>,
    /// A complete binary tree in the usual array form: node 1 is the root.
    minima: Vec<u32>,
}

impl SuffixArray {
    /// Sorts `positions` by the keys that `key` returns from each position up to [`END`].
    pub fn new(positions: &[u32], key: impl Fn(usize) -> u16) -> Self {
        let mut keyed: Vec<(u64, u32)> = positions.iter().map(|&p| (first_four_keys(&key, p), p)).collect();
        keyed.sort_unstable();
        for group in keyed.chunk_by_mut(|a, b| a.0 == b.0) {
            // A group that ended within the first four keys is equal throughout.
            if group.len() > 1 && group[0].0 & 0xFFFF != u64::from(END) {
                group.sort_unstable_by(|a, b| compare_rest(&key, a.1, b.1).then(a.1.cmp(&b.1)));
            }
        }
        Self::with_minima(keyed.into_iter().map(|(_, p)| p).collect())
    }

    fn with_minima(positions: Vec<u32>) -> Self {
        let leaves = positions.len().div_ceil(BLOCK_LENGTH).next_power_of_two();
        let mut minima = vec![u32::MAX; leaves * 2];
        for (i, block) in positions.chunks(BLOCK_LENGTH).enumerate() {
            minima[leaves + i] = block.iter().copied().min().unwrap_or(u32::MAX);
        }
        for node in (1..leaves).rev() {
            minima[node] = minima[2 * node].min(minima[2 * node + 1]);
        }
        Self { positions, minima }
    }

    /// Range of positions whose keys match `spans`. All spans but the last must
    /// be single keys, otherwise the positions are not one range.
    pub fn range(&self, spans: &[Span], key: impl Fn(usize) -> u16) -> Range<usize> {
        let order_of = |p: &u32| compare_with_pattern(&key, *p as usize, spans);
        let from = self.positions.partition_point(|p| order_of(p) == Ordering::Less);
        let length = self.positions[from..].partition_point(|p| order_of(p) == Ordering::Equal);
        from..from + length
    }

    /// Positions of a range in ascending order.
    pub fn ascending(&self, range: Range<usize>) -> AscendingPositions<'_> {
        let mut heap = BinaryHeap::new();
        if range.len() <= MAX_SORTED_RANGE {
            let mut sorted = self.positions[range].to_vec();
            sorted.sort_unstable_by_key(|p| Reverse(*p));
            return AscendingPositions { suffix_array: self, heap, sorted };
        }
        let (first, last) = (range.start.div_ceil(BLOCK_LENGTH), range.end / BLOCK_LENGTH);
        for position in self.positions[range.start..first * BLOCK_LENGTH]
            .iter()
            .chain(&self.positions[last * BLOCK_LENGTH..range.end])
        {
            heap.push(Reverse((*position, usize::MAX)));
        }
        self.cover(first, last, |node| heap.push(Reverse((self.minima[node], node))));
        AscendingPositions { suffix_array: self, heap, sorted: Vec::new() }
    }

    /// Calls `visit` for the fewest nodes that cover the blocks `first..last`.
    fn cover(&self, first: usize, last: usize, mut visit: impl FnMut(usize)) {
        let leaves = self.minima.len() / 2;
        let (mut low, mut high) = (first + leaves, last + leaves);
        while low < high {
            if low % 2 == 1 {
                visit(low);
                low += 1;
            }
            if high % 2 == 1 {
                high -= 1;
                visit(high);
            }
            low /= 2;
            high /= 2;
        }
    }

    /// Memory, in bytes.
    pub fn memory(&self) -> usize {
        (self.positions.len() + self.minima.len()) * 4
    }

    /// Writes the positions; the rest follows from them.
    pub fn write(&self, writer: &mut ByteWriter) {
        writer.write_u32s(&self.positions);
    }

    /// Reads the bytes of [`SuffixArray::write`].
    ///
    /// # Errors
    /// If the bytes are damaged.
    pub fn read(reader: &mut ByteReader<'_>) -> Result<Self, Damaged> {
        Ok(Self::with_minima(reader.read_u32s()?))
    }
}

/// Iterator over the positions of a range in ascending order.
pub struct AscendingPositions<'a> {
    suffix_array: &'a SuffixArray,
    /// Minimum and node; a node of `usize::MAX` is a single position.
    heap: BinaryHeap<Reverse<(u32, usize)>>,
    /// Positions of a small range, the smallest last.
    sorted: Vec<u32>,
}

impl Iterator for AscendingPositions<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if let Some(position) = self.sorted.pop() {
            return Some(position as usize);
        }
        loop {
            let Reverse((minimum, node)) = self.heap.pop()?;
            if node == usize::MAX {
                return Some(minimum as usize);
            }
            self.expand(node);
        }
    }
}

impl AscendingPositions<'_> {
    fn expand(&mut self, node: usize) {
        let minima = &self.suffix_array.minima;
        let leaves = minima.len() / 2;
        if node < leaves {
            for child in [2 * node, 2 * node + 1] {
                self.heap.push(Reverse((minima[child], child)));
            }
            return;
        }
        let start = (node - leaves) * BLOCK_LENGTH;
        let end = (start + BLOCK_LENGTH).min(self.suffix_array.positions.len());
        for position in &self.suffix_array.positions[start..end] {
            self.heap.push(Reverse((*position, usize::MAX)));
        }
    }
}

fn first_four_keys(key: &impl Fn(usize) -> u16, position: u32) -> u64 {
    let mut packed = 0;
    for i in 0..4 {
        let next = key(position as usize + i);
        if next == END {
            return packed << (16 * (4 - i));
        }
        packed = packed << 16 | u64::from(next);
    }
    packed
}

/// Compares two positions by their keys after the first four.
fn compare_rest(key: &impl Fn(usize) -> u16, a: u32, b: u32) -> Ordering {
    for i in 4.. {
        let (heap, right) = (key(a as usize + i), key(b as usize + i));
        if heap != right || heap == END {
            return heap.cmp(&right);
        }
    }
    Ordering::Equal
}

/// Compares the keys from a position on with a pattern; equal if they match.
fn compare_with_pattern(key: &impl Fn(usize) -> u16, position: usize, spans: &[Span]) -> Ordering {
    for (i, (low, high)) in spans.iter().enumerate() {
        let next = key(position + i);
        if next < *low {
            return Ordering::Less;
        }
        if next > *high {
            return Ordering::Greater;
        }
    }
    Ordering::Equal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str) -> Vec<u16> {
        text.bytes().map(|b| if b == b'.' { END } else { u16::from(b) }).collect()
    }

    #[test]
    fn ascending_returns_every_occurrence_in_order() {
        let text = row(&"banana.ananas.bandana.".repeat(40));
        let positions: Vec<u32> = (0..text.len() as u32).filter(|p| text[*p as usize] != END).collect();
        let suffix_array = SuffixArray::new(&positions, |p| text[p]);
        for pattern in ["ana", "a", "bandana", "nas", "x", "b", "ananas"] {
            let spans: Vec<Span> = pattern.bytes().map(|b| (b.into(), b.into())).collect();
            let found: Vec<usize> = suffix_array.ascending(suffix_array.range(&spans, |p| text[p])).collect();
            let wanted = row(pattern);
            let expected: Vec<usize> = (0..text.len()).filter(|p| text[*p..].starts_with(&wanted)).collect();
            assert_eq!(found, expected, "{pattern}");
        }
        let open_range =
            suffix_array.range(&[(b'a'.into(), b'a'.into()), (b'm'.into(), b'z'.into())], |p| text[p]);
        assert_eq!(open_range.len(), 40 * 7);
    }

    #[test]
    fn ascending_in_empty_array_returns_nothing() {
        let suffix_array = SuffixArray::new(&[], |_| END);
        let range = suffix_array.range(&[(1, 2)], |_| END);
        assert_eq!(suffix_array.ascending(range).next(), None);
    }
}
