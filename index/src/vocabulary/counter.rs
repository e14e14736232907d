//! Counts of very many small keys in bounded memory.
//!
//! When the table is full, the keys seen least are forgotten: what is frequent
//! in a large collection is kept with a count that is at most slightly too low.

/// Tables among which the keys are divided.
const SHARDS: usize = 64;
/// Keys that wait for their table.
const WAITING: usize = 2_048;

/// Keys with counts. The key 0 is never counted.
///
/// A key waits until many of the same table can be counted together: one small
/// table stays in the processor's cache where one large table would not.
pub struct Counter {
    shards: Vec<Shard>,
}

struct Shard {
    waiting: Vec<u64>,
    table: Table,
}

impl Counter {
    /// Forgets the rarest when more than about `limit` keys are counted.
    pub fn new(limit: usize) -> Self {
        let shard = || Shard { waiting: Vec::with_capacity(WAITING), table: Table::new(limit / SHARDS) };
        Self { shards: (0..SHARDS).map(|_| shard()).collect() }
    }

    /// Counts a key once.
    pub fn count(&mut self, key: u64) {
        let shard = &mut self.shards[mix(key) as usize % SHARDS];
        shard.waiting.push(key);
        if shard.waiting.len() == WAITING {
            shard.settle();
        }
    }

    /// The keys and their counts, by key.
    pub fn into_sorted(mut self) -> Vec<(u64, u32)> {
        self.shards.iter_mut().for_each(Shard::settle);
        let mut sorted: Vec<(u64, u32)> =
            self.shards.into_iter().flat_map(|s| s.table.into_counts()).collect();
        sorted.sort_unstable();
        sorted
    }
}

impl Shard {
    fn settle(&mut self) {
        for key in self.waiting.drain(..) {
            self.table.add(key, 1);
        }
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

    fn add(&mut self, key: u64, count: u32) {
        let slot = self.slot(key);
        if self.counts[slot] == 0 {
            self.keys[slot] = key;
            self.used += 1;
        }
        self.counts[slot] = self.counts[slot].saturating_add(count);
        if self.used * 4 > self.keys.len() * 3 {
            self.make_room();
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

    fn make_room(&mut self) {
        let mut least = 1;
        let mut kept = self.used;
        while kept > self.limit {
            least += 1;
            kept = self.counts.iter().filter(|c| **c >= least).count();
        }
        let slots = (kept * 2).next_power_of_two().max(1 << 8);
        let old = std::mem::replace(self, Self::with_slots(slots, self.limit));
        for (key, count) in old.into_counts().filter(|(_, count)| *count >= least) {
            self.add(key, count);
        }
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
    fn counts_what_it_is_given() {
        let mut counter = Counter::new(1 << 20);
        for round in 0..3 {
            (1..=5000_u64).filter(|k| round < k % 4).for_each(|k| counter.count(k));
        }
        let counts = counter.into_sorted();
        assert!(counts.iter().all(|(k, c)| u64::from(*c) == k % 4));
        assert_eq!(counts.len(), 3750);
    }

    #[test]
    fn forgets_the_rare_and_keeps_the_frequent() {
        let mut counter = Counter::new(5_000);
        for k in 1..=100_000_u64 {
            counter.count(k + 1000);
            counter.count(k % 50 + 1);
        }
        let counts = counter.into_sorted();
        assert!(counts.len() < 40_000);
        assert!((1..=50).all(|k| counts.iter().any(|(key, count)| *key == k && *count == 2000)));
    }
}
