//! Counts of very many triples of characters in bounded memory, and of their
//! leading pairs with them.
//!
//! When the table is full, the triples seen least are forgotten: what is frequent
//! in a large collection is kept with a count that is at most slightly too low.
//! Pairs are summed from triples, those of forgotten triples included, so that
//! reading a character costs one look-up and not two.

/// Tables among which the triples are divided, by their leading pairs.
const SHARDS: usize = 64;
/// Triples that wait for their table.
const WAITING: usize = 2_048;
/// Bits of a character in a triple.
const BITS: u32 = 16;

/// Keys with how often each was counted.
pub type Counts = Vec<(u64, u32)>;

/// Triples, three characters in one number, with counts; 0 is never counted.
///
/// A triple waits until many of the same table can be counted together: one small
/// table stays in the processor's cache where one large table would not.
pub struct Counter {
    shards: Vec<Shard>,
}

struct Shard {
    waiting: Vec<u64>,
    triples: Table,
    /// Pairs of forgotten triples.
    pairs: Table,
}

impl Counter {
    /// Forgets the rarest when more than about so many triples or pairs are counted.
    pub fn new(triples: usize, pairs: usize) -> Self {
        let shard = || Shard {
            waiting: Vec::with_capacity(WAITING),
            triples: Table::new(triples / SHARDS),
            pairs: Table::new(pairs / SHARDS),
        };
        Self { shards: (0..SHARDS).map(|_| shard()).collect() }
    }

    /// Counts a triple once.
    pub fn count(&mut self, triple: u64) {
        let shard = &mut self.shards[mix(triple >> BITS) as usize % SHARDS];
        shard.waiting.push(triple);
        if shard.waiting.len() == WAITING {
            shard.settle();
        }
    }

    /// Triples and pairs with their counts. A triple that ends in 0 counts as a pair only.
    pub fn into_counts(mut self) -> (Counts, Counts) {
        let (mut triples, mut pairs) = (Vec::new(), Vec::new());
        for shard in &mut self.shards {
            shard.settle();
            for (triple, count) in std::mem::replace(&mut shard.triples, Table::new(0)).into_counts() {
                shard.pairs.add_unlimited(triple >> BITS, count);
                if triple & ((1 << BITS) - 1) != 0 {
                    triples.push((triple, count));
                }
            }
        }
        pairs.extend(self.shards.into_iter().flat_map(|shard| shard.pairs.into_counts()));
        (triples, pairs)
    }
}

impl Shard {
    fn settle(&mut self) {
        for triple in self.waiting.drain(..) {
            self.triples.add_unlimited(triple, 1);
        }
        for (triple, count) in self.triples.forget_rarest() {
            self.pairs.add_unlimited(triple >> BITS, count);
        }
        self.pairs.forget_rarest();
    }
}

/// A table of open addressing.
struct Table {
    keys: Vec<u64>,
    counts: Vec<u32>,
    used: usize,
    limit: usize,
}

impl Table {
    fn new(limit: usize) -> Self {
        Self::with_slots(1 << 8, limit)
    }

    fn with_slots(slots: usize, limit: usize) -> Self {
        Self { keys: vec![0; slots], counts: vec![0; slots], used: 0, limit }
    }

    fn add_unlimited(&mut self, key: u64, count: u32) {
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
        let mut slot = (mix(key) >> 20) as usize & mask;
        while self.counts[slot] != 0 && self.keys[slot] != key {
            slot = (slot + 1) & mask;
        }
        slot
    }

    /// Forgets the rarest keys if there are too many; what was forgotten.
    fn forget_rarest(&mut self) -> Counts {
        let mut least = 1;
        let mut kept = self.used;
        while kept > self.limit {
            least += 1;
            kept = self.counts.iter().filter(|c| **c >= least).count();
        }
        // Room for as many again, or the next batch would make the table grow at once.
        if least == 1 { Vec::new() } else { self.rebuild((self.limit * 2).next_power_of_two(), least) }
    }

    /// Lays the table out anew, without the keys counted less often than `least`; those.
    fn rebuild(&mut self, slots: usize, least: u32) -> Counts {
        let old = std::mem::replace(self, Self::with_slots(slots.max(1 << 8), self.limit));
        let mut forgotten = Vec::new();
        for (key, count) in old.into_counts() {
            if count >= least {
                self.add_unlimited(key, count);
            } else {
                forgotten.push((key, count));
            }
        }
        forgotten
    }

    fn into_counts(self) -> impl Iterator<Item = (u64, u32)> {
        self.keys.into_iter().zip(self.counts).filter(|(_, count)| *count > 0)
    }
}

/// Spreads the bits of a key.
pub fn mix(key: u64) -> u64 {
    let spread = (key ^ key >> 29).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (spread ^ spread >> 32).wrapping_mul(0xD6E8_FEB8_6659_FD93)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_triples_and_their_pairs() {
        let mut counter = Counter::new(1 << 20, 1 << 20);
        for n in 1..=5000_u64 {
            counter.count(7 << BITS | n);
            counter.count(7 << BITS | n);
            counter.count((n + 10) << BITS | 1);
        }
        counter.count(7 << BITS);
        let (triples, pairs) = counter.into_counts();
        assert_eq!(triples.len(), 10_000);
        assert!(triples.iter().all(|(key, count)| *count == 1 + u32::from(key >> BITS == 7)));
        assert!(pairs.contains(&(7, 10_001)) && pairs.contains(&(11, 1)));
    }

    #[test]
    fn forgets_the_rare_and_keeps_the_frequent() {
        let mut counter = Counter::new(20_000, 20_000);
        for n in 1..=300_000_u64 {
            counter.count((n % 1000 + 60) << BITS | (n / 1000 + 100));
            counter.count((n % 50 + 1) << BITS | 9);
        }
        let (triples, pairs) = counter.into_counts();
        assert!(triples.len() < 200_000, "{}", triples.len());
        let kept = |n: u64| triples.contains(&(n << BITS | 9, 6000));
        assert!((1..=50).all(kept));
        // Their triples were all rare, but the pairs were not.
        assert!((100..=200).all(|n| pairs.iter().any(|(key, count)| *key == n && *count == 300)));
    }
}
