//! Faults: the program killed at random moments, and a full disk. Acknowledged changes stay.
//!
//! `GONGKAI_FAULTS` sets the number of rounds; `docs/RELIABILITY.md` has the commands.

#[path = "support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use support::Random;

/// Number of rounds: `GONGKAI_FAULTS`, or this default.
fn rounds(default: usize) -> usize {
    std::env::var("GONGKAI_FAULTS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(default)
}

fn program(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gongkai"));
    command.arg("--data").arg(data).args(arguments).env("GONGKAI_LIMITS__KEY_PER_MINUTE", "0");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

/// Runs a command to its end; returns exit code and stdout.
fn run(data: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = program(data, arguments).output().expect("the program starts");
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Adds a key; returns its `Authorization` header.
fn add_key(data: &Path) -> String {
    let (code, key) = run(data, &["key", "add", "faults", "--scope", "write"]);
    assert_eq!(code, Some(0));
    format!("Bearer {}", key.trim())
}

/// Server that is killed by SIGKILL when dropped.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(data: &Path) -> Self {
        let mut child = program(data, &["serve", "--listen", "127.0.0.1:0"]).spawn().expect("starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("piped");
        BufReader::new(out).read_line(&mut line).expect("its address");
        assert!(line.starts_with("http://"), "the server did not open the index: {line:?}");
        Self { child, url: line.trim().trim_end_matches('/').to_owned() }
    }

    fn send(&self, method: &str, path: &str, bearer: &str, body: &str) -> Result<(u16, Value), ureq::Error> {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("authorization", bearer)
            .body(body.to_owned())
            .expect("a request");
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)));
        let mut response = ureq::Agent::from(config.build()).run(request)?;
        let text = response.body_mut().read_to_string()?;
        Ok((response.status().as_u16(), serde_json::from_str(&text).unwrap_or_default()))
    }

    fn get(&self, path: &str) -> (u16, Value) {
        let mut response = ureq::get(format!("{}{path}", self.url))
            .config()
            .http_status_as_error(false)
            .build()
            .call()
            .expect("answers");
        let text = response.body_mut().read_to_string().expect("text");
        (response.status().as_u16(), serde_json::from_str(&text).unwrap_or_default())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Versions of a record by id: acknowledged last and requested last; 0 is none.
type Versions = BTreeMap<String, (u64, u64)>;

#[test]
fn killed_server_keeps_every_acknowledged_write() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let bearer = add_key(&data);
    let versions: Mutex<Versions> = Mutex::default();
    let mut random = Random(0x5eed);
    let (cycles, mut acknowledged) = (rounds(50), 0);
    for cycle in 0..cycles {
        let mut server = Server::start(&data);
        assert_kept(&server, &versions.lock().unwrap(), cycle);
        let is_killed = AtomicBool::new(false);
        let lifetime = Duration::from_millis(10 + random.below(250) as u64);
        let running = &server;
        std::thread::scope(|scope| {
            for writer in 0..4_u64 {
                let (versions, is_killed, bearer) = (&versions, &is_killed, &bearer);
                scope.spawn(move || {
                    for round in 0..u64::MAX {
                        if is_killed.load(Ordering::Relaxed) {
                            return;
                        }
                        let id = format!("w{writer}-{}", round % 6);
                        let version = {
                            let mut versions = versions.lock().unwrap();
                            let (_, requested) = versions.entry(id.clone()).or_default();
                            *requested += 1;
                            *requested
                        };
                        let body = json!({ "kind": "document", "title": format!("第{version}版") });
                        let path = format!("/api/v1/records/{id}");
                        match running.send("PUT", &path, bearer, &body.to_string()) {
                            Ok((200 | 201, _)) => versions.lock().unwrap().get_mut(&id).unwrap().0 = version,
                            Ok((status, body)) => panic!("{status} {body}"),
                            // The server is gone.
                            Err(_) => return,
                        }
                    }
                });
            }
            let first = Instant::now();
            while first.elapsed() < lifetime {
                std::thread::yield_now();
            }
            // SIGKILL, which the server cannot handle.
            let pid = rustix::process::Pid::from_child(&running.child);
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
            is_killed.store(true, Ordering::Relaxed);
        });
        server.child.wait().unwrap();
        drop(server);
        acknowledged =
            versions.lock().unwrap().values().map(|(acknowledged, _)| *acknowledged).max().unwrap_or(0);
        if cycle % 10 == 9 {
            assert_eq!(run(&data, &["check"]).0, Some(0), "cycle {cycle}");
        }
    }
    assert_kept(&Server::start(&data), &versions.lock().unwrap(), cycles);
    println!(
        "{cycles} servers killed, up to {acknowledged} versions of a record: 0 acknowledged lost, 0 failures to open"
    );
    assert!(acknowledged > 0);
}

