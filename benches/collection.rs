//! Collections on this machine, for the benches.

// Each bench uses a part of these.
#![allow(dead_code)]

use std::path::Path;
use std::sync::Arc;

use gongkai_index::backend::Load;
use gongkai_index::embedded::Embedded;
use gongkai_index::{Collection, CollectionWriter, Record, RecordWriter};

/// Opens the collection in a folder, or creates an empty one.
pub fn open(folder: &Path) -> Collection {
    Collection::new(Arc::new(Embedded::open(folder).expect("an index")), false)
}

/// Opens the writer for whole collections.
pub fn bulk_writer(collection: &Collection) -> CollectionWriter {
    collection.writer(Load::Bulk).expect("the only writer")
}

/// Creates a collection of these records in a folder; the segments stay as written.
pub fn index(folder: &Path, records: &[Record]) -> Collection {
    let collection = open(folder);
    put_all(&collection, records);
    collection
}

/// Creates a collection of these records in a folder, merged to two segments.
pub fn index_and_merge(folder: &Path, records: &[Record]) -> Collection {
    let collection = open(folder);
    put_all(&collection, records).optimise(2).expect("merges");
    collection
}

/// Writes records and commits.
fn put_all(collection: &Collection, records: &[Record]) -> CollectionWriter {
    let mut writer = bulk_writer(collection);
    for record in records {
        writer.put(record).expect("taken");
    }
    writer.commit().expect("commits");
    writer
}
