//! Places in a long row of units, sorted by what follows them, so that all
//! places where a pattern occurs are one range, and the most useful of them
//! come out first without looking at the others.
//!
//! The row is laid out with the most useful entries first, so "most useful" is
//! "smallest place": a tree of minima over the sorted places yields them in turn.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::ops::Range;

use crate::lexicon::vocabulary::bytes::{Damaged, Sink, Source};
use crate::lexicon::vocabulary::units::END;

/// How many places share one leaf of the tree of minima.
const BLOCK: usize = 32;
/// Ranges up to this length are simply sorted.
const SMALL: usize = 96;

/// What a unit of a pattern may be, both ends included.
pub type Span = (u16, u16);

/// Places sorted by the keys that follow them.
#[derive(Debug, Default, Clone)]
pub struct Order {
    places: Vec<u32>,
    /// A complete binary tree in the usual array form: node 1 is the root.
    minima: Vec<u32>,
}

impl Order {
    /// Sorts `places` by the keys that `key` gives from each place up to [`END`].
    pub fn new(places: &[u32], key: impl Fn(usize) -> u16) -> Self {
        let mut keyed: Vec<(u64, u32)> = places.iter().map(|&p| (first_four(&key, p), p)).collect();
        keyed.sort_unstable();
        for group in keyed.chunk_by_mut(|a, b| a.0 == b.0) {
            // A group that ended within the first four keys is equal throughout.
            if group.len() > 1 && group[0].0 & 0xFFFF != u64::from(END) {
                group.sort_unstable_by(|a, b| compare_rest(&key, a.1, b.1).then(a.1.cmp(&b.1)));
            }
        }
        Self::with_minima(keyed.into_iter().map(|(_, p)| p).collect())
    }

    fn with_minima(places: Vec<u32>) -> Self {
        let leaves = places.len().div_ceil(BLOCK).next_power_of_two();
        let mut minima = vec![u32::MAX; leaves * 2];
        for (i, block) in places.chunks(BLOCK).enumerate() {
            minima[leaves + i] = block.iter().copied().min().unwrap_or(u32::MAX);
        }
        for node in (1..leaves).rev() {
            minima[node] = minima[2 * node].min(minima[2 * node + 1]);
        }
        Self { places, minima }
    }

    /// The range of places whose keys fit `spans`. All spans but the last must
    /// be single keys, otherwise the places are not one range.
    pub fn range(&self, spans: &[Span], key: impl Fn(usize) -> u16) -> Range<usize> {
        let place_of = |p: &u32| compare(&key, *p as usize, spans);
        let from = self.places.partition_point(|p| place_of(p) == Ordering::Less);
        let length = self.places[from..].partition_point(|p| place_of(p) == Ordering::Equal);
        from..from + length
    }

    /// The places of a range, the smallest first.
    pub fn smallest(&self, range: Range<usize>) -> Smallest<'_> {
        let mut left = BinaryHeap::new();
        if range.len() <= SMALL {
            let mut sorted = self.places[range].to_vec();
            sorted.sort_unstable_by_key(|p| Reverse(*p));
            return Smallest { order: self, left, sorted };
        }
        let (first, last) = (range.start.div_ceil(BLOCK), range.end / BLOCK);
        for place in
            self.places[range.start..first * BLOCK].iter().chain(&self.places[last * BLOCK..range.end])
        {
            left.push(Reverse((*place, usize::MAX)));
        }
        self.cover(first, last, |node| left.push(Reverse((self.minima[node], node))));
        Smallest { order: self, left, sorted: Vec::new() }
    }

    /// Calls `take` for the fewest nodes that cover the blocks `first..last`.
    fn cover(&self, first: usize, last: usize, mut take: impl FnMut(usize)) {
        let leaves = self.minima.len() / 2;
        let (mut low, mut high) = (first + leaves, last + leaves);
        while low < high {
            if low % 2 == 1 {
                take(low);
                low += 1;
            }
            if high % 2 == 1 {
                high -= 1;
                take(high);
            }
            low /= 2;
            high /= 2;
        }
    }

    /// Bytes of memory.
    pub fn memory(&self) -> usize {
        (self.places.len() + self.minima.len()) * 4
    }

    /// Writes the places; the rest follows from them.
    pub fn write(&self, sink: &mut Sink) {
        sink.words(&self.places);
    }

    /// Reads what [`Order::write`] wrote.
    ///
    /// # Errors
    /// When the bytes are damaged.
    pub fn read(source: &mut Source<'_>) -> Result<Self, Damaged> {
        Ok(Self::with_minima(source.words()?))
    }
}

