//! The facts of an index in memory, kept in a file beside its versions.
//!
//! `relations.log` has the changes of each commit and the groups of copies found for it.
//! Missing or corrupt parts are derived again from the records.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tantivy::index::SegmentId;

use crate::embedded::reader::derived_columns::DerivedColumns;
use crate::embedded::reader::segments::IndexSnapshot;
use crate::embedded::storage::disk::Disk;
use crate::embedded::storage::journal::{FrameFile, JournalKind};
use crate::error::Result;
use crate::record::Record;
use crate::record::generation::Generation;
use crate::relations::fact_table::FactTable;
use crate::relations::facts::Facts;
use crate::relations::frames::{Change, Frame};
use crate::schema::doc_ref::DocRef;

/// Bytes by which the file may grow beyond twice its length before it is rewritten.
const MAX_SLACK_BYTES: u64 = 32 << 20;
/// Threads that derive the facts from records.
const DERIVING_THREADS: usize = 2;
/// Records that are read before their facts are derived.
const BATCH_RECORDS: usize = 2_000;

/// Keeps the fact table of the newest generation and the file it comes from.
pub struct FactStore {
    state: Mutex<State>,
}

/// State of the store, behind its lock.
struct State {
    table: Arc<FactTable>,
    file: FrameFile,
    columns: HashMap<SegmentId, Weak<DerivedColumns>>,
    /// Length of the file when it was last rewritten.
    base_length: u64,
    /// Set if the file has everything that the table has. Otherwise nothing is added to it, because
    /// frames build on each other.
    is_complete: bool,
}

