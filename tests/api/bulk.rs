//! Many records in one request: the key counts for every line, and the audit log has the end.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use gongkai::access::{KeyRing, Scope};
use gongkai::config::Config;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::keys::add_key;
use crate::support::{Server, record};

/// Server of one record, and its data directory with a key to write.
fn start() -> (Server, TempDir, String) {
    let data = TempDir::new().unwrap();
    let key = add_key(&data, "editor", "write");
    let settings = Config { data: data.path().to_owned(), ..Config::default() };
    (Server::with_settings(&[record("a", "养老办法")], settings), data, key)
}

fn line(id: &str) -> String {
    json!({ "id": id, "kind": "document", "title": format!("关于{id}的通知") }).to_string()
}

/// Request whose lines are sent one by one.
struct Upload(BufReader<TcpStream>);

impl Upload {
    fn begin(address: SocketAddr, key: &str) -> Self {
        let mut stream = TcpStream::connect(address).expect("accepted");
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let head = format!(
            "POST /api/v1/records HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ntransfer-encoding: chunked\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).expect("sent");
        Self(BufReader::new(stream))
    }

    fn send(&mut self, line: &str) {
        let chunk = format!("{:x}\r\n{line}\n\r\n", line.len() + 1);
        self.0.get_mut().write_all(chunk.as_bytes()).expect("sent");
    }

    fn end(&mut self) {
        self.0.get_mut().write_all(b"0\r\n\r\n").expect("sent");
    }

    /// Next outcome; `None` at the end of the answer.
    fn outcome(&mut self) -> Option<Value> {
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).expect("an answer in time");
            match line.trim_end() {
                "" if line.is_empty() => return None,
                "0" => return None,
                json if json.starts_with('{') => return Some(serde_json::from_str(json).unwrap()),
                _ => {}
            }
        }
    }
}

/// Outcomes in the audit log of actions that begin so.
fn audited(data: &TempDir, action: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(data.path().join("audit.ndjson")).unwrap_or_default();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let part = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    lines
        .filter(|line| line["what"].as_str().unwrap().starts_with(action))
        .map(|line| (part(&line, "who"), part(&line, "outcome")))
        .collect()
}

/// The end of the one request, once it is in the audit log.
fn audited_end(data: &TempDir) -> String {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let [(who, outcome)] = &audited(data, "end of POST")[..] {
            assert_eq!(who, "editor");
            return outcome.clone();
        }
        assert!(Instant::now() < deadline, "the end is not in the audit log");
        std::thread::yield_now();
    }
}

fn digest(ids: &str) -> String {
    format!("ids blake3 {}", blake3::hash(ids.as_bytes()))
}

#[test]
fn end_of_bulk_write_is_audited_with_counts_and_digest() {
    let (server, data, key) = start();
    let mut upload = Upload::begin(server.address, &key);
    for line in [&line("b"), &line("c"), "nonsense", &line("b")] {
        upload.send(line);
    }
    upload.send(&json!({ "id": "c", "kind": "document", "title": "新的标题" }).to_string());
    upload.end();
    let outcomes: Vec<Value> = std::iter::from_fn(|| upload.outcome()).collect();
    assert_eq!(outcomes.len(), 5);
    let generation = outcomes.iter().filter_map(|outcome| outcome["generation"].as_u64()).max().unwrap();
    // The answer ends after the line is on disk.
    let end = audited(&data, "end of POST");
    let counts = "complete: 2 added, 1 updated, 1 unchanged, 1 rejected, 0 failed";
    let expected = format!("{counts}; {}; generation {generation}", digest("b\nc\nb\nc\n"));
    assert_eq!(end, [("editor".to_owned(), expected)]);
    let (code, ..) = crate::observability::run_program(&data, &["audit", "verify"]);
    assert_eq!(code, 0);
}

#[test]
fn revoked_key_stops_bulk_write_at_its_next_line() {
    let (server, data, key) = start();
    let mut upload = Upload::begin(server.address, &key);
    upload.send(&line("b"));
    assert_eq!(upload.outcome().unwrap()["outcome"], "added");
    // A later key of the same name is another key.
    let ring = KeyRing::new(data.path().join("keys.json"));
    ring.revoke("editor").unwrap();
    ring.add("editor", Scope::Admin).unwrap();
    for id in ["c", "d", "e"] {
        upload.send(&line(id));
    }
    let last = upload.outcome().unwrap();
    assert_eq!(
        (&last["line"], &last["outcome"], &last["status"]),
        (&json!(2), &json!("rejected"), &json!(401))
    );
    assert!(last["detail"].as_str().unwrap().contains("no longer"), "{last}");
    assert_eq!(upload.outcome(), None, "the answer ends");
    for id in ["c", "d", "e"] {
        assert_eq!(server.get(&format!("/api/v1/records/{id}")).status, 404);
    }
    let end = audited_end(&data);
    assert!(
        end.starts_with("ended because the key was revoked: 1 added, 0 updated, 0 unchanged, 1 rejected")
    );
    assert!(end.contains(&digest("b\n")), "{end}");
}