/// The places of a range, the smallest first.
pub struct Smallest<'a> {
    order: &'a Order,
    /// Minimum and node; a node of `usize::MAX` is a single place.
    left: BinaryHeap<Reverse<(u32, usize)>>,
    /// The places of a small range, the smallest last.
    sorted: Vec<u32>,
}

impl Iterator for Smallest<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if let Some(place) = self.sorted.pop() {
            return Some(place as usize);
        }
        loop {
            let Reverse((minimum, node)) = self.left.pop()?;
            if node == usize::MAX {
                return Some(minimum as usize);
            }
            self.open(node);
        }
    }
}

impl Smallest<'_> {
    fn open(&mut self, node: usize) {
        let minima = &self.order.minima;
        let leaves = minima.len() / 2;
        if node < leaves {
            for child in [2 * node, 2 * node + 1] {
                self.left.push(Reverse((minima[child], child)));
            }
            return;
        }
        let start = (node - leaves) * BLOCK;
        let end = (start + BLOCK).min(self.order.places.len());
        for place in &self.order.places[start..end] {
            self.left.push(Reverse((*place, usize::MAX)));
        }
    }
}

fn first_four(key: &impl Fn(usize) -> u16, place: u32) -> u64 {
    let mut packed = 0;
    for i in 0..4 {
        let next = key(place as usize + i);
        if next == END {
            return packed << (16 * (4 - i));
        }
        packed = packed << 16 | u64::from(next);
    }
    packed
}

/// Compares what follows the first four keys of two places.
fn compare_rest(key: &impl Fn(usize) -> u16, a: u32, b: u32) -> Ordering {
    for i in 4.. {
        let (left, right) = (key(a as usize + i), key(b as usize + i));
        if left != right || left == END {
            return left.cmp(&right);
        }
    }
    Ordering::Equal
}

/// Where a place stands beside a pattern; equal when it fits.
fn compare(key: &impl Fn(usize) -> u16, place: usize, spans: &[Span]) -> Ordering {
    for (i, (low, high)) in spans.iter().enumerate() {
        let next = key(place + i);
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
    fn every_occurrence_is_found_smallest_first() {
        let text = row(&"banana.ananas.bandana.".repeat(40));
        let places: Vec<u32> = (0..text.len() as u32).filter(|p| text[*p as usize] != END).collect();
        let order = Order::new(&places, |p| text[p]);
        for pattern in ["ana", "a", "bandana", "nas", "x", "b", "ananas"] {
            let spans: Vec<Span> = pattern.bytes().map(|b| (b.into(), b.into())).collect();
            let found: Vec<usize> = order.smallest(order.range(&spans, |p| text[p])).collect();
            let wanted = row(pattern);
            let expected: Vec<usize> = (0..text.len()).filter(|p| text[*p..].starts_with(&wanted)).collect();
            assert_eq!(found, expected, "{pattern}");
        }
        let open = order.range(&[(b'a'.into(), b'a'.into()), (b'm'.into(), b'z'.into())], |p| text[p]);
        assert_eq!(open.len(), 40 * 7);
    }

    #[test]
    fn nothing_is_found_in_nothing() {
        let order = Order::new(&[], |_| END);
        let range = order.range(&[(1, 2)], |_| END);
        assert_eq!(order.smallest(range).next(), None);
    }
}
