//! Reindexing: builds the next index version beside the one in use, from its records and with the
//! dictionary and schema of this program, catches up with changes made meanwhile, and puts the new
//! version in place in one step.
//!
//! Searches are not affected; writers wait for the last step, which takes as long as the last few
//! changes. A server need not be notified: it watches the current file. The version before is kept
//! for a roll-back, which takes the changes made since along.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tantivy::schema::{Term, Value};
use tantivy::{Index, IndexWriter, TantivyDocument};

use crate::analysis::Analyzer;
use crate::backend::{LogHandover, Progress, Reindexed};
use crate::embedded::engine::Engine;
use crate::embedded::reader::segments::IndexSnapshot;
use crate::embedded::schema::{FORMAT, Fields};
use crate::embedded::storage::checksummed::{ChecksummedDirectory, META, Verified, is_made_by_tantivy};
use crate::embedded::storage::current_file::{
    CurrentFile, GATE_LOCK, REINDEX_LOCK, VersionNumber, version_folder, version_numbers,
};
use crate::embedded::storage::disk::{Disk, LockGuard};
use crate::embedded::storage::journal::{FrameFile, JournalKind};
use crate::embedded::tokenizers;
use crate::embedded::version::index_version::{CommitNote, IndexVersion, open_error};
use crate::embedded::writer::document_queue::{DocumentQueue, QueuedDocument};
use crate::embedded::writer::index_writer::{EmbeddedWriter, WriterSize, admit, commit, tantivy_writer};
use crate::error::{Error, Result};
use crate::keys::id::id_hash;
use crate::record::Record;
use crate::record::commit::{Commit, unix_seconds};
use crate::record::generation::Generation;
use crate::schema::document::IndexDocument;
use crate::throttle::Throttle;

/// Records between two commits of the version that is being built.
const RECORDS_PER_COMMIT: usize = 50_000;
/// Bytes of text that may be queued under a throttle: documents in the queue are indexed without a
/// pause.
const MAX_QUEUED_BYTES: usize = 128 << 10;
/// Changes that may be left when writing is stopped for the last step.
const MAX_CHANGES_LEFT: usize = 200;
/// Time within which a writer that watches the gate releases its lock.
const WRITER_TIMEOUT: Duration = Duration::from_secs(5);

/// Builds the next index version and puts it in place; also from an index of another format,
/// as long as its records can be read.
///
/// # Errors
/// [`Error::InUse`] if another process reindexes; a failure of the index or the disk, after
/// which the version from before is in use.
pub fn reindex(
    disk: &Arc<dyn Disk>,
    throttle: &Throttle,
    progress: &mut dyn FnMut(Progress),
    log: LogHandover<'_>,
) -> Result<Reindexed> {
    let _alone = lock_reindexing(&**disk)?;
    match Engine::open(disk.clone()) {
        Ok(engine) => {
            let next = next_number(&**disk)?;
            IndexVersion::create(disk, next)?;
            let mut builder = VersionBuilder::open(disk, next, throttle)?;
            let base = engine.snapshot();
            let result = builder.add_all(&mut |visit| base.each_record(visit), progress);
            let result = result.and_then(|()| builder.put_in_place(&engine, progress, log));
            // A version that was not put in place is removed; one that was, however it ended, stays.
            let in_use = CurrentFile::read(&**disk)?.is_some_and(|current| current.current == next);
            result.inspect_err(|_| {
                if !in_use {
                    let _ = remove_version(&**disk, next);
                }
            })
        }
        Err(Error::Format { .. }) => reindex_other_format(disk, progress),
        Err(e) => Err(e),
    }
}

/// Goes back to the index version before, with everything that was written since.
///
/// # Errors
/// As [`reindex`]; also if there is none before, or it is of another format.
pub fn roll_back(
    disk: &Arc<dyn Disk>,
    progress: &mut dyn FnMut(Progress),
    log: LogHandover<'_>,
) -> Result<Reindexed> {
    let _alone = lock_reindexing(&**disk)?;
    let engine = Engine::open(disk.clone())?;
    let previous = CurrentFile::read(&**disk)?.and_then(|current| current.previous);
    let Some(previous) = previous else {
        return Err(Error::Index("there is no index version to go back to".into()));
    };
    let base = IndexVersion::open(disk, previous, &Analyzer::shared())?.snapshot()?;
    let mut builder = VersionBuilder::open(disk, previous, &Throttle::default())?;
    base.each_record(&mut |record| builder.note_existing(record))?;
    builder.put_in_place(&engine, progress, log)
}

