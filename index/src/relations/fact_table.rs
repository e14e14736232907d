//! Table of the facts of a whole collection in memory, with their keys and derived values.
//!
//! A backend has one table for each snapshot. Clones share everything that neither has changed,
//! so a commit costs in proportion to its changes, and a snapshot stays as it was taken.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::keys::id::id_hash;
use crate::official::citation::Relation;
use crate::record::generation::Generation;
use crate::relations::alignment::{self, Likeness};
use crate::relations::facts::Facts;
use crate::relations::frames::{Assigned, Change, Frame};
use crate::relations::key_index::KeyIndex;
use crate::relations::sketch;
use crate::relations::source::{Derived, FactSource, Relations};
use crate::schema::doc_ref::{DocRef, KeyField};

/// Documents in one page of the table; a change copies the page of its document.
const PAGE_SIZE: usize = 256;

/// Fetches the body of a record by its id.
pub type Texts<'a> = &'a mut dyn FnMut(&str) -> Option<String>;

/// One document of the table.
#[derive(Debug, Clone)]
struct Entry {
    facts: Arc<Facts>,
    derived: Derived,
}

/// Facts by document and documents by key.
#[derive(Debug, Clone, Default)]
pub struct FactTable {
    /// Generation of these facts.
    pub generation: Generation,
    /// Digest of all ids and contents, whatever their order.
    pub digest: u128,
    pages: Vec<Arc<Vec<Option<Entry>>>>,
    /// Numbers of deleted documents, to be used again.
    free: Vec<u32>,
    /// First number that was never used.
    end: u32,
    documents: usize,
    keys: [KeyIndex; KeyField::ALL.len()],
    last_group: u32,
    /// Documents whose derived values may have changed since [`FactTable::take_changed`].
    changed: FxHashSet<u32>,
    assigned: Vec<Assigned>,
}

impl FactTable {
    /// Counts the documents.
    pub fn len(&self) -> usize {
        self.documents
    }

    /// Returns whether there are no documents.
    pub fn is_empty(&self) -> bool {
        self.documents == 0
    }

    /// Iterates over all documents, in their order.
    pub fn documents(&self) -> impl Iterator<Item = DocRef> {
        (0..self.end).filter(|number| self.entry(*number).is_some()).map(DocRef::new)
    }

    /// Lists at most `limit` documents after one, in their order; from the first if `None`.
    pub fn documents_after(&self, after: Option<DocRef>, limit: usize) -> Vec<DocRef> {
        let from = after.map_or(0, |after| after.number + 1);
        (from..self.end).filter(|number| self.entry(*number).is_some()).take(limit).map(DocRef::new).collect()
    }

    /// Returns a number above those of all groups of copies.
    pub fn groups_end(&self) -> u32 {
        self.last_group + 1
    }

