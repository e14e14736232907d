//! Writing: put and delete, then a commit that is durable before it is acknowledged.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use tantivy::directory::error::LockError;
use tantivy::indexer::{LogMergePolicy, MergeCandidate, MergePolicy, NoMergePolicy};
use tantivy::schema::Term;
use tantivy::{Index, IndexWriter, SegmentMeta, TantivyError};

use crate::backend::Writer;
use crate::embedded::engine::Engine;
use crate::embedded::reader::segments::IndexSnapshot;
use crate::embedded::schema::Fields;
use crate::embedded::storage::checksummed::ChecksummedDirectory;
use crate::embedded::version::index_version::{CommitNote, IndexVersion};
use crate::embedded::writer::document_queue::{Queue, Queued};
use crate::error::{Error, Result};
use crate::record::generation::Generation;
use crate::relations::facts::Facts;
use crate::relations::frames::Change;
use crate::schema::document::IndexDocument;

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
    engine: Engine,
    version: Arc<IndexVersion>,
    queue: Queue,
    base: Arc<IndexSnapshot>,
    /// Facts of what was put since the last commit, by id; `None` for what was deleted.
    changed: BTreeMap<String, Option<Facts>>,
}

struct Closing(ChecksummedDirectory);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl EmbeddedWriter {
    /// Opens the writer.
    ///
    /// # Errors
    /// [`Error::InUse`]; a damaged index.
    pub fn open(engine: &Engine, size: Size) -> Result<Self> {
        loop {
            // The version that was in use may have been replaced and its files removed.
            engine.refresh()?;
            let version = engine.version();
            let (index, directory) = version.for_writing(engine.analyzer())?;
            let inner = tantivy_writer(&index, size, engine.disk().place())?;
            // Since this engine last looked, another process may have committed: what this
            // writer replaces and the number it gives its commit follow from the newest.
            engine.refresh()?;
            // Or it has put another version in place: this one must not be written any more.
            if engine.version().number != version.number {
                continue;
            }
            // Files that a killed run or a full disk left behind, named by no commit.
            inner.garbage_collect_files().wait()?;
            engine.facts().begin_writing();
            return Ok(Self {
                closing: Closing(directory),
                inner,
                base: engine.snapshot(),
                engine: engine.clone(),
                version,
                queue: Queue::default(),
                changed: BTreeMap::new(),
            });
        }
    }

