//! Mixed load: changes and searches at a steady rate, with a reindex and a backup in the middle. No
//! search may fail, and latency must stay the same.
//!
//! ```sh
//! cargo bench --bench mixed                       # ten minutes, and two to measure the capacity
//! cargo bench --bench mixed -- --seconds 60       # shorter
//! ```
//!
//! The client shares the machine with the server, and so do the reindex and the backup. Ends with 1
//! if a target is missed.

// Each of the benches uses a part of these.
#[allow(dead_code)]
mod client;
#[allow(dead_code)]
mod program;

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use client::{Load, percentile};
use program::Program;

/// Changes per second.
const WRITES: f64 = 50.0;
/// Writing clients: more than the server queues.
const WRITERS: usize = 32;
/// Number of records that are written again and again.
const RECORDS: usize = 1_000;
/// Searches as a share of the capacity.
const SHARE: f64 = 0.7;

struct Targets(usize);

impl Targets {
    fn check(&mut self, holds: bool, what: &str) {
        println!("    {} {what}", if holds { "holds " } else { "MISSED" });
        self.0 += usize::from(!holds);
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let seconds = arguments.iter().skip_while(|a| *a != "--seconds").nth(1).and_then(|n| n.parse().ok());
    let length = Duration::from_secs(seconds.unwrap_or(600));
    let program = Program::start();
    let key = program.add_key("mixed", "write");
    println!("{} records, {} queries, no answer out of memory", program.records, program.queries.len());
    let load = |length| Load { address: program.address, queries: &program.queries, length, headers: "" };
    let short = (length / 8).clamp(Duration::from_secs(5), Duration::from_secs(30));
    load(short).run_closed(4).print("warming up");
    let capacity = load(short).run_closed(4);
    capacity.print("as fast as four clients can");
    let rate = capacity.answered_count() as f64 / short.as_secs_f64() * SHARE;
    let quiet = load(length / 8).run_open_and_print(rate, &format!("quiet, {rate:.0} searches/s"));
    // Memory of writing grows with the first hundreds of commits, which stay open for a while;
    // it must be flat after that.
    let writes = Writes::default();
    writes.run(&program, &key, short.max(Duration::from_secs(20)));
    let before = Resources::measure(&program);
    println!("  before: {before}");
    let begun = Instant::now();
    let (mixed, jobs) = std::thread::scope(|scope| {
        let writing = scope.spawn(|| writes.run(&program, &key, length));
        let jobs = scope.spawn(|| run_jobs(&program, length));
        let mixed = load(length).run_open_and_print(rate, "mixed");
        writing.join().expect("it only writes");
        (mixed, jobs.join().expect("it only runs the program"))
    });
    let after = Resources::measure(&program);
    let mut from = begun;
    for job in &jobs {
        mixed.during(from..job.time.start).print(&format!("  before {}", job.name));
        mixed.during(job.time.clone()).print(&format!("  during {}", job.name));
        from = job.time.end;
    }
    mixed.during(from..begun + length).print("  after");
    writes.print();
    println!("  after: {after}");
    // A shared machine is not always equally fast, so the quiet load is measured before and after.
    let quiet = quiet.join(load(length / 8).run_open_and_print(rate, "quiet again"));
    let mut targets = Targets(0);
    let failed = mixed.count() - mixed.answered_count();
    targets.check(failed == 0, &format!("{failed} of {} searches failed (0)", mixed.count()));
    let ratio = mixed.answered_latency(0.99).as_secs_f64() / quiet.answered_latency(0.99).as_secs_f64();
    targets.check(ratio <= 2.0, &format!("p99 of searches is {ratio:.2} times the quiet one (2)"));
    writes.check(&program, &mut targets);
    for job in &jobs {
        targets.check(job.done, &format!("{} was done while the others searched and wrote", job.name));
    }
    let (code, _) = program.run_on(&program.sibling_path("backup"), &["check"]);
    targets.check(code == Some(0), "the backup is complete");
    let growth = after.anonymous as f64 / before.anonymous as f64 * 100.0 - 100.0;
    targets.check(growth <= 20.0, &format!("memory of its own {growth:+.0} % (20)"));
    let handles = after.handles.saturating_sub(before.handles);
    targets
        .check(handles <= before.handles / 10 + 8, &format!("{handles} more file handles (a tenth and 8)"));
    println!("\n{} targets missed", targets.0);
    drop(program);
    std::process::exit(i32::from(targets.0 > 0));
}

/// Job beside the load, with its time.
struct Job {
    name: &'static str,
    time: std::ops::Range<Instant>,
    /// True if it ended with 0 and in time.
    done: bool,
}

/// Runs a reindex after a fifth of the time, and a backup after half of it.
fn run_jobs(program: &Program, length: Duration) -> Vec<Job> {
    let begun = Instant::now();
    let backup = program.sibling_path("backup");
    let run = |name, from: Duration, arguments: &[&str]| {
        std::thread::sleep(from.saturating_sub(begun.elapsed()));
        let started = Instant::now();
        let (code, output) = program.run(arguments);
        let ended = Instant::now();
        println!("  {name} ({:.1?}): {}", ended - started, output.lines().last().unwrap_or_default());
        Job { name, time: started..ended, done: code == Some(0) && ended <= begun + length }
    };
    let path = backup.to_string_lossy().into_owned();
    vec![run("reindex", length / 5, &["reindex"]), run("backup", length / 2, &["backup", &path])]
}

/// Memory and file handles of the server.
struct Resources {
    resident: u64,
    anonymous: u64,
    handles: usize,
}

impl Resources {
    fn measure(program: &Program) -> Self {
        Self {
            resident: program.resident_memory(),
            anonymous: program.anonymous_memory().max(1),
            handles: program.handles(),
        }
    }
}

impl std::fmt::Display for Resources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { resident, anonymous, handles } = self;
        write!(
            f,
            "{} MiB resident, {} MiB of its own, {handles} file handles",
            resident >> 20,
            anonymous >> 20
        )
    }
}

