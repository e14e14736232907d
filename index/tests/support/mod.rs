//! Opening collections on this machine, for the tests of the engine.

// Each test program uses a part of this.
#![allow(dead_code)]

use std::path::Path;
use std::sync::Arc;

use gongkai_index::backend::{BackedUp, Checked, Load, Maintenance, Progress, Reindexed};
use gongkai_index::collection::commit_log;
use gongkai_index::embedded::{Embedded, EmbeddedMaintenance};
use gongkai_index::query::Query;
use gongkai_index::record::generation::SnapshotToken;
use gongkai_index::results::SearchResults;
use gongkai_index::{Budget, Collection, CollectionWriter, Effort, Record, Result};

/// Opens the collection in a folder.
pub fn try_open(folder: &Path) -> Result<Collection> {
    Ok(Collection::new(Arc::new(Embedded::open(folder)?), false))
}

/// Opens the collection in a folder that can be opened.
pub fn open(folder: &Path) -> Collection {
    try_open(folder).expect("opens")
}

/// Opens the writer for whole collections.
pub fn bulk_writer(collection: &Collection) -> CollectionWriter {
    collection.writer(Load::Bulk).expect("the only writer")
}

/// Opens the writer for a few records.
pub fn writer(collection: &Collection) -> CollectionWriter {
    collection.writer(Load::Few).expect("the only writer")
}

/// Reads a record of the newest generation.
pub fn read_record(collection: &Collection, id: &str) -> Option<Record> {
    collection.reader().record(id).expect("can be read")
}

/// Searches a generation.
pub fn search_at(collection: &Collection, query: &Query, generation: u64) -> Result<SearchResults> {
    collection.reader_at(&SnapshotToken::of_generation(generation))?.search(query, &Budget::default())
}

/// Reindexes at full speed.
pub fn reindex(folder: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Reindexed> {
    EmbeddedMaintenance::new(folder).reindex(Effort::Full, progress, &mut commit_log::add_handover)
}

/// Goes back to the index version before.
pub fn roll_back(folder: &Path) -> Result<Reindexed> {
    EmbeddedMaintenance::new(folder).roll_back(&mut |_| {}, &mut commit_log::add_handover)
}

/// Checks an index.
pub fn check(folder: &Path) -> Checked {
    EmbeddedMaintenance::new(folder).check().expect("can be checked")
}

/// Backs an index up.
pub fn back_up(folder: &Path, to: &Path) -> Result<BackedUp> {
    EmbeddedMaintenance::new(folder).backup(to)
}
