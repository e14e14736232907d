//! Tests of an index under power cuts, failures of the disk and a full disk.
//!
//! The index runs on a disk that is simulated at the level of system calls. `GONGKAI_FAULTS` sets
//! the number of faults; `docs/RELIABILITY.md` has the commands.

mod disk;

use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use self::disk::{PowerCut, SimulatedDisk};
use crate::backend::Load;
use crate::collection::write_queue::{Change, Changed, Limits, WriteQueue, Written};
use crate::collection::{Collection, CollectionWriter, Put, RecordWriter, commit_log};
use crate::embedded::Embedded;
use crate::embedded::storage::disk::Disk;
use crate::embedded::version::reindex::reindex;
use crate::error::{Error, Result as EngineResult};
use crate::record::Record;
use crate::relations::fact_table::FactTable;
use crate::relations::facts::Facts;
use crate::relations::frames::Change as FactChange;
use crate::throttle::Throttle;

/// Titles by id.
type Content = BTreeMap<String, String>;

fn record(id: &str, title: &str) -> Record {
    let json = serde_json::json!({ "id": id, "kind": "policy", "title": title });
    Record::from_json(json.to_string().as_bytes()).expect("valid")
}

/// Reads all records.
fn read_all(collection: &Collection) -> Content {
    let mut content = Content::new();
    let mut visit = |record: &Record| drop(content.insert(record.id.clone(), record.title.clone()));
    collection.reader().each_record(&mut visit).expect("every record can be read");
    content
}

/// Opens the collection on a disk.
fn open(disk: &Arc<dyn Disk>) -> EngineResult<Collection> {
    Ok(Collection::new(Arc::new(Embedded::open_on(disk.clone())?), false))
}

/// Returns the generation, the digest and the titles that the fact table has.
fn stored_facts(collection: &Collection) -> (u64, u128, BTreeMap<String, String>) {
    let snapshot = collection.backend().snapshot();
    let documents = snapshot.documents(None, usize::MAX).expect("listed");
    let facts = snapshot.facts(&documents).expect("read").into_iter().flatten();
    let titles = facts.map(|facts| (facts.id.clone(), facts.title.clone())).collect();
    (snapshot.generation(), snapshot.digest(), titles)
}

/// Returns the same, made from the records themselves.
fn facts_from_records(collection: &Collection) -> (u64, u128, BTreeMap<String, String>) {
    let mut table = FactTable::default();
    let mut changes = Vec::new();
    let mut visit = |record: &Record| changes.push(FactChange::Put(Box::new(Facts::from_record(record))));
    collection.reader().each_record(&mut visit).expect("every record can be read");
    table.apply(changes);
    (collection.generation(), table.digest, read_all(collection))
}

/// Prints a figure to standard error.
fn print_figure(figure: &str) {
    // Standard error may be closed.
    let _ = io::Write::write_all(&mut io::stderr(), format!("{figure}\n").as_bytes());
}

/// Returns the number of faults to try: that of `GONGKAI_FAULTS`, else the default.
fn fault_count(default: usize) -> usize {
    std::env::var("GONGKAI_FAULTS").ok().and_then(|count| count.parse().ok()).unwrap_or(default)
}

/// Pseudo-random numbers, the same in every run.
struct RandomNumbers(u64);

impl RandomNumbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// Content that was acknowledged, and content after the commit asked for last.
#[derive(Clone, Default)]
struct Promise {
    acknowledged: Content,
    requested: Content,
}

/// Makes some changes and commits them; notes the promise before and after.
fn change_and_commit(
    writer: &mut CollectionWriter,
    number: usize,
    numbers: &mut RandomNumbers,
    promise: &Mutex<Promise>,
) {
    let mut requested = promise.lock().expect("not poisoned").acknowledged.clone();
    for _ in 0..=numbers.below(3) {
        let id = format!("r{}", numbers.below(12));
        if numbers.below(4) == 0 {
            writer.delete(&id).expect("works");
            requested.remove(&id);
        } else {
            let title = format!("第{number}版的第{}个", numbers.below(1_000));
            writer.put(&record(&id, &title)).expect("works");
            requested.insert(id, title);
        }
    }
    promise.lock().expect("not poisoned").requested = requested.clone();
    writer.commit().expect("works");
    *promise.lock().expect("not poisoned") = Promise { acknowledged: requested.clone(), requested };
}