/// Takes the lock of the one process that reindexes.
fn lock_reindexing(disk: &dyn Disk) -> Result<LockGuard> {
    disk.lock(Path::new(REINDEX_LOCK), false)?.ok_or_else(|| Error::InUse(disk.location().to_owned()))
}

/// Returns the number of the next version, and removes what interrupted runs left.
fn next_number(disk: &dyn Disk) -> Result<VersionNumber> {
    let current = CurrentFile::read(disk)?.unwrap_or(CurrentFile { current: 0, previous: None });
    let kept = [Some(current.current), current.previous];
    for number in version_numbers(disk)?.into_iter().filter(|number| !kept.contains(&Some(*number))) {
        remove_version(disk, number)?;
    }
    let last = kept.into_iter().flatten().max().unwrap_or(0);
    Ok(last + 1)
}

/// Removes the files of an index version that is not in use.
pub fn remove_version(disk: &dyn Disk, number: VersionNumber) -> io::Result<()> {
    let folder = version_folder(number);
    for entry in disk.list(&folder)?.into_iter().filter(|entry| !entry.is_folder) {
        let is_ours = is_made_by_tantivy(&entry.name)
            || [META, "meta.json.new", ".managed.json"].contains(&entry.name.as_str())
            || entry.name.starts_with(".tantivy-");
        if is_ours {
            disk.remove(&folder.join(entry.name))?;
        }
    }
    // Version 0 lies in the folder of the index itself. A folder with other files in it stays.
    if number > 0 && disk.list(&folder)?.is_empty() {
        disk.remove_folder(&folder)?;
    }
    Ok(())
}

/// Builds an index version or brings one up to date.
struct VersionBuilder {
    disk: Arc<dyn Disk>,
    number: VersionNumber,
    fields: Fields,
    directory: ChecksummedDirectory,
    writer: Option<IndexWriter<QueuedDocument>>,
    size: WriterSize,
    index: Index,
    queue: DocumentQueue,
    /// Content hash and id of each of its records, by the hash of the id.
    contents: HashMap<u64, (u128, Box<str>)>,
    uncommitted: usize,
}

impl VersionBuilder {
    fn open(disk: &Arc<dyn Disk>, number: VersionNumber, throttle: &Throttle) -> Result<Self> {
        let directory = ChecksummedDirectory::new(disk.clone(), &version_folder(number), Verified::default());
        let directory = directory.with_throttle(throttle.clone());
        let path = disk.location().join(version_folder(number));
        let index = Index::open(directory.clone()).map_err(|e| open_error(&path, &e))?;
        tokenizers::register(&index, &Analyzer::shared());
        let size = if throttle.is_active() { WriterSize::BACKGROUND } else { WriterSize::BULK };
        let writer = Some(tantivy_writer(&index, size, &path)?);
        let queue = if throttle.is_active() {
            DocumentQueue::with_limit(MAX_QUEUED_BYTES)
        } else {
            DocumentQueue::default()
        };
        let (fields, contents) = (Fields::new(), HashMap::new());
        Ok(Self {
            disk: disk.clone(),
            number,
            fields,
            directory,
            writer,
            size,
            index,
            queue,
            contents,
            uncommitted: 0,
        })
    }

    fn writer(&mut self) -> Result<&mut IndexWriter<QueuedDocument>> {
        self.writer.as_mut().ok_or_else(|| Error::Index("the next index version is not open".into()))
    }

