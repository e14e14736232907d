//! Writing a collection: records become documents, commits are logged.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::backend::{Backend, Load, Snapshot, Writer};
use crate::collection::commit_log::CommitLog;
use crate::error::Result;
use crate::record::Record;
use crate::record::generation::Generation;
use crate::schema::document::IndexDocument;

/// The outcome of putting a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// The id is new.
    Added,
    /// The record replaces another content of the id.
    Updated,
    /// The collection has the same content already.
    Unchanged,
}

/// Writes records. Nothing is visible or durable before [`RecordWriter::commit`].
pub trait RecordWriter {
    /// Adds a record or replaces the one of its id.
    ///
    /// # Errors
    /// A failure of the backend.
    fn put(&mut self, record: &Record) -> Result<Put>;

    /// Removes the record of an id; returns whether there was one.
    ///
    /// # Errors
    /// A failure of the backend.
    fn delete(&mut self, id: &str) -> Result<bool>;

    /// Makes all changes durable and visible.
    ///
    /// # Errors
    /// A failure of the backend; no earlier commit is lost.
    fn commit(&mut self) -> Result<Generation>;
}

/// The one writer of a collection.
pub struct CollectionWriter {
    writer: Box<dyn Writer>,
    backend: Arc<dyn Backend>,
    commit_log: Arc<CommitLog>,
    base: Arc<dyn Snapshot>,
    /// Content hashes of the records put since the last commit, by id; `None` for deleted ones.
    pending: BTreeMap<String, Option<u128>>,
}

impl CollectionWriter {
    pub(super) fn open(backend: &Arc<dyn Backend>, commit_log: &Arc<CommitLog>, load: Load) -> Result<Self> {
        let writer = backend.writer(load)?;
        let base = backend.snapshot();
        commit_log.begin_writing(&*base);
        Ok(Self {
            writer,
            backend: backend.clone(),
            commit_log: commit_log.clone(),
            base,
            pending: BTreeMap::new(),
        })
    }

    /// Checks if merges are running in the background.
    pub fn is_merging(&self) -> bool {
        self.writer.is_merging()
    }

    /// Commits, then merges segments until at most `max_segments` are left. Worthwhile after a
    /// first import.
    ///
    /// # Errors
    /// A failure of the backend.
    pub fn optimise(mut self, max_segments: usize) -> Result<Generation> {
        self.commit()?;
        let before = self.base.generation();
        let generation = self.writer.optimise(max_segments)?;
        if generation != before {
            self.commit_log.add(&*self.backend.snapshot(), Vec::new());
        }
        Ok(generation)
    }

    /// Returns the content hash that an id has, or will have after the commit.
    fn content_hash_of(&self, id: &str) -> Result<Option<u128>> {
        if let Some(pending) = self.pending.get(id) {
            return Ok(*pending);
        }
        let Some(document) = self.base.find(&[id])?.pop().flatten() else { return Ok(None) };
        let facts = self.base.facts(&[document])?.pop().flatten();
        Ok(facts.map(|facts| facts.content))
    }
}

impl RecordWriter for CollectionWriter {
    fn put(&mut self, record: &Record) -> Result<Put> {
        let content = record.content_hash();
        let outcome = match self.content_hash_of(&record.id)? {
            Some(current) if current == content => return Ok(Put::Unchanged),
            Some(_) => Put::Updated,
            None => Put::Added,
        };
        let document = IndexDocument::from_record(record, content)?;
        self.writer.put(document, outcome == Put::Updated)?;
        self.pending.insert(record.id.clone(), Some(content));
        Ok(outcome)
    }

    fn delete(&mut self, id: &str) -> Result<bool> {
        let exists = self.content_hash_of(id)?.is_some();
        if exists {
            self.writer.delete(id)?;
            self.pending.insert(id.to_owned(), None);
        }
        Ok(exists)
    }

    fn commit(&mut self) -> Result<Generation> {
        if self.pending.is_empty() {
            return Ok(self.base.generation());
        }
        let generation = self.writer.commit()?;
        self.base = self.backend.snapshot();
        self.commit_log.add(&*self.base, std::mem::take(&mut self.pending).into_iter().collect());
        Ok(generation)
    }
}
