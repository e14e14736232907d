//! Answers that clients do not take: cut off, given back, bounded; others are answered meanwhile.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use gongkai::config::Config;
use gongkai_index::Record;
use h2::client::SendRequest;
use h2::{Reason, RecvStream};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Runtime;

use crate::support::client::Request;
use crate::support::{Reply, SAMPLE, Server, record};

/// Time that anything here may take on a slow machine.
const TIMEOUT: Duration = Duration::from_secs(60);

struct Configured {
    server: Server,
    _data: TempDir,
}

impl Configured {
    fn new(records: &[Record], change: impl FnOnce(&mut Config)) -> Self {
        let data = TempDir::new().unwrap();
        let mut settings = Config { data: data.path().to_owned(), ..Config::default() };
        settings.server.http2_cleartext = true;
        settings.server.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        change(&mut settings);
        Self { server: Server::with_settings(records, settings), _data: data }
    }

    fn get_from(&self, address: &str, path: &str) -> Reply {
        self.server.send(&Request { headers: &[("x-forwarded-for", address)], ..Request::get(path) })
    }

    fn metric(&self, name: &str) -> u64 {
        let text = self.server.get("/metrics").text;
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
        line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().expect("a number")
    }

    fn wait_until_unsent(&self, is_expected: impl Fn(u64) -> bool) {
        let begun = Instant::now();
        while !is_expected(self.metric("gongkai_unsent_bytes")) {
            assert!(begun.elapsed() < TIMEOUT, "{} bytes unsent", self.metric("gongkai_unsent_bytes"));
        }
    }
}

