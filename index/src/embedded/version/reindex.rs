//! The next edition beside the one in use: built from the records that are held, with the
//! dictionary and schema of this program, brought up to date with what was written
//! meanwhile, and put in place in one step.
//!
//! Who searches notices nothing; who writes waits for the last step, which takes as long as
//! the last few changes. A server need not be told: it looks at the pointer. The edition
//! before stays, so that one can go back to it; what was written since goes along.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::path::{Path, PathBuf};
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
use crate::embedded::storage::current_file::{CurrentFile, GATE, Number, REBUILD, editions, folder};
use crate::embedded::storage::disk::Disk;
use crate::embedded::storage::journal::{FrameFile, Kind};
use crate::embedded::tokenizers;
use crate::embedded::version::index_version::{CommitNote, IndexVersion, damaged};
use crate::embedded::writer::document_queue::{Queue, Queued};
use crate::embedded::writer::index_writer::{EmbeddedWriter, Size, admit, commit, tantivy_writer};
use crate::error::{Error, Result};
use crate::keys::id::id_hash;
use crate::record::Record;
use crate::record::commit::{Commit, unix_seconds};
use crate::record::generation::Generation;
use crate::schema::document::IndexDocument;
use crate::throttle::Throttle;

/// Records between two commits of the edition that is being built.
const COMMIT_EVERY: usize = 50_000;
/// Bytes of text that may wait to be built: what is on its way is built without a rest.
const WAITING_BYTES: usize = 128 << 10;
/// With so few changes left, writing is stopped for the rest.
const FEW: usize = 200;
/// How long a writer that looks at the gate takes to stand aside, at most.
const STAND_ASIDE: Duration = Duration::from_secs(5);

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
            let mut build = Build::open(disk, next, throttle)?;
            let base = engine.snapshot();
            let result = build.add_all(&mut |visit| base.each_record(visit), progress);
            let result = result.and_then(|()| build.take_place(&engine, progress, log));
            // What was not put in place is of no use; what was, however it ended, stays.
            let in_use = CurrentFile::read(&**disk)?.is_some_and(|current| current.current == next);
            result.inspect_err(|_| {
                if !in_use {
                    let _ = remove_version(&**disk, next);
                }
            })
        }
        Err(Error::Format { .. }) => convert(disk, progress),
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
        return Err(Error::Index("there is no edition to go back to".into()));
    };
    let held = IndexVersion::open(disk, previous, &Analyzer::shared())?.snapshot()?;
    let mut build = Build::open(disk, previous, &Throttle::default())?;
    held.each_record(&mut |record| build.know(record))?;
    build.take_place(&engine, progress, log)
}

fn lock_reindexing(disk: &dyn Disk) -> Result<crate::embedded::storage::disk::Held> {
    disk.lock(Path::new(REBUILD), false)?.ok_or_else(|| Error::InUse(disk.place().to_owned()))
}

/// The number of the next edition; what an interrupted run left under it or above is removed.
fn next_number(disk: &dyn Disk) -> Result<Number> {
    let current = CurrentFile::read(disk)?.unwrap_or(CurrentFile { current: 0, previous: None });
    let kept = [Some(current.current), current.previous];
    for number in editions(disk)?.into_iter().filter(|number| !kept.contains(&Some(*number))) {
        remove_version(disk, number)?;
    }
    let last = kept.into_iter().flatten().max().unwrap_or(0);
    Ok(last + 1)
}

/// Removes the files of an edition that nothing points to.
pub fn remove_version(disk: &dyn Disk, number: Number) -> io::Result<()> {
    let at = folder(number);
    for entry in disk.list(&at)?.into_iter().filter(|entry| !entry.folder) {
        let ours = is_made_by_tantivy(&entry.name)
            || [META, "meta.json.new", ".managed.json"].contains(&entry.name.as_str())
            || entry.name.starts_with(".tantivy-");
        if ours {
            disk.remove(&at.join(entry.name))?;
        }
    }
    // IndexVersion 0 lies in the folder of all of them. A folder with something else in it stays.
    if number > 0 && disk.list(&at)?.is_empty() {
        disk.remove_folder(&at)?;
    }
    Ok(())
}

