//! The writer of an index: puts and deletes, then a commit that is durable before it is acknowledged.

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
use crate::embedded::writer::document_queue::{DocumentQueue, QueuedDocument};
use crate::error::{Error, Result};
use crate::record::generation::Generation;
use crate::relations::facts::Facts;
use crate::relations::frames::Change;
use crate::schema::document::IndexDocument;

/// The threads and memory of a writer.
#[derive(Debug, Clone, Copy)]
pub struct WriterSize {
    /// Threads that build segments.
    threads: usize,
    /// Bytes for documents not yet written to a segment, for all threads together.
    arena_bytes: usize,
}

impl WriterSize {
    /// Size for whole collections.
    pub const BULK: Self = Self { threads: 2, arena_bytes: 96 << 20 };
    /// Size for whole collections in the background.
    pub const BACKGROUND: Self = Self { threads: 1, arena_bytes: Self::BULK.arena_bytes };
    /// Size for a few records at a time: little is set up for each commit.
    pub const FEW: Self = Self { threads: 1, arena_bytes: 16 << 20 };
}

/// The one writer of an index. Keeps its lock until it is dropped.
pub struct EmbeddedWriter {
    /// Dropped before the writer's lock: see [`ChecksummedDirectory::close`].
    closing: CloseOnDrop,
    inner: IndexWriter<QueuedDocument>,
    engine: Engine,
    version: Arc<IndexVersion>,
    queue: DocumentQueue,
    base: Arc<IndexSnapshot>,
    /// Facts of the records put since the last commit, by id; `None` for deleted ones.
    changed: BTreeMap<String, Option<Facts>>,
}

/// A directory that is closed when this is dropped.
struct CloseOnDrop(ChecksummedDirectory);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl EmbeddedWriter {
    /// Opens the writer.
    ///
    /// # Errors
    /// [`Error::InUse`]; a damaged index.
    pub fn open(engine: &Engine, size: WriterSize) -> Result<Self> {
        loop {
            // The version that was in use may have been replaced and its files removed.
            engine.refresh()?;
            let version = engine.version();
            let (index, directory) = version.open_for_writing(engine.analyzer())?;
            let inner = tantivy_writer(&index, size, engine.disk().location())?;
            // Another process may have committed since the last refresh: what this writer replaces
            // and the number of its commit follow from the newest commit.
            engine.refresh()?;
            // It may also have put another version in place: then this one must not be written.
            if engine.version().number != version.number {
                continue;
            }
            // Files that a killed run or a full disk left behind, named by no commit.
            inner.garbage_collect_files().wait()?;
            engine.facts().begin_writing();
            return Ok(Self {
                closing: CloseOnDrop(directory),
                inner,
                base: engine.snapshot(),
                engine: engine.clone(),
                version,
                queue: DocumentQueue::default(),
                changed: BTreeMap::new(),
            });
        }
    }

    /// Replaces a failure of tantivy by the failure of the disk that caused it, if there is one.
    fn with_cause<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|e| match self.closing.0.failure() {
            Some(cause) => Error::Io(cause),
            None => e,
        })
    }

    /// Merges segments until at most so many are left, and commits.
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
        // Merged segments become visible only with a new generation.
        let generation = self.write_commit()?;
        // The files of merged segments are removed when no snapshot reads them any more.
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
        self.engine.facts().announce_commit(generation, changes);
        let committed = commit(&mut self.inner, generation);
        self.with_cause(committed)?;
        self.engine.refresh()?;
        self.base = self.engine.snapshot();
        self.engine.facts().write_groups();
        Ok(generation)
    }
}

/// The policy of merges in the background.
#[derive(Debug)]
struct BackgroundMergePolicy(LogMergePolicy);

impl BackgroundMergePolicy {
    /// Records below which segments count as equally small.
    const SMALL_RECORDS: u32 = 100;
    /// Records from which a segment is rewritten for its deleted records alone.
    const LARGE_RECORDS: u32 = 1_000;
    /// Share of deleted records above which a large segment is rewritten.
    const MAX_DELETED_SHARE: f32 = 0.2;
    /// Share of deleted records above which a small segment, which is merged soon anyway, is merged
    /// with others.
    const MAX_DELETED_SHARE_OF_SMALL: f32 = 0.5;