    /// Replaces a failure of tantivy by the failure of the disk that caused it, if there is one.
    fn with_cause<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|e| self.directory.failure().map_or(e, Error::Io))
    }

    /// Notes a record that it has already.
    fn note_existing(&mut self, record: &Record) {
        self.contents.insert(id_hash(&record.id), (record.content_hash(), record.id.as_str().into()));
    }

    /// Adds the records that it does not have yet.
    fn add_all(&mut self, each: &mut RecordSource<'_>, progress: &mut dyn FnMut(Progress)) -> Result<()> {
        let mut failure = None;
        each(&mut |record| {
            if failure.is_none() {
                failure = self.put(record).err();
                let built = self.contents.len() as u64;
                if built.is_multiple_of(1_000) {
                    progress(Progress::Built(built));
                }
            }
        })?;
        if let Some(failure) = failure {
            return Err(failure);
        }
        self.commit(0)?;
        // Merges are waited for here, not in the last step.
        if let Some(writer) = self.writer.take() {
            writer.wait_merging_threads()?;
        }
        self.writer = Some(tantivy_writer(&self.index, self.size, self.disk.location())?);
        progress(Progress::Built(self.contents.len() as u64));
        Ok(())
    }

    fn put(&mut self, record: &Record) -> Result<()> {
        let content = record.content_hash();
        let replaces = match self.contents.entry(id_hash(&record.id)) {
            Entry::Occupied(entry) if entry.get().0 == content => return Ok(()),
            Entry::Occupied(mut entry) => {
                entry.insert((content, record.id.as_str().into()));
                true
            }
            Entry::Vacant(entry) => {
                entry.insert((content, record.id.as_str().into()));
                false
            }
        };
        self.directory.throttle().pause();
        let id = Term::from_field_text(self.fields.id, &record.id);
        let (document, _) = admit(&self.queue, &self.fields, IndexDocument::from_record(record, content)?);
        let writer = self.writer()?;
        if replaces {
            writer.delete_term(id);
        }
        let added = writer.add_document(document).map(|_| ()).map_err(Error::from);
        self.with_cause(added)?;
        self.uncommitted += 1;
        if self.uncommitted >= RECORDS_PER_COMMIT {
            self.commit(0)?;
        }
        Ok(())
    }

    fn commit(&mut self, generation: Generation) -> Result<()> {
        let committed = commit(self.writer()?, generation);
        self.uncommitted = 0;
        self.with_cause(committed)
    }

    /// Takes over what differs from the newest commit; returns the number of changes.
    fn catch_up(&mut self, newest: &IndexSnapshot) -> Result<usize> {
        let mut changes = 0;
        let mut seen = HashSet::with_capacity(self.contents.len());
        for (ordinal, doc, hash, content) in newest.record_contents()? {
            seen.insert(hash);
            if self.contents.get(&hash).is_none_or(|(existing, _)| *existing != content) {
                self.put(&newest.stored_record(ordinal, doc)?)?;
                changes += 1;
            }
        }
        let deleted: Vec<u64> = self.contents.keys().filter(|hash| !seen.contains(hash)).copied().collect();
        for hash in deleted {
            if let Some((_, id)) = self.contents.remove(&hash) {
                let id = Term::from_field_text(self.fields.id, &id);
                self.writer()?.delete_term(id);
                changes += 1;
            }
        }
        Ok(changes)
    }

    /// Catches up until few changes are left, stops writing for the rest, and replaces the current file.
    fn put_in_place(
        mut self,
        engine: &Engine,
        progress: &mut dyn FnMut(Progress),
        log: LogHandover<'_>,
    ) -> Result<Reindexed> {
        loop {
            let mut before = usize::MAX;
            loop {
                engine.refresh_if_changed()?;
                let changes = self.catch_up(&engine.snapshot())?;
                progress(Progress::CaughtUp(changes));
                if changes > 0 {
                    self.commit(0)?;
                }
                // A writer that is as fast as this throttled process would never be caught up with.
                if changes >= before {
                    self.directory.throttle().release();
                }
                before = changes;
                if changes <= MAX_CHANGES_LEFT {
                    break;
                }
            }
            let begun = Instant::now();
            // From here on writers wait.
            self.directory.throttle().release();
            let gate = self.disk.lock(Path::new(GATE_LOCK), true)?;
            let Some(stopped) = stop_writing(&*self.disk, engine)? else {
                drop(gate);
                progress(Progress::WaitingForWriter);
                std::thread::sleep(Duration::from_millis(500));
                continue;
            };
            engine.refresh()?;
            let newest = engine.snapshot();
            self.catch_up(&newest)?;
            // The first commit of this version follows the last of the one before.
            let generation = newest.generation + 1;
            self.commit(generation)?;
            engine.facts().carry_over(generation);
            log(
                &mut FrameFile::new(self.disk.clone(), JournalKind::Commits),
                Commit {
                    generation,
                    seconds: unix_seconds(),
                    records: newest.document_count(),
                    digest: newest.facts.digest,
                    complete: true,
                    changes: Vec::new(),
                },
            );
            let replaced = engine.version().number;
            self.directory.close();
            self.writer = None;
            let current = CurrentFile { current: self.number, previous: Some(replaced) };
            current.write(&*self.disk)?;
            let pause = begun.elapsed();
            drop((stopped, gate));
            remove_other_versions(&*self.disk, current)?;
            let records = self.contents.len() as u64;
            return Ok(Reindexed { index_version: self.number, generation, records, pause });
        }
    }
}

/// A function that visits records.
type RecordSource<'a> = dyn FnMut(&mut dyn FnMut(&Record)) -> Result<()> + 'a;