/// An edition that is being built or brought up to date.
struct Build {
    disk: Arc<dyn Disk>,
    number: Number,
    fields: Fields,
    directory: ChecksummedDirectory,
    writer: Option<IndexWriter<Queued>>,
    size: Size,
    index: Index,
    queue: Queue,
    /// By the hash of its id: what is in it.
    holds: HashMap<u64, (u128, Box<str>)>,
    uncommitted: usize,
}

impl Build {
    fn open(disk: &Arc<dyn Disk>, number: Number, throttle: &Throttle) -> Result<Self> {
        let directory = ChecksummedDirectory::new(disk.clone(), &folder(number), Verified::default());
        let directory = directory.with_throttle(throttle.clone());
        let place = disk.place().join(folder(number));
        let index = Index::open(directory.clone()).map_err(|e| damaged(&place, &e))?;
        tokenizers::register(&index, &Analyzer::shared());
        let size = if throttle.is_active() { Size::SPARE } else { Size::BULK };
        let writer = Some(tantivy_writer(&index, size, &place)?);
        let queue = if throttle.is_active() { Queue::of(WAITING_BYTES) } else { Queue::default() };
        let (fields, holds) = (Fields::new(), HashMap::new());
        Ok(Self {
            disk: disk.clone(),
            number,
            fields,
            directory,
            writer,
            size,
            index,
            queue,
            holds,
            uncommitted: 0,
        })
    }

    fn writer(&mut self) -> Result<&mut IndexWriter<Queued>> {
        self.writer.as_mut().ok_or_else(|| Error::Index("the next edition is not open".into()))
    }

    fn with_cause<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|e| self.directory.failure().map_or(e, Error::Io))
    }

    /// Notes a record that is in it already.
    fn know(&mut self, record: &Record) {
        self.holds.insert(id_hash(&record.id), (record.content_hash(), record.id.as_str().into()));
    }

    /// Adds what it does not have yet.
    fn add_all(&mut self, each: &mut EachRecord<'_>, progress: &mut dyn FnMut(Progress)) -> Result<()> {
        let mut failure = None;
        each(&mut |record| {
            if failure.is_none() {
                failure = self.put(record).err();
                let built = self.holds.len() as u64;
                if built.is_multiple_of(1_000) {
                    progress(Progress::Built(built));
                }
            }
        })?;
        if let Some(failure) = failure {
            return Err(failure);
        }
        self.commit(0)?;
        // Merges end here, not in the last step.
        if let Some(writer) = self.writer.take() {
            writer.wait_merging_threads()?;
        }
        self.writer = Some(tantivy_writer(&self.index, self.size, self.disk.place())?);
        progress(Progress::Built(self.holds.len() as u64));
        Ok(())
    }

    fn put(&mut self, record: &Record) -> Result<()> {
        let content = record.content_hash();
        let replaces = match self.holds.entry(id_hash(&record.id)) {
            Entry::Occupied(known) if known.get().0 == content => return Ok(()),
            Entry::Occupied(mut known) => {
                known.insert((content, record.id.as_str().into()));
                true
            }
            Entry::Vacant(free) => {
                free.insert((content, record.id.as_str().into()));
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
        if self.uncommitted >= COMMIT_EVERY {
            self.commit(0)?;
        }
        Ok(())
    }

    fn commit(&mut self, generation: Generation) -> Result<()> {
        let committed = commit(self.writer()?, generation);
        self.uncommitted = 0;
        self.with_cause(committed)
    }

    /// Takes over what differs from the newest commit; how much that was.
    fn catch_up(&mut self, newest: &IndexSnapshot) -> Result<usize> {
        let mut changes = 0;
        let mut live = HashMap::with_capacity(self.holds.len());
        for (ordinal, doc, hash, content) in newest.contents()? {
            live.insert(hash, ());
            if self.holds.get(&hash).is_none_or(|(held, _)| *held != content) {
                self.put(&newest.stored_record(ordinal, doc)?)?;
                changes += 1;
            }
        }
        let gone: Vec<u64> = self.holds.keys().filter(|hash| !live.contains_key(hash)).copied().collect();
        for hash in gone {
            if let Some((_, id)) = self.holds.remove(&hash) {
                let id = Term::from_field_text(self.fields.id, &id);
                self.writer()?.delete_term(id);
                changes += 1;
            }
        }
        Ok(changes)
    }

    /// Catches up until little is left, stops writing for the rest, and moves the pointer.
    fn take_place(
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
                // Who writes as fast as this rests would never be caught up with.
                if changes >= before {
                    self.directory.throttle().release();
                }
                before = changes;
                if changes <= FEW {
                    break;
                }
            }
            let begun = Instant::now();
            // From here on who writes waits.
            self.directory.throttle().release();
            let gate = self.disk.lock(Path::new(GATE), true)?;
            let Some(stopped) = writing_stopped(&*self.disk, engine)? else {
                drop(gate);
                progress(Progress::WaitingForWriter);
                std::thread::sleep(Duration::from_millis(500));
                continue;
            };
            engine.refresh()?;
            let newest = engine.snapshot();
            self.catch_up(&newest)?;
            // The first commit of this edition follows the last of the one before.
            let generation = newest.generation + 1;
            self.commit(generation)?;
            engine.facts().carry_over(generation);
            log(
                &mut FrameFile::new(self.disk.clone(), Kind::Commits),
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
            remove_others(&*self.disk, current)?;
            let records = self.holds.len() as u64;
            return Ok(Reindexed { index_version: self.number, generation, records, pause });
        }
    }
}

