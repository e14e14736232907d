//! Shutdown of the program under load: accepted requests are answered.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gongkai::config::Config;
use tempfile::TempDir;

use crate::keys::add_key;

/// Starts the program without a command, on a free port; returns it with its address.
fn start(data: &TempDir) -> (Child, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_gongkai"))
        .args(["--data".as_ref(), data.path().as_os_str()])
        .env("GONGKAI_SERVER__LISTEN", "127.0.0.1:0")
        .env("GONGKAI_LOG", "warn")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut line = String::new();
    BufReader::new(program.stdout.take().expect("piped"))
        .read_line(&mut line)
        .expect("the program prints its address");
    let address = line.trim().trim_start_matches("http://").trim_end_matches('/').to_owned();
    assert!(!address.is_empty(), "the program ended: {:?}", program.wait());
    (program, address)
}

fn signal(program: &Child, name: &str) {
    let kill = Command::new("sh").args(["-c", &format!("kill -{name} {}", program.id())]).status();
    assert!(kill.expect("a shell").success());
}

/// Outcome of one request.
#[derive(Debug, PartialEq)]
enum Outcome {
    Answered {
        close: bool,
    },
    /// Sent, or begun to be sent, and not answered.
    Lost(String),
}

/// Sends one request and reads the answer.
fn send_request(connection: &mut BufReader<TcpStream>, keep: bool, q: usize) -> Outcome {
    let connection_header = if keep { "keep-alive" } else { "close" };
    let head = format!(
        "GET /api/v1/search?q=%E5%85%AC%E5%BC%80+{q} HTTP/1.1\r\nHost: x\r\nConnection: {connection_header}\r\n\r\n"
    );
    if let Err(e) = connection.get_mut().write_all(head.as_bytes()) {
        return Outcome::Lost(format!("while sending: {e}"));
    }
    match read_answer(connection) {
        Ok(close) => Outcome::Answered { close },
        Err(e) => Outcome::Lost(e.to_string()),
    }
}

/// Reads an answer of status 200; true if the server will close the connection.
fn read_answer(connection: &mut BufReader<TcpStream>) -> std::io::Result<bool> {
    let mut line = String::new();
    let mut length = 0;
    let mut close = false;
    connection.read_line(&mut line)?;
    if !line.starts_with("HTTP/1.1 200") {
        return Err(std::io::Error::other(format!("{line:?}")));
    }
    loop {
        line.clear();
        connection.read_line(&mut line)?;
        let lower = line.trim().to_ascii_lowercase();
        if lower.is_empty() {
            break;
        }
        if let Some(value) = lower.strip_prefix("content-length: ") {
            length = value.parse().map_err(std::io::Error::other)?;
        }
        close |= lower == "connection: close";
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body)?;
    assert!(body.ends_with(b"}") && body.starts_with(b"{"));
    Ok(close)
}

/// Sends requests until the server is gone; returns why requests were lost.
fn run_client(address: &str, keep: bool, answered: &AtomicU64) -> Vec<String> {
    let mut lost = Vec::new();
    let mut connection: Option<BufReader<TcpStream>> = None;
    for q in 0.. {
        let mut open = match connection.take() {
            Some(open) => open,
            None => match TcpStream::connect(address) {
                Ok(stream) => {
                    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
                    BufReader::new(stream)
                }
                Err(_) => return lost,
            },
        };
        match send_request(&mut open, keep, q % 50) {
            Outcome::Answered { close } => {
                answered.fetch_add(1, Ordering::Relaxed);
                connection = (keep && !close).then_some(open);
            }
            Outcome::Lost(why) => lost.push(why),
        }
    }
    lost
}