/// Writes at a steady rate.
#[derive(Default)]
struct Writes {
    /// Status and latency since the change was due.
    outcomes: Mutex<Vec<(u16, Duration)>>,
    /// Last acknowledged change of each record.
    acknowledged: Mutex<HashMap<usize, usize>>,
    /// Number of the next change.
    number: AtomicUsize,
}

impl Writes {
    fn run(&self, program: &Program, key: &str, length: Duration) {
        let (begun, next) = (Instant::now(), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..WRITERS {
                scope.spawn(|| {
                    loop {
                        let due =
                            Duration::from_secs_f64(next.fetch_add(1, Ordering::Relaxed) as f64 / WRITES);
                        if due >= length {
                            return;
                        }
                        std::thread::sleep(due.saturating_sub(begun.elapsed()));
                        self.one(program, key, begun + due);
                    }
                });
            }
        });
    }

    fn one(&self, program: &Program, key: &str, due: Instant) {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let id = number % RECORDS;
        let body = format!("第一条 这是第{number}次写入的内容，用来看同时写入时检索如何。").repeat(20);
        let record = serde_json::json!({
            "id": format!("mixed-{id}"), "kind": "policy", "title": format!("混合运行{number}号办法"), "body": body
        });
        let address = format!("http://{}/api/v1/records/mixed-{id}", program.address);
        let request = ureq::put(address).header("authorization", format!("Bearer {key}"));
        let answer = request.content_type("application/json").send(record.to_string());
        let status = match answer {
            Ok(answer) => answer.status().as_u16(),
            Err(ureq::Error::StatusCode(status)) => status,
            Err(_) => 0,
        };
        self.outcomes.lock().expect("no panic").push((status, due.elapsed()));
        if (200..300).contains(&status) {
            let mut kept = self.acknowledged.lock().expect("no panic");
            let last = kept.entry(id).or_default();
            *last = number.max(*last);
        }
    }

    fn times(&self) -> Vec<Duration> {
        self.outcomes.lock().expect("no panic").iter().map(|(_, took)| *took).collect()
    }

    fn print(&self) {
        let (p50, p99) = (percentile(self.times(), 0.5), percentile(self.times(), 0.99));
        println!(
            "  changes: {} asked for, durable and searchable after p50 {p50:.1?}, p99 {p99:.1?}",
            self.times().len()
        );
    }

    fn check(&self, program: &Program, targets: &mut Targets) {
        let outcomes = self.outcomes.lock().expect("no panic");
        let failed = outcomes.iter().filter(|(status, _)| !(200..300).contains(status)).count();
        targets.check(failed == 0, &format!("{failed} of {} changes failed (0)", outcomes.len()));
        let kept = self.acknowledged.lock().expect("no panic");
        let is_kept = |(id, number): (&usize, &usize)| {
            let address = format!("http://{}/api/v1/records/mixed-{id}", program.address);
            let answer =
                ureq::get(address).call().ok().and_then(|answer| answer.into_body().read_to_string().ok());
            let record = answer.and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok());
            // Two changes of one record sent at once may be written in either order.
            let title = record.and_then(|record| record["title"].as_str().map(str::to_owned));
            title.is_some_and(|title| {
                let said = title.trim_start_matches("混合运行").trim_end_matches("号办法").parse::<usize>();
                said.is_ok_and(|said| said % RECORDS == *id && said + RECORDS > *number)
            })
        };
        let lost = kept.iter().filter(|one| !is_kept(*one)).count();
        targets.check(lost == 0, &format!("{lost} acknowledged changes of {} records lost (0)", kept.len()));
    }
}