    /// Reads links, copies, versions and validity from the table.
    pub fn relations(&self) -> Relations<'_> {
        Relations::new(self)
    }

    /// Iterates over all groups of copies, each with the canonical copy first.
    pub fn copy_groups(&self) -> impl Iterator<Item = Vec<DocRef>> {
        let groups: BTreeSet<u64> = self.key_index(KeyField::CopyGroup).keys().collect();
        let members = move |group| {
            let first = self.key_index(KeyField::CopyGroup).documents(group).next()?;
            Some(self.relations().copies(DocRef::new(first))).filter(|copies| copies.len() > 1)
        };
        groups.into_iter().filter_map(members)
    }

    /// Applies changes and updates the derived values of the documents they affect. Returns the
    /// documents that were put; [`FactTable::find_copies`] finds their copies, which needs the
    /// texts.
    pub fn apply(&mut self, changes: Vec<Change>) -> Vec<DocRef> {
        let mut touched = FxHashSet::default();
        let mut put = Vec::new();
        for change in changes {
            match change {
                Change::Deleted(id) => self.remove(&id, &mut touched),
                Change::Put(facts) => {
                    self.remove(&facts.id, &mut touched);
                    put.push(self.insert(*facts));
                }
            }
        }
        put.iter().for_each(|number| self.add_dependents(*number, &mut touched));
        touched.extend(&put);
        let touched: Vec<u32> = touched.into_iter().filter(|number| self.entry(*number).is_some()).collect();
        for number in &touched {
            let endings = self.relations().endings(DocRef::new(*number));
            if let Some(entry) = self.entry_mut(*number) {
                entry.derived.repealed = endings.repealed;
                entry.derived.superseded = endings.superseded;
            }
        }
        self.changed.extend(touched);
        put.into_iter().map(DocRef::new).collect()
    }

    /// Returns the hashes of the ids of documents whose derived values may have changed since
    /// this was last called.
    pub fn take_changed(&mut self) -> FxHashSet<u64> {
        let changed = std::mem::take(&mut self.changed);
        changed.into_iter().filter_map(|number| self.entry(number)).map(|e| id_hash(&e.facts.id)).collect()
    }

    fn insert(&mut self, facts: Facts) -> u32 {
        let number = self.free.pop().unwrap_or_else(|| {
            self.end += 1;
            self.end - 1
        });
        self.update_keys(&facts, number, true);
        self.digest = self.digest.wrapping_add(digest(&facts));
        let (page, slot) = (number as usize / PAGE_SIZE, number as usize % PAGE_SIZE);
        if self.pages.len() <= page {
            self.pages.push(Arc::new(vec![None; PAGE_SIZE]));
        }
        let entry = Entry { facts: Arc::new(facts), derived: Derived::default() };
        Arc::make_mut(&mut self.pages[page])[slot] = Some(entry);
        self.documents += 1;
        number
    }

    fn remove(&mut self, id: &str, touched: &mut FxHashSet<u32>) {
        let Some(number) = self.key_index(KeyField::Id).documents(id_hash(id)).next() else { return };
        self.add_dependents(number, touched);
        self.leave_group(number);
        let (page, slot) = (number as usize / PAGE_SIZE, number as usize % PAGE_SIZE);
        let Some(entry) = Arc::make_mut(&mut self.pages[page])[slot].take() else { return };
        self.update_keys(&entry.facts, number, false);
        self.digest = self.digest.wrapping_sub(digest(&entry.facts));
        self.documents -= 1;
        self.free.push(number);
    }

    /// Adds a document under its keys, or removes it from them.
    fn update_keys(&mut self, facts: &Facts, number: u32, insert: bool) {
        let mut update = |field: KeyField, key: u64| {
            let index = &mut self.keys[field as usize];
            if insert { index.insert(key, number) } else { index.remove(key, number) }
        };
        update(KeyField::Id, id_hash(&facts.id));
        facts.titles.iter().for_each(|key| update(KeyField::Title, *key));
        facts.enclosed.iter().for_each(|key| update(KeyField::Enclosed, *key));
        update(KeyField::Number, facts.number);
        update(KeyField::Family, facts.family);
        for cited in &facts.cited {
            cited.keys().for_each(|key| update(KeyField::Cites, key));
            if cited.relation() == Relation::Repeals {
                cited.keys().for_each(|key| update(KeyField::Repeals, key));
            }
        }
        facts.explains.iter().flat_map(|cited| cited.keys()).for_each(|key| update(KeyField::Explains, key));
        if facts.length > 0 {
            sketch::bands(&facts.sketch).for_each(|band| update(KeyField::Band, band));
            update(KeyField::Fingerprint, facts.fingerprint);
        }
        update(KeyField::Fingerprint, facts.title_fingerprint);
    }

    /// Adds the documents whose validity depends on one: its versions and what it repeals.
    fn add_dependents(&self, number: u32, touched: &mut FxHashSet<u32>) {
        let Some(Entry { facts, .. }) = self.entry(number) else { return };
        touched.extend(self.key_index(KeyField::Family).documents(facts.family));
        for cited in facts.cited.iter().filter(|cited| cited.relation() == Relation::Repeals) {
            for key in cited.keys() {
                for field in [KeyField::Title, KeyField::Enclosed, KeyField::Number, KeyField::Id] {
                    touched.extend(self.key_index(field).documents(key));
                }
            }
        }
    }

    fn key_index(&self, field: KeyField) -> &KeyIndex {
        &self.keys[field as usize]
    }

    fn entry(&self, number: u32) -> Option<&Entry> {
        self.pages.get(number as usize / PAGE_SIZE)?[number as usize % PAGE_SIZE].as_ref()
    }

    fn entry_mut(&mut self, number: u32) -> Option<&mut Entry> {
        let page = self.pages.get_mut(number as usize / PAGE_SIZE)?;
        Arc::make_mut(page)[number as usize % PAGE_SIZE].as_mut()
    }
}