#[test]
fn accepted_requests_at_shutdown_are_answered() {
    let data = TempDir::new().unwrap();
    let (mut program, address) = start(&data);
    let answered = AtomicU64::new(0);
    let lost: Vec<String> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..8)
            .map(|i| {
                scope.spawn({
                    let (address, answered) = (&address, &answered);
                    move || run_client(address, i % 2 == 0, answered)
                })
            })
            .collect();
        while answered.load(Ordering::Relaxed) < 400 && !clients.iter().any(|client| client.is_finished()) {
            std::thread::yield_now();
        }
        signal(&program, "TERM");
        clients.into_iter().flat_map(|client| client.join().expect("a client")).collect()
    });
    let status = program.wait().expect("the program ends");
    assert!(
        lost.is_empty(),
        "{} lost beside {} answered: {lost:?}",
        lost.len(),
        answered.load(Ordering::Relaxed)
    );
    assert_eq!(status.code(), Some(0));
}

#[test]
fn write_under_way_at_shutdown_is_audited() {
    let data = TempDir::new().unwrap();
    let bearer = add_key(&data, "editor", "write");
    // Large enough to be still on its way to the disk when the server receives the signal.
    let body = "第一条 为了规范政府信息公开，制定本办法。".repeat(130_000);
    let body = serde_json::json!({ "kind": "policy", "title": "很长的办法", "body": body }).to_string();
    let (head, length) = ("PUT /api/v1/records/long HTTP/1.1\r\nhost: x", body.len());
    let head = format!("{head}\r\nauthorization: Bearer {bearer}\r\ncontent-length: {length}\r\n\r\n");
    // A client that disconnects before its body is read has requested nothing.
    let is_written = [300, 1_000, 5_000, 20_000].into_iter().any(|wait_ms| {
        let (mut program, address) = start(&data);
        let mut client = TcpStream::connect(&address).expect("accepted");
        client.write_all(head.as_bytes()).and_then(|()| client.write_all(body.as_bytes())).expect("sent");
        client.set_read_timeout(Some(Duration::from_millis(wait_ms))).unwrap();
        let _ = client.read(&mut [0]);
        drop(client);
        signal(&program, "TERM");
        assert_eq!(program.wait().expect("the program ends").code(), Some(0));
        let settings = Config { data: data.path().to_owned(), ..Config::default() };
        let collection = gongkai::cli::open(&settings).unwrap();
        collection.reader().record("long").unwrap().is_some()
    });
    assert!(is_written);
    let audited = std::fs::read_to_string(data.path().join("audit.ndjson")).unwrap();
    assert!(audited.contains("PUT /api/v1/records/long"), "{audited}");
}

#[test]
fn shutdown_with_idle_connections_is_quick() {
    let data = TempDir::new().unwrap();
    let (mut program, address) = start(&data);
    let idle: Vec<TcpStream> = (0..5).map(|_| TcpStream::connect(&address).expect("accepted")).collect();
    let begun = Instant::now();
    signal(&program, "INT");
    assert_eq!(program.wait().expect("the program ends").code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    drop(idle);
}

#[test]
fn shutdown_with_all_connections_taken_is_quick() {
    let data = TempDir::new().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_gongkai"))
        .args(["--data".as_ref(), data.path().as_os_str()])
        .envs([
            ("GONGKAI_SERVER__LISTEN", "127.0.0.1:0"),
            ("GONGKAI_SERVER__MAX_CONNECTIONS", "2"),
            ("GONGKAI_LOG", "off"),
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut line = String::new();
    BufReader::new(program.stdout.take().expect("piped")).read_line(&mut line).expect("its address");
    let address = line.trim().trim_start_matches("http://").trim_end_matches('/').to_owned();
    // Two are accepted and silent, the others wait to be accepted.
    let taken: Vec<TcpStream> = (0..60).filter_map(|_| TcpStream::connect(&address).ok()).collect();
    let begun = Instant::now();
    signal(&program, "TERM");
    assert_eq!(program.wait().expect("the program ends").code(), Some(0));
    assert!(
        begun.elapsed() < Duration::from_secs(8),
        "{:?} with {} connections",
        begun.elapsed(),
        taken.len()
    );
}
