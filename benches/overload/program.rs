//! Program under test with a collection: the shared corpora where present, else the sample.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tempfile::TempDir;

/// Running server; it ends when dropped.
pub struct Program {
    pub address: SocketAddr,
    pub records: u64,
    pub queries: Vec<String>,
    program: PathBuf,
    child: Child,
    folder: TempDir,
}

impl Program {
    /// Indexes the collection and starts the server.
    pub fn start() -> Self {
        Self::start_with(Path::new(env!("CARGO_BIN_EXE_gongkai")), &[])
    }

    /// Indexes the collection and starts the server of another build, with these settings beside the
    /// usual ones.
    pub fn start_with(program: &Path, settings: &[(&str, &str)]) -> Self {
        // Not in the folder of temporary files, which is often memory, where syncing costs nothing.
        let data = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a temporary directory");
        let mut texts = Vec::new();
        if let Some(shared) = shared_folder() {
            let corpus = ["laws", "rules", "local", "disclosure"]
                .map(|name| shared.join(format!("corpus/{name}.jsonl.zst")));
            let indexed =
                command(program, data.path()).arg("index").args(corpus).stderr(Stdio::null()).status();
            assert!(indexed.is_ok_and(|status| status.success()), "the shared corpora are indexed");
            for name in ["lay", "citation"] {
                let path = shared.join(format!("relevance/statutes.{name}.queries.jsonl"));
                let lines = fs::read_to_string(path).expect("queries");
                texts.extend(lines.lines().filter_map(|line| {
                    Some(serde_json::from_str::<serde_json::Value>(line).ok()?["text"].as_str()?.to_owned())
                }));
            }
        } else {
            println!("no shared corpora (GONGKAI_SHARED or ../shared): measuring the sample, which is small");
            texts.extend(gongkai::sample::sample_records().map(|record| record.title));
        }
        let mut child = command(program, data.path())
            .envs([
                ("GONGKAI_SERVER__LISTEN", "127.0.0.1:0"),
                ("GONGKAI_SEARCH__CACHE_MIB", "0"),
                ("GONGKAI_LOG", "error"),
            ])
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped"))
            .read_line(&mut line)
            .expect("it prints its address");
        let address =
            line.trim().trim_start_matches("http://").trim_end_matches('/').parse().expect("an address");
        let ready =
            ureq::get(format!("http://{address}/readyz")).call().expect("ready").into_body().read_to_string();
        let ready: serde_json::Value = serde_json::from_str(&ready.expect("text")).expect("JSON");
        shuffle(&mut texts);
        let query = |text: &String| {
            let q = form_urlencoded::Serializer::new(String::new()).append_pair("q", text).finish();
            format!("/api/v1/search?{q}")
        };
        let queries = texts.iter().map(query).collect();
        let records = ready["records"].as_u64().unwrap_or(0);
        Self { address, records, queries, program: program.to_owned(), child, folder: data }
    }

    /// Resident memory, in bytes.
    pub fn resident_memory(&self) -> u64 {
        let text = fs::read_to_string(format!("/proc/{}/statm", self.child.id())).unwrap_or_default();
        text.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4096
    }

    /// Anonymous memory, in bytes: without the mapped files of the index, which belong to the system.
    pub fn anonymous_memory(&self) -> u64 {
        let text = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        kib.unwrap_or(0) << 10
    }

    /// Processor time of the server and its ended children, in steps of 10 ms.
    pub fn cpu(&self) -> Duration {
        let text = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        let (_, rest) = text.rsplit_once(") ").unwrap_or_default();
        let ticks: u64 = rest.split(' ').skip(11).take(4).flat_map(str::parse::<u64>).sum();
        Duration::from_millis(ticks * 10)
    }

    /// Number of open file handles.
    pub fn handles(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.child.id())).map_or(0, Iterator::count)
    }

    /// Adds a key and returns it.
    pub fn add_key(&self, name: &str, scope: &str) -> String {
        let output =
            command(&self.program, self.folder.path()).args(["key", "add", name, "--scope", scope]).output();
        let text = String::from_utf8(output.expect("the program starts").stdout).expect("text");
        text.trim().to_owned()
    }

    /// Path beside the data directory, removed with it.
    pub fn sibling_path(&self, name: &str) -> PathBuf {
        let mut path = self.folder.path().as_os_str().to_owned();
        path.push(format!(".{name}"));
        path.into()
    }

    /// Runs the program beside the server; returns exit code and output.
    pub fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        self.run_on(self.folder.path(), arguments)
    }

    /// Runs the program on another data directory.
    pub fn run_on(&self, data: &Path, arguments: &[&str]) -> (Option<i32>, String) {
        let ended = command(&self.program, data).args(arguments).output().expect("the program starts");
        (ended.status.code(), String::from_utf8_lossy(&ended.stderr).into_owned())
    }

    /// Highest resident memory until `done` is set.
    pub fn peak_memory(&self, done: &AtomicBool) -> u64 {
        let mut most = 0;
        while !done.load(Ordering::Relaxed) {
            most = most.max(self.resident_memory());
            std::thread::sleep(Duration::from_millis(100));
        }
        most
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(self.sibling_path("backup"));
    }
}

fn command(program: &Path, data: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("--data").arg(data);
    command
}

fn shared_folder() -> Option<PathBuf> {
    let beside = || Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    let named = std::env::var_os("GONGKAI_SHARED").map(PathBuf::from).or_else(beside);
    named.filter(|folder| folder.join("corpus").is_dir())
}

/// Shuffles the texts, always alike, so that long questions and short numbers alternate: seconds of
/// the longest texts alone would be a heavier load than the rate says.
fn shuffle(texts: &mut [String]) {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    for last in (1..texts.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        texts.swap(last, (state % (last as u64 + 1)) as usize);
    }
}