impl FactSource for FactTable {
    fn lookup(&self, field: KeyField, key: u64, limit: usize) -> Vec<DocRef> {
        self.key_index(field).documents(key).take(limit).map(DocRef::new).collect()
    }

    fn facts(&self, document: DocRef) -> Option<Arc<Facts>> {
        self.entry(document.number).map(|entry| entry.facts.clone())
    }

    fn derived(&self, document: DocRef) -> Derived {
        self.entry(document.number).map_or_else(Derived::default, |entry| entry.derived)
    }
}

/// Copies: finding them, and storing their groups.
impl FactTable {
    /// Finds the copies of documents. The groups found are returned by [`FactTable::take_assigned`].
    pub fn find_copies(&mut self, documents: &[DocRef], texts: Texts<'_>) {
        let mut touched = Vec::new();
        for document in documents {
            self.find_copies_of(document.number, texts, &mut touched);
        }
        touched.sort_unstable();
        touched.dedup();
        let assigned = touched.iter().filter_map(|number| self.entry(*number));
        let assigned: Vec<Assigned> =
            assigned.map(|entry| (id_hash(&entry.facts.id), entry.derived.group)).collect();
        self.assigned.extend(assigned);
    }

    /// Returns the groups found since the last call, to be assigned with
    /// [`FactTable::assign_groups`] where the texts are not available.
    pub fn take_assigned(&mut self) -> Vec<Assigned> {
        std::mem::take(&mut self.assigned)
    }

    /// Assigns groups that were found before.
    pub fn assign_groups(&mut self, groups: &[Assigned]) {
        for (id, group) in groups {
            let found = self.key_index(KeyField::Id).documents(*id).next();
            if let Some(number) = found {
                self.leave_group(number);
                if *group != 0 {
                    self.join_group(number, *group);
                }
            }
        }
    }

    fn find_copies_of(&mut self, number: u32, texts: Texts<'_>, touched: &mut Vec<u32>) {
        let document = DocRef::new(number);
        let Some(facts) = self.facts(document) else { return };
        let mut own: Option<Vec<char>> = None;
        let mut joined: Vec<u32> =
            Some(self.group_of(number)).filter(|group| *group != 0).into_iter().collect();
        // A truncated text is a copy of each of two documents that differ at their ends, so a
        // document joins no group that has a copy distinct from it.
        let mut distinct: Vec<u32> = Vec::new();
        for other in self.relations().copy_candidates(document) {
            let Some(other_facts) = self.facts(other) else { continue };
            let group = self.group_of(other.number);
            if group != 0 && (joined.contains(&group) || distinct.contains(&group)) {
                continue;
            }
            let identical =
                facts.fingerprint == other_facts.fingerprint && facts.length == other_facts.length;
            if !identical {
                let mut content = |id: &str| sketch::content(&texts(id).unwrap_or_default());
                let own_content = own.get_or_insert_with(|| content(&facts.id));
                match alignment::compare(own_content, &content(&other_facts.id)) {
                    Likeness::Copies => {}
                    Likeness::Distinct => {
                        distinct.push(group);
                        continue;
                    }
                    Likeness::Unlike => continue,
                }
                if self.group_of(number) != 0 && self.canonical_copies_are_distinct(document, other, texts) {
                    continue;
                }
            }
            let (into, moved) = self.merge_groups(number, other.number);
            touched.extend(moved);
            joined.push(into);
        }
    }

