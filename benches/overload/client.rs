//! Open-loop load: requests are sent at a rate, independent of earlier answers, and latency counts
//! from the moment a request was due, so that a stalling server cannot hide it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Connections of the open load: more than the server queues.
const CONNECTIONS: usize = 256;

/// Load on a server: its address, the queries, the duration.
#[derive(Clone, Copy)]
pub struct Load<'a> {
    pub address: SocketAddr,
    pub queries: &'a [String],
    pub length: Duration,
    /// Header lines of every request, each ended by CR LF; `{n}` stands for a number below 250.
    pub headers: &'a str,
}

/// Outcome of one request.
#[derive(Clone)]
struct Outcome {
    status: u16,
    /// True if the answer has `Retry-After`.
    has_retry_after: bool,
    /// Moment the request was due.
    due: Instant,
    took: Duration,
}

/// Outcomes of all requests of a load.
pub struct Run {
    outcomes: Vec<Outcome>,
}

impl Load<'_> {
    /// Runs a closed load: each client sends its next request when it is answered.
    pub fn run_closed(&self, clients: usize) -> Run {
        let end = Instant::now() + self.length;
        self.run(clients, |_| (Instant::now() < end).then(Instant::now))
    }

    /// Runs an open load: requests at the moments of a Poisson process of this rate.
    pub fn run_open(&self, rate: f64) -> Run {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut uniform = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        let (mut at, mut due) = (0.0, Vec::new());
        while at < self.length.as_secs_f64() {
            due.push(Duration::from_secs_f64(at));
            at += -(1.0 - uniform()).ln() / rate;
        }
        let begun = Instant::now();
        self.run(CONNECTIONS, |n| due.get(n).map(|after| begun + *after))
    }

    /// Runs an open load and prints its outcomes with the processor time that other machines took.
    pub fn run_open_and_print(&self, rate: f64, name: &str) -> Run {
        let stolen = StolenTime::now();
        let run = self.run_open(rate);
        run.print(&format!("{name}, {}", stolen.since()));
        run
    }

    fn send(
        &self,
        connection: &mut Option<BufReader<TcpStream>>,
        path: &str,
        n: usize,
    ) -> std::io::Result<(u16, bool)> {
        send_query(self.address, connection, path, &self.headers.replace("{n}", &(n % 250).to_string()))
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
                        // A text is repeated only after all others.
                        let path = &self.queries[n % self.queries.len()];
                        let (status, has_retry_after) =
                            self.send(&mut connection, path, n).unwrap_or((0, false));
                        mine.push(Outcome { status, has_retry_after, due, took: due.elapsed() });
                    }
                    outcomes.lock().expect("no panic").extend(mine);
                });
            }
        });
        Run { outcomes: outcomes.into_inner().expect("no panic") }
    }
}

impl Run {
    /// Outcomes of the requests due in this time.
    pub fn during(&self, time: std::ops::Range<Instant>) -> Self {
        Self { outcomes: self.outcomes.iter().filter(|one| time.contains(&one.due)).cloned().collect() }
    }

    /// Joins the outcomes of two loads.
    pub fn join(mut self, other: Self) -> Self {
        self.outcomes.extend(other.outcomes);
        self
    }

    /// Number of requests.
    pub fn count(&self) -> usize {
        self.outcomes.len()
    }

    /// Number of requests answered with 200.
    pub fn answered_count(&self) -> usize {
        self.times(200).len()
    }

    /// Number of requests neither answered nor refused with `Retry-After`.
    pub fn failed_count(&self) -> usize {
        let proper = |one: &&Outcome| one.status == 200 || (one.status == 503 && one.has_retry_after);
        self.count() - self.outcomes.iter().filter(proper).count()
    }

    /// Latency of answered requests at a percentile.
    pub fn answered_latency(&self, share: f64) -> Duration {
        percentile(self.times(200), share)
    }

    /// Latency of refused requests at a percentile.
    pub fn refused_latency(&self, share: f64) -> Duration {
        percentile(self.times(503), share)
    }

    pub fn refused_share(&self) -> f64 {
        self.times(503).len() as f64 / self.count().max(1) as f64
    }

    fn times(&self, wanted: u16) -> Vec<Duration> {
        self.outcomes.iter().filter(|one| one.status == wanted).map(|one| one.took).collect()
    }

    pub fn print(&self, name: &str) {
        let (p50, p99) = (self.answered_latency(0.5), self.answered_latency(0.99));
        println!(
            "  {name}: {} asked, {} answered (p50 {p50:.1?}, p99 {p99:.1?}), {} refused (p99 {:.1?}), {} failed",
            self.count(),
            self.answered_count(),
            self.times(503).len(),
            self.refused_latency(0.99),
            self.failed_count(),
        );
    }
}

/// Time that this share of the times does not exceed.
pub fn percentile(mut times: Vec<Duration>, share: f64) -> Duration {
    times.sort();
    let at = (times.len() as f64 * share) as usize;
    times.get(at.min(times.len().saturating_sub(1))).copied().unwrap_or_default()
}

/// Sends one request on a connection of its own; returns the status.
pub fn get_status(address: SocketAddr, path: &str) -> u16 {
    send_query(address, &mut None, path, "").map_or(0, |(status, _)| status)
}

/// Sends a query; returns the status and true if the answer has `Retry-After`.
fn send_query(
    address: SocketAddr,
    connection: &mut Option<BufReader<TcpStream>>,
    path: &str,
    headers: &str,
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
    open.get_mut().write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\n{headers}\r\n").as_bytes())?;
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

/// Processor time that other virtual machines took since a moment.
struct StolenTime {
    stolen: u64,
    all: u64,
}

impl StolenTime {
    /// Counters of now; zero where the system has none.
    fn now() -> Self {
        let text = std::fs::read_to_string("/proc/stat").unwrap_or_default();
        let line = text.lines().next().unwrap_or_default();
        let times: Vec<u64> = line.split_whitespace().skip(1).take(8).flat_map(str::parse).collect();
        Self { stolen: times.get(7).copied().unwrap_or(0), all: times.iter().sum() }
    }

    /// Share of the processor time since then, in words.
    fn since(&self) -> String {
        let now = Self::now();
        let share = (now.stolen - self.stolen) as f64 / (now.all - self.all).max(1) as f64;
        format!("{:.0} % of the machine taken by others", share * 100.0)
    }
}
