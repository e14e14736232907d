//! Index of keys: the documents of each key, in little memory.

use std::collections::BTreeSet;
use std::sync::Arc;

/// Shards of an index: clones share them, and a change copies the shard of its key.
const SHARDS: usize = 256;
/// Multiplier that spreads keys that are small numbers over the shards.
const SHARD_MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// Keys with the numbers of the documents that have them, in order of the numbers. Clones
/// share all shards that neither has changed, so that every snapshot has an index of its own.
#[derive(Debug, Clone)]
pub struct KeyIndex {
    shards: Vec<Arc<BTreeSet<(u64, u32)>>>,
}

impl Default for KeyIndex {
    fn default() -> Self {
        Self { shards: vec![Arc::default(); SHARDS] }
    }
}

impl KeyIndex {
    /// Adds a document under a key; 0 is no key.
    pub fn insert(&mut self, key: u64, number: u32) {
        if key != 0 {
            Arc::make_mut(&mut self.shards[shard_of(key)]).insert((key, number));
        }
    }

    /// Removes a document from under a key.
    pub fn remove(&mut self, key: u64, number: u32) {
        let shard = &mut self.shards[shard_of(key)];
        if shard.contains(&(key, number)) {
            Arc::make_mut(shard).remove(&(key, number));
        }
    }

    /// Iterates over the documents of a key.
    pub fn documents(&self, key: u64) -> impl Iterator<Item = u32> {
        let range = self.shards[shard_of(key)].range((key, 0)..=(key, u32::MAX));
        range.map(|(_, number)| *number).filter(move |_| key != 0)
    }

    /// Iterates over all keys, each once, in no particular order.
    pub fn keys(&self) -> impl Iterator<Item = u64> {
        self.shards.iter().flat_map(|shard| {
            let mut last = 0;
            shard
                .iter()
                .filter_map(move |(key, _)| (std::mem::replace(&mut last, *key) != *key).then_some(*key))
        })
    }
}

fn shard_of(key: u64) -> usize {
    (key.wrapping_mul(SHARD_MULTIPLIER) >> 56) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_index_clone_is_unchanged_by_writes_to_the_original() {
        let mut index = KeyIndex::default();
        (1..1_000).for_each(|key| index.insert(key, key as u32));
        let snapshot = index.clone();
        index.remove(7, 7);
        index.insert(8, 3);
        index.insert(0, 3);
        assert_eq!(snapshot.documents(7).collect::<Vec<_>>(), [7]);
        assert_eq!(snapshot.documents(8).collect::<Vec<_>>(), [8]);
        assert_eq!(index.documents(7).count(), 0);
        assert_eq!(index.documents(8).collect::<Vec<_>>(), [3, 8], "in order of the numbers");
        assert_eq!(index.documents(0).count(), 0, "0 is no key");
        assert_eq!(index.keys().count(), 998);
    }
}