    fn new() -> Self {
        let mut by_size = LogMergePolicy::default();
        // By default segments of less than 10,000 records count as equally small: a whole collection
        // of that size would be rewritten with every eighth change.
        by_size.set_min_layer_size(Self::SMALL_RECORDS);
        by_size.set_del_docs_ratio_before_merge(Self::MAX_DELETED_SHARE_OF_SMALL);
        Self(by_size)
    }
}

impl MergePolicy for BackgroundMergePolicy {
    fn compute_merge_candidates(&self, segments: &[SegmentMeta]) -> Vec<MergeCandidate> {
        let mut candidates = self.0.compute_merge_candidates(segments);
        let has_many_deleted = |segment: &&SegmentMeta| {
            segment.max_doc() >= Self::LARGE_RECORDS
                && segment.num_deleted_docs() as f32 > segment.max_doc() as f32 * Self::MAX_DELETED_SHARE
        };
        for segment in segments.iter().filter(has_many_deleted) {
            if !candidates.iter().any(|candidate| candidate.0.contains(&segment.id())) {
                candidates.push(MergeCandidate(vec![segment.id()]));
            }
        }
        candidates
    }
}

/// Opens tantivy's writer with the merge policy of this index.
pub fn tantivy_writer(index: &Index, size: WriterSize, path: &Path) -> Result<IndexWriter<QueuedDocument>> {
    let inner = index.writer_with_num_threads(size.threads, size.arena_bytes).map_err(|e| match e {
        TantivyError::LockFailure(LockError::LockBusy, _) => Error::InUse(path.to_owned()),
        other => Error::from(other),
    })?;
    inner.set_merge_policy(Box::new(BackgroundMergePolicy::new()));
    // tantivy gives the first change of a new writer the number of the last commit, and a merge of
    // committed segments takes all deletions up to that number for committed ones: it would lose
    // the first of ours, or make it durable before its commit. An empty list of changes uses that
    // number up.
    inner.run(std::iter::empty())?;
    Ok(inner)
}

/// Commits as this generation. Files, the list of segments and its name are durable afterwards.
pub fn commit(inner: &mut IndexWriter<QueuedDocument>, generation: Generation) -> Result<()> {
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
        // Merges in the background may have segments that are to be merged here: wait for them.
        inner.wait_merging_threads()?;
        drop(closing);
        let alone = match Self::open(&engine, WriterSize::BULK) {
            // Another process is writing, and its own merges suffice.
            Err(Error::InUse(_)) => return Ok(generation),
            opened => opened?,
        };
        alone.inner.set_merge_policy(Box::new(NoMergePolicy));
        alone.merge_into(max_segments)
    }
}

/// Admits a document to the queue; waits while the queue is full.
pub fn admit(queue: &DocumentQueue, fields: &Fields, document: IndexDocument) -> (QueuedDocument, Facts) {
    // The texts are queued twice, once for each stream.
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
        let mut writer = EmbeddedWriter::open(&engine, WriterSize::BULK).unwrap();
        let put = |writer: &mut EmbeddedWriter, n: u32, title: &str, replaces: bool| {
            let record = Record::new(n.to_string(), Kind::Document, title);
            let document = IndexDocument::from_record(&record, record.content_hash()).unwrap();
            writer.put(document, replaces).unwrap();
        };
        (0..BackgroundMergePolicy::LARGE_RECORDS).for_each(|n| put(&mut writer, n, "通知", false));
        Box::new(writer).optimise(1).unwrap();
        let mut writer = EmbeddedWriter::open(&engine, WriterSize::BULK).unwrap();
        let deleted = || {
            let snapshot = engine.snapshot();
            let all: u32 = snapshot.segments.iter().map(|segment| segment.len()).sum();
            all - u32::try_from(snapshot.searcher.num_docs()).unwrap()
        };
        (0..BackgroundMergePolicy::LARGE_RECORDS / 4).for_each(|n| put(&mut writer, n, "新的通知", true));
        writer.commit().unwrap();
        assert_eq!(deleted(), BackgroundMergePolicy::LARGE_RECORDS / 4);
        let begun = Instant::now();
        for n in 0.. {
            put(&mut writer, BackgroundMergePolicy::LARGE_RECORDS + n % 5, &format!("通知{n}"), n >= 5);
            writer.commit().unwrap();
            if deleted() < 10 {
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{} deleted records are left", deleted());
        }
    }
}