#[test]
fn power_cut_loses_nothing_acknowledged_and_damages_nothing() {
    let wanted = fault_count(500);
    let (mut states, mut seed, mut kept) = (0, 1, 0);
    while states < wanted {
        seed += 1;
        let promise = Arc::new(Mutex::new(Promise::default()));
        let cuts: Arc<Mutex<Vec<(PowerCut, Promise)>>> = Arc::default();
        let (noted_cuts, promise_now) = (cuts.clone(), promise.clone());
        // The power goes after one in three operations of the disk.
        let disk = SimulatedDisk::with_power_cuts(seed, 3, move |cut| {
            noted_cuts
                .lock()
                .expect("not poisoned")
                .push((cut, promise_now.lock().expect("not poisoned").clone()));
        });
        let mut numbers = RandomNumbers(seed * 7_919);
        let shared: Arc<dyn Disk> = Arc::new(disk.clone());
        let collection = open(&shared).expect("made");
        for part in 0..3 {
            let mut writer = collection.writer(Load::Few).expect("the only writer");
            (0..5).for_each(|number| {
                change_and_commit(&mut writer, part * 10 + number, &mut numbers, &promise)
            });
            drop(writer);
            reindex(&shared, &Throttle::default(), &mut |_| {}, &mut commit_log::add_handover)
                .expect("reindexed");
        }
        drop((collection, disk, shared));
        for (cut, promise) in std::mem::take(&mut *cuts.lock().expect("not poisoned")) {
            let disk: Arc<dyn Disk> = Arc::new(cut.power_on(&mut numbers));
            let collection = open(&disk).unwrap_or_else(|e| panic!("seed {seed}, state {states}: {e}"));
            let content = read_all(&collection);
            assert!(
                content == promise.acknowledged || content == promise.requested,
                "seed {seed}, state {states}: {content:?} is neither {:?} nor {:?}",
                promise.acknowledged,
                promise.requested
            );
            assert_eq!(
                stored_facts(&collection),
                facts_from_records(&collection),
                "seed {seed}, state {states}: relations of other records"
            );
            kept += usize::from(!collection.health().expect("read").facts_rebuilt);
            states += 1;
            if states % 16 == 0 {
                let mut writer = collection.writer(Load::Few).expect("one can go on");
                writer.put(&record("after", "后来的")).expect("works");
                writer.commit().expect("works");
                assert_eq!(read_all(&open(&disk).expect("opens")).len(), content.len() + 1);
            }
        }
    }
    print_figure(&format!(
        "{states} states after a power cut: 0 damaged, 0 acknowledged lost, relations kept in {kept} and made again in the others"
    ));
    assert!(kept * 10 > states * 9, "relations are seldom made again: {kept} of {states} were kept");
}

/// Hands a change to the write queue and waits for its outcome.
fn write(queue: &WriteQueue, change: Change) -> Result<Written, Arc<Error>> {
    let (sender, receiver) = channel();
    queue.submit(change, Box::new(move |written| drop(sender.send(written)))).expect("there is room");
    receiver.recv().expect("answered")
}

/// Writes until the failure has happened and three times after it; returns the failures reported.
fn write_with_failure(operation: usize, kind: io::ErrorKind) -> Option<Vec<Arc<Error>>> {
    let disk = SimulatedDisk::failing(operation, kind);
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let collection = match open(&shared) {
        Ok(collection) => collection,
        Err(_) => {
            assert!(disk.has_failed());
            disk.repair();
            open(&shared).expect("a creation that failed is begun again")
        }
    };
    let queue =
        WriteQueue::start(collection.clone(), Limits { changes: 10, bytes: 1 << 20 }).expect("a thread");
    let (mut acknowledged, mut reported, mut writes_after) = (Content::new(), Vec::new(), 0);
    for number in 0..60 {
        let (id, title) = (format!("r{}", number % 7), format!("第{number}版"));
        let mut written = write(&queue, Change::Put(Box::new(record(&id, &title))));
        if let Err(e) = written {
            reported.push(e);
            assert!(disk.has_failed());
            // Reading goes on, and acknowledged records are there.
            let content = read_all(&collection);
            assert!(
                acknowledged
                    .iter()
                    .all(|(id, title)| content.get(id) == Some(title) || *id == format!("r{}", number % 7))
            );
            disk.repair();
            written = write(&queue, Change::Put(Box::new(record(&id, &title))));
        }
        let written = written.unwrap_or_else(|e| panic!("operation {operation}, {kind}: not repaired: {e}"));
        assert!(matches!(written.changed, Changed::Put(Put::Added | Put::Updated | Put::Unchanged)));
        acknowledged.insert(id, title);
        writes_after += usize::from(disk.has_failed());
        if writes_after == 3 {
            break;
        }
    }
    let failed = disk.has_failed();
    disk.repair();
    drop(queue);
    assert_eq!(read_all(&collection), acknowledged, "operation {operation}, {kind}");
    drop(collection);
    let again = open(&shared).unwrap_or_else(|e| panic!("operation {operation}, {kind}: {e}"));
    assert_eq!(read_all(&again), acknowledged, "operation {operation}, {kind}");
    assert_eq!(stored_facts(&again), facts_from_records(&again), "operation {operation}, {kind}");
    failed.then_some(reported)
}

#[test]
fn disk_failure_at_any_operation_is_reported_and_loses_nothing_acknowledged() {
    // All of the first 500 with GONGKAI_FAULTS; every ninth without.
    let step = if fault_count(0) > 0 { 1 } else { 9 };
    let (mut failures, mut reported) = (0, 0);
    for kind in [io::ErrorKind::Other, io::ErrorKind::StorageFull] {
        for operation in (1..=500).step_by(step) {
            let Some(errors) = write_with_failure(operation, kind) else { continue };
            failures += 1;
            reported += usize::from(!errors.is_empty());
            if kind == io::ErrorKind::StorageFull {
                assert!(errors.iter().all(|e| e.is_full()), "operation {operation}: {errors:?}");
            }
        }
    }
    print_figure(&format!(
        "{failures} failures of the disk, {reported} of them met a change and were reported: 0 acknowledged lost"
    ));
    assert!(failures > 500 / step, "the disk failed only {failures} times");
}