impl FactStore {
    /// Opens the store of the index on a disk. Nothing is read yet.
    pub fn new(disk: &Arc<dyn Disk>) -> Self {
        Self {
            state: Mutex::new(State {
                table: Arc::default(),
                file: FrameFile::new(disk.clone(), JournalKind::Relations),
                columns: HashMap::new(),
                base_length: 0,
                is_complete: true,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether the table was derived from the records and not read from the file.
    pub fn was_rebuilt(&self) -> bool {
        !self.lock().is_complete
    }

    /// Follows the commits up to that of a snapshot, and gives the snapshot its facts and its
    /// segments their derived columns.
    ///
    /// # Errors
    /// A failure of the index.
    pub fn follow(&self, snapshot: &mut IndexSnapshot) -> Result<()> {
        let state = &mut *self.lock();
        // A file that cannot be read counts as missing.
        let (frames, was_rewritten) = match state.file.read(snapshot.generation) {
            Ok(None) => (state.file.read(snapshot.generation).ok().flatten(), true),
            read => (read.ok().flatten(), false),
        };
        let mut next = if was_rewritten { FactTable::default() } else { (*state.table).clone() };
        if !enter_frames(&mut next, frames.unwrap_or_default(), snapshot) {
            next = table_from_records(snapshot)?;
            state.is_complete = false;
            state.columns.clear();
        } else if was_rewritten {
            state.columns.clear();
        }
        state.attach_columns(snapshot, &mut next);
        state.table = Arc::new(next);
        snapshot.facts = state.table.clone();
        Ok(())
    }

    /// Brings the file to the generation that a new writer starts from. A failure is made up for by
    /// the next writer.
    pub fn begin_writing(&self) {
        self.lock().persist(false);
    }

    /// Writes the changes of a commit, durably and before the commit itself, so that a commit is
    /// never found with the changes of an attempt before it.
    pub fn announce_commit(&self, generation: Generation, changes: Vec<Change>) {
        let mut state = self.lock();
        let state = &mut *state;
        state.is_complete =
            state.is_complete && state.file.append_unread(&Frame::Changes { generation, changes }).is_ok();
    }

    /// Writes the groups of copies found for the last commit.
    pub fn write_groups(&self) {
        self.lock().persist(true);
    }

    /// Writes that the next generation, of another index version, has the facts of the last one.
    /// Writers of the version in use must have been stopped.
    pub fn carry_over(&self, generation: Generation) {
        self.begin_writing();
        self.announce_commit(generation, Vec::new());
    }
}

impl State {
    /// Writes what the file does not have yet, or rewrites it. A search for copies that found none is
    /// written as well, with `searched`, so that it is not repeated.
    fn persist(&mut self, searched: bool) {
        let table = Arc::make_mut(&mut self.table);
        let assigned = table.take_assigned();
        let generation = table.generation;
        if self.is_complete && (searched || !assigned.is_empty()) {
            self.is_complete = self.file.append(&Frame::Groups { generation, assigned }, false).is_ok();
        }
        if !self.is_complete
            || self.file.is_corrupt()
            || self.file.length() > self.base_length * 2 + MAX_SLACK_BYTES
        {
            self.is_complete = self.file.rewrite(&self.table.to_frames()).is_ok();
            self.base_length = self.file.length();
        }
    }

    /// Gives the segments of a snapshot their derived columns; unchanged ones are shared.
    fn attach_columns(&mut self, snapshot: &mut IndexSnapshot, table: &mut FactTable) {
        let changed = table.take_changed();
        self.columns.retain(|_, columns| columns.strong_count() > 0);
        for segment in &mut snapshot.segments {
            let ids = &segment.columns.id_hash;
            let id = segment.reader.segment_id();
            segment.derived = match self.columns.get(&id).and_then(Weak::upgrade) {
                Some(columns) => columns.updated(ids, &changed, table),
                None => Arc::new(DerivedColumns::new(ids, table)),
            };
            self.columns.insert(id, Arc::downgrade(&segment.derived));
        }
    }
}

/// Enters the frames of commits; returns whether they are all commits up to the snapshot's.
fn enter_frames(table: &mut FactTable, frames: Vec<Frame>, snapshot: &IndexSnapshot) -> bool {
    let open = table.apply_frames(frames);
    let complete = table.generation == snapshot.generation && table.len() as u64 == snapshot.document_count();
    if complete {
        find_copies(table, snapshot, &open);
    }
    complete
}

/// Finds the copies of documents, reading texts where needed.
fn find_copies(table: &mut FactTable, snapshot: &IndexSnapshot, documents: &[DocRef]) {
    // A text that cannot be read is no copy; the failure is reported when it is read for an answer.
    let mut texts = |id: &str| snapshot.record(id).ok().flatten().map(|record| record.body);
    table.find_copies(documents, &mut texts);
}

/// Derives the fact table from the records.
fn table_from_records(snapshot: &IndexSnapshot) -> Result<FactTable> {
    let mut records: Vec<Record> = Vec::new();
    let mut table = FactTable::default();
    let mut put = Vec::new();
    let apply = |records: &mut Vec<Record>, table: &mut FactTable, put: &mut Vec<DocRef>| {
        put.extend(table.apply(facts_of_records(records)));
        records.clear();
    };
    snapshot.each_record(&mut |record| {
        records.push(record.clone());
        if records.len() == BATCH_RECORDS {
            apply(&mut records, &mut table, &mut put);
        }
    })?;
    apply(&mut records, &mut table, &mut put);
    table.generation = snapshot.generation;
    find_copies(&mut table, snapshot, &put);
    Ok(table)
}

fn facts_of_records(records: &[Record]) -> Vec<Change> {
    let share = records.len().div_ceil(DERIVING_THREADS).max(1);
    let change = |record: &Record| Change::Put(Box::new(Facts::from_record(record)));
    std::thread::scope(|scope| {
        let parts: Vec<_> = records
            .chunks(share)
            .map(|part| scope.spawn(move || part.iter().map(change).collect::<Vec<_>>()))
            .collect();
        parts.into_iter().flat_map(|part| part.join().unwrap_or_default()).collect()
    })
}
