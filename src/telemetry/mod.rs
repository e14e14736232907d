//! What can be seen of a running server: logs, figures, what was searched, who did what.
//!
//! Two lines of the log never meet: who asked is in the access log, without what was
//! asked; what was asked is in the query log, without who.

pub mod audit;
pub mod logs;
pub mod metrics;
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

pub use audit::AuditLog;
pub use metrics::Figures;
pub use search_log::{SearchLog, Searched};

/// All that watches.
pub struct Telemetry {
    settings: config::Logs,
    /// Counters and histograms.
    pub figures: Figures,
    /// What was searched, by day.
    pub searches: Arc<SearchLog>,
    /// Who did what.
    pub audit: Arc<AuditLog>,
    generation: AtomicU64,
    generation_since: AtomicU64,
    begun: Instant,
}

impl Telemetry {
    /// For a server with these settings.
    pub fn new(config: &config::Config) -> Self {
        Self {
            settings: config.logs.clone(),
            figures: Figures::new(),
            searches: Arc::new(SearchLog::new(config.searches_directory(), config.searches.clone())),
            audit: Arc::new(AuditLog::new(config.audit_file(), config.logs.audit_bytes())),
            generation: AtomicU64::new(0),
            generation_since: AtomicU64::new(0),
            begun: Instant::now(),
        }
    }

    /// How long the generation that is served has been the newest, as far as was seen.
    pub fn generation_age(&self, generation: u64) -> Duration {
        let now = self.begun.elapsed();
        if self.generation.swap(generation, Ordering::Relaxed) != generation {
            self.generation_since.store(now.as_millis() as u64, Ordering::Relaxed);
        }
        now.saturating_sub(Duration::from_millis(self.generation_since.load(Ordering::Relaxed)))
    }

    fn seen(&self, line: &Line<'_>, response: &Response) {
        self.figures.request(line.route, line.method, response.status().as_u16(), line.took);
        if self.settings.access {
            line.access(response);
        }
        if let Some(searched) = response.extensions().get::<Searched>() {
            self.searches.record(searched);
            if self.settings.queries {
                let Searched { text, literal, total, .. } = searched;
                tracing::info!(target: "query", text, literal, total, ms = milliseconds(line.took));
            }
        }
        let slow = self.settings.slow_ms > 0 && line.took >= Duration::from_millis(self.settings.slow_ms);
        if slow {
            let (route, asked) = (line.route, line.asked);
            tracing::warn!(target: "slow", route, asked, ms = milliseconds(line.took));
        }
    }
}

/// One request and what became of it.
struct Line<'a> {
    method: &'a Method,
    route: &'a str,
    path: &'a str,
    asked: &'a str,
    took: Duration,
}

impl Line<'_> {
    fn access(&self, response: &Response) {
        let requester = response.extensions().get::<Requester>();
        let address =
            requester.and_then(|requester| requester.client).map(|client| client.address.to_string());
        let key = requester.and_then(|requester| requester.caller.name());
        let bytes = response.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        tracing::info!(
            target: "access",
            method = %self.method,
            path = self.path,
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

/// Sees every request and its answer.
pub async fn observe(State(telemetry): State<Arc<Telemetry>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let (method, address) = (request.method().clone(), request.uri().clone());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let line = Line {
        method: &method,
        route: route.as_ref().map_or("none", MatchedPath::as_str),
        path: address.path(),
        asked: address.query().unwrap_or_default(),
        took: begun.elapsed(),
    };
    telemetry.seen(&line, &response);
    response
}
