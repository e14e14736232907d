//! Relations beside an index: read with each generation, written with each commit.
//!
//! Two files lie in the folder of the index, beside its editions. `relations.log` has what each commit changed
//! and which copies were found for it; whatever is missing or spoilt in it is made again
//! from the records. `commits.log` has what each commit did, in ids and content hashes: by
//! it receipts are compared with generations whose files are gone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};
use std::time::{SystemTime, UNIX_EPOCH};

use tantivy::index::SegmentId;

use crate::embedded::reader::derived_columns::Overlay;
use crate::embedded::reader::segments::Snapshot;
use crate::embedded::storage::disk::Disk;
use crate::embedded::storage::journal::{Journal, Kind};
use crate::error::Result;
use crate::record::Record;
use crate::record::generation::Generation;
use crate::relations::{Change, Commit, Facts, Frame, Relations, Slot};

/// The file is written anew when it has grown by this much and is twice as long as then.
const SLACK: u64 = 32 << 20;
/// Changes of which ids and contents are kept for receipts.
const MOST_REMEMBERED: usize = 2_000_000;
/// So many changes are entered while searches wait; more are entered beside what they read.
const FEW: usize = 500;
/// Threads that read records when everything is made again.
const THREADS: usize = 2;

/// The relations of an index.
pub struct Reliance {
    relations: RwLock<Relations>,
    /// Taken by whoever changes relations and files together.
    changing: Mutex<()>,
    store: Mutex<Journal>,
    commits: Mutex<Commits>,
    overlays: Mutex<HashMap<SegmentId, Weak<Overlay>>>,
    /// Length of the file when it was last written whole.
    base: Mutex<u64>,
    /// Whether the file has what is known. Nothing is added to one that has not: frames build
    /// on each other.
    intact: Mutex<bool>,
}

struct Commits {
    store: Journal,
    known: Vec<Commit>,
}

impl Reliance {
    /// For the index on a disk.
    pub fn new(disk: &Arc<dyn Disk>) -> Self {
        let journal = |kind| Journal::new(disk.clone(), kind);
        Self {
            relations: RwLock::new(Relations::default()),
            changing: Mutex::new(()),
            store: Mutex::new(journal(Kind::Relations)),
            commits: Mutex::new(Commits { store: journal(Kind::Commits), known: Vec::new() }),
            overlays: Mutex::new(HashMap::new()),
            base: Mutex::new(0),
            intact: Mutex::new(true),
        }
    }

    /// What follows from the records of the newest generation.
    pub fn read(&self) -> RwLockReadGuard<'_, Relations> {
        self.relations.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn written(&self) -> RwLockWriteGuard<'_, Relations> {
        self.relations.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether what is known did not come out of the file.
    pub fn was_made_again(&self) -> bool {
        !*lock(&self.intact)
    }

    /// Follows the commits up to that of a snapshot, and gives its segments what follows
    /// from the records together. Searches wait for a few changes; what takes longer is done
    /// beside what they read.
    ///
    /// # Errors
    /// A failure of the index.
    pub fn follow(&self, snapshot: &mut Snapshot) -> Result<()> {
        let _alone = lock(&self.changing);
        let mut store = lock(&self.store);
        // A file that cannot be read is as good as none.
        let (frames, anew) = match store.read(snapshot.generation) {
            Ok(None) => (store.read(snapshot.generation).ok().flatten(), true),
            read => (read.ok().flatten(), false),
        };
        drop(store);
        let frames = frames.unwrap_or_default();
        if !anew && frames.iter().map(Frame::weight).sum::<usize>() <= FEW {
            let mut relations = self.written();
            if enter(&mut relations, frames, snapshot) {
                self.lay_over(snapshot, &mut relations);
                return Ok(());
            }
        } else {
            let mut next = if anew { Relations::default() } else { self.read().clone() };
            if enter(&mut next, frames, snapshot) {
                if anew {
                    lock(&self.overlays).clear();
                }
                self.lay_over(snapshot, &mut next);
                *self.written() = next;
                return Ok(());
            }
        }
        let mut next = made_again(snapshot)?;
        *lock(&self.intact) = false;
        lock(&self.overlays).clear();
        self.lay_over(snapshot, &mut next);
        *self.written() = next;
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
        let _alone = lock(&self.changing);
        self.keep(false);
        let relations = self.read();
        let mut commits = lock(&self.commits);
        commits.catch_up(relations.generation);
        commits.mend();
        if commits.last().map_or(0, |last| last.generation) < relations.generation {
            // Another edition of the same records: nothing changed.
            let same = commits.last().is_some_and(|last| last.digest == relations.digest);
            commits.add(commit(&relations, Vec::new(), same));
        }
    }

    /// Writes what a commit changes, durably and before the commit itself, so that a commit is
    /// never found with what an attempt before it would have changed.
    pub fn announce(&self, generation: Generation, changes: Vec<Change>) {
        let mut intact = lock(&self.intact);
        *intact = *intact && lock(&self.store).append_unread(&Frame::Changes { generation, changes }).is_ok();
    }

    /// Writes what was found for a commit, and the commit for the record.
    pub fn settle(&self, changes: Vec<(String, Option<u128>)>) {
        let _alone = lock(&self.changing);
        self.keep(true);
        let relations = self.read();
        lock(&self.commits).add(commit(&relations, changes, true));
    }

    /// Writes that the next generation, of another edition, holds what the last one holds.
    /// Whoever writes to the edition in use has been stopped.
    pub fn carry_over(&self, generation: Generation) {
        self.begin_writing();
        self.announce(generation, Vec::new());
        let of_next = |relations: &Relations| Commit { generation, ..commit(relations, Vec::new(), true) };
        let next = of_next(&self.read());
        lock(&self.commits).add(next);
    }

    /// Writes what the file does not have yet, or all of it where that is needed. That no
    /// copies were `sought` and found is worth writing: they need not be sought again.
    fn keep(&self, sought: bool) {
        let assigned = self.written().take_found();
        let mut store = lock(&self.store);
        let (mut intact, mut base) = (lock(&self.intact), lock(&self.base));
        let generation = self.read().generation;
        if *intact && (sought || !assigned.is_empty()) {
            *intact = store.append(&Frame::Groups { generation, assigned }, false).is_ok();
        }
        if !*intact || store.is_spoilt() || store.length() > *base * 2 + SLACK {
            let frames = self.read().frames();
            *intact = store.rewrite(&frames).is_ok();
            *base = store.length();
        }
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
    fn last(&self) -> Option<&Commit> {
        self.known.last()
    }

    /// Writes a file anew that is not what was written, and keeps the old one aside.
    fn mend(&mut self) {
        if self.store.is_spoilt() && self.store.keep_aside().is_ok() {
            self.rewrite();
        }
    }

    fn rewrite(&mut self) {
        let frames: Vec<Frame> = self.known.iter().cloned().map(Frame::Commit).collect();
        // What is there is as good.
        let _ = self.store.rewrite(&frames);
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
        // What a commit that is not on record changed is unknown.
        for at in 1..self.known.len() {
            let before = self.known[at - 1].generation;
            let commit = &mut self.known[at];
            commit.complete &= commit.generation == before + 1;
        }
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
            self.rewrite();
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

/// Enters what the file has of commits; whether that is all of them.
fn enter(relations: &mut Relations, frames: Vec<Frame>, snapshot: &Snapshot) -> bool {
    let open = relations.enter(frames);
    let all =
        relations.generation == snapshot.generation && relations.len() as u64 == snapshot.searcher.num_docs();
    if all {
        find_copies(relations, snapshot, &open);
    }
    all
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
