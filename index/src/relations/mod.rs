//! What follows from records together: links, reprints, versions, validity in time.
//!
//! Each record gives [`Facts`], read from it alone. Facts are filed under keys (titles,
//! numbers, what is cited), and a link is a look-up at the moment it is asked for: so
//! records may come in any order, and one that comes, changes or goes touches only its
//! own entries. Two things are kept because searches need them for every record: which
//! records are copies of one text (`reprints`), and what ends a record from outside
//! (`term`).
//!
//! Nothing here reads an index; texts are asked for by id.

mod alignment;
mod copies;
mod encoding;
pub mod explained;
pub mod facts;
mod frames;
mod key_index;
mod links;
mod place;
mod review;
mod revision;
mod sketch;
mod validity_period;
mod versions;

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

pub use copies::Assigned;
pub use facts::{Cited, Facts, key, number_key, titles};
pub use frames::{Commit, FORMAT, Frame};
pub use key_index::Slot;
pub use links::{CitedBy, Link, Resolved};
pub use review::{Finding, Issue};
pub use validity_period::{Evidence, Proof, Standing, Term, day_number};

use crate::record::generation::Generation;
use key_index::Keyed;

/// In how many places two texts differ, layout aside.
pub fn differences(a: &str, b: &str) -> usize {
    alignment::align(&sketch::content(a), &sketch::content(b)).differences()
}

/// How a text is fetched: the body of the record of that id.
pub type Texts<'a> = &'a mut dyn FnMut(&str) -> Option<String>;

/// One record of the list.
#[derive(Debug, Clone)]
struct Entry {
    facts: Facts,
    /// The reprints it belongs to; 0 for none.
    group: u32,
    /// What ends it from outside.
    ended: validity_period::Ended,
}

/// What follows from the records of a collection together.
#[derive(Debug, Clone, Default)]
pub struct Relations {
    /// The generation it describes.
    pub generation: Generation,
    entries: Vec<Option<Entry>>,
    free: Vec<Slot>,
    by_id: FxHashMap<u64, Slot>,
    titles: Keyed,
    carried: Keyed,
    numbers: Keyed,
    families: Keyed,
    /// Who cites a key, explains it, ends it.
    citing: Keyed,
    explaining: Keyed,
    ending: Keyed,
    bands: Keyed,
    /// By the fingerprints of whole texts and of titles.
    prints: Keyed,
    groups: BTreeMap<u32, Vec<Slot>>,
    last_group: u32,
    /// Records whose term or group may have changed since they were last asked for.
    dirty: FxHashSet<Slot>,
    found: Vec<Assigned>,
    /// A digest of all ids and contents, whatever their order.
    pub digest: u128,
}

/// What became of a record since the generation before.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// It is new or has another content.
    Put(Box<Facts>),
    /// It is gone.
    Gone(String),
}

impl Relations {
    /// Files changes of the records and finds anew what they touch. Copies of texts
    /// are found by [`Relations::regroup`], which needs the texts.
    pub fn apply(&mut self, changes: Vec<Change>) -> Vec<Slot> {
        let mut touched = FxHashSet::default();
        let mut put = Vec::new();
        for change in changes {
            match change {
                Change::Gone(id) => self.remove(&id, &mut touched),
                Change::Put(facts) => {
                    self.remove(&facts.id.clone(), &mut touched);
                    put.push(self.insert(*facts));
                }
            }
        }
        put.iter().for_each(|slot| self.neighbours(*slot, &mut touched));
        touched.extend(&put);
        let touched: Vec<Slot> = touched.into_iter().filter(|slot| self.entry(*slot).is_some()).collect();
        self.end_anew(&touched);
        self.dirty.extend(touched);
        put
    }

    /// The hashes of the ids of records whose term or group may have changed since this
    /// was last asked.
    pub fn take_dirty(&mut self) -> FxHashSet<u64> {
        let dirty = std::mem::take(&mut self.dirty);
        dirty.into_iter().filter_map(|slot| self.facts(slot)).map(|facts| facts::key(&facts.id)).collect()
    }

