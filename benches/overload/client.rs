//! Requests at a rate, whatever becomes of those before: latency counts from the moment a
//! request was due, so that a server that stalls cannot hide it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Connections of the open load: more than can be waiting at a time.
const CONNECTIONS: usize = 256;

/// What is asked, of whom, for how long.
#[derive(Clone, Copy)]
pub struct Load<'a> {
    pub address: SocketAddr,
    pub queries: &'a [String],
    pub length: Duration,
}

/// What became of a request.
#[derive(Clone)]
struct Outcome {
    status: u16,
    /// Whether a refusal named a time.
    told: bool,
    /// When it was due.
    due: Instant,
    took: Duration,
}

/// What became of the requests.
pub struct Run {
    outcomes: Vec<Outcome>,
}

impl Load<'_> {
    /// So many clients, each asking again as soon as it is answered.
    pub fn closed(&self, clients: usize) -> Run {
        let end = Instant::now() + self.length;
        self.run(clients, |_| (Instant::now() < end).then(Instant::now))
    }

    /// A request at each of the moments of a Poisson process of that rate.
    pub fn open(&self, rate: f64) -> Run {
        let mut numbers = 0x9E37_79B9_7F4A_7C15_u64;
        let mut uniform = || {
            numbers ^= numbers << 13;
            numbers ^= numbers >> 7;
            numbers ^= numbers << 17;
            (numbers >> 11) as f64 / (1_u64 << 53) as f64
        };
        let (mut at, mut due) = (0.0, Vec::new());
        while at < self.length.as_secs_f64() {
            due.push(Duration::from_secs_f64(at));
            at += -(1.0 - uniform()).ln() / rate;
        }
        let begun = Instant::now();
        self.run(CONNECTIONS, |n| due.get(n).map(|after| begun + *after))
    }

    /// The same, and what became of it is printed with what others took of the machine meanwhile.
    pub fn open_and_tell(&self, rate: f64, name: &str) -> Run {
        let stolen = Stolen::now();
        let run = self.open(rate);
        run.print(&format!("{name}, {}", stolen.since()));
        run
    }

    fn run(&self, clients: usize, due: impl Fn(usize) -> Option<Instant> + Sync) -> Run {
        let (next, outcomes) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for _ in 0..clients {
                scope.spawn(|| {
                    let mut mine = Vec::new();
                    let mut connection = None;
                    loop {
                        let n = next.fetch_add(1, Ordering::Relaxed);
                        let Some(due) = due(n) else { break };
                        std::thread::sleep(due.saturating_duration_since(Instant::now()));
                        // The same text comes again only after all others.
                        let path = &self.queries[n % self.queries.len()];
                        let (status, told) = ask(self.address, &mut connection, path).unwrap_or((0, false));
                        mine.push(Outcome { status, told, due, took: due.elapsed() });
                    }
                    outcomes.lock().expect("no panic").extend(mine);
                });
            }
        });
        Run { outcomes: outcomes.into_inner().expect("no panic") }
    }
}

impl Run {
    /// Those that were due in that time.
    pub fn during(&self, time: std::ops::Range<Instant>) -> Self {
        Self { outcomes: self.outcomes.iter().filter(|one| time.contains(&one.due)).cloned().collect() }
    }

    /// Both together.
    pub fn and(mut self, other: Self) -> Self {
        self.outcomes.extend(other.outcomes);
        self
    }

    pub fn all(&self) -> usize {
        self.outcomes.len()
    }

    pub fn good(&self) -> usize {
        self.times(200).len()
    }

    /// Neither answered nor refused as it should be.
    pub fn other(&self) -> usize {
        let proper = |one: &&Outcome| one.status == 200 || (one.status == 503 && one.told);
        self.all() - self.outcomes.iter().filter(proper).count()
    }

    pub fn accepted(&self, share: f64) -> Duration {
        percentile(self.times(200), share)
    }

    pub fn refused(&self, share: f64) -> Duration {
        percentile(self.times(503), share)
    }

    pub fn refused_share(&self) -> f64 {
        self.times(503).len() as f64 / self.all().max(1) as f64
    }

    fn times(&self, wanted: u16) -> Vec<Duration> {
        self.outcomes.iter().filter(|one| one.status == wanted).map(|one| one.took).collect()
    }

    pub fn print(&self, name: &str) {
        let (p50, p99) = (self.accepted(0.5), self.accepted(0.99));
        println!(
            "  {name}: {} asked, {} answered (p50 {p50:.1?}, p99 {p99:.1?}), {} refused (p99 {:.1?}), {} failed",
            self.all(),
            self.good(),
            self.times(503).len(),
            self.refused(0.99),
            self.other(),
        );
    }
}

/// The time that a share of them did not exceed.
pub fn percentile(mut times: Vec<Duration>, share: f64) -> Duration {
    times.sort();
    let at = (times.len() as f64 * share) as usize;
    times.get(at.min(times.len().saturating_sub(1))).copied().unwrap_or_default()
}

/// One request on a connection of its own.
pub fn once(address: SocketAddr, path: &str) -> u16 {
    ask(address, &mut None, path).map_or(0, |(status, _)| status)
}

/// The status, and whether the answer says when to come again.
fn ask(
    address: SocketAddr,
    connection: &mut Option<BufReader<TcpStream>>,
    path: &str,
) -> std::io::Result<(u16, bool)> {
    let mut open = match connection.take() {
        Some(open) => open,
        None => {
            let stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(Duration::from_secs(30)))?;
            BufReader::with_capacity(64 << 10, stream)
        }
    };
    open.get_mut().write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes())?;
    let (mut line, mut status, mut told, mut length) = (String::new(), 0, false, 0);
    loop {
        line.clear();
        if open.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let text = line.trim_end();
        if let Some(rest) = text.strip_prefix("HTTP/1.1 ") {
            status = rest.get(..3).and_then(|code| code.parse().ok()).unwrap_or(0);
        }
        told |= text.starts_with("retry-after: ");
        if let Some(value) = text.strip_prefix("content-length: ") {
            length = value.parse().unwrap_or(0);
        }
        if text.is_empty() {
            break;
        }
    }
    std::io::copy(&mut (&mut open).take(length), &mut std::io::sink())?;
    *connection = Some(open);
    Ok((status, told))
}

/// What other machines on the same computer took of the processors, since some moment.
struct Stolen {
    stolen: u64,
    all: u64,
}

impl Stolen {
    /// Nothing where the system does not tell.
    fn now() -> Self {
        let text = std::fs::read_to_string("/proc/stat").unwrap_or_default();
        let line = text.lines().next().unwrap_or_default();
        let times: Vec<u64> = line.split_whitespace().skip(1).take(8).flat_map(str::parse).collect();
        Self { stolen: times.get(7).copied().unwrap_or(0), all: times.iter().sum() }
    }

    /// The share of it, in words.
    fn since(&self) -> String {
        let now = Self::now();
        let share = (now.stolen - self.stolen) as f64 / (now.all - self.all).max(1) as f64;
        format!("{:.0} % of the machine taken by others", share * 100.0)
    }
}