    /// Returns whether the canonical copies of two documents are distinct documents.
    fn canonical_copies_are_distinct(&self, a: DocRef, b: DocRef, texts: Texts<'_>) -> bool {
        let [first, second] = [a, b].map(|document| self.relations().canonical(document));
        if (first, second) == (a, b) {
            return false;
        }
        let mut content = |document| Some(sketch::content(&texts(&self.facts(document)?.id)?));
        let (Some(first), Some(second)) = (content(first), content(second)) else { return false };
        alignment::compare(&first, &second) == Likeness::Distinct
    }

    fn group_of(&self, number: u32) -> u32 {
        self.entry(number).map_or(0, |entry| entry.derived.group)
    }

    /// Merges the groups of two documents; returns the group and the documents whose group changed.
    fn merge_groups(&mut self, a: u32, b: u32) -> (u32, Vec<u32>) {
        match (self.group_of(a), self.group_of(b)) {
            (0, 0) => {
                self.last_group += 1;
                let new = self.last_group;
                self.join_group(a, new);
                self.join_group(b, new);
                (new, vec![a, b])
            }
            (0, known) => {
                self.join_group(a, known);
                (known, vec![a])
            }
            (known, 0) => {
                self.join_group(b, known);
                (known, vec![b])
            }
            (into, from) => {
                let moved = self.members(from);
                for number in &moved {
                    self.leave_group(*number);
                    self.join_group(*number, into);
                }
                (into, moved)
            }
        }
    }

    fn members(&self, group: u32) -> Vec<u32> {
        self.key_index(KeyField::CopyGroup).documents(u64::from(group)).collect()
    }

    fn join_group(&mut self, number: u32, group: u32) {
        let Some(entry) = self.entry_mut(number) else { return };
        entry.derived.group = group;
        self.keys[KeyField::CopyGroup as usize].insert(u64::from(group), number);
        // A new member may be the canonical one, which changes the ranks of the others.
        self.changed.extend(self.members(group));
        self.last_group = self.last_group.max(group);
    }

    fn leave_group(&mut self, number: u32) {
        let group = self.group_of(number);
        if group == 0 {
            return;
        }
        if let Some(entry) = self.entry_mut(number) {
            entry.derived.group = 0;
        }
        self.keys[KeyField::CopyGroup as usize].remove(u64::from(group), number);
        self.changed.extend(self.members(group));
    }
}

/// Frames: the table as it is stored in a file.
impl FactTable {
    /// Writes the table as frames.
    pub fn to_frames(&self) -> Vec<Frame> {
        let entries = || self.pages.iter().flat_map(|page| page.iter().flatten());
        let changes = entries().map(|entry| Change::Put(Box::new((*entry.facts).clone())));
        let grouped = entries().filter(|entry| entry.derived.group != 0);
        let assigned = grouped.map(|entry| (id_hash(&entry.facts.id), entry.derived.group)).collect();
        let generation = self.generation;
        vec![
            Frame::Changes { generation, changes: changes.collect() },
            Frame::Groups { generation, assigned },
        ]
    }

    /// Applies frames in their order. Returns the documents whose copies are in no frame.
    pub fn apply_frames(&mut self, frames: Vec<Frame>) -> Vec<DocRef> {
        let mut without_groups: Vec<DocRef> = Vec::new();
        for frame in frames {
            match frame {
                Frame::Changes { generation, changes } => {
                    without_groups.extend(self.apply(changes));
                    self.generation = generation;
                }
                Frame::Groups { assigned, .. } => {
                    self.assign_groups(&assigned);
                    without_groups.clear();
                }
                Frame::Commit(_) => {}
            }
        }
        without_groups.sort_unstable();
        without_groups.dedup();
        without_groups.retain(|document| self.entry(document.number).is_some());
        without_groups
    }
}

/// Digests the id and content of one document; the sum over all is the digest of a table.
fn digest(facts: &Facts) -> u128 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(facts.id.as_bytes()).update(&facts.content.to_le_bytes());
    let mut first = [0; 16];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    u128::from_le_bytes(first)
}
