//! What happens when there is too much to do, or too little time.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use gongkai::config::Search;

use crate::support::{SAMPLE, Server, Stub, sample};

/// A searcher whose searches wait until the test lets them go.
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

    fn searcher(self: &Arc<Self>) -> Arc<Stub> {
        let gate = Arc::clone(self);
        Arc::new(Stub::searching(move |_, _| {
            let _ = gate.entered.lock().unwrap().send(());
            drop(gate.opened.wait_while(gate.open.lock().unwrap(), |open| !*open).unwrap());
            Ok(Stub::nothing())
        }))
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
fn more_than_may_wait_is_refused_at_once_and_told_to_come_again() {
    let (gate, entered) = Gate::new();
    let server = Server::of(gate.searcher(), settings(1, 0, 60_000));
    std::thread::scope(|scope| {
        let first = scope.spawn(|| server.get("/api/v1/search"));
        entered.recv().unwrap();
        for path in ["/api/v1/search?q=a", "/api/v1/search.ndjson", "/api/v1/records/x"] {
            let begun = Instant::now();
            let refused = server.get(path);
            refused.problem(503, "overloaded");
            assert!(refused.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds >= 1), "{path}");
            assert!(begun.elapsed() < Duration::from_secs(30));
        }
        assert_eq!(server.get("/?q=a").status, 503);
        assert_eq!(server.get("/livez").status, 200, "being busy is being alive");
        gate.open();
        assert_eq!(first.join().unwrap().status, 200);
    });
    assert_eq!(server.get("/api/v1/search").status, 200, "it recovers");
}

#[test]
fn those_who_wait_get_their_turn() {
    let (gate, entered) = Gate::new();
    let server = Server::of(gate.searcher(), settings(1, 8, 60_000));
    std::thread::scope(|scope| {
        let asked: Vec<_> = (0..6)
            .map(|i| {
                scope.spawn({
                    let server = &server;
                    move || server.get(&format!("/api/v1/search?q={i}"))
                })
            })
            .collect();
        entered.recv().unwrap();
        gate.open();
        for answer in asked {
            assert_eq!(answer.join().unwrap().status, 200);
        }
    });
}

#[test]
fn waiting_ends_at_the_deadline() {
    let (gate, entered) = Gate::new();
    let server = Server::of(gate.searcher(), settings(1, 8, 150));
    std::thread::scope(|scope| {
        let first = scope.spawn(|| server.get("/api/v1/search"));
        entered.recv().unwrap();
        server.get("/api/v1/search?q=a").problem(503, "overloaded");
        gate.open();
        first.join().unwrap();
    });
}

#[test]
fn a_search_that_does_not_end_is_stopped() {
    let endless = Stub::searching(|_, budget| {
        loop {
            budget.check()?;
            std::thread::yield_now();
        }
    });
    let server = Server::of(Arc::new(endless), settings(2, 8, 100));
    for _ in 0..3 {
        let reply = server.get("/api/v1/search");
        reply.problem(503, "overloaded");
        assert!(reply.json()["detail"].as_str().unwrap().contains("too long"));
    }
    assert_eq!(server.get("/readyz").status, 503);
}

#[test]
fn the_engine_keeps_to_its_deadline() {
    let server = sample();
    let strict = Server::of(Arc::new(server.engine().clone()), settings(2, 8, 0));
    strict.get("/api/v1/search?q=%E5%85%AC%E5%BC%80").problem(503, "overloaded");
}

#[test]
fn a_defect_is_told_without_its_inside_and_the_rest_goes_on() {
    let broken = Stub::searching(|query, _| {
        assert!(query.understanding.text.is_empty(), "a defect that only some queries meet");
        Ok(Stub::nothing())
    })
    .broken("secret path /var/lib/x");
    let server = Server::of(Arc::new(broken), settings(1, 4, 5_000));
    for path in ["/api/v1/search?q=a", "/api/v1/records/x"] {
        let reply = server.get(path);
        reply.problem(500, "internal");
        assert!(!reply.text.contains("secret") && !reply.text.contains("panic"), "{}", reply.text);
        assert_eq!(server.get("/api/v1/search").status, 200);
    }
}

#[test]
fn a_repeated_question_is_answered_alike() {
    let server = Server::holding(&SAMPLE);
    let without_time = |mut json: serde_json::Value| {
        json.as_object_mut().unwrap().remove("took_ms");
        json
    };
    let first = without_time(server.ask("公开 通知").json());
    for _ in 0..3 {
        assert_eq!(without_time(server.ask("公开 通知").json()), first);
    }
    let mut changed = SAMPLE[0].clone();
    changed.title = "公开通知第二版".into();
    crate::support::server::put(server.engine(), &[changed]);
    assert_ne!(
        server.ask("公开 通知").total(),
        first["total"].as_u64().unwrap(),
        "a new commit is seen at once"
    );
}