    /// Gives a failure the cause that the disk told.
    fn with_cause<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|e| match self.closing.0.failure() {
            Some(cause) => Error::Io(cause),
            None => e,
        })
    }

    fn merge_into(mut self, max_segments: usize) -> Result<Generation> {
        let mut segments = self.inner.index().searchable_segment_metas()?;
        if segments.len() > max_segments {
            segments.sort_by_key(|segment| segment.num_docs());
            let surplus = segments.len() - max_segments + 1;
            let ids: Vec<_> = segments[..surplus].iter().map(|segment| segment.id()).collect();
            let merged = self.inner.merge(&ids).wait().map(|_| ()).map_err(Error::from);
            self.with_cause(merged)?;
        } else if segments.len() == self.base.segments.len() {
            return Ok(self.base.generation);
        }
        // What was merged, here or in the background, is seen only with a new generation.
        let generation = self.write_commit()?;
        // The files of merged segments go when nobody reads them any more.
        self.inner.garbage_collect_files().wait()?;
        let Self { closing, inner, .. } = self;
        inner.wait_merging_threads()?;
        drop(closing);
        Ok(generation)
    }

    /// Writes a commit and makes it visible.
    fn write_commit(&mut self) -> Result<Generation> {
        let generation = self.base.generation + 1;
        let change = |(id, facts): (String, Option<Facts>)| match facts {
            Some(facts) => Change::Put(Box::new(facts)),
            None => Change::Deleted(id),
        };
        let changes = std::mem::take(&mut self.changed).into_iter().map(change).collect();
        self.engine.facts().announce(generation, changes);
        let committed = commit(&mut self.inner, generation);
        self.with_cause(committed)?;
        self.engine.refresh()?;
        self.base = self.engine.snapshot();
        self.engine.facts().settle();
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
    fn put(&mut self, document: IndexDocument, replaces: bool) -> Result<()> {
        let id = document.id.clone();
        if replaces {
            self.inner.delete_term(Term::from_field_text(self.version.fields.id, &id));
        }
        let (queued, facts) = admit(&self.queue, &self.version.fields, document);
        let added = self.inner.add_document(queued).map(|_| ()).map_err(Error::from);
        self.with_cause(added)?;
        self.changed.insert(id, Some(facts));
        Ok(())
    }

    fn delete(&mut self, id: &str) -> Result<()> {
        self.inner.delete_term(Term::from_field_text(self.version.fields.id, id));
        self.changed.insert(id.to_owned(), None);
        Ok(())
    }

    fn commit(&mut self) -> Result<Generation> {
        if self.changed.is_empty() {
            return Ok(self.base.generation);
        }
        self.write_commit()
    }

    fn is_merging(&self) -> bool {
        self.closing.0.is_writing()
    }

    fn optimise(mut self: Box<Self>, max_segments: usize) -> Result<Generation> {
        let generation = self.commit()?;
        let Self { closing, inner, engine, .. } = *self;
        // Merges in the background are at segments that are to be merged here: let them end.
        inner.wait_merging_threads()?;
        drop(closing);
        let alone = match Self::open(&engine, Size::BULK) {
            // Another process went on writing, and its own merges will do.
            Err(Error::InUse(_)) => return Ok(generation),
            opened => opened?,
        };
        alone.inner.set_merge_policy(Box::new(NoMergePolicy));
        alone.merge_into(max_segments)
    }
}

/// Admits a document to the queue of those on their way to a segment; waits while the queue is full.
pub fn admit(queue: &Queue, fields: &Fields, document: IndexDocument) -> (Queued, Facts) {
    // The texts are held twice, once for each stream.
    let bytes = 2 * document.texts.iter().map(|(_, text)| text.len()).sum::<usize>();
    let (document, facts) = fields.tantivy_document(document);
    (queue.admit(document, bytes), facts)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::embedded::storage::disk::OsDisk;
    use crate::record::{Kind, Record};

    #[test]
    fn large_segment_with_deleted_documents_is_merged() {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::open(Arc::new(OsDisk::open(folder.path()).unwrap())).unwrap();
        let mut writer = EmbeddedWriter::open(&engine, Size::BULK).unwrap();
        let put = |writer: &mut EmbeddedWriter, n: u32, title: &str, replaces: bool| {
            let record = Record::new(n.to_string(), Kind::Document, title);
            let document = IndexDocument::from_record(&record, record.content_hash()).unwrap();
            writer.put(document, replaces).unwrap();
        };
        (0..Merging::LARGE).for_each(|n| put(&mut writer, n, "通知", false));
        Box::new(writer).optimise(1).unwrap();
        let mut writer = EmbeddedWriter::open(&engine, Size::BULK).unwrap();
        let holes = || {
            let snapshot = engine.snapshot();
            let held: u32 = snapshot.segments.iter().map(|segment| segment.len()).sum();
            held - u32::try_from(snapshot.searcher.num_docs()).unwrap()
        };
        (0..Merging::LARGE / 4).for_each(|n| put(&mut writer, n, "新的通知", true));
        writer.commit().unwrap();
        assert_eq!(holes(), Merging::LARGE / 4);
        let begun = Instant::now();
        for n in 0.. {
            put(&mut writer, Merging::LARGE + n % 5, &format!("通知{n}"), n >= 5);
            writer.commit().unwrap();
            if holes() < 10 {
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{} holes", holes());
        }
    }
}
