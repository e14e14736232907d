//! The facts of an index in memory, kept in a file beside its versions.
//!
//! `relations.log` has the changes of each commit and the groups of copies found for it.
//! Whatever is missing or corrupt in it is made again from the records.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tantivy::index::SegmentId;

use crate::embedded::reader::derived_columns::DerivedColumns;
use crate::embedded::reader::segments::IndexSnapshot;
use crate::embedded::storage::disk::Disk;
use crate::embedded::storage::journal::{FrameFile, Kind};
use crate::error::Result;
use crate::record::Record;
use crate::record::generation::Generation;
use crate::relations::fact_table::FactTable;
use crate::relations::facts::Facts;
use crate::relations::frames::{Change, Frame};
use crate::schema::doc_ref::DocRef;

/// Bytes by which the file may grow beyond twice its length before it is written anew.
const MAX_SLACK_BYTES: u64 = 32 << 20;
/// Threads that read records when the facts are made again.
const THREADS: usize = 2;
/// Records read at a time for that.
const BATCH: usize = 2_000;

/// Keeps the fact table of the newest generation and the file it comes from.
pub struct FactStore {
    state: Mutex<State>,
}

struct State {
    table: Arc<FactTable>,
    file: FrameFile,
    columns: HashMap<SegmentId, Weak<DerivedColumns>>,
    /// Length of the file when it was last written whole.
    base: u64,
    /// Whether the file has everything that the table has. Nothing is added to one that has not:
    /// frames build on each other.
    intact: bool,
}

impl FactStore {
    /// Opens the store of the index on a disk. Nothing is read yet.
    pub fn new(disk: &Arc<dyn Disk>) -> Self {
        Self {
            state: Mutex::new(State {
                table: Arc::default(),
                file: FrameFile::new(disk.clone(), Kind::Relations),
                columns: HashMap::new(),
                base: 0,
                intact: true,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether the table was made from the records and not from the file.
    pub fn was_rebuilt(&self) -> bool {
        !self.lock().intact
    }

    /// Follows the commits up to that of a snapshot, and gives the snapshot its facts and its
    /// segments their derived columns.
    ///
    /// # Errors
    /// A failure of the index.
    pub fn follow(&self, snapshot: &mut IndexSnapshot) -> Result<()> {
        let state = &mut *self.lock();
        // A file that cannot be read is as good as none.
        let (frames, anew) = match state.file.read(snapshot.generation) {
            Ok(None) => (state.file.read(snapshot.generation).ok().flatten(), true),
            read => (read.ok().flatten(), false),
        };
        let mut next = if anew { FactTable::default() } else { (*state.table).clone() };
        if !enter_frames(&mut next, frames.unwrap_or_default(), snapshot) {
            next = table_from_records(snapshot)?;
            state.intact = false;
            state.columns.clear();
        } else if anew {
            state.columns.clear();
        }
        state.attach_columns(snapshot, &mut next);
        state.table = Arc::new(next);
        snapshot.facts = state.table.clone();
        Ok(())
    }

    /// Brings the file to the generation that a new writer begins on. What cannot be written is
    /// written again by the next writer.
    pub fn begin_writing(&self) {
        self.lock().persist(false);
    }

    /// Writes the changes of a commit, durably and before the commit itself, so that a commit is
    /// never found with the changes of an attempt before it.
    pub fn announce(&self, generation: Generation, changes: Vec<Change>) {
        let mut state = self.lock();
        let state = &mut *state;
        state.intact =
            state.intact && state.file.append_unread(&Frame::Changes { generation, changes }).is_ok();
    }

    /// Writes the groups of copies found for the commit.
    pub fn settle(&self) {
        self.lock().persist(true);
    }

    /// Writes that the next generation, of another index version, holds what the last one holds.
    /// Writers of the version in use have been stopped.
    pub fn carry_over(&self, generation: Generation) {
        self.begin_writing();
        self.announce(generation, Vec::new());
    }
}

impl State {
    /// Writes what the file does not have yet, or all of it where that is needed. That copies
    /// were `searched` for is worth writing even if none was found: they need not be again.
    fn persist(&mut self, searched: bool) {
        let table = Arc::make_mut(&mut self.table);
        let assigned = table.take_assigned();
        let generation = table.generation;
        if self.intact && (searched || !assigned.is_empty()) {
            self.intact = self.file.append(&Frame::Groups { generation, assigned }, false).is_ok();
        }
        if !self.intact || self.file.is_corrupt() || self.file.length() > self.base * 2 + MAX_SLACK_BYTES {
            self.intact = self.file.rewrite(&self.table.to_frames()).is_ok();
            self.base = self.file.length();
        }
    }

    fn attach_columns(&mut self, snapshot: &mut IndexSnapshot, table: &mut FactTable) {
        let changed = table.take_changed();
        self.columns.retain(|_, columns| columns.strong_count() > 0);
        for segment in &mut snapshot.segments {
            let ids = &segment.columns.id_hash;
            let id = segment.reader.segment_id();
            segment.derived = match self.columns.get(&id).and_then(Weak::upgrade) {
                Some(known) => known.updated(ids, &changed, table),
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

fn find_copies(table: &mut FactTable, snapshot: &IndexSnapshot, documents: &[DocRef]) {
    // A text that cannot be read is no copy; reading it for an answer says why.
    let mut texts = |id: &str| snapshot.record(id).ok().flatten().map(|record| record.body);
    table.find_copies(documents, &mut texts);
}

fn table_from_records(snapshot: &IndexSnapshot) -> Result<FactTable> {
    let mut records: Vec<Record> = Vec::new();
    let mut table = FactTable::default();
    let mut put = Vec::new();
    let enter = |records: &mut Vec<Record>, table: &mut FactTable, put: &mut Vec<DocRef>| {
        put.extend(table.apply(facts_of_records(records)));
        records.clear();
    };
    snapshot.each_record(&mut |record| {
        records.push(record.clone());
        if records.len() == BATCH {
            enter(&mut records, &mut table, &mut put);
        }
    })?;
    enter(&mut records, &mut table, &mut put);
    table.generation = snapshot.generation;
    find_copies(&mut table, snapshot, &put);
    Ok(table)
}

fn facts_of_records(records: &[Record]) -> Vec<Change> {
    let share = records.len().div_ceil(THREADS).max(1);
    let change = |record: &Record| Change::Put(Box::new(Facts::from_record(record)));
    std::thread::scope(|scope| {
        let parts: Vec<_> = records
            .chunks(share)
            .map(|part| scope.spawn(move || part.iter().map(change).collect::<Vec<_>>()))
            .collect();
        parts.into_iter().flat_map(|part| part.join().unwrap_or_default()).collect()
    })
}
