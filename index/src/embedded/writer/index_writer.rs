//! Writing: put and delete, then a commit that is durable before it is acknowledged.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use tantivy::directory::error::LockError;
use tantivy::indexer::{LogMergePolicy, MergeCandidate, MergePolicy, NoMergePolicy};
use tantivy::schema::Term;
use tantivy::{Index, IndexWriter, SegmentMeta, TantivyError};

use crate::backend::{Put, Writer};
use crate::embedded::Embedded;
use crate::embedded::reader::segments::Snapshot;
use crate::embedded::storage::checksummed::ChecksummedDirectory;
use crate::embedded::version::index_version::{CommitNote, IndexVersion};
use crate::embedded::writer::document_queue::{Queue, Queued};
use crate::error::{Error, Result};
use crate::record::Record;
use crate::record::generation::Generation;
use crate::relations::{Change, Facts};

/// How much a writer takes at a time.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Threads that build segments.
    threads: usize,
    /// Memory for documents not yet written to a segment, for all threads together.
    arena: usize,
}

impl Size {
    /// For whole collections.
    pub const BULK: Self = Self { threads: 2, arena: 96 << 20 };
    /// For whole collections, while others need the cores.
    pub const SPARE: Self = Self { threads: 1, arena: Self::BULK.arena };
    /// For a few records at a time: what is set up for each commit is small.
    pub const FEW: Self = Self { threads: 1, arena: 16 << 20 };
}

/// The one writer of an index. Holds its lock until it is dropped.
pub struct EmbeddedWriter {
    /// Goes first when the writer is dropped: see [`ChecksummedDirectory::close`].
    closing: Closing,
    inner: IndexWriter<Queued>,
    engine: Embedded,
    edition: Arc<IndexVersion>,
    queue: Queue,
    base: Arc<Snapshot>,
    /// Content of what was put since the last commit; `None` for what was deleted.
    pending: HashMap<String, Option<u128>>,
    /// What was read out of it.
    facts: Vec<Facts>,
}

struct Closing(ChecksummedDirectory);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl EmbeddedWriter {
    pub(crate) fn open(engine: &Embedded, size: Size) -> Result<Self> {
        loop {
            // The edition that was in use may have been replaced and its files removed.
            engine.refresh()?;
            let edition = engine.edition();
            let (index, directory) = edition.for_writing(&engine.shared.analyzer)?;
            let inner = tantivy_writer(&index, size, engine.shared.disk.place())?;
            // Since this engine last looked, another process may have committed: what this
            // writer replaces and the number it gives its commit follow from the newest.
            engine.refresh()?;
            // Or it has put another edition in place: this one must not be written any more.
            if engine.edition().number != edition.number {
                continue;
            }
            // What a killed run or a full disk left behind, named by no commit.
            inner.garbage_collect_files().wait()?;
            engine.shared.reliance.begin_writing();
            let base = engine.snapshot();
            let pending = HashMap::new();
            return Ok(Self {
                closing: Closing(directory),
                inner,
                engine: engine.clone(),
                edition,
                queue: Queue::default(),
                base,
                pending,
                facts: Vec::new(),
            });
        }
    }

    /// Whether a merge is at work in the background.
    pub(crate) fn is_merging(&self) -> bool {
        self.closing.0.is_writing()
    }

    /// Says of a failure what the disk said of it.
    fn explained<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|e| match self.closing.0.failure() {
            Some(cause) => Error::Io(cause),
            None => e,
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
        let Self { closing, inner, engine, .. } = self;
        // Merges in the background are at segments that are to be merged here: let them end.
        inner.wait_merging_threads()?;
        drop(closing);
        let alone = match Self::open(&engine, Size::BULK) {
            // Another process went on writing, and its own merges will do.
            Err(Error::InUse(_)) => return Ok(generation),
            opened => opened?,
        };
        alone.inner.set_merge_policy(Box::new(NoMergePolicy));
        alone.merge_into(most_segments)
    }

    fn merge_into(mut self, most_segments: usize) -> Result<Generation> {
        let mut segments = self.inner.index().searchable_segment_metas()?;
        if segments.len() > most_segments {
            segments.sort_by_key(|segment| segment.num_docs());
            let surplus = segments.len() - most_segments + 1;
            let ids: Vec<_> = segments[..surplus].iter().map(|segment| segment.id()).collect();
            let merged = self.inner.merge(&ids).wait().map(|_| ()).map_err(Error::from);
            self.explained(merged)?;
        } else if segments.len() == self.base.segments.len() {
            return Ok(self.base.generation);
        }
        // What was merged, here or in the background, is seen only with a new generation.
        let generation = self.seal()?;
        // The files of merged segments go when nobody reads them any more.
        self.inner.garbage_collect_files().wait()?;
        let Self { closing, inner, .. } = self;
        inner.wait_merging_threads()?;
        drop(closing);
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
        self.engine.shared.reliance.announce(generation, changes);
        let committed = commit(&mut self.inner, generation);
        self.explained(committed)?;
        self.engine.refresh()?;
        self.base = self.engine.snapshot();
        let mut changed: Vec<_> = self.pending.drain().collect();
        changed.sort_unstable();
        self.engine.shared.reliance.settle(changed);
        Ok(generation)
    }
}

