//! What becomes of an index when the power goes, the disk fails or is full.
//!
//! The index runs on a disk that is simulated at the level of the system's calls. More of
//! everything with `GONGKAI_FAULTS`; `docs/RELIABILITY.md` has the commands.

mod disk;

use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use self::disk::{Cut, SimulatedDisk};
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

/// Ids and titles.
type Content = BTreeMap<String, String>;

fn record(id: &str, title: &str) -> Record {
    let json = serde_json::json!({ "id": id, "kind": "policy", "title": title });
    Record::from_json(json.to_string().as_bytes()).expect("valid")
}

fn all(collection: &Collection) -> Content {
    let mut all = Content::new();
    let mut visit = |record: &Record| drop(all.insert(record.id.clone(), record.title.clone()));
    collection.reader().each_record(&mut visit).expect("every record can be read");
    all
}

/// Opens the collection on a disk.
fn open(disk: &Arc<dyn Disk>) -> EngineResult<Collection> {
    Ok(Collection::new(Arc::new(Embedded::open_on(disk.clone())?), false))
}

/// Returns the generation, the digest and the titles that the fact table has.
fn facts_held(collection: &Collection) -> (u64, u128, BTreeMap<String, String>) {
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
    (collection.generation(), table.digest, all(collection))
}

/// Tells a figure to who runs the tests for it.
fn say(figure: &str) {
    // Nobody may be listening.
    let _ = io::Write::write_all(&mut io::stderr(), format!("{figure}\n").as_bytes());
}

/// How many, unless `GONGKAI_FAULTS` says more.
fn times(few: usize) -> usize {
    std::env::var("GONGKAI_FAULTS").ok().and_then(|many| many.parse().ok()).unwrap_or(few)
}

/// The same numbers in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// What was acknowledged, and what was asked for last.
#[derive(Clone, Default)]
struct Promise {
    kept: Content,
    asked: Content,
}

/// Some changes and a commit. The promise is told before and after.
fn round(writer: &mut CollectionWriter, number: usize, numbers: &mut Numbers, promise: &Mutex<Promise>) {
    let mut asked = promise.lock().expect("whole").kept.clone();
    for _ in 0..=numbers.below(3) {
        let id = format!("r{}", numbers.below(12));
        if numbers.below(4) == 0 {
            writer.delete(&id).expect("works");
            asked.remove(&id);
        } else {
            let title = format!("第{number}版的第{}个", numbers.below(1_000));
            writer.put(&record(&id, &title)).expect("works");
            asked.insert(id, title);
        }
    }
    promise.lock().expect("whole").asked = asked.clone();
    writer.commit().expect("works");
    *promise.lock().expect("whole") = Promise { kept: asked.clone(), asked };
}

#[test]
fn after_a_power_cut_what_was_acknowledged_is_there_and_nothing_is_damaged() {
    let wanted = times(500);
    let (mut states, mut seed, mut kept) = (0, 1, 0);
    while states < wanted {
        seed += 1;
        let promise = Arc::new(Mutex::new(Promise::default()));
        let cuts: Arc<Mutex<Vec<(Cut, Promise)>>> = Arc::default();
        let (noted, told) = (cuts.clone(), promise.clone());
        // Every third operation of the disk might be the last before the power goes.
        let disk = SimulatedDisk::watched(seed, 3, move |cut| {
            noted.lock().expect("whole").push((cut, told.lock().expect("whole").clone()));
        });
        let mut numbers = Numbers(seed * 7_919);
        let shared: Arc<dyn Disk> = Arc::new(disk.clone());
        let collection = open(&shared).expect("made");
        for part in 0..3 {
            let mut writer = collection.writer(Load::Few).expect("the only writer");
            (0..5).for_each(|number| round(&mut writer, part * 10 + number, &mut numbers, &promise));
            drop(writer);
            reindex(&shared, &Throttle::default(), &mut |_| {}, &mut commit_log::add_handover)
                .expect("reindexed");
        }
        drop((collection, disk, shared));
        for (cut, promise) in std::mem::take(&mut *cuts.lock().expect("whole")) {
            let disk: Arc<dyn Disk> = Arc::new(cut.power_on(&mut numbers));
            let collection = open(&disk).unwrap_or_else(|e| panic!("seed {seed}, state {states}: {e}"));
            let held = all(&collection);
            assert!(
                held == promise.kept || held == promise.asked,
                "seed {seed}, state {states}: {held:?} is neither {:?} nor {:?}",
                promise.kept,
                promise.asked
            );
            assert_eq!(
                facts_held(&collection),
                facts_from_records(&collection),
                "seed {seed}, state {states}: relations of other records"
            );
            kept += usize::from(!collection.health().expect("read").facts_rebuilt);
            states += 1;
            if states % 16 == 0 {
                let mut writer = collection.writer(Load::Few).expect("one can go on");
                writer.put(&record("after", "后来的")).expect("works");
                writer.commit().expect("works");
                assert_eq!(all(&open(&disk).expect("opens")).len(), held.len() + 1);
            }
        }
    }
    say(&format!(
        "{states} states after a power cut: 0 damaged, 0 acknowledged lost, relations kept in {kept} and made again in the others"
    ));
    assert!(kept * 10 > states * 9, "relations are seldom made again: {kept} of {states} were kept");
}