/// Record whose answer has at least so many bytes.
fn long_record(id: &str, bytes: usize) -> Record {
    Record { body: "a long text. ".repeat(bytes / 13 + 1), ..record(id, "很长的办法") }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// Opens an HTTP/2 connection whose streams have this window.
async fn connect(server: &Server, window: u32) -> SendRequest<bytes::Bytes> {
    let stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
    let mut builder = h2::client::Builder::new();
    let builder = builder.initial_window_size(window).initial_connection_window_size(8 << 20);
    let (sender, connection) = builder.handshake(stream).await.unwrap();
    tokio::spawn(connection);
    sender.ready().await.unwrap()
}

/// Sends `GET` as a client at that address; returns status and body.
async fn open(sender: &mut SendRequest<bytes::Bytes>, address: &str, path: &str) -> (u16, RecvStream) {
    let request =
        axum::http::Request::get(format!("http://localhost{path}")).header("x-forwarded-for", address);
    let mut ready = sender.clone().ready().await.unwrap();
    let (answer, _) = ready.send_request(request.body(()).unwrap(), true).unwrap();
    let answer = answer.await.unwrap();
    (answer.status().as_u16(), answer.into_body())
}

/// Waits for the end of a body without taking any of it.
async fn wait_for_reset(mut body: RecvStream) -> Option<Reason> {
    loop {
        match tokio::time::timeout(TIMEOUT, body.data()).await.expect("the stream ends") {
            Some(Ok(_)) => {}
            Some(Err(error)) => return error.reason(),
            None => return None,
        }
    }
}

const LIST: &str = "/api/v1/search?per_page=100";

#[test]
fn streams_that_are_not_taken_are_reset_and_given_back() {
    let configured = Configured::new(&SAMPLE, |settings| settings.server.stall_timeout_seconds = 1);
    runtime().block_on(async {
        // Neither a window of nothing nor one that lasts for the first bytes.
        for window in [0, 1_000] {
            let mut sender = connect(&configured.server, window).await;
            let mut bodies = Vec::new();
            for _ in 0..10 {
                let (status, body) = open(&mut sender, "198.51.100.7", LIST).await;
                assert_eq!(status, 200);
                bodies.push(body);
            }
            assert_eq!(configured.get_from("198.51.100.8", LIST).status, 200, "others are answered");
            for body in bodies {
                assert!(wait_for_reset(body).await.is_some(), "the stream is reset");
            }
            assert_eq!(open(&mut sender, "198.51.100.7", "/livez").await.0, 200, "the connection goes on");
        }
    });
    configured.wait_until_unsent(|bytes| bytes == 0);
    assert_eq!(configured.metric("gongkai_stalled_total"), 20);
}

#[test]
fn client_that_takes_slowly_but_steadily_gets_the_whole_answer() {
    let configured = Configured::new(&[long_record("long", 400_000)], |settings| {
        settings.server.stall_timeout_seconds = 1;
    });
    let path = "/api/v1/records/long";
    let expected = configured.get_from("198.51.100.8", path).text;
    let received = runtime().block_on(async {
        let mut sender = connect(&configured.server, 16 << 10).await;
        let (_, mut body) = open(&mut sender, "198.51.100.7", path).await;
        let (mut received, mut pace) = (Vec::new(), tokio::time::interval(Duration::from_millis(100)));
        while let Some(piece) = body.data().await {
            let piece = piece.expect("the stream is not reset");
            received.extend_from_slice(&piece);
            pace.tick().await;
            body.flow_control().release_capacity(piece.len()).unwrap();
        }
        received
    });
    assert!(received.len() >= 400_000 && received == expected.as_bytes());
    configured.wait_until_unsent(|bytes| bytes == 0);
    assert_eq!(configured.metric("gongkai_stalled_total"), 0);
}

#[test]
fn address_with_too_many_untaken_answers_is_refused_until_it_takes_them() {
    let configured = Configured::new(&[long_record("long", 900_000)], |settings| {
        settings.server.max_unsent_per_address_mib = 1;
    });
    let path = "/api/v1/records/long";
    runtime().block_on(async {
        let mut sender = connect(&configured.server, 0).await;
        let (status, body) = open(&mut sender, "198.51.100.7", path).await;
        assert_eq!((status, configured.metric("gongkai_unsent_bytes") >= 900_000), (200, true));
        let refused = configured.get_from("198.51.100.7", path);
        refused.assert_problem(503, "overloaded");
        assert_eq!(refused.header("retry-after"), "1");
        assert_eq!(configured.get_from("198.51.100.7", "/readyz").status, 200, "probes are answered");
        assert_eq!(configured.get_from("198.51.100.8", path).status, 200, "others have a bound of their own");
        drop(body);
        configured.wait_until_unsent(|bytes| bytes == 0);
        assert_eq!(configured.get_from("198.51.100.7", path).status, 200);
    });
}

#[test]
fn answer_that_waits_longest_makes_room_for_others() {
    let configured =
        Configured::new(&[long_record("long", 900_000)], |settings| settings.server.max_unsent_mib = 1);
    let path = "/api/v1/records/long";
    runtime().block_on(async {
        let mut sender = connect(&configured.server, 0).await;
        let (_, body) = open(&mut sender, "198.51.100.7", path).await;
        let begun = Instant::now();
        loop {
            let reply = configured.get_from("198.51.100.8", path);
            if reply.status == 200 {
                break;
            }
            reply.assert_problem(503, "overloaded");
            assert!(begun.elapsed() < TIMEOUT, "no room is made");
        }
        assert!(begun.elapsed() >= Duration::from_millis(900), "a second is left to each client");
        assert!(wait_for_reset(body).await.is_some(), "the stream is reset");
    });
    assert_eq!(configured.metric("gongkai_evicted_total"), 1);
    configured.wait_until_unsent(|bytes| bytes == 0);
}

#[test]
fn http_1_answer_that_is_not_taken_is_cut_off() {
    // Longer than what the system buffers between the two ends.
    let records: Vec<Record> = (0..4).map(|n| long_record(&format!("long{n}"), 7_900_000)).collect();
    let configured = Configured::new(&records, |settings| settings.server.stall_timeout_seconds = 1);
    let mut stream = TcpStream::connect(configured.server.address).expect("accepted");
    let paths = (0..4).map(|n| format!("GET /api/v1/records/long{n} HTTP/1.1\r\nhost: x\r\n\r\n"));
    stream.write_all(paths.collect::<String>().as_bytes()).expect("sent");
    configured.wait_until_unsent(|bytes| bytes > 0);
    assert_eq!(configured.get_from("198.51.100.8", "/api/v1/search").status, 200, "others are answered");
    configured.wait_until_unsent(|bytes| bytes == 0);
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    let (mut received, mut piece) = (0, vec![0; 1 << 20]);
    while let Ok(n @ 1..) = stream.read(&mut piece) {
        received += n;
    }
    assert!(received < 4 * 7_900_000, "the connection ends before the last answer: {received} bytes");
    assert_eq!(configured.metric("gongkai_stalled_total"), 1);
    assert!(configured.get_from("198.51.100.8", "/api/v1/records/long0").text.len() > 7_900_000);
}

#[test]
fn http_1_client_that_takes_slowly_but_steadily_gets_the_whole_answer() {
    // Longer than what the system would buffer between the two ends, and slower than a third of that
    // in the time that a client has.
    let configured = Configured::new(&[long_record("long", 7_900_000)], |settings| {
        settings.server.stall_timeout_seconds = 2;
    });
    let received = runtime().block_on(async {
        let mut stream = tokio::net::TcpStream::connect(configured.server.address).await.expect("accepted");
        let request = "GET /api/v1/records/long HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).await.expect("sent");
        let (mut received, mut piece) = (0, vec![0; 64 << 10]);
        let mut pace = tokio::time::interval(Duration::from_millis(100));
        // The first eight seconds slowly, the rest as fast as it comes.
        while let n @ 1.. = stream.read(&mut piece).await.expect("the connection is not cut off") {
            received += n;
            if received < 80 * piece.len() {
                pace.tick().await;
            }
        }
        received
    });
    assert!(received > 7_900_000, "{received} bytes");
    assert_eq!(configured.metric("gongkai_stalled_total"), 0);
}

#[test]
fn http_2_without_tls_is_off_by_default_and_has_few_streams() {
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00";
    let first_bytes = |server: &Server| {
        let mut stream = TcpStream::connect(server.address).expect("accepted");
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        stream.write_all(preface).expect("sent");
        let mut answer = [0; 9];
        stream.read_exact(&mut answer).map(|()| answer)
    };
    let default = Server::with_records(&[]);
    let answer = first_bytes(&default);
    assert!(answer.as_ref().map_or(true, |answer| answer.starts_with(b"HTTP/1.1 ")), "{answer:?}");
    assert_eq!(default.get("/livez").status, 200);
    let configured = Configured::new(&[], |_| {});
    let answer = first_bytes(&configured.server).expect("a frame");
    assert_eq!(answer[3], 4, "the server's settings");
    runtime().block_on(async {
        let mut sender = connect(&configured.server, 65_535).await;
        assert_eq!(open(&mut sender, "198.51.100.7", "/livez").await.0, 200);
        assert_eq!(sender.current_max_send_streams(), 16);
    });
}

#[test]
fn short_answer_is_not_compressed_and_unknown_path_is_counted() {
    let configured = Configured::new(&SAMPLE, |_| {});
    let get = |path: &str| {
        let url = configured.server.url(path);
        let answer =
            ureq::get(url).header("accept-encoding", "gzip").config().http_status_as_error(false).build();
        let answer = answer.call().expect("an answer");
        answer.headers().contains_key("content-encoding")
    };
    assert!(!get("/api/v1/search?per_page=0") && get("/openapi.json"));
    runtime().block_on(async {
        let mut sender = connect(&configured.server, 0).await;
        let (status, _body) = open(&mut sender, "198.51.100.7", "/nothing").await;
        assert_eq!((status, configured.metric("gongkai_unsent_bytes") > 0), (404, true));
    });
}
