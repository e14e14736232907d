//! Hostile clients, against the running program: for each kind of abuse its memory, its cost beside
//! that of a plain search, and the latency of other clients meanwhile.
//!
//! ```sh
//! cargo bench --bench hostile                       # this build, about six minutes
//! cargo bench --bench hostile -- --before PATH      # another build too, side by side
//! cargo bench --bench hostile -- --seconds 60       # longer stretches
//! ```
//!
//! All clients run on this machine and speak through the loopback interface only. They name client
//! addresses as a trusted proxy does, so limits for the public hold for them. Ends with 1 if a target
//! of this build is missed.

// Each of the benches uses a part of these.
#[allow(dead_code)]
#[path = "../overload/client.rs"]
mod client;
// Each of the benches uses a part of these.
#[allow(dead_code)]
#[path = "../overload/program.rs"]
mod program;

mod costs;
mod crowds;
mod files;
mod requests;
mod streams;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use client::Load;
use program::Program;

/// Header of the other clients, which are many.
const OTHERS: &str = "x-forwarded-for: 198.51.100.{n}\r\n";
/// Settings of every server: this machine is a proxy, so the clients that it names are the public.
const PROXY: (&str, &str) = ("GONGKAI_SERVER__TRUSTED_PROXIES", "[\"127.0.0.1\"]");
/// Setting of the newer build: HTTP/2 without TLS, which the bench speaks.
const CLEARTEXT: (&str, &str) = ("GONGKAI_SERVER__HTTP2_CLEARTEXT", "true");

/// One measured figure and whether it meets its target, if it has one.
struct Figure {
    what: String,
    value: String,
    holds: Option<bool>,
}

/// Figures of one build.
#[derive(Default)]
pub struct Figures(Vec<Figure>);

impl Figures {
    /// Adds a figure with a target.
    pub fn check(&mut self, what: impl Into<String>, value: String, holds: bool) {
        self.add(what.into(), value, Some(holds));
    }

    /// Adds a figure without a target.
    pub fn note(&mut self, what: impl Into<String>, value: String) {
        self.add(what.into(), value, None);
    }

    fn add(&mut self, what: String, value: String, holds: Option<bool>) {
        let mark = match holds {
            Some(true) => "holds ",
            Some(false) => "MISSED",
            None => "      ",
        };
        println!("    {mark} {what}: {value}");
        self.0.push(Figure { what, value, holds });
    }
}

/// Effect of an attack on the server and on others.
pub struct Effect {
    /// Memory before, in MiB.
    pub memory_before: f64,
    /// Highest memory during the attack as a multiple of that before.
    pub peak: f64,
    /// Memory ten seconds after the attack as a multiple of that before.
    pub after: f64,
    /// p99 of other clients during the attack as a multiple of that before.
    pub others: f64,
    /// Bytes still counted as held for clients ten seconds after; none where the build does not count.
    pub still_held: Option<u64>,
    /// Number of other clients' searches that failed or were refused, in percent.
    pub unanswered: f64,
}

impl Effect {
    /// Text for the table.
    pub fn memory(&self) -> String {
        let percent = |ratio: f64| (ratio - 1.0) * 100.0;
        let (peak, after) = (percent(self.peak), percent(self.after));
        format!("{peak:+.0} % of {:.0} MiB, 10 s later {after:+.0} %", self.memory_before)
    }

    /// Text for the table.
    pub fn others(&self) -> String {
        format!("{:.2} x, {:.1} % unanswered", self.others, self.unanswered)
    }
}

/// Server under attack and the load of others.
pub struct Victim {
    /// The running server.
    pub program: Program,
    stretch: Duration,
    rate: f64,
}

impl Victim {
    fn start(path: &std::path::Path, settings: &[(&str, &str)], stretch: Duration) -> Self {
        let program = Program::start_with(path, settings);
        let load = Load {
            address: program.address,
            queries: &program.queries,
            length: Duration::from_secs(5),
            headers: OTHERS,
        };
        load.run_closed(4);
        let rate = load.run_closed(4).answered_count() as f64 / 5.0 * 0.3;
        println!("  {} records; others search {rate:.0} times a second", program.records);
        Self { program, stretch, rate }
    }

