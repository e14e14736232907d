//! One key to many records, in little memory.

use std::collections::BTreeSet;

/// Which record, by its place in the collection's list.
pub type Slot = u32;

/// Keys with the records that have them, in order of the records.
#[derive(Debug, Default, Clone)]
pub struct Keyed(BTreeSet<(u64, Slot)>);

impl Keyed {
    /// Adds a record under a key; 0 is no key.
    pub fn add(&mut self, key: u64, slot: Slot) {
        if key != 0 {
            self.0.insert((key, slot));
        }
    }

    /// Takes it away.
    pub fn remove(&mut self, key: u64, slot: Slot) {
        self.0.remove(&(key, slot));
    }

    /// The records of a key.
    pub fn get(&self, key: u64) -> impl Iterator<Item = Slot> {
        let wanted = key != 0;
        self.0.range((key, 0)..=(key, Slot::MAX)).map(|(_, slot)| *slot).filter(move |_| wanted)
    }
}
