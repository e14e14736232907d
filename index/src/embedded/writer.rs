//! Writing: put and delete, then a commit that is durable before it is acknowledged.

use std::collections::HashMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use tantivy::IndexWriter;
use tantivy::indexer::{LogMergePolicy, NoMergePolicy};
use tantivy::schema::Term;

use super::fields::Fields;
use super::queued::{Queue, Queued};
use super::snapshot::Snapshot;
use super::{CommitNote, Embedded};
use crate::backend::{Put, Writer};
use crate::error::{Error, Result};
use crate::record::Record;
use crate::relations::{Change, Facts};
use crate::results::Generation;

/// Memory for documents not yet written to a segment, for all threads together.
const ARENA_BYTES: usize = 96 << 20;
/// Threads that build segments.
const THREADS: usize = 2;

/// The one writer of an index. Holds its lock until it is dropped.
pub struct EmbeddedWriter {
    inner: IndexWriter<Queued>,
    engine: Embedded,
    fields: Arc<Fields>,
    directory: PathBuf,
    queue: Queue,
    base: Arc<Snapshot>,
    /// Content of what was put since the last commit; `None` for what was deleted.
    pending: HashMap<String, Option<u128>>,
    /// What was read out of it.
    facts: Vec<Facts>,
}

impl EmbeddedWriter {
    pub(super) fn open(engine: &Embedded) -> Result<Self> {
        let inner = engine.index().writer_with_num_threads(THREADS, ARENA_BYTES).map_err(|e| match e {
            tantivy::TantivyError::LockFailure(..) => Error::InUse(engine.directory().to_owned()),
            other => Error::from(other),
        })?;
        // Since this engine last looked, another process may have committed: what this
        // writer replaces and the number it gives its commit follow from the newest.
        engine.refresh()?;
        engine.reliance().begin_writing()?;
        let mut policy = LogMergePolicy::default();
        // Replaced records leave holes; a segment with a fifth of them is rewritten.
        policy.set_del_docs_ratio_before_merge(0.2);
        inner.set_merge_policy(Box::new(policy));
        Ok(Self {
            inner,
            engine: engine.clone(),
            fields: engine.fields().clone(),
            directory: engine.directory().to_owned(),
            queue: Queue::default(),
            base: engine.snapshot(),
            pending: HashMap::new(),
            facts: Vec::new(),
        })
    }

    /// The content hash of what the index holds, or will hold after the commit.
    fn held(&self, id: &str) -> Result<Option<u128>> {
        match self.pending.get(id) {
            Some(pending) => Ok(*pending),
            None => self.base.content(id),
        }
    }

    /// Merges all segments into few, so that searches touch less, as a commit of its own.
    /// Worth it after a first import.
    ///
    /// # Errors
    /// A failure of the index.
    pub fn optimise(mut self, most_segments: usize) -> Result<Generation> {
        let generation = self.commit()?;
        let Self { inner, engine, .. } = self;
        // Merges in the background are at segments that are to be merged here: let them end.
        inner.wait_merging_threads()?;
        let alone = match Self::open(&engine) {
            // Another process went on writing, and its own merges will do.
            Err(Error::InUse(_)) => return Ok(generation),
            opened => opened?,
        };
        alone.inner.set_merge_policy(Box::new(NoMergePolicy));
        alone.merge_into(most_segments)
    }

    fn merge_into(mut self, most_segments: usize) -> Result<Generation> {
        let mut segments = self.engine.index().searchable_segment_metas()?;
        if segments.len() > most_segments {
            segments.sort_by_key(|segment| segment.num_docs());
            let surplus = segments.len() - most_segments + 1;
            let ids: Vec<_> = segments[..surplus].iter().map(|segment| segment.id()).collect();
            self.inner.merge(&ids).wait()?;
        } else if segments.len() == self.base.segments.len() {
            return Ok(self.base.generation);
        }
        // What was merged, here or in the background, is seen only with a new generation.
        let generation = self.seal()?;
        // The files of merged segments go when nobody reads them any more.
        self.inner.garbage_collect_files().wait()?;
        self.inner.wait_merging_threads()?;
        Ok(generation)
    }

    /// What was put last under each id and what is gone, in the order of the ids.
    fn changes(&mut self) -> Vec<Change> {
        let mut put: HashMap<String, Facts> =
            self.facts.drain(..).map(|facts| (facts.id.clone(), facts)).collect();
        let mut ids: Vec<&String> = self.pending.keys().collect();
        ids.sort_unstable();
        let change = |id: &String| match put.remove(id) {
            Some(facts) if self.pending[id].is_some() => Change::Put(Box::new(facts)),
            _ => Change::Gone(id.clone()),
        };
        ids.into_iter().map(change).collect()
    }

    /// Writes a commit and makes it visible.
    fn seal(&mut self) -> Result<Generation> {
        let generation = self.base.generation + 1;
        let changes = self.changes();
        self.engine.reliance().announce(generation, changes)?;
        let mut commit = self.inner.prepare_commit()?;
        commit.set_payload(&CommitNote::new(generation).to_json());
        commit.commit()?;
        // tantivy syncs files and directory before it renames the new list of
        // segments into place, but not the directory after it: without this the
        // rename itself could be lost.
        sync_directory(&self.directory)?;
        self.engine.refresh()?;
        self.base = self.engine.snapshot();
        let mut changed: Vec<_> = self.pending.drain().collect();
        changed.sort_unstable();
        self.engine.reliance().settle(changed)?;
        Ok(generation)
    }
}

impl Writer for EmbeddedWriter {
    fn put(&mut self, record: &Record) -> Result<Put> {
        let content = record.content_hash();
        let held = self.held(&record.id)?;
        let outcome = match held {
            Some(hash) if hash == content => return Ok(Put::Unchanged),
            Some(_) => Put::Updated,
            None => Put::Added,
        };
        if outcome == Put::Updated {
            self.inner.delete_term(Term::from_field_text(self.fields.id, &record.id));
        }
        let document = self.fields.document(record, content).map_err(|e| Error::Index(e.to_string()))?;
        self.facts.push(Facts::with_content(record, content));
        // The body is in it twice, once for each stream.
        self.inner.add_document(self.queue.admit(document, 2 * record.body.len() + record.title.len()))?;
        self.pending.insert(record.id.clone(), Some(content));
        Ok(outcome)
    }

    fn delete(&mut self, id: &str) -> Result<bool> {
        let there = self.held(id)?.is_some();
        if there {
            self.inner.delete_term(Term::from_field_text(self.fields.id, id));
            self.pending.insert(id.to_owned(), None);
        }
        Ok(there)
    }

    fn commit(&mut self) -> Result<Generation> {
        if self.pending.is_empty() {
            return Ok(self.base.generation);
        }
        self.seal()
    }
}

fn sync_directory(directory: &PathBuf) -> std::io::Result<()> {
    File::open(directory)?.sync_all()
}
