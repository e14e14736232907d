//! Observability of a running server: logs, metrics, search log, audit log.
//!
//! The access log names the requester but no query, and the query log names the query but no
//! requester: no line has both, and no two lines of one request can be joined.

pub mod audit;
pub mod logs;
pub mod masking;
pub mod metrics;
pub mod query_log;
pub mod refusals;
pub mod search_log;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::access::caller::Requester;
use crate::config;
use crate::telemetry::masking::masked_path;

pub use audit::AuditLog;
pub use metrics::Metrics;
pub use query_log::QueryLog;
pub use refusals::Refusals;
pub use search_log::{SearchLog, Searched};

/// Everything that observes the server.
pub struct Telemetry {
    settings: config::Logs,
    /// Counters and histograms.
    pub metrics: Metrics,
    /// The search log.
    pub searches: Arc<SearchLog>,
    /// The audit log.
    pub audit: Arc<AuditLog>,
    /// Refused attempts, for the audit log.
    pub refusals: Arc<Refusals>,
    /// Query lines that are held.
    pub queries: QueryLog,
    generation: AtomicU64,
    generation_since: AtomicU64,
    started: Instant,
}

impl Telemetry {
    /// Creates the telemetry of a server with these settings.
    pub fn new(config: &config::Config) -> Self {
        let logs = &config.logs;
        let audit = Arc::new(AuditLog::new(config.audit_file(), logs.audit_bytes()));
        Self {
            refusals: Arc::new(Refusals::new(audit.clone(), logs.refusals_per_client, logs.refusals)),
            queries: QueryLog::new(logs.query_batch),
            settings: logs.clone(),
            metrics: Metrics::new(),
            searches: Arc::new(SearchLog::new(config.searches_directory(), config.searches.clone())),
            audit,
            generation: AtomicU64::new(0),
            generation_since: AtomicU64::new(0),
            started: Instant::now(),
        }
    }

    /// Writes what is held of the logs; called when the server ends.
    pub fn flush(&self) {
        self.queries.flush();
        self.refusals.flush();
        self.searches.flush();
    }

    /// Age of the newest generation: the time since a call first saw it.
    pub fn generation_age(&self, generation: u64) -> Duration {
        let now = self.started.elapsed();
        if self.generation.swap(generation, Ordering::Relaxed) != generation {
            self.generation_since.store(now.as_millis() as u64, Ordering::Relaxed);
        }
        now.saturating_sub(Duration::from_millis(self.generation_since.load(Ordering::Relaxed)))
    }

    fn record(&self, line: &Line<'_>, response: &Response) {
        self.metrics.count_request(line.route, line.method, response.status().as_u16(), line.took);
        if self.settings.access {
            line.log_access(response);
        }
        if let Some(searched) = response.extensions().get::<Searched>() {
            self.searches.record(searched);
            if self.settings.queries {
                self.queries.add_search(searched);
            }
        }
        let is_slow = self.settings.slow_ms > 0 && line.took >= Duration::from_millis(self.settings.slow_ms);
        if is_slow {
            tracing::warn!(target: "slow", route = line.route, ms = milliseconds(line.took));
            self.queries.add_slow(line.asked);
        }
    }
}

/// A request, as the log lines describe it.
struct Line<'a> {
    method: &'a Method,
    route: &'a str,
    path: &'a str,
    asked: &'a str,
    took: Duration,
}

impl Line<'_> {
    fn log_access(&self, response: &Response) {
        let requester = response.extensions().get::<Requester>();
        let address =
            requester.and_then(|requester| requester.client).map(|client| client.address.to_string());
        let key = requester.and_then(|requester| requester.caller.name());
        // The size of an answer would tell its question to whoever asks that again.
        let bytes = match self.asked {
            "" => response.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()),
            _ => None,
        };
        tracing::info!(
            target: "access",
            method = %self.method,
            path = masked_path(self.path),
            status = response.status().as_u16(),
            ms = milliseconds(self.took),
            bytes,
            address,
            key,
        );
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}

/// Records every request and its response.
pub async fn observe(State(telemetry): State<Arc<Telemetry>>, request: Request, next: Next) -> Response {
    let start = Instant::now();
    let (method, address) = (request.method().clone(), request.uri().clone());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let line = Line {
        method: &method,
        route: route.as_ref().map_or("none", MatchedPath::as_str),
        path: address.path(),
        asked: address.query().unwrap_or_default(),
        took: start.elapsed(),
    };
    telemetry.record(&line, &response);
    response
}
