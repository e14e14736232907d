//! The writer: changes wait until a commit makes a new generation of them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::backend::Writer;
use crate::error::{Error, Result};
use crate::memory::document::StoredDocument;
use crate::memory::document_set::DocumentSet;
use crate::memory::generations::Generations;
use crate::record::generation::Generation;
use crate::relations::fact_table::FactTable;
use crate::relations::frames::Change;
use crate::schema::document::IndexDocument;

/// The right to write, given back when it is dropped.
pub struct WriterLock(Arc<AtomicBool>);

impl WriterLock {
    /// Takes the right to write.
    ///
    /// # Errors
    /// [`Error::InUse`] if another writer has it.
    pub fn take(is_writing: &Arc<AtomicBool>) -> Result<Self> {
        match is_writing.swap(true, Ordering::AcqRel) {
            true => Err(Error::InUse(PathBuf::from("memory"))),
            false => Ok(Self(is_writing.clone())),
        }
    }
}

impl Drop for WriterLock {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// The one writer of a backend in memory.
pub struct MemoryWriter {
    generations: Arc<Generations>,
    base: Arc<DocumentSet>,
    /// Documents put since the last commit, by id; `None` for those deleted.
    pending: BTreeMap<String, Option<Arc<StoredDocument>>>,
    _lock: WriterLock,
}

impl MemoryWriter {
    /// Begins on the newest generation.
    pub fn new(generations: &Arc<Generations>, lock: WriterLock) -> Self {
        Self {
            generations: generations.clone(),
            base: generations.newest(),
            pending: BTreeMap::new(),
            _lock: lock,
        }
    }
}

impl Writer for MemoryWriter {
    fn put(&mut self, document: IndexDocument, _replaces: bool) -> Result<()> {
        let id = document.id.clone();
        let document = StoredDocument::new(document, &self.generations.analyzer);
        self.pending.insert(id, Some(Arc::new(document)));
        Ok(())
    }

    fn delete(&mut self, id: &str) -> Result<()> {
        self.pending.insert(id.to_owned(), None);
        Ok(())
    }

    fn commit(&mut self) -> Result<Generation> {
        if self.pending.is_empty() {
            return Ok(self.base.generation);
        }
        let pending = std::mem::take(&mut self.pending);
        let generation = self.base.generation + 1;
        let (documents, facts) = apply(&self.base, pending, generation);
        self.base = Arc::new(DocumentSet::new(generation, documents, Arc::new(facts)));
        self.generations.push(self.base.clone());
        Ok(generation)
    }

    fn is_merging(&self) -> bool {
        false
    }

    fn optimise(mut self: Box<Self>, _max_segments: usize) -> Result<Generation> {
        self.commit()
    }
}

/// Documents by number.
type Documents = Vec<Option<Arc<StoredDocument>>>;

/// Applies changes to the documents and facts of a generation.
fn apply(
    base: &DocumentSet,
    pending: BTreeMap<String, Option<Arc<StoredDocument>>>,
    generation: Generation,
) -> (Documents, FactTable) {
    let mut documents = base.documents.clone();
    let mut facts = (*base.facts).clone();
    for replaced in pending.keys().filter_map(|id| facts.relations().find(id)) {
        documents[replaced.number as usize] = None;
    }
    let change = |(id, document): (&String, &Option<Arc<StoredDocument>>)| match document {
        Some(document) => Change::Put(Box::new(document.source.facts.clone())),
        None => Change::Deleted(id.clone()),
    };
    let put = facts.apply(pending.iter().map(change).collect());
    facts.generation = generation;
    for (id, document) in pending.iter().filter(|(_, document)| document.is_some()) {
        let Some(number) = facts.relations().find(id).map(|found| found.number as usize) else { continue };
        if documents.len() <= number {
            documents.resize(number + 1, None);
        }
        documents[number] = document.clone();
    }
    let mut body = |id: &str| {
        let found = documents.iter().flatten().find(|document| document.source.id == id);
        found.map(|document| document.body().to_owned())
    };
    facts.find_copies(&put, &mut body);
    // These are for backends that keep them in files or columns.
    facts.take_assigned();
    facts.take_changed();
    (documents, facts)
}