    fn insert(&mut self, facts: Facts) -> Slot {
        let slot = self.free.pop().unwrap_or(self.entries.len() as Slot);
        self.file(&facts, slot, true);
        self.by_id.insert(facts::key(&facts.id), slot);
        self.digest = self.digest.wrapping_add(digest(&facts));
        let entry = Entry { facts, group: 0, ended: validity_period::Ended::default() };
        match self.entries.get_mut(slot as usize) {
            Some(place) => *place = Some(entry),
            None => self.entries.push(Some(entry)),
        }
        slot
    }

    fn remove(&mut self, id: &str, touched: &mut FxHashSet<Slot>) {
        let Some(slot) = self.slot(id) else { return };
        self.neighbours(slot, touched);
        self.leave_group(slot);
        let Some(entry) = self.entries.get_mut(slot as usize).and_then(Option::take) else { return };
        self.file(&entry.facts, slot, false);
        self.by_id.remove(&facts::key(id));
        self.digest = self.digest.wrapping_sub(digest(&entry.facts));
        self.free.push(slot);
    }

    /// Enters a record under its keys, or takes it away.
    fn file(&mut self, facts: &Facts, slot: Slot, enter: bool) {
        let put = |index: &mut Keyed, key| if enter { index.add(key, slot) } else { index.remove(key, slot) };
        facts.titles.iter().for_each(|key| put(&mut self.titles, *key));
        facts.carried.iter().for_each(|key| put(&mut self.carried, *key));
        put(&mut self.numbers, facts.number);
        put(&mut self.families, facts.family);
        for cited in &facts.cited {
            cited.keys().for_each(|key| put(&mut self.citing, key));
            if cited.relation() == crate::official::citation::Relation::Repeals {
                cited.keys().for_each(|key| put(&mut self.ending, key));
            }
        }
        for explained in &facts.explains {
            explained.keys().for_each(|key| put(&mut self.explaining, key));
        }
        if facts.length > 0 {
            sketch::bands(&facts.sketch).for_each(|band| put(&mut self.bands, band));
            put(&mut self.prints, facts.fingerprint);
        }
        put(&mut self.prints, facts.title_print);
    }

    /// Records whose term depends on this one: its versions and what it ends.
    fn neighbours(&self, slot: Slot, touched: &mut FxHashSet<Slot>) {
        let Some(facts) = self.facts(slot) else { return };
        touched.extend(self.families.get(facts.family));
        for cited in
            facts.cited.iter().filter(|c| c.relation() == crate::official::citation::Relation::Repeals)
        {
            for key in cited.keys() {
                touched
                    .extend(self.titles.get(key).chain(self.carried.get(key)).chain(self.numbers.get(key)));
                touched.extend(self.by_id.get(&key));
            }
        }
    }

    /// The place of a record in the list.
    pub fn slot(&self, id: &str) -> Option<Slot> {
        self.by_id.get(&facts::key(id)).copied()
    }

    /// The place of a record by the hash of its id.
    pub fn slot_of_hash(&self, id_hash: u64) -> Option<Slot> {
        self.by_id.get(&id_hash.max(1)).copied()
    }

    /// What is known of a record.
    pub fn facts(&self, slot: Slot) -> Option<&Facts> {
        self.entry(slot).map(|entry| &entry.facts)
    }

    fn entry(&self, slot: Slot) -> Option<&Entry> {
        self.entries.get(slot as usize).and_then(Option::as_ref)
    }

    /// All records, in order of their places.
    pub fn slots(&self) -> impl Iterator<Item = Slot> {
        let held = self.entries.iter().enumerate().filter(|(_, entry)| entry.is_some());
        held.map(|(at, _)| at as Slot)
    }

    /// A place behind all records.
    pub fn end(&self) -> Slot {
        self.entries.len() as Slot
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }
}

/// What one record adds to the digest of a collection.
fn digest(facts: &Facts) -> u128 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(facts.id.as_bytes()).update(&facts.content.to_le_bytes());
    let mut first = [0; 16];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    u128::from_le_bytes(first)
}
