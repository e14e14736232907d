//! The backends that have to pass the suite.

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use gongkai_index::backend::{Backend, Load};
use gongkai_index::embedded::Embedded;
use gongkai_index::memory::Memory;
use gongkai_index::{Collection, Record, RecordWriter};
use tempfile::TempDir;

use crate::records::{fixture_records, made_records};

/// Removes what a backend leaves behind when it is dropped.
pub type Guard = Box<dyn Any + Send + Sync>;

/// Opens an empty backend.
pub type Open = fn() -> (Arc<dyn Backend>, Guard);

/// Every backend with its name; the first is compared with each of the others.
pub const ALL: [(&str, Open); 2] = [("memory", memory), ("embedded", embedded)];

/// Opens the backend in memory.
pub fn memory() -> (Arc<dyn Backend>, Guard) {
    (Arc::new(Memory::new()), Box::new(()))
}

/// Opens the embedded backend in a folder of its own.
pub fn embedded() -> (Arc<dyn Backend>, Guard) {
    let folder = TempDir::new().expect("a folder");
    let backend = Embedded::open(folder.path()).expect("an empty index");
    (Arc::new(backend), Box::new(folder))
}

/// Makes a test of each function for every backend, named by it.
macro_rules! for_every_backend {
    ($($name:ident($backend:ident: Arc<dyn Backend>) $body:block)+) => {$(
        mod $name {
            use super::*;

            fn check($backend: Arc<dyn Backend>) $body

            #[test]
            fn memory() {
                let (backend, _guard) = crate::backends::memory();
                check(backend);
            }

            #[test]
            fn embedded() {
                let (backend, _guard) = crate::backends::embedded();
                check(backend);
            }
        }
    )+};
}
pub(crate) use for_every_backend;

/// A collection on one of the backends.
pub struct Named {
    pub name: &'static str,
    pub collection: Collection,
    _guard: Guard,
}

impl Named {
    /// Opens an empty collection.
    pub fn new((name, open): (&'static str, Open)) -> Self {
        let (backend, guard) = open();
        Self { name, collection: Collection::new(backend, false), _guard: guard }
    }
}

/// Puts records in commits of a third each, so that a backend with segments has several.
pub fn fill(collection: &Collection, records: &[Record]) {
    let mut writer = collection.writer(Load::Bulk).expect("nobody else writes");
    for part in records.chunks(records.len().div_ceil(3).max(1)) {
        part.iter().for_each(|record| {
            writer.put(record).expect("put");
        });
        writer.commit().expect("committed");
    }
}

/// The same collection on every backend.
pub struct Everywhere(pub Vec<Named>);

impl Everywhere {
    /// Makes a collection on every backend.
    pub fn new(change: impl Fn(&Collection)) -> Self {
        let collections = ALL.map(|backend| {
            let named = Named::new(backend);
            change(&named.collection);
            named
        });
        Self(collections.into())
    }

    /// Iterates over the pairs of the first backend and each of the others.
    pub fn pairs(&self) -> impl Iterator<Item = (&Named, &Named)> {
        self.0[1..].iter().map(|other| (&self.0[0], other))
    }

    /// Returns the collection of the first backend.
    pub fn first(&self) -> &Collection {
        &self.0[0].collection
    }
}

/// A collection that tests share while one of them needs it.
pub struct Shared {
    held: Mutex<Weak<Everywhere>>,
    make: fn() -> Everywhere,
}

impl Shared {
    /// Returns the collection, made if no other test has it at the moment.
    pub fn get(&self) -> Arc<Everywhere> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.upgrade().unwrap_or_else(|| {
            let made = Arc::new((self.make)());
            *held = Arc::downgrade(&made);
            made
        })
    }
}

/// The fixtures of the project.
pub static FIXTURES: Shared = Shared {
    held: Mutex::new(Weak::new()),
    make: || Everywhere::new(|collection| fill(collection, &fixture_records())),
};

/// Records of a few words, so that most clauses match some of them.
pub static MADE: Shared = Shared {
    held: Mutex::new(Weak::new()),
    make: || Everywhere::new(|collection| fill(collection, &made_records(150))),
};

/// The same records after replacing a quarter of them and deleting a tenth.
pub static CHANGED: Shared = Shared {
    held: Mutex::new(Weak::new()),
    make: || {
        Everywhere::new(|collection| {
            let records = made_records(200);
            fill(collection, &records[..150]);
            let mut writer = collection.writer(Load::Few).expect("nobody else writes");
            for (record, other) in records.iter().step_by(4).zip(&records[150..]) {
                let replaced = Record { id: record.id.clone(), ..other.clone() };
                writer.put(&replaced).expect("put");
            }
            writer.commit().expect("committed");
            for record in records[..150].iter().step_by(10) {
                writer.delete(&record.id).expect("deleted");
            }
            writer.commit().expect("committed");
        })
    },
};