/// Which segments are merged in the background.
#[derive(Debug)]
struct Merging(LogMergePolicy);

impl Merging {
    /// Segments of fewer records are merged whatever their size.
    const SMALL: u32 = 100;
    /// Segments of so many records are worth rewriting for the holes in them alone.
    const LARGE: u32 = 1_000;
    /// Replaced records leave holes; of this share a large segment has too many.
    const HOLES: f32 = 0.2;
    /// Small ones are merged soon anyway; for half of them a small one takes others along.
    const HOLES_OF_SMALL: f32 = 0.5;

    fn new() -> Self {
        let mut by_size = LogMergePolicy::default();
        // tantivy takes all segments of less than 10,000 records for equally small: a whole
        // collection of that size would be written again with every eighth change.
        by_size.set_min_layer_size(Self::SMALL);
        by_size.set_del_docs_ratio_before_merge(Self::HOLES_OF_SMALL);
        Self(by_size)
    }
}

impl MergePolicy for Merging {
    fn compute_merge_candidates(&self, segments: &[SegmentMeta]) -> Vec<MergeCandidate> {
        let mut candidates = self.0.compute_merge_candidates(segments);
        let holed = |one: &&SegmentMeta| {
            one.max_doc() >= Self::LARGE && one.num_deleted_docs() as f32 > one.max_doc() as f32 * Self::HOLES
        };
        for one in segments.iter().filter(holed) {
            if !candidates.iter().any(|candidate| candidate.0.contains(&one.id())) {
                candidates.push(MergeCandidate(vec![one.id()]));
            }
        }
        candidates
    }
}

/// A writer of tantivy's with our rules for merging.
pub fn tantivy_writer(index: &Index, size: Size, place: &Path) -> Result<IndexWriter<Queued>> {
    let inner = index.writer_with_num_threads(size.threads, size.arena).map_err(|e| match e {
        TantivyError::LockFailure(LockError::LockBusy, _) => Error::InUse(place.to_owned()),
        other => Error::from(other),
    })?;
    inner.set_merge_policy(Box::new(Merging::new()));
    // tantivy numbers the first change of a new writer as it numbered the last commit, and a
    // merge of what was committed takes all deletions up to that number for committed ones: it
    // would lose the first of ours, or make it durable before its commit. An empty list of
    // changes takes that number away.
    inner.run(std::iter::empty())?;
    Ok(inner)
}

/// Commits under this number. Files, the list of them and its name are durable afterwards.
pub fn commit(inner: &mut IndexWriter<Queued>, generation: Generation) -> Result<()> {
    let mut commit = inner.prepare_commit()?;
    commit.set_payload(&CommitNote::new(generation).to_json());
    commit.commit()?;
    Ok(())
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
            self.inner.delete_term(Term::from_field_text(self.edition.fields.id, &record.id));
        }
        let document =
            self.edition.fields.document(record, content).map_err(|e| Error::Index(e.to_string()))?;
        // The body is in it twice, once for each stream.
        let queued = self.queue.admit(document, 2 * record.body.len() + record.title.len());
        let added = self.inner.add_document(queued).map(|_| ()).map_err(Error::from);
        self.explained(added)?;
        self.facts.push(Facts::with_content(record, content));
        self.pending.insert(record.id.clone(), Some(content));
        Ok(outcome)
    }

    fn delete(&mut self, id: &str) -> Result<bool> {
        let there = self.held(id)?.is_some();
        if there {
            self.inner.delete_term(Term::from_field_text(self.edition.fields.id, id));
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

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::record::Kind;

    #[test]
    fn holes_in_a_large_segment_are_closed() {
        let folder = tempfile::tempdir().unwrap();
        let engine = Embedded::open(folder.path()).unwrap();
        let mut writer = engine.writer().unwrap();
        let put = |writer: &mut EmbeddedWriter, n: u32, title: &str| {
            writer.put(&Record::new(n.to_string(), Kind::Document, title)).unwrap();
        };
        (0..Merging::LARGE).for_each(|n| put(&mut writer, n, "通知"));
        writer.optimise(1).unwrap();
        let mut writer = engine.writer().unwrap();
        let holes = || {
            let snapshot = engine.snapshot();
            let held: u32 = snapshot.segments.iter().map(|segment| segment.len()).sum();
            held - u32::try_from(snapshot.searcher.num_docs()).unwrap()
        };
        (0..Merging::LARGE / 4).for_each(|n| put(&mut writer, n, "新的通知"));
        writer.commit().unwrap();
        assert_eq!(holes(), Merging::LARGE / 4);
        let begun = Instant::now();
        for n in 0.. {
            put(&mut writer, Merging::LARGE + n % 5, &format!("通知{n}"));
            writer.commit().unwrap();
            if holes() < 10 {
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{} holes", holes());
        }
    }
}
