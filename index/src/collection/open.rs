//! The open collection.

use std::sync::Arc;

use crate::analysis::Analyzer;
use crate::backend::{Backend, Capabilities, Health, Load};
use crate::collection::commit_log::CommitLog;
use crate::collection::reader::Reader;
use crate::collection::rewrite::names_of;
use crate::collection::writer::CollectionWriter;
use crate::error::Result;
use crate::lexicon::Lexicon;
use crate::query::parse::QueryParser;
use crate::record::commit::Commit;
use crate::record::generation::Generation;
use crate::record::generation::SnapshotToken;

/// An open collection, whatever its backend. Clones share it.
#[derive(Clone)]
pub struct Collection {
    backend: Arc<dyn Backend>,
    commit_log: Arc<CommitLog>,
    analyzer: Analyzer,
    mask: bool,
}

impl Collection {
    /// Opens the collection of a backend. With `mask`, readers see no private numbers; the stored
    /// records stay as they were published.
    pub fn new(backend: Arc<dyn Backend>, mask: bool) -> Self {
        let commit_log = Arc::new(CommitLog::new(backend.journal()));
        Self { backend, commit_log, analyzer: Analyzer::shared(), mask }
    }

    /// Returns the backend.
    pub fn backend(&self) -> &Arc<dyn Backend> {
        &self.backend
    }

    /// Returns the same collection with its records as they were published, private numbers
    /// included: for copies of the data.
    pub fn unmasked(&self) -> Self {
        Self { mask: false, ..self.clone() }
    }

    /// Returns the analyzer of queries.
    pub fn analyzer(&self) -> &Analyzer {
        &self.analyzer
    }

    /// Returns the parser of queries, with the names of a lexicon.
    pub fn parser<'a>(&'a self, lexicon: Option<&'a Lexicon>) -> QueryParser<'a> {
        QueryParser { analyzer: &self.analyzer, names: names_of(lexicon) }
    }

    /// Reads the newest generation.
    pub fn reader(&self) -> Reader {
        Reader::new(self.backend.snapshot(), self.analyzer.clone(), self.mask)
    }

    /// Reads the generation that a cursor names.
    ///
    /// # Errors
    /// [`crate::Error::GenerationGone`] if it is no longer kept.
    pub fn reader_at(&self, token: &SnapshotToken) -> Result<Reader> {
        Ok(Reader::new(self.backend.snapshot_at(token)?, self.analyzer.clone(), self.mask))
    }

    /// Returns the newest generation.
    pub fn generation(&self) -> Generation {
        self.backend.snapshot().generation()
    }

    /// Counts the records of the newest generation.
    pub fn len(&self) -> u64 {
        self.backend.snapshot().document_count()
    }

    /// Checks if the newest generation has no records.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes commits of other processes visible; returns whether there was a new one.
    ///
    /// # Errors
    /// A damaged index; what was visible stays visible.
    pub fn refresh(&self) -> Result<bool> {
        self.backend.refresh()
    }

    /// Opens the writer. There is one at a time, in all processes together.
    ///
    /// # Errors
    /// [`crate::Error::InUse`].
    pub fn writer(&self, load: Load) -> Result<CollectionWriter> {
        CollectionWriter::open(&self.backend, &self.commit_log, load)
    }

    /// Lists the commits on record, the oldest first.
    pub fn commits(&self) -> Vec<Commit> {
        self.commit_log.commits(self.generation())
    }

    /// Returns the state of the backend.
    ///
    /// # Errors
    /// A damaged index.
    pub fn health(&self) -> Result<Health> {
        self.backend.health()
    }

    /// Returns what the backend can do.
    pub fn capabilities(&self) -> Capabilities {
        self.backend.capabilities()
    }
}
