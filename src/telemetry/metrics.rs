//! Metrics for Prometheus, in the OpenMetrics text format.

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

use crate::flow::control::Flow;
use crate::search::service::Service;

/// Bounds of the latency histograms, in seconds: from an answer in memory to the deadline.
const LATENCY_BOUNDS: [f64; 14] =
    [0.0005, 0.001, 0.002, 0.004, 0.008, 0.015, 0.03, 0.06, 0.12, 0.25, 0.5, 1.0, 2.0, 5.0];

/// Content type of the OpenMetrics text format.
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
pub struct Metrics {
    requests: Family<Outcome, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
}

/// Readings taken when the metrics are requested.
pub struct Readings {
    /// Age of the newest generation.
    pub generation_age: Duration,
    /// Free bytes on the disk of the data directory; absent if the file system does not say.
    pub disk_free: Option<u64>,
    /// Size of the data directory in bytes.
    pub data_bytes: u64,
    /// Distinct texts in today's search log.
    pub searches_today: usize,
    /// Bytes held for clients.
    pub flow: Arc<Flow>,
}

impl Metrics {
    /// Creates metrics that start at zero.
    pub fn new() -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(LATENCY_BOUNDS);
        Self { requests: Family::default(), seconds: Family::new_with_constructor(histogram) }
    }

    /// Counts a request.
    pub fn count_request(&self, route: &str, method: &Method, status: u16, took: Duration) {
        let route: Arc<str> = route.into();
        self.seconds.get_or_create(&Route { route: route.clone() }).observe(took.as_secs_f64());
        self.requests.get_or_create(&Outcome { route, method: method_label(method), status }).inc();
    }

    /// Encodes all metrics as text.
    pub fn text(&self, service: &Service, readings: &Readings) -> String {
        let mut registry = Registry::with_prefix("gongkai");
        registry.register("http_requests", "Requests by route, method and status", self.requests.clone());
        registry.register("http_request_seconds", "Time to the head of the answer", self.seconds.clone());
        counters(&mut registry, service, &readings.flow);
        gauges(&mut registry, service, readings);
        let mut text = String::new();
        // Writing into a string cannot fail.
        let _ = encode(&mut text, &registry);
        text
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

fn counters(registry: &mut Registry, service: &Service, flow: &Flow) {
    let (metrics, deliveries) = (service.metrics(), flow.answers.deliveries());
    for (name, help, count) in [
        ("searches", "Searches and look-ups run by the engine", metrics.searched),
        ("cache_hits", "Searches answered from memory", metrics.from_cache),
        ("searches_abandoned", "Searches stopped because their client had gone", metrics.abandoned),
        ("searches_turned_away", "Searches refused because too many waited", metrics.turned_away),
        ("stalled", "Answers cut off because their clients did not take them", deliveries.stalled()),
        ("evicted", "Answers cut off to make room for others", deliveries.evicted()),
    ] {
        registry.register(name, help, ConstCounter::new(count));
    }
}

fn gauges(registry: &mut Registry, service: &Service, readings: &Readings) {
    let metrics = service.metrics();
    let mut gauge = |name: &str, help: &str, value: u64| {
        registry.register(name, help, ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)));
    };
    gauge("searches_running", "Searches that run now", metrics.at_work as u64);
    gauge("searches_waiting", "Searches that wait now", metrics.waiting as u64);
    gauge("cache_answers", "Answers in memory", metrics.cached_answers as u64);
    gauge("cache_bytes", "What they take, about", metrics.cached_bytes as u64);
    gauge("generation", "The newest commit", service.generation());
    gauge("generation_age_seconds", "How long it has been the newest", readings.generation_age.as_secs());
    gauge("records", "Records of the newest commit", service.len());
    gauge("segments", "Pieces of the index", metrics.segments as u64);
    gauge("data_bytes", "Size of the data directory", readings.data_bytes);
    gauge(
        "unsent_bytes",
        "Answers in memory that clients have not taken",
        readings.flow.answers.unsent_bytes() as u64,
    );
    gauge("bodies_bytes", "Request bodies in memory", readings.flow.bodies.held_bytes() as u64);
    gauge("searches_logged_today", "Distinct searches in the log of today", readings.searches_today as u64);
    if let Some(free) = readings.disk_free {
        gauge("disk_free_bytes", "Room left where the data are", free);
    }
    if let Some(bytes) = resident_bytes() {
        gauge("process_resident_bytes", "Memory of the process", bytes);
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        gauge("process_open_files", "Open files and connections of the process", open.count() as u64);
    }
}

/// Label of a method: methods that clients make up share one, so labels stay few.
fn method_label(method: &Method) -> &'static str {
    let labels = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"];
    labels.into_iter().find(|label| method == *label).unwrap_or("other")
}

/// Bytes that may still be written on the disk of a path.
pub fn disk_free(path: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(path).ok()?;
    Some(disk.f_bavail * disk.f_frsize)
}

/// Total size of all files below a folder, in bytes.
pub fn folder_bytes(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => folder_bytes(&entry.path()),
        Ok(meta) => meta.len(),
        // Deleted since the folder was read.
        Err(_) => 0,
    };
    entries.filter_map(Result::ok).map(size).sum()
}

fn resident_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}
