//! Counts of very many small keys in bounded memory.
//!
//! When the table is full, the keys seen least are forgotten: what is frequent
//! in a large collection is kept with a count that is at most slightly too low.

/// Keys with counts, in a table of open addressing. The key 0 is never counted.
pub struct Counter {
    keys: Vec<u64>,
    counts: Vec<u32>,
    used: usize,
    limit: usize,
}

impl Counter {
    /// Forgets the rarest when more than `limit` keys are counted.
    pub fn new(limit: usize) -> Self {
        Self { keys: vec![0; 1 << 12], counts: vec![0; 1 << 12], used: 0, limit }
    }

    /// Counts a key once.
    pub fn count(&mut self, key: u64) {
        self.add(key, 1);
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
        let wanted = (kept * 2).next_power_of_two().max(1 << 12);
        let old = std::mem::replace(
            self,
            Self { keys: vec![0; wanted], counts: vec![0; wanted], used: 0, limit: self.limit },
        );
        for (key, count) in old.keys.into_iter().zip(old.counts).filter(|(_, c)| *c >= least) {
            self.add(key, count);
        }
    }

    /// The keys and their counts, by key.
    pub fn into_sorted(self) -> Vec<(u64, u32)> {
        let pairs = self.keys.into_iter().zip(self.counts);
        let mut sorted: Vec<(u64, u32)> = pairs.filter(|(_, count)| *count > 0).collect();
        sorted.sort_unstable();
        sorted
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