    fn others(&self, length: Duration) -> Load<'_> {
        Load { address: self.program.address, queries: &self.program.queries, length, headers: OTHERS }
    }

    /// Measures others without and with an attack, which ends when the flag is set, and memory.
    pub fn endure<T: Send>(
        &self,
        length: Duration,
        attack: impl FnOnce(&AtomicBool) -> T + Send,
    ) -> (Effect, T) {
        let quiet = self.others(self.stretch).run_open(self.rate);
        let before = self.program.anonymous_memory() as f64;
        let done = AtomicBool::new(false);
        let (during, peak, outcome) = std::thread::scope(|scope| {
            let watch = scope.spawn(|| self.peak_memory(&done));
            let attack = scope.spawn(|| attack(&done));
            // The attack gets going first.
            std::thread::sleep(Duration::from_secs(1));
            let during = self.others(length).run_open(self.rate);
            done.store(true, Ordering::Relaxed);
            let outcome = attack.join().expect("the attack only talks");
            (during, watch.join().expect("it only reads"), outcome)
        });
        std::thread::sleep(Duration::from_secs(10));
        let after = self.program.anonymous_memory() as f64;
        let quiet = quiet.join(self.others(self.stretch).run_open(self.rate));
        let p99 = |run: &client::Run| run.answered_latency(0.99).as_secs_f64();
        let effect = Effect {
            memory_before: before / f64::from(1 << 20),
            peak: peak as f64 / before,
            after: after / before,
            still_held: self.held_bytes(),
            others: p99(&during) / p99(&quiet),
            unanswered: (1.0 - during.answered_count() as f64 / during.count().max(1) as f64) * 100.0,
        };
        (effect, outcome)
    }

    /// Bytes of answers and bodies that the server holds for clients.
    fn held_bytes(&self) -> Option<u64> {
        let answer = ureq::get(format!("http://{}/metrics", self.program.address)).call().ok()?;
        let text = answer.into_body().read_to_string().ok()?;
        let value = |name: &str| -> Option<u64> {
            text.lines().find_map(|line| line.strip_prefix(name))?.trim().parse().ok()
        };
        Some(value("gongkai_unsent_bytes ")? + value("gongkai_bodies_bytes ")?)
    }

    fn peak_memory(&self, done: &AtomicBool) -> u64 {
        let mut most = 0;
        while !done.load(Ordering::Relaxed) {
            most = most.max(self.program.anonymous_memory());
            std::thread::sleep(Duration::from_millis(50));
        }
        most
    }

    /// Processor time of the server for one of `times` requests.
    pub fn cost(&self, times: usize, mut request: impl FnMut(usize)) -> Duration {
        let before = self.program.cpu();
        (0..times).for_each(&mut request);
        (self.program.cpu() - before) / u32::try_from(times).unwrap_or(u32::MAX)
    }
}

fn measure(path: &std::path::Path, settings: &[(&str, &str)], stretch: Duration, only: &str) -> Figures {
    let victim = Victim::start(path, settings, stretch);
    let mut figures = Figures::default();
    // Others alone, for as long: memory grows with them too.
    let (effect, ()) = victim.endure(stretch.max(Duration::from_secs(40)), |_| ());
    figures.note("nobody attacks: memory", effect.memory());
    figures.note("nobody attacks: p99 of others", effect.others());
    let wanted = |part: &str| only.is_empty() || only == part;
    if wanted("streams") {
        streams::measure(&victim, stretch, &mut figures);
    }
    if wanted("clients") {
        requests::measure_unknown_clients(&victim, &mut figures);
    }
    if wanted("costs") {
        costs::measure(&victim, stretch, &mut figures);
    }
    if wanted("probes") {
        requests::measure_probes(&victim, stretch, &mut figures);
    }
    if wanted("bodies") {
        requests::measure_bodies(&victim, stretch, &mut figures);
    }
    if wanted("files") {
        files::measure(&victim.program, &mut figures);
    }
    if wanted("crowds") {
        crowds::measure(&victim, stretch, &mut figures);
    }
    figures
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let option = |name: &str| arguments.iter().skip_while(|a| *a != name).nth(1);
    let stretch = Duration::from_secs(option("--seconds").and_then(|n| n.parse().ok()).unwrap_or(10));
    let only = option("--only").map_or("", String::as_str);
    let _ = rlimit::increase_nofile_limit(16_384);
    let begun = Instant::now();
    let before = option("--before").map(|path| {
        println!("{path}");
        measure(&PathBuf::from(path), &[PROXY], stretch, only)
    });
    println!("this build");
    let now = measure(&PathBuf::from(env!("CARGO_BIN_EXE_gongkai")), &[PROXY, CLEARTEXT], stretch, only);
    println!("\n| abuse | before | this build |\n|-|-|-|");
    for figure in &now.0 {
        let earlier = before.iter().flat_map(|figures| &figures.0).find(|other| other.what == figure.what);
        let missed = if figure.holds == Some(false) { "**missed**: " } else { "" };
        let earlier = earlier.map_or("", |figure| figure.value.as_str());
        println!("| {} | {earlier} | {missed}{} |", figure.what, figure.value);
    }
    let missed = now.0.iter().filter(|figure| figure.holds == Some(false)).count();
    let targets = now.0.iter().filter(|figure| figure.holds.is_some()).count();
    println!("\n{targets} targets, {missed} missed, {} s", begun.elapsed().as_secs());
    std::process::exit(i32::from(missed > 0));
}
