//! Counter of very many triples of characters in bounded memory, and of their leading pairs.
//!
//! A full table removes the rarest triples: triples that are frequent
//! in a large collection are kept with a count that is at most slightly too low.
//! Pairs are summed from triples, those of removed triples included, so that
//! reading a character costs one look-up and not two.

/// Number of tables among which the triples are divided, by their leading pairs.
const SHARDS: usize = 64;
/// Triples counted in one batch in the same table.
const BATCH_LENGTH: usize = 2_048;
/// Bits of a character in a triple.
const UNIT_BITS: u32 = 16;

/// Keys with their counts.
pub type Counts = Vec<(u64, u32)>;

/// Counter of triples, three characters in one number; 0 is never counted.
///
/// A triple waits until many of the same table can be counted together: a small
/// table stays in the processor's cache, a large one would not.
pub struct TripleCounter {
    shards: Vec<Shard>,
}

struct Shard {
    batch: Vec<u64>,
    triples: CountTable,
    /// Pairs of removed triples.
    pairs: CountTable,
}

impl TripleCounter {
    /// Creates a counter that removes the rarest keys when it has more than about so many triples
    /// or pairs.
    pub fn new(triples: usize, pairs: usize) -> Self {
        let shard = || Shard {
            batch: Vec::with_capacity(BATCH_LENGTH),
            triples: CountTable::new(triples / SHARDS),
            pairs: CountTable::new(pairs / SHARDS),
        };
        Self { shards: (0..SHARDS).map(|_| shard()).collect() }
    }

    /// Counts a triple once.
    pub fn count(&mut self, triple: u64) {
        let shard = &mut self.shards[mix_bits(triple >> UNIT_BITS) as usize % SHARDS];
        shard.batch.push(triple);
        if shard.batch.len() == BATCH_LENGTH {
            shard.flush();
        }
    }

    /// Returns triples and pairs with their counts. A triple that ends in 0 counts as a pair only.
    pub fn into_counts(mut self) -> (Counts, Counts) {
        let (mut triples, mut pairs) = (Vec::new(), Vec::new());
        for shard in &mut self.shards {
            shard.flush();
            for (triple, count) in std::mem::replace(&mut shard.triples, CountTable::new(0)).into_counts() {
                shard.pairs.add(triple >> UNIT_BITS, count);
                if triple & ((1 << UNIT_BITS) - 1) != 0 {
                    triples.push((triple, count));
                }
            }
        }
        pairs.extend(self.shards.into_iter().flat_map(|shard| shard.pairs.into_counts()));
        (triples, pairs)
    }
}

impl Shard {
    fn flush(&mut self) {
        for triple in self.batch.drain(..) {
            self.triples.add(triple, 1);
        }
        for (triple, count) in self.triples.remove_rarest() {
            self.pairs.add(triple >> UNIT_BITS, count);
        }
        self.pairs.remove_rarest();
    }
}

/// Hash table of counts with open addressing.
struct CountTable {
    keys: Vec<u64>,
    counts: Vec<u32>,
    used: usize,
    limit: usize,
}

impl CountTable {
    fn new(limit: usize) -> Self {
        Self::with_slots(1 << 8, limit)
    }

    fn with_slots(slots: usize, limit: usize) -> Self {
        Self { keys: vec![0; slots], counts: vec![0; slots], used: 0, limit }
    }

    fn add(&mut self, key: u64, count: u32) {
        let slot = self.slot(key);
        if self.counts[slot] == 0 {
            self.keys[slot] = key;
            self.used += 1;
        }
        self.counts[slot] = self.counts[slot].saturating_add(count);
        if self.used * 4 > self.keys.len() * 3 {
            self.rebuild(self.keys.len() * 2, 0);
        }
    }

    fn slot(&self, key: u64) -> usize {
        let mask = self.keys.len() - 1;
        let mut slot = (mix_bits(key) >> 20) as usize & mask;
        while self.counts[slot] != 0 && self.keys[slot] != key {
            slot = (slot + 1) & mask;
        }
        slot
    }

    /// Removes the rarest keys if there are too many; returns them.
    fn remove_rarest(&mut self) -> Counts {
        let mut min_count = 1;
        let mut kept = self.used;
        while kept > self.limit {
            min_count += 1;
            kept = self.counts.iter().filter(|c| **c >= min_count).count();
        }
        // Room for as many again, or the table would grow with the next batch.
        if min_count == 1 {
            Vec::new()
        } else {
            self.rebuild((self.limit * 2).next_power_of_two(), min_count)
        }
    }

    /// Rebuilds the table without the keys whose count is below `min_count`; returns these.
    fn rebuild(&mut self, slots: usize, min_count: u32) -> Counts {
        let old = std::mem::replace(self, Self::with_slots(slots.max(1 << 8), self.limit));
        let mut removed = Vec::new();
        for (key, count) in old.into_counts() {
            if count >= min_count {
                self.add(key, count);
            } else {
                removed.push((key, count));
            }
        }
        removed
    }

    fn into_counts(self) -> impl Iterator<Item = (u64, u32)> {
        self.keys.into_iter().zip(self.counts).filter(|(_, count)| *count > 0)
    }
}

/// Mixes the bits of a key.
pub fn mix_bits(key: u64) -> u64 {
    let spread = (key ^ key >> 29).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (spread ^ spread >> 32).wrapping_mul(0xD6E8_FEB8_6659_FD93)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn into_counts_returns_triples_and_pairs() {
        let mut counter = TripleCounter::new(1 << 20, 1 << 20);
        for n in 1..=5000_u64 {
            counter.count(7 << UNIT_BITS | n);
            counter.count(7 << UNIT_BITS | n);
            counter.count((n + 10) << UNIT_BITS | 1);
        }
        counter.count(7 << UNIT_BITS);
        let (triples, pairs) = counter.into_counts();
        assert_eq!(triples.len(), 10_000);
        assert!(triples.iter().all(|(key, count)| *count == 1 + u32::from(key >> UNIT_BITS == 7)));
        assert!(pairs.contains(&(7, 10_001)) && pairs.contains(&(11, 1)));
    }

    #[test]
    fn full_counter_keeps_frequent_triples_and_pairs() {
        let mut counter = TripleCounter::new(20_000, 20_000);
        for n in 1..=300_000_u64 {
            counter.count((n % 1000 + 60) << UNIT_BITS | (n / 1000 + 100));
            counter.count((n % 50 + 1) << UNIT_BITS | 9);
        }
        let (triples, pairs) = counter.into_counts();
        assert!(triples.len() < 200_000, "{}", triples.len());
        let kept = |n: u64| triples.contains(&(n << UNIT_BITS | 9, 6000));
        assert!((1..=50).all(kept));
        // Their triples were all rare, but the pairs were not.
        assert!((100..=200).all(|n| pairs.iter().any(|(key, count)| *key == n && *count == 300)));
    }
}
