//! Facts read through a snapshot.

use std::cell::RefCell;
use std::sync::Arc;

use crate::backend::Snapshot;
use crate::error::{Error, Result};
use crate::relations::facts::Facts;
use crate::relations::source::{Derived, FactSource, Relations};
use crate::schema::doc_ref::{DocRef, KeyField};

/// A snapshot as a source of facts. The first failure is kept: results worked out after it must
/// not be used.
struct SnapshotFacts<'a> {
    snapshot: &'a dyn Snapshot,
    failure: RefCell<Option<Error>>,
}

impl SnapshotFacts<'_> {
    /// Returns the default and keeps the failure if a result is one.
    fn or_default<T: Default>(&self, result: Result<T>) -> T {
        result.unwrap_or_else(|e| {
            self.failure.borrow_mut().get_or_insert(e);
            T::default()
        })
    }
}

impl FactSource for SnapshotFacts<'_> {
    fn lookup(&self, field: KeyField, key: u64, limit: usize) -> Vec<DocRef> {
        self.or_default(self.snapshot.lookup(field, &[key], limit)).pop().unwrap_or_default()
    }

    fn facts(&self, document: DocRef) -> Option<Arc<Facts>> {
        self.or_default(self.snapshot.facts(&[document])).pop().flatten()
    }

    fn derived(&self, document: DocRef) -> Derived {
        self.or_default(self.snapshot.derived(&[document])).pop().unwrap_or_default()
    }
}

/// Reads relations through a snapshot.
///
/// # Errors
/// A failure of the backend; then the result of `read` is dropped.
pub fn read_relations<T>(snapshot: &dyn Snapshot, read: impl FnOnce(&Relations<'_>) -> T) -> Result<T> {
    let facts = SnapshotFacts { snapshot, failure: RefCell::new(None) };
    let value = read(&Relations::new(&facts));
    match facts.failure.into_inner() {
        None => Ok(value),
        Some(failure) => Err(failure),
    }
}