type EachRecord<'a> = dyn FnMut(&mut dyn FnMut(&Record)) -> Result<()> + 'a;

/// The lock of the writer of the edition in use; `None` if another process keeps it.
fn writing_stopped(disk: &dyn Disk, engine: &Engine) -> Result<Option<crate::embedded::storage::disk::Held>> {
    let path = folder(engine.version().number).join(".tantivy-writer.lock");
    let end = Instant::now() + STAND_ASIDE;
    loop {
        if let Some(held) = disk.lock(&path, false)? {
            return Ok(Some(held));
        }
        if Instant::now() >= end {
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Removes what is neither in use nor the one before.
fn remove_others(disk: &dyn Disk, current: CurrentFile) -> io::Result<()> {
    let kept = [Some(current.current), current.previous];
    editions(disk)?
        .into_iter()
        .filter(|number| !kept.contains(&Some(*number)))
        .try_for_each(|number| remove_version(disk, number))
}

/// Builds the next edition from an index of another format. Nobody of this version can
/// write to that one, so there is nothing to catch up with.
fn convert(disk: &Arc<dyn Disk>, progress: &mut dyn FnMut(Progress)) -> Result<Reindexed> {
    let begun = Instant::now();
    let old = CurrentFile::read(&**disk)?.map_or(0, |current| current.current);
    let place = disk.place().join(folder(old));
    let lock = folder(old).join(".tantivy-writer.lock");
    let _stopped = disk.lock(&lock, false)?.ok_or_else(|| Error::InUse(disk.place().to_owned()))?;
    let directory = ChecksummedDirectory::new(disk.clone(), &folder(old), Verified::default());
    let index = Index::open(directory).map_err(|e| damaged(&place, &e))?;
    let generation = CommitNote::of_any_format(&index, &place)?.generation + 1;
    let next = next_number(&**disk)?;
    IndexVersion::create(disk, next)?;
    let mut build = Build::open(disk, next, &Throttle::default())?;
    build.add_all(&mut |visit| records_of(&index, &place, visit), progress)?;
    build.commit(generation)?;
    build.directory.close();
    build.writer = None;
    let current = CurrentFile { current: next, previous: Some(old) };
    current.write(&**disk)?;
    // What follows from the records is kept as well, by the first who writes: here and now.
    drop(EmbeddedWriter::open(&Engine::open(disk.clone())?, Size::FEW)?);
    remove_others(&**disk, current)?;
    let records = build.holds.len() as u64;
    Ok(Reindexed { index_version: next, generation, records, pause: begun.elapsed() })
}

/// Visits the records of an index whose schema is not known, but for where it stores them.
fn records_of(index: &Index, place: &PathBuf, visit: &mut dyn FnMut(&Record)) -> Result<()> {
    let unreadable = |what: &str| Error::Damaged {
        path: place.to_owned(),
        reason: format!("{what}; index the records again into another directory"),
    };
    let schema = index.schema();
    let field = |name: &str| {
        schema
            .get_field(name)
            .map_err(|_| unreadable(&format!("format {FORMAT} cannot read its records: there is no {name}")))
    };
    let (card, body) = (field("card")?, field("body_words")?);
    let searcher = index.reader().map_err(|e| damaged(place, &e))?.searcher();
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
    /// Where each record is, the hash of its id and of its content.
    fn contents(&self) -> Result<Vec<(usize, u32, u64, u128)>> {
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
