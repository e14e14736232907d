//! Relations beside an index: read with each generation, written with each commit.
//!
//! Two files lie in the folder of the index, beside its editions. `relations.log` has what each commit changed
//! and which copies were found for it; whatever is missing or spoilt in it is made again
//! from the records. `commits.log` has what each commit did, in ids and content hashes: by
//! it receipts are compared with generations whose files are gone.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, Weak};
use std::time::{SystemTime, UNIX_EPOCH};

use tantivy::index::SegmentId;

use super::overlay::Overlay;
use super::snapshot::Snapshot;
use crate::error::Result;
use crate::record::Record;
use crate::relations::{Change, Commit, Facts, Frame, Relations, Slot, Store};
use crate::results::Generation;

/// The file is written anew when it has grown by this much and is twice as long as then.
const SLACK: u64 = 32 << 20;
/// Changes of which ids and contents are kept for receipts.
const MOST_REMEMBERED: usize = 2_000_000;
/// Threads that read records when everything is made again.
const THREADS: usize = 2;

/// The relations of an index.
pub struct Reliance {
    relations: RwLock<Relations>,
    store: Mutex<Store>,
    commits: Mutex<Commits>,
    overlays: Mutex<HashMap<SegmentId, Weak<Overlay>>>,
    /// Length of the file when it was last written whole.
    base: Mutex<u64>,
    /// Whether what is known came out of the file.
    intact: Mutex<bool>,
}

struct Commits {
    store: Store,
    known: Vec<Commit>,
}

impl Reliance {
    /// For the index in a folder.
    pub fn new(folder: &Path) -> Self {
        Self {
            relations: RwLock::new(Relations::default()),
            store: Mutex::new(Store::new(folder.join("relations.log"))),
            commits: Mutex::new(Commits { store: Store::new(folder.join("commits.log")), known: Vec::new() }),
            overlays: Mutex::new(HashMap::new()),
            base: Mutex::new(0),
            intact: Mutex::new(true),
        }
    }

    /// What follows from the records of the newest generation.
    pub fn read(&self) -> RwLockReadGuard<'_, Relations> {
        self.relations.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows the commits up to that of a snapshot, and gives its segments what follows
    /// from the records together. `held` are overlays that a snapshot still uses.
    ///
    /// # Errors
    /// A failure of the index.
    pub fn follow(&self, snapshot: &mut Snapshot) -> Result<()> {
        let mut relations = self.relations.write().unwrap_or_else(PoisonError::into_inner);
        let mut store = lock(&self.store);
        // A file that cannot be read is as good as none.
        let frames = match store.read(snapshot.generation) {
            Ok(None) => {
                *relations = Relations::default();
                lock(&self.overlays).clear();
                store.read(snapshot.generation).ok().flatten()
            }
            read => read.ok().flatten(),
        };
        drop(store);
        let frames = frames.unwrap_or_default();
        let open = relations.enter(frames);
        if relations.generation == snapshot.generation
            && relations.len() as u64 == snapshot.searcher.num_docs()
        {
            find_copies(&mut relations, snapshot, &open);
        } else {
            *relations = made_again(snapshot)?;
            lock(&self.overlays).clear();
            *lock(&self.intact) = false;
        }
        self.lay_over(snapshot, &mut relations);
        Ok(())
    }

    fn lay_over(&self, snapshot: &mut Snapshot, relations: &mut Relations) {
        let dirty = relations.take_dirty();
        let mut overlays = lock(&self.overlays);
        overlays.retain(|_, overlay| overlay.strong_count() > 0);
        for segment in &mut snapshot.segments {
            let ids = &segment.columns.id_hash;
            let id = segment.reader.segment_id();
            segment.overlay = match overlays.get(&id).and_then(Weak::upgrade) {
                Some(known) => known.updated(ids, &dirty, relations),
                None => Arc::new(Overlay::new(ids, relations)),
            };
            overlays.insert(id, Arc::downgrade(&segment.overlay));
        }
        snapshot.groups = relations.groups_end();
    }

    /// Brings the files to the generation that a new writer begins on. What cannot be
    /// written is written again by the next writer.
    pub fn begin_writing(&self) {
        let mut relations = self.relations.write().unwrap_or_else(PoisonError::into_inner);
        let mut store = lock(&self.store);
        let generation = relations.generation;
        let assigned = relations.take_found();
        let mut intact = lock(&self.intact);
        if !*intact {
            *intact = store.rewrite(&relations.frames()).is_ok();
            *lock(&self.base) = store.length();
        } else if !assigned.is_empty() {
            *intact = store.append(&Frame::Groups { generation, assigned }, false).is_ok();
        }
        let mut commits = lock(&self.commits);
        commits.catch_up(generation);
        if commits.last() < generation {
            let commit = commit(&relations, Vec::new(), false);
            commits.add(commit);
        }
    }

