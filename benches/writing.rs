//! Durable writes: latency of one record, and throughput of 32 writers.
//!
//! `cargo bench -p gongkai-index --bench writing -- [FILE.ndjson]`; the file, if any, is
//! indexed first, so that the index is not empty. The folder of the index is made in the
//! current one, since a file system in memory would prove nothing.

mod collection;

use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use gongkai_index::collection::write_queue::{Change, Limits, WriteQueue};
use gongkai_index::{Record, RecordWriter};

const WRITERS: usize = 32;
const SECONDS: u64 = 10;

fn record(id: String) -> Record {
    let body =
        "第一条 为了规范政府信息公开工作，保障公民、法人和其他组织依法获取政府信息，制定本办法。".repeat(20);
    let json =
        serde_json::json!({ "id": id, "kind": "policy", "title": format!("{id}号办法"), "body": body });
    Record::from_json(json.to_string().as_bytes()).expect("valid")
}

/// Time from handing over a change to its durable reply.
fn time_change(queue: &WriteQueue, change: Change) -> Duration {
    let begun = Instant::now();
    let (sender, receiver) = channel();
    queue.ask(change, Box::new(move |written| drop(sender.send(written)))).expect("there is room");
    receiver.recv().expect("answered").expect("written");
    begun.elapsed()
}

fn percentile(times: &mut [Duration], share: f64) -> f64 {
    times.sort_unstable();
    times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3
}

fn main() {
    let folder = tempfile::TempDir::new_in(".").expect("a folder");
    let collection = collection::open(folder.path());
    let file = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).map(PathBuf::from);
    if let Some(file) = file {
        let mut writer = collection::bulk_writer(&collection);
        for line in std::fs::read_to_string(file).expect("a file").lines() {
            if let Ok(record) = Record::from_json(line.as_bytes()) {
                writer.put(&record).expect("taken");
            }
        }
        writer.optimise(2).expect("merged");
    }
    let queue =
        WriteQueue::start(collection.clone(), Limits { changes: 4_096, bytes: 256 << 20 }).expect("a thread");
    let begun = Instant::now();
    let mut one: Vec<Duration> = Vec::new();
    while begun.elapsed() < Duration::from_secs(SECONDS) {
        one.push(time_change(&queue, Change::Put(Box::new(record(format!("one{}", one.len()))))));
    }
    println!(
        "one writer: {} records, p50 {:.1} ms, p99 {:.1} ms",
        one.len(),
        percentile(&mut one, 0.5),
        percentile(&mut one, 0.99)
    );
    let before = collection.generation();
    let begun = Instant::now();
    let mut many: Vec<Duration> = std::thread::scope(|scope| {
        let write = |writer: usize| {
            let queue = &queue;
            move || {
                let mut times = Vec::new();
                while begun.elapsed() < Duration::from_secs(SECONDS) {
                    let id = format!("w{writer}-{}", times.len());
                    times.push(time_change(queue, Change::Put(Box::new(record(id)))));
                }
                times
            }
        };
        let running: Vec<_> = (0..WRITERS).map(|writer| scope.spawn(write(writer))).collect();
        running.into_iter().flat_map(|thread| thread.join().expect("ends")).collect()
    });
    let commits = collection.generation() - before;
    println!(
        "{WRITERS} writers: {:.0} records/s in {:.0} commits/s, p50 {:.1} ms, p99 {:.1} ms",
        many.len() as f64 / begun.elapsed().as_secs_f64(),
        commits as f64 / begun.elapsed().as_secs_f64(),
        percentile(&mut many, 0.5),
        percentile(&mut many, 0.99)
    );
}
