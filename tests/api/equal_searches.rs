//! Equal searches at the same time: one runs, and all get its answer.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::poll;
use gongkai::config;
use gongkai::search::service::{SearchError, Service};
use gongkai_index::query::parse::parse;
use gongkai_index::query::{Mode, Query};
use gongkai_index::results::Matches;
use gongkai_index::{Error, Result};

use crate::support::{Server, Stub};

/// Searches that tell when they begin, and end as the test says or when abandoned.
struct Steps {
    backend: Stub,
    begun: Receiver<()>,
    ends: Sender<Result<Matches>>,
}

impl Steps {
    fn new() -> Self {
        let ((begin, begun), (ends, ended)) = (channel(), channel());
        let (begin, ended) = (Mutex::new(begin), Mutex::new(ended));
        let backend = Stub::with_search(move |_, budget| {
            let _ = begin.lock().unwrap().send(());
            loop {
                budget.check()?;
                if let Ok(end) = ended.lock().unwrap().try_recv() {
                    return end;
                }
                std::thread::yield_now();
            }
        });
        Self { backend, begun, ends }
    }

    fn service(&self) -> Arc<Service> {
        Arc::new(Service::new(self.backend.clone().collection(), settings()))
    }

    /// Waits until a search runs.
    fn wait(&self) {
        self.begun.recv_timeout(Duration::from_secs(60)).expect("a search begins");
    }

    /// Ends one search.
    fn end(&self, total: u64) {
        self.ends.send(Ok(Matches { total, ..Stub::no_matches() })).expect("a search waits");
    }
}

fn settings() -> config::Search {
    config::Search { concurrent: 4, deadline_ms: 600_000, ..config::Search::default() }
}

/// Searches; every call asks the same.
async fn search(service: &Arc<Service>) -> std::result::Result<u64, SearchError> {
    let query =
        Query::new(parse("公开", Mode::Literal, service.collection().analyzer()), gongkai::clock::today());
    service.search(query, Mode::Literal, None).await.map(|answer| answer.results.total)
}

/// Counts of searches that ran, that were answered without one, and that were abandoned.
fn counts(service: &Service) -> (u64, u64, u64) {
    let metrics = service.metrics();
    (metrics.searched, metrics.from_cache, metrics.abandoned)
}

#[tokio::test]
async fn equal_searches_at_once_run_one() {
    let steps = Steps::new();
    let service = steps.service();
    let (mut first, mut second) = (Box::pin(search(&service)), Box::pin(search(&service)));
    assert!(poll!(&mut first).is_pending() && poll!(&mut second).is_pending());
    steps.wait();
    steps.end(7);
    assert_eq!((first.await.ok(), second.await.ok()), (Some(7), Some(7)));
    assert_eq!(counts(&service), (1, 1, 0));
    assert_eq!(search(&service).await.ok(), Some(7), "from memory");
    assert_eq!(counts(&service), (1, 2, 0));
}

#[tokio::test]
async fn equal_search_goes_on_when_the_first_client_leaves() {
    let steps = Steps::new();
    let service = steps.service();
    let (mut first, mut second) = (Box::pin(search(&service)), Box::pin(search(&service)));
    assert!(poll!(&mut first).is_pending() && poll!(&mut second).is_pending());
    steps.wait();
    drop(first);
    steps.end(7);
    assert_eq!(second.await.ok(), Some(7));
    assert_eq!(counts(&service), (1, 1, 0));
}

#[tokio::test]
async fn equal_search_is_abandoned_when_all_clients_leave() {
    let steps = Steps::new();
    let service = steps.service();
    let (mut first, mut second) = (Box::pin(search(&service)), Box::pin(search(&service)));
    assert!(poll!(&mut first).is_pending() && poll!(&mut second).is_pending());
    steps.wait();
    drop((first, second));
    let mut third = Box::pin(search(&service));
    assert!(poll!(&mut third).is_pending());
    steps.wait();
    // The first search reads the flag at its next step; only then may the third one end.
    while counts(&service).2 == 0 {
        tokio::task::yield_now().await;
    }
    steps.end(7);
    assert_eq!(third.await.ok(), Some(7));
    assert_eq!(counts(&service), (2, 0, 1));
}

#[tokio::test]
async fn equal_search_runs_again_after_the_first_failed() {
    let steps = Steps::new();
    let service = steps.service();
    let (mut first, mut second) = (Box::pin(search(&service)), Box::pin(search(&service)));
    assert!(poll!(&mut first).is_pending() && poll!(&mut second).is_pending());
    steps.wait();
    steps.ends.send(Err(Error::Deadline)).expect("a search waits");
    assert!(matches!(first.await, Err(SearchError::Engine(Error::Deadline))));
    assert!(poll!(&mut second).is_pending());
    steps.wait();
    steps.end(7);
    assert_eq!(second.await.ok(), Some(7));
    assert_eq!(counts(&service), (2, 0, 0));
}

#[test]
fn equal_requests_at_once_are_one_search_in_metrics() {
    let steps = Steps::new();
    let server = Server::with_collection(steps.backend.clone().collection(), settings());
    std::thread::scope(|scope| {
        let path = "/api/v1/search?q=a&mode=literal";
        let requests = [(); 4].map(|()| scope.spawn(|| server.get(path)));
        steps.wait();
        steps.end(0);
        assert!(requests.into_iter().all(|request| request.join().unwrap().status == 200));
    });
    let metrics = server.get("/metrics").text;
    assert!(metrics.contains("\ngongkai_searches_total 1\n"), "{metrics}");
    assert!(metrics.contains("\ngongkai_cache_hits_total 3\n"), "{metrics}");
}