#[test]
fn record_whose_key_is_revoked_while_it_arrives_is_refused() {
    let (server, data, key) = start();
    let body = json!({ "kind": "document", "title": "新的标题" }).to_string();
    let mut client = TcpStream::connect(server.address).expect("accepted");
    let head = format!(
        "PUT /api/v1/records/b HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    client.write_all(head.as_bytes()).expect("sent");
    let mut client = BufReader::new(client);
    let mut status = String::new();
    client.read_line(&mut status).expect("answered");
    assert!(status.contains(" 100 "), "the head was read, the key was good: {status}");
    KeyRing::new(data.path().join("keys.json")).revoke("editor").unwrap();
    client.get_mut().write_all(body.as_bytes()).expect("sent");
    client.read_line(&mut status).expect("answered");
    let mut status = String::new();
    client.read_line(&mut status).expect("answered");
    assert!(status.contains(" 401 "), "{status}");
    assert_eq!(server.get("/api/v1/records/b").status, 404);
}

#[test]
fn bulk_write_of_disconnected_client_is_audited() {
    let (server, data, key) = start();
    let mut upload = Upload::begin(server.address, &key);
    upload.send(&line("b"));
    assert_eq!(upload.outcome().unwrap()["outcome"], "added");
    upload.send(&line("c"));
    drop(upload);
    let end = audited_end(&data);
    assert!(end.starts_with("broken off: "), "{end}");
    // The second line may have been read before the client was gone.
    let is_written = server.get("/api/v1/records/c").status == 200;
    let (counts, ids) = if is_written { (": 2 added", "b\nc\n") } else { (": 1 added", "b\n") };
    assert!(end.contains(counts) && end.contains(&digest(ids)), "{end}");
}

#[test]
fn bulk_write_cut_off_at_shutdown_is_audited() {
    let data = TempDir::new().unwrap();
    let key = add_key(&data, "editor", "write");
    let mut program = Command::new(env!("CARGO_BIN_EXE_gongkai"))
        .arg("--data")
        .arg(data.path())
        .envs([
            ("GONGKAI_SERVER__LISTEN", "127.0.0.1:0"),
            ("GONGKAI_SERVER__SHUTDOWN_SECONDS", "1"),
            ("GONGKAI_LOG", "off"),
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut address = String::new();
    BufReader::new(program.stdout.take().expect("piped")).read_line(&mut address).expect("its address");
    let address = address.trim().trim_start_matches("http://").trim_end_matches('/');
    let mut upload = Upload::begin(address.parse().expect("an address"), &key);
    upload.send(&line("b"));
    assert_eq!(upload.outcome().unwrap()["outcome"], "added");
    let kill = Command::new("sh").args(["-c", &format!("kill -TERM {}", program.id())]).status();
    assert!(kill.expect("a shell").success());
    assert_eq!(program.wait().expect("the program ends").code(), Some(0));
    let end = audited(&data, "end of POST");
    assert!(end.len() == 1 && end[0].1.starts_with("ended because the server stopped: 1 added"), "{end:?}");
}

#[test]
fn refused_attempts_are_audited_with_address_and_bounded() {
    let (server, data, key) = start();
    let reader = KeyRing::new(data.path().join("keys.json")).add("reader", Scope::Read).unwrap();
    let refused = [
        (server.call("DELETE", "/api/v1/records/a"), "DELETE /api/v1/records/a", "no key", "401"),
        (server.call_with_key(&reader, "POST", "/api/v1/records"), "POST /api/v1/records", "reader", "403"),
        (
            server.call_with_key(&key, "GET", "/api/v1/admin/stats"),
            "GET /api/v1/admin/stats",
            "editor",
            "403",
        ),
        (
            server.call_with_key("gk_1", "GET", "/api/v1/search?q=1"),
            "GET /api/v1/search",
            "unknown key",
            "401",
        ),
    ];
    for (reply, what, who, status) in refused {
        assert_eq!(reply.status.to_string(), status);
        let lines = audited(&data, what);
        let [(audited_who, outcome)] = &lines[..] else { panic!("{what}: {lines:?}") };
        assert_eq!(audited_who, who);
        assert!(outcome.starts_with(&format!("{status} from 127.0.0.1: ")), "{outcome}");
    }
    for n in 0..100 {
        assert_eq!(server.call("DELETE", &format!("/api/v1/records/a{n}")).status, 401);
    }
    let default_limit = Config::default().logs.refusals_per_client as usize;
    let count = audited(&data, "DELETE ").len();
    assert!(count < 2 * default_limit, "{count} lines of one client within two minutes at most");
    let text = fs::read_to_string(data.path().join("audit.ndjson")).unwrap();
    assert!(!text.contains("gk_"), "no key is written");
}

#[test]
fn byte_order_mark_before_first_line_is_no_part_of_it() {
    let (server, _data, key) = start();
    let mut upload = Upload::begin(server.address, &key);
    upload.send(&format!("\u{feff}{}", line("b")));
    upload.end();
    assert_eq!(upload.outcome().expect("an outcome")["outcome"], "added");
}