    /// Writes what a commit changes, before the commit itself: a commit without it costs
    /// reading all records again, and nothing else.
    pub fn announce(&self, generation: Generation, changes: Vec<Change>) {
        let written = lock(&self.store).append_unread(&Frame::Changes { generation, changes });
        *lock(&self.intact) &= written.is_ok();
    }

    /// Writes what was found for a commit, and the commit for the record.
    pub fn settle(&self, changes: Vec<(String, Option<u128>)>) {
        let mut relations = self.relations.write().unwrap_or_else(PoisonError::into_inner);
        let mut store = lock(&self.store);
        let assigned = relations.take_found();
        let written = store.append(&Frame::Groups { generation: relations.generation, assigned }, false);
        let mut base = lock(&self.base);
        let mut intact = lock(&self.intact);
        *intact &= written.is_ok();
        if *intact && store.length() > *base * 2 + SLACK {
            *intact = store.rewrite(&relations.frames()).is_ok();
            *base = store.length();
        }
        let commit = commit(&relations, changes, true);
        lock(&self.commits).add(commit);
    }

    /// All commits that are on record, the first first.
    pub fn commits(&self) -> Vec<Commit> {
        let generation = self.read().generation;
        let mut commits = lock(&self.commits);
        commits.catch_up(generation);
        commits.known.clone()
    }
}

impl Commits {
    /// The last commit on record.
    fn last(&self) -> Generation {
        self.known.last().map_or(0, |commit| commit.generation)
    }

    /// Reads what another process wrote. A file that cannot be read has no commits.
    fn catch_up(&mut self, upto: Generation) {
        let frames = match self.store.read(upto) {
            Ok(None) => {
                self.known.clear();
                self.store.read(upto).ok().flatten()
            }
            read => read.ok().flatten(),
        };
        self.known.extend(frames.unwrap_or_default().into_iter().filter_map(|frame| match frame {
            Frame::Commit(commit) => Some(commit),
            _ => None,
        }));
    }

    /// A commit that cannot be written is missing on record, and receipts say so.
    fn add(&mut self, commit: Commit) {
        if self.store.append(&Frame::Commit(commit.clone()), true).is_err() {
            return;
        }
        self.known.push(commit);
        let remembered: usize = self.known.iter().map(|commit| commit.changes.len()).sum();
        if remembered > MOST_REMEMBERED {
            self.forget(remembered - MOST_REMEMBERED / 2);
            let frames: Vec<Frame> = self.known.iter().cloned().map(Frame::Commit).collect();
            // The longer file is as good.
            let _ = self.store.rewrite(&frames);
        }
    }

    /// Of the oldest commits only the numbers are kept.
    fn forget(&mut self, mut surplus: usize) {
        for commit in &mut self.known {
            if surplus == 0 {
                return;
            }
            surplus = surplus.saturating_sub(commit.changes.len());
            commit.complete &= commit.changes.is_empty();
            commit.changes = Vec::new();
        }
    }
}

fn commit(relations: &Relations, changes: Vec<(String, Option<u128>)>, complete: bool) -> Commit {
    Commit {
        generation: relations.generation,
        seconds: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
        records: relations.len() as u64,
        digest: relations.digest,
        complete,
        changes,
    }
}

/// Finds the copies of records, whose texts the snapshot has.
fn find_copies(relations: &mut Relations, snapshot: &Snapshot, slots: &[Slot]) {
    // A text that cannot be read is nobody's copy; reading it for an answer says why.
    let mut texts = |id: &str| snapshot.record(id).ok().flatten().map(|record| record.body);
    relations.regroup(slots, &mut texts);
}

/// Relations from the records themselves.
fn made_again(snapshot: &Snapshot) -> Result<Relations> {
    let mut records: Vec<Record> = Vec::new();
    let mut relations = Relations::default();
    let mut put = Vec::new();
    let enter = |records: &mut Vec<Record>, relations: &mut Relations, put: &mut Vec<Slot>| {
        put.extend(relations.apply(facts_of(records)));
        records.clear();
    };
    snapshot.each_record(&mut |record| {
        records.push(record.clone());
        if records.len() == 2_000 {
            enter(&mut records, &mut relations, &mut put);
        }
    })?;
    enter(&mut records, &mut relations, &mut put);
    relations.generation = snapshot.generation;
    find_copies(&mut relations, snapshot, &put);
    Ok(relations)
}

fn facts_of(records: &[Record]) -> Vec<Change> {
    let share = records.len().div_ceil(THREADS).max(1);
    std::thread::scope(|scope| {
        let parts: Vec<_> = records
            .chunks(share)
            .map(|part| {
                scope.spawn(|| part.iter().map(|r| Change::Put(Box::new(Facts::of(r)))).collect::<Vec<_>>())
            })
            .collect();
        parts.into_iter().flat_map(|part| part.join().unwrap_or_default()).collect()
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
