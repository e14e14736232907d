//! Admission: too many searches at once, too little time, defects.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use gongkai::config::{Config, Search};
use gongkai_index::Collection;
use gongkai_index::query::Clause;
use tempfile::TempDir;

use crate::support::client::Request;
use crate::support::{SAMPLE, Server, Stub, sample_server};

/// Searches that wait until the test opens the gate.
struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
    entered: Mutex<Sender<()>>,
}

impl Gate {
    fn new() -> (Arc<Self>, Receiver<()>) {
        let (entered, receiver) = channel();
        (
            Arc::new(Self { open: Mutex::new(false), opened: Condvar::new(), entered: Mutex::new(entered) }),
            receiver,
        )
    }

    fn collection(self: &Arc<Self>) -> Collection {
        let gate = Arc::clone(self);
        let backend = Stub::with_search(move |_, _| {
            let _ = gate.entered.lock().unwrap().send(());
            drop(gate.opened.wait_while(gate.open.lock().unwrap(), |open| !*open).unwrap());
            Ok(Stub::no_matches())
        });
        backend.collection()
    }

    fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.opened.notify_all();
    }
}

fn settings(concurrent: usize, queue: usize, deadline_ms: u64) -> Search {
    Search { concurrent, queue, deadline_ms, cache_mib: 0 }
}

#[test]
fn search_beyond_full_queue_is_refused_with_retry_after() {
    let (gate, entered) = Gate::new();
    let server = Server::with_collection(gate.collection(), settings(1, 0, 60_000));
    std::thread::scope(|scope| {
        let first = scope.spawn(|| server.get("/api/v1/search"));
        entered.recv().unwrap();
        for path in ["/api/v1/search?q=a", "/api/v1/search.ndjson", "/api/v1/records/x"] {
            let begun = Instant::now();
            let refused = server.get(path);
            refused.assert_problem(503, "overloaded");
            assert!(refused.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds >= 1), "{path}");
            assert!(begun.elapsed() < Duration::from_secs(30));
        }
        assert_eq!(server.get("/?q=a").status, 503);
        assert_eq!(server.get("/livez").status, 200, "a busy server is alive");
        gate.open();
        assert_eq!(first.join().unwrap().status, 200);
    });
    assert_eq!(server.get("/api/v1/search").status, 200, "the server recovers");
}

#[test]
fn queued_searches_are_answered() {
    let (gate, entered) = Gate::new();
    let server = Server::with_collection(gate.collection(), settings(1, 8, 60_000));
    std::thread::scope(|scope| {
        let requests: Vec<_> = (0..6)
            .map(|i| {
                scope.spawn({
                    let server = &server;
                    move || server.get(&format!("/api/v1/search?q={i}"))
                })
            })
            .collect();
        entered.recv().unwrap();
        gate.open();
        for answer in requests {
            assert_eq!(answer.join().unwrap().status, 200);
        }
    });
}

#[test]
fn queue_held_by_one_client_has_room_for_others() {
    let (gate, entered) = Gate::new();
    let data = TempDir::new().unwrap();
    let mut config = Config { search: settings(1, 8, 60_000), ..Config::default() };
    config.data = data.path().to_owned();
    config.server.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    let server = Server::with_collection_and_settings(gate.collection(), config);
    let search_from = |address: &str| {
        let headers = [("x-forwarded-for", address)];
        server.send(&Request { headers: &headers, ..Request::get("/api/v1/search?q=a") }).status
    };
    let wait_until = |name: &str, value: u64| {
        let line = format!("gongkai_{name} {value}");
        while !server.get("/metrics").text.lines().any(|other| other == line) {
            std::thread::yield_now();
        }
    };
    std::thread::scope(|scope| {
        let greedy: Vec<_> = (0..9).map(|_| scope.spawn(|| search_from("198.51.100.1"))).collect();
        entered.recv().unwrap();
        wait_until("searches_waiting", 8);
        let other = scope.spawn(|| search_from("198.51.100.2"));
        // A quarter of the places is left to the first client, and one is the other's.
        wait_until("searches_waiting", 3);
        gate.open();
        let mut seen: Vec<u16> = greedy.into_iter().map(|request| request.join().unwrap()).collect();
        seen.sort_unstable();
        assert_eq!(seen, [200, 200, 200, 503, 503, 503, 503, 503, 503]);
        assert_eq!(other.join().unwrap(), 200);
    });
}

#[test]
fn queued_search_past_deadline_is_refused() {
    let (gate, entered) = Gate::new();
    let server = Server::with_collection(gate.collection(), settings(1, 8, 150));
    std::thread::scope(|scope| {
        let first = scope.spawn(|| server.get("/api/v1/search"));
        entered.recv().unwrap();
        server.get("/api/v1/search?q=a").assert_problem(503, "overloaded");
        gate.open();
        first.join().unwrap();
    });
}

#[test]
fn endless_search_is_stopped_at_deadline() {
    let endless = Stub::with_search(|_, budget| {
        loop {
            budget.check()?;
            std::thread::yield_now();
        }
    });
    let server = Server::with_collection(endless.collection(), settings(2, 8, 100));
    for _ in 0..3 {
        let reply = server.get("/api/v1/search");
        reply.assert_problem(503, "overloaded");
        assert!(reply.json()["detail"].as_str().unwrap().contains("too long"));
    }
    assert_eq!(server.get("/readyz").status, 503);
}

#[test]
fn engine_search_past_deadline_is_refused() {
    let server = sample_server();
    let strict = Server::with_collection(server.collection().clone(), settings(2, 8, 0));
    strict.get("/api/v1/search?q=%E5%85%AC%E5%BC%80").assert_problem(503, "overloaded");
}

#[test]
fn panic_in_search_is_answered_without_details() {
    let broken = Stub::with_search(|plan, _| {
        assert!(plan.matching == Clause::All, "a defect that only some queries meet");
        Ok(Stub::no_matches())
    })
    .with_record_error("secret path /var/lib/x");
    let server = Server::with_collection(broken.collection(), settings(1, 4, 5_000));
    for path in ["/api/v1/search?q=a", "/api/v1/records/x"] {
        let reply = server.get(path);
        reply.assert_problem(500, "internal");
        assert!(!reply.text.contains("secret") && !reply.text.contains("panic"), "{}", reply.text);
        assert_eq!(server.get("/api/v1/search").status, 200);
    }
}

#[test]
fn repeated_search_is_answered_alike_until_commit() {
    let server = Server::with_records(&SAMPLE);
    let without_time = |mut json: serde_json::Value| {
        json.as_object_mut().unwrap().remove("took_ms");
        json
    };
    let first = without_time(server.search_for("公开 通知").json());
    for _ in 0..3 {
        assert_eq!(without_time(server.search_for("公开 通知").json()), first);
    }
    let mut changed = SAMPLE[0].clone();
    changed.title = "公开通知第二版".into();
    crate::support::server::write_records(server.collection(), &[changed]);
    assert_ne!(
        server.search_for("公开 通知").total(),
        first["total"].as_u64().unwrap(),
        "a new commit is visible at once"
    );
}
