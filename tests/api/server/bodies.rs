//! Request bodies under way: bounded in time and memory.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use gongkai::config::Config;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::keys::add_key;
use crate::support::client::Request;
use crate::support::{Reply, Server, record};

/// Time that anything here may take on a slow machine.
const TIMEOUT: Duration = Duration::from_secs(60);

struct Configured {
    server: Server,
    bearer: String,
    _data: TempDir,
}

impl Configured {
    fn new(change: impl FnOnce(&mut Config)) -> Self {
        let data = TempDir::new().unwrap();
        let bearer = format!("Bearer {}", add_key(&data, "editor", "write"));
        let mut settings = Config { data: data.path().to_owned(), ..Config::default() };
        settings.server.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        change(&mut settings);
        Self { server: Server::with_settings(&[record("a", "养老办法")], settings), bearer, _data: data }
    }

    /// Sends the head of a request with a body of this length as a client at that address.
    fn begin(&self, address: &str, path: &str, length: usize) -> TcpStream {
        let mut stream = TcpStream::connect(self.server.address).expect("accepted");
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        let bearer = &self.bearer;
        write!(stream, "POST {path} HTTP/1.1\r\nhost: x\r\nx-forwarded-for: {address}\r\nauthorization: {bearer}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n").expect("sent");
        stream
    }

    fn held_bytes(&self) -> u64 {
        let text = self.server.get("/metrics").text;
        let line = text.lines().find_map(|line| line.strip_prefix("gongkai_bodies_bytes "));
        line.expect("a metric").parse().expect("a number")
    }

    fn wait_until_held(&self, is_expected: impl Fn(u64) -> bool) {
        let begun = Instant::now();
        while !is_expected(self.held_bytes()) {
            assert!(begun.elapsed() < TIMEOUT, "{} bytes held", self.held_bytes());
        }
    }
}

/// Sends single bytes until the server answers; returns the answer.
fn send_slowly(mut stream: TcpStream) -> String {
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let begun = Instant::now();
    let (mut answer, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let _ = stream.write_all(b"a");
        match stream.read(&mut piece) {
            Ok(0) => return String::from_utf8(answer).expect("text"),
            Ok(n) => answer.extend_from_slice(&piece[..n]),
            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => {
                assert!(begun.elapsed() < TIMEOUT, "no answer");
            }
            Err(_) => return String::from_utf8(answer).expect("text"),
        }
    }
}

#[test]
fn body_that_comes_byte_by_byte_has_a_total_time() {
    let configured = Configured::new(|settings| settings.server.body_timeout_seconds = 1);
    for path in ["/api/v1/resolve", "/api/v1/receipts/verify"] {
        let answer = send_slowly(configured.begin("198.51.100.7", path, 100_000));
        assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("/problems/timeout"), "{answer}");
    }
    assert_eq!(configured.held_bytes(), 0);
}

#[test]
fn line_of_records_that_does_not_end_has_a_total_time() {
    let configured = Configured::new(|settings| settings.server.body_timeout_seconds = 1);
    let mut stream = configured.begin("198.51.100.7", "/api/v1/records", 100_000);
    let line = json!({ "id": "b", "kind": "document", "title": "新来的" }).to_string();
    write!(stream, "{line}\n{{").expect("sent");
    let answer = send_slowly(stream);
    let lines: Vec<Value> = answer.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let outcomes: Vec<_> = lines.iter().filter(|line| line["outcome"].is_string()).collect();
    assert_eq!(outcomes.len(), 2, "{answer}");
    assert_eq!(outcomes[0]["outcome"], "added");
    assert_eq!((&outcomes[1]["outcome"], &outcomes[1]["status"]), (&json!("failed"), &json!(408)));
}

#[test]
fn body_beyond_the_share_of_an_address_is_refused() {
    let configured = Configured::new(|settings| settings.server.max_bodies_per_address_mib = 1);
    let body = vec![b'\n'; 900_000];
    let post_from = |address: &str| -> Reply {
        let headers = [("x-forwarded-for", address), ("authorization", configured.bearer.as_str())];
        let request =
            Request { method: "POST", path: "/api/v1/resolve", headers: &headers, body: Some(&body) };
        configured.server.send(&request)
    };
    let mut slow = configured.begin("198.51.100.7", "/api/v1/resolve", 1_000_000);
    slow.write_all(&body).expect("sent");
    configured.wait_until_held(|bytes| bytes >= 900_000);
    let refused = post_from("198.51.100.7");
    refused.assert_problem(503, "overloaded");
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(post_from("198.51.100.8").status, 200, "others have a share of their own");
    drop(slow);
    configured.wait_until_held(|bytes| bytes == 0);
    assert_eq!(post_from("198.51.100.7").status, 200);
}

#[test]
fn bodies_of_all_addresses_are_bounded_together() {
    // Half of it is for holders of keys.
    let configured = Configured::new(|settings| settings.server.max_bodies_mib = 2);
    let mut slow = configured.begin("198.51.100.7", "/api/v1/resolve", 1_000_000);
    slow.write_all(&vec![b'\n'; 900_000]).expect("sent");
    configured.wait_until_held(|bytes| bytes >= 900_000);
    // A line of records is refused in its turn, and the ones after it are not read.
    let mut stream = configured.begin("198.51.100.8", "/api/v1/records", 400_000);
    stream.write_all(&vec![b' '; 400_000]).expect("sent");
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    assert!(answer.contains("\"outcome\":\"failed\"") && answer.contains("\"status\":503"), "{answer}");
    drop(slow);
    configured.wait_until_held(|bytes| bytes == 0);
}
