//! Figures for Prometheus, in the OpenMetrics text format.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::search::service::Service;

/// Bounds of the latency histograms, in seconds: from an answer out of memory to the deadline.
const BOUNDS: [f64; 14] =
    [0.0005, 0.001, 0.002, 0.004, 0.008, 0.015, 0.03, 0.06, 0.12, 0.25, 0.5, 1.0, 2.0, 5.0];

/// What the type of the answer is.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: Arc<str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    route: Arc<str>,
    method: &'static str,
    status: u16,
}

/// Counters and histograms that live as long as the server.
pub struct Figures {
    requests: Family<Outcome, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
}

/// What is looked up when somebody asks.
pub struct Moment {
    /// How long the newest generation has been so.
    pub generation_age: Duration,
    /// Bytes free where the data are; unknown if the file system does not say.
    pub disk_free: Option<u64>,
    /// Bytes of the data directory.
    pub data_bytes: u64,
    /// Distinct searches in today's log.
    pub searches_today: usize,
}

impl Figures {
    /// All at nothing.
    pub fn new() -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(BOUNDS);
        Self { requests: Family::default(), seconds: Family::new_with_constructor(histogram) }
    }

    /// Counts a request.
    pub fn request(&self, route: &str, method: &Method, status: u16, took: Duration) {
        let route: Arc<str> = route.into();
        self.seconds.get_or_create(&Route { route: route.clone() }).observe(took.as_secs_f64());
        self.requests.get_or_create(&Outcome { route, method: name(method), status }).inc();
    }

    /// All figures as text.
    pub fn text(&self, service: &Service, moment: &Moment) -> String {
        let mut registry = Registry::with_prefix("gongkai");
        registry.register("http_requests", "Requests by route, method and status", self.requests.clone());
        registry.register("http_request_seconds", "Time to the head of the answer", self.seconds.clone());
        counters(&mut registry, service);
        gauges(&mut registry, service, moment);
        let mut text = String::new();
        // Writing into a string cannot fail.
        let _ = encode(&mut text, &registry);
        text
    }
}

impl Default for Figures {
    fn default() -> Self {
        Self::new()
    }
}

fn counters(registry: &mut Registry, service: &Service) {
    let figures = service.figures();
    for (name, help, count) in [
        ("searches", "Searches and look-ups run by the engine", figures.searched),
        ("cache_hits", "Searches answered from memory", figures.from_cache),
        ("searches_abandoned", "Searches stopped because their client had gone", figures.abandoned),
        ("searches_turned_away", "Searches refused because too many waited", figures.turned_away),
    ] {
        registry.register(name, help, ConstCounter::new(count));
    }
}

fn gauges(registry: &mut Registry, service: &Service, moment: &Moment) {
    let figures = service.figures();
    let mut gauge = |name: &str, help: &str, value: u64| {
        registry.register(name, help, ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)));
    };
    gauge("searches_running", "Searches that run now", figures.at_work as u64);
    gauge("searches_waiting", "Searches that wait now", figures.waiting as u64);
    gauge("cache_answers", "Answers in memory", figures.cached_answers as u64);
    gauge("cache_bytes", "What they take, about", figures.cached_bytes as u64);
    gauge("generation", "The newest commit", service.generation());
    gauge("generation_age_seconds", "How long it has been the newest", moment.generation_age.as_secs());
    gauge("records", "Records of the newest commit", service.len());
    gauge("segments", "Pieces of the index", figures.segments as u64);
    gauge("data_bytes", "Size of the data directory", moment.data_bytes);
    gauge("searches_logged_today", "Distinct searches in the log of today", moment.searches_today as u64);
    if let Some(free) = moment.disk_free {
        gauge("disk_free_bytes", "Room left where the data are", free);
    }
    if let Some(bytes) = resident() {
        gauge("process_resident_bytes", "Memory of the process", bytes);
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        gauge("process_open_files", "Open files and connections of the process", open.count() as u64);
    }
}

/// Methods are few; what a client makes up is one more.
fn name(method: &Method) -> &'static str {
    let known = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"];
    known.into_iter().find(|known| method == *known).unwrap_or("other")
}

/// Bytes that may still be written where a path lies.
pub fn disk_free(path: &Path) -> Option<u64> {
    let room = rustix::fs::statvfs(path).ok()?;
    Some(room.f_bavail * room.f_frsize)
}

/// Bytes of all files below a folder.
pub fn size_of(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => size_of(&entry.path()),
        Ok(meta) => meta.len(),
        // Replaced by another file since the folder was read.
        Err(_) => 0,
    };
    entries.filter_map(Result::ok).map(size).sum()
}

fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}