fn ask(live: &WriteQueue, change: Change) -> Result<Written, Arc<Error>> {
    let (tell, told) = channel();
    live.submit(change, Box::new(move |written| drop(tell.send(written)))).expect("there is room");
    told.recv().expect("answered")
}

/// Writes until the failure has happened and three times after it; what was told of it.
fn with_a_failure(at: usize, kind: io::ErrorKind) -> Option<Vec<Arc<Error>>> {
    let disk = SimulatedDisk::failing(at, kind);
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let collection = match open(&shared) {
        Ok(collection) => collection,
        Err(_) => {
            assert!(disk.has_failed());
            disk.mend();
            open(&shared).expect("a creation that failed is begun again")
        }
    };
    let live =
        WriteQueue::start(collection.clone(), Limits { changes: 10, bytes: 1 << 20 }).expect("a thread");
    let (mut kept, mut told, mut after) = (Content::new(), Vec::new(), 0);
    for number in 0..60 {
        let (id, title) = (format!("r{}", number % 7), format!("第{number}版"));
        let mut written = ask(&live, Change::Put(Box::new(record(&id, &title))));
        if let Err(e) = written {
            told.push(e);
            assert!(disk.has_failed());
            // Reading goes on, and what was acknowledged is there.
            let held = all(&collection);
            assert!(
                kept.iter()
                    .all(|(id, title)| held.get(id) == Some(title) || *id == format!("r{}", number % 7))
            );
            disk.mend();
            written = ask(&live, Change::Put(Box::new(record(&id, &title))));
        }
        let written = written.unwrap_or_else(|e| panic!("operation {at}, {kind}: not mended: {e}"));
        assert!(matches!(written.changed, Changed::Put(Put::Added | Put::Updated | Put::Unchanged)));
        kept.insert(id, title);
        after += usize::from(disk.has_failed());
        if after == 3 {
            break;
        }
    }
    let failed = disk.has_failed();
    disk.mend();
    drop(live);
    assert_eq!(all(&collection), kept, "operation {at}, {kind}");
    drop(collection);
    let again = open(&shared).unwrap_or_else(|e| panic!("operation {at}, {kind}: {e}"));
    assert_eq!(all(&again), kept, "operation {at}, {kind}");
    assert_eq!(facts_held(&again), facts_from_records(&again), "operation {at}, {kind}");
    failed.then_some(told)
}

#[test]
fn whichever_operation_of_the_disk_fails_it_is_told_and_nothing_acknowledged_is_lost() {
    // All of the first 500 with GONGKAI_FAULTS; every ninth without.
    let step = if times(0) > 0 { 1 } else { 9 };
    let (mut failures, mut told) = (0, 0);
    for kind in [io::ErrorKind::Other, io::ErrorKind::StorageFull] {
        for at in (1..=500).step_by(step) {
            let Some(errors) = with_a_failure(at, kind) else { continue };
            failures += 1;
            told += usize::from(!errors.is_empty());
            if kind == io::ErrorKind::StorageFull {
                assert!(errors.iter().all(|e| e.is_full()), "operation {at}: {errors:?}");
            }
        }
    }
    say(&format!(
        "{failures} failures of the disk, {told} of them met a change and were told: 0 acknowledged lost"
    ));
    assert!(failures > 500 / step, "the disk failed only {failures} times");
}
