//! Sources of facts: a snapshot, or the fact table of a backend.

use std::sync::Arc;

use crate::record::Date;
use crate::relations::facts::Facts;
use crate::schema::doc_ref::{DocRef, KeyField};

/// Values of a document that follow from other documents. A backend stores them with the
/// document, because every match of a search is counted by them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Derived {
    /// The group of copies of its text; 0 for none.
    pub group: u32,
    /// The document that repeals it, and the first day on which it is repealed.
    pub repealed: Option<(Date, DocRef)>,
    /// The next version, and its first day.
    pub superseded: Option<(Date, DocRef)>,
}

/// Facts by document and documents by key.
pub trait FactSource {
    /// Returns at most `limit` documents that have a key, in their order.
    fn lookup(&self, field: KeyField, key: u64, limit: usize) -> Vec<DocRef>;

    /// Returns the facts of a document; `None` if there is no such document.
    fn facts(&self, document: DocRef) -> Option<Arc<Facts>>;

    /// Returns the derived values of a document.
    fn derived(&self, document: DocRef) -> Derived;
}

/// Links, copies, versions and validity of documents, each worked out by look-ups.
///
/// Nothing is stored: documents may arrive in any order, and one that is added, changed or
/// deleted affects only its own keys.
#[derive(Clone, Copy)]
pub struct Relations<'a> {
    source: &'a dyn FactSource,
}

impl<'a> Relations<'a> {
    /// Reads relations from a source of facts.
    pub fn new(source: &'a dyn FactSource) -> Self {
        Self { source }
    }

    /// Finds a document by its id.
    pub fn find(&self, id: &str) -> Option<DocRef> {
        self.find_by_hash(crate::keys::id::id_hash(id))
    }

    /// Finds a document by the hash of its id.
    pub fn find_by_hash(&self, id_hash: u64) -> Option<DocRef> {
        self.source.lookup(KeyField::Id, id_hash, 1).first().copied()
    }

    /// Returns the facts of a document.
    pub fn facts(&self, document: DocRef) -> Option<Arc<Facts>> {
        self.source.facts(document)
    }

    /// Returns the derived values of a document.
    pub fn derived(&self, document: DocRef) -> Derived {
        self.source.derived(document)
    }

    /// Returns all documents that have a key.
    pub(super) fn lookup(&self, field: KeyField, key: u64) -> Vec<DocRef> {
        self.source.lookup(field, key, usize::MAX)
    }

    /// Returns the first documents that have a key.
    pub(super) fn lookup_some(&self, field: KeyField, key: u64, limit: usize) -> Vec<DocRef> {
        self.source.lookup(field, key, limit)
    }
}