/// Asserts that every record has the version acknowledged last or a later one that was requested.
fn assert_kept(server: &Server, versions: &Versions, cycle: usize) {
    for (id, (acknowledged, requested)) in versions {
        let (status, record) = server.get(&format!("/api/v1/records/{id}"));
        let title = record["title"].as_str().unwrap_or_default();
        let version = title.trim_start_matches('第').trim_end_matches('版').parse().unwrap_or(0);
        assert!(status == 200 || *acknowledged == 0, "cycle {cycle}: {id} is lost: {status}");
        assert!(
            (*acknowledged..=*requested).contains(&version),
            "cycle {cycle}: {id} is {version}, not {acknowledged}..={requested}"
        );
    }
}

#[test]
fn killed_indexing_leaves_index_that_opens_and_continues() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let mut random = Random(0xfade);
    let cycles = rounds(50).div_ceil(5);
    let (mut killed, mut total) = (0, 0);
    for cycle in 0..cycles {
        let line = |i: usize| json!({ "id": format!("c{cycle}-{i}"), "kind": "document", "title": format!("第{i}号") });
        let lines: Vec<String> = (0..400).map(|i| line(i).to_string()).collect();
        let file = folder.path().join("a.ndjson");
        fs::write(&file, lines.join("\n")).unwrap();
        let arguments = ["index", file.to_str().unwrap()];
        let mut child = program(&data, &arguments).spawn().unwrap();
        let lifetime = Duration::from_millis(random.below(900) as u64);
        let begun = Instant::now();
        while begun.elapsed() < lifetime && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        killed += usize::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        // The same run again, to its end: it is not blocked, and no record is there twice.
        assert_eq!(run(&data, &arguments).0, Some(0), "cycle {cycle}");
        total += lines.len();
        let (code, out) = run(&data, &["search", "--json", "--param", "per_page=1", ""]);
        let found: Value = serde_json::from_str(&out).unwrap_or_default();
        assert_eq!((code, found["total"].as_u64()), (Some(0), Some(total as u64)), "cycle {cycle}");
    }
    assert_eq!(run(&data, &["check"]).0, Some(0));
    println!("{killed} of {cycles} indexing runs killed: 0 failures to open, all records there");
}

/// Small file system of its own; only root can mount it.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=24m", "tmpfs"])
            .arg(folder.path())
            .stderr(Stdio::null())
            .status();
        mounted.is_ok_and(|status| status.success()).then_some(Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn full_disk_refuses_writes_keeps_reads_and_recovers() {
    let Some(disk) = SmallDisk::mount() else {
        println!("skipped: a file system can only be mounted by root");
        return;
    };
    let data = disk.0.path().join("data");
    let bearer = add_key(&data);
    let server = Server::start(&data);
    let body =
        |i: usize| json!({ "kind": "document", "title": format!("第{i}号"), "body": "公开。".repeat(4_000) });
    let put = |i: usize| {
        server.send("PUT", &format!("/api/v1/records/r{i}"), &bearer, &body(i).to_string()).unwrap()
    };
    for i in 0..10 {
        assert_eq!(put(i).0, 201);
    }
    let filler = disk.0.path().join("filler");
    let mut piece = vec![7_u8; 64 << 10];
    let mut content = Vec::new();
    // Until the disk is full.
    while fs::write(&filler, &content).is_ok() {
        content.append(&mut piece.clone());
    }
    piece.clear();
    let mut stored = 10;
    let refused = loop {
        let (status, body) = put(stored);
        if status != 201 {
            break (status, body);
        }
        stored += 1;
        assert!(stored < 5_000, "the disk never fills");
    };
    assert_eq!((refused.0, &refused.1["type"]), (507, &json!("/problems/full")), "{}", refused.1);
    for _ in 0..5 {
        assert_eq!(put(stored).0, 507);
        let (status, found) = server.get("/api/v1/search?q=%E5%85%AC%E5%BC%80&per_page=1");
        assert_eq!((status, found["total"].as_u64()), (200, Some(stored as u64)));
    }
    fs::remove_file(&filler).unwrap();
    assert_eq!(put(stored).0, 201, "without a restart");
    assert_eq!(server.get("/api/v1/search").1["total"].as_u64(), Some(stored as u64 + 1));
    drop(server);
    assert_eq!(run(&data, &["check"]).0, Some(0));
    println!("a full disk: reads answered, writes 507, recovery without restart, 0 acknowledged lost");
}