/// Takes the lock of the writer of the version in use; `None` if another process keeps it.
fn stop_writing(disk: &dyn Disk, engine: &Engine) -> Result<Option<LockGuard>> {
    let path = version_folder(engine.version().number).join(".tantivy-writer.lock");
    let deadline = Instant::now() + WRITER_TIMEOUT;
    loop {
        if let Some(guard) = disk.lock(&path, false)? {
            return Ok(Some(guard));
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Removes the versions that are neither in use nor the one before.
fn remove_other_versions(disk: &dyn Disk, current: CurrentFile) -> io::Result<()> {
    let kept = [Some(current.current), current.previous];
    version_numbers(disk)?
        .into_iter()
        .filter(|number| !kept.contains(&Some(*number)))
        .try_for_each(|number| remove_version(disk, number))
}

/// Builds the next version from an index of another format. No process of this program can write to
/// that one, so there is nothing to catch up with.
fn reindex_other_format(disk: &Arc<dyn Disk>, progress: &mut dyn FnMut(Progress)) -> Result<Reindexed> {
    let begun = Instant::now();
    let old = CurrentFile::read(&**disk)?.map_or(0, |current| current.current);
    let path = disk.location().join(version_folder(old));
    let lock = version_folder(old).join(".tantivy-writer.lock");
    let _stopped = disk.lock(&lock, false)?.ok_or_else(|| Error::InUse(disk.location().to_owned()))?;
    let directory = ChecksummedDirectory::new(disk.clone(), &version_folder(old), Verified::default());
    let index = Index::open(directory).map_err(|e| open_error(&path, &e))?;
    let generation = CommitNote::read_any_format(&index, &path)?.generation + 1;
    let next = next_number(&**disk)?;
    IndexVersion::create(disk, next)?;
    let mut builder = VersionBuilder::open(disk, next, &Throttle::default())?;
    builder.add_all(&mut |visit| each_record_of_any_format(&index, &path, visit), progress)?;
    builder.commit(generation)?;
    builder.directory.close();
    builder.writer = None;
    let current = CurrentFile { current: next, previous: Some(old) };
    current.write(&**disk)?;
    // The facts of the records are written by the first writer: here and now.
    drop(EmbeddedWriter::open(&Engine::open(disk.clone())?, WriterSize::FEW)?);
    remove_other_versions(&**disk, current)?;
    let records = builder.contents.len() as u64;
    Ok(Reindexed { index_version: next, generation, records, pause: begun.elapsed() })
}

/// Visits the records of an index of any schema that stores them in the same two fields.
fn each_record_of_any_format(index: &Index, path: &Path, visit: &mut dyn FnMut(&Record)) -> Result<()> {
    let unreadable = |reason: &str| Error::Damaged {
        path: path.to_owned(),
        reason: format!("{reason}; index the records again into another directory"),
    };
    let schema = index.schema();
    let field = |name: &str| {
        schema
            .get_field(name)
            .map_err(|_| unreadable(&format!("format {FORMAT} cannot read its records: there is no {name}")))
    };
    let (card, body) = (field("card")?, field("body_words")?);
    let searcher = index.reader().map_err(|e| open_error(path, &e))?.searcher();
    for segment in searcher.segment_readers() {
        let store = segment.get_store_reader(16)?;
        for doc in segment.doc_ids_alive() {
            let stored: TantivyDocument = store.get(doc)?;
            let card = stored.get_first(card).and_then(|value| value.as_bytes()).unwrap_or_default();
            let body = stored.get_first(body).and_then(|value| value.as_str()).unwrap_or_default();
            let record = Record::from_stored(card, body.to_owned()).map_err(|problems| {
                unreadable(&format!("a stored record cannot be read: {}", problems[0]))
            })?;
            visit(&record);
        }
    }
    Ok(())
}

impl IndexSnapshot {
    /// Lists the records: segment, number in it, hash of the id, hash of the content.
    fn record_contents(&self) -> Result<Vec<(usize, u32, u64, u128)>> {
        let mut found = Vec::new();
        for (ordinal, segment) in self.segments.iter().enumerate() {
            let fast = segment.reader.fast_fields();
            let (high, low) = (fast.u64("content_high")?, fast.u64("content_low")?);
            let half =
                |column: &tantivy::columnar::Column<u64>, doc| u128::from(column.first(doc).unwrap_or(0));
            found.extend(segment.reader.doc_ids_alive().map(|doc| {
                let content = half(&high, doc) << 64 | half(&low, doc);
                (ordinal, doc, segment.columns.id_hash[doc as usize], content)
            }));
        }
        Ok(found)
    }
}
