//! `GET /livez`, `GET /readyz` and `GET /metrics`.

use std::sync::Arc;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use gongkai_index::query::{Clause, ParsedQuery, Query};
use parking_lot::Mutex;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::admin::AdminState;
use crate::clock::today;
use crate::problem::ApiError;
use crate::search::service::SharedService;
use crate::state::ServerState;
use crate::telemetry::metrics;
use crate::telemetry::metrics::{Readings, disk_free, folder_bytes};

/// Time for which the result of a readiness check is shared.
const SHARED_FOR: Duration = Duration::from_millis(500);

/// Readiness checks: one at a time, whose result all that ask within half a second share. So asking
/// often costs nothing, and nobody waits behind others.
#[derive(Clone, Default)]
pub struct Readiness(Arc<Mutex<Option<Check>>>);

/// A check under way or done.
struct Check {
    is_ready: Shared<BoxFuture<'static, bool>>,
    ended: Arc<OnceLock<Instant>>,
}

impl Readiness {
    /// Checks if the index can be searched and the disk has room.
    async fn check(&self, service: &SharedService, server: &Arc<ServerState>) -> bool {
        let is_ready = {
            let mut last = self.0.lock();
            let is_current =
                |check: &&Check| check.ended.get().is_none_or(|ended| ended.elapsed() < SHARED_FOR);
            match last.as_ref().filter(is_current) {
                Some(check) => check.is_ready.clone(),
                None => last.insert(Check::start(service.clone(), server.clone())).is_ready.clone(),
            }
        };
        is_ready.await
    }
}

impl Check {
    /// Starts a check as a task of its own: it ends also if all that asked go away.
    fn start(service: SharedService, server: Arc<ServerState>) -> Self {
        let ended = Arc::new(OnceLock::new());
        let end = ended.clone();
        let task = tokio::spawn(async move {
            let is_ready = is_searchable(&service).await && has_room(&server);
            let _ = end.set(Instant::now());
            is_ready
        });
        let failed = ended.clone();
        let is_ready = task.map(move |outcome| {
            // A check that panicked ends as well, so that another one begins.
            failed.get_or_init(Instant::now);
            outcome.unwrap_or(false)
        });
        Self { is_ready: is_ready.boxed().shared(), ended }
    }
}

async fn is_searchable(service: &SharedService) -> bool {
    let all_records = ParsedQuery::from_clause(Clause::All);
    let query =
        Query { per_page: 1, facets: Vec::new(), highlight: false, ..Query::new(all_records, today()) };
    service.probe(query).await.is_ok()
}

fn has_room(server: &ServerState) -> bool {
    let min_free = server.config.server.min_free_disk_mib;
    disk_free(&server.config.data).is_some_and(|free| free >> 20 >= min_free)
}

/// Readiness of the server.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatusReply {
    /// ready or not_ready.
    pub status: &'static str,
    /// Newest generation.
    pub generation: u64,
    /// Number of records in it.
    pub records: u64,
}

/// Liveness of the process.
#[utoipa::path(get, path = "/livez", tag = "operation", responses((status = 200, description = "Alive", content_type = "text/plain")))]
pub async fn livez() -> &'static str {
    "alive\n"
}

/// Readiness: the index is open, a search succeeds and the disk has room.
#[utoipa::path(
    get, path = "/readyz", tag = "operation",
    responses(
        (status = 200, description = "Ready", body = StatusReply),
        (status = 429, description = "Asked too often by this address", body = ApiError, content_type = "application/problem+json"),
        (status = 503, description = "Not ready", body = StatusReply),
    )
)]
pub async fn readyz(
    State((readiness, service, server)): State<(Readiness, SharedService, Arc<ServerState>)>,
) -> Response {
    let (code, status) = if readiness.check(&service, &server).await {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not_ready")
    };
    let reply = StatusReply { status, generation: service.generation(), records: service.len() };
    (code, Json(reply)).into_response()
}

/// Counters, latencies and the state of the server for Prometheus: for this machine and keys of the scope
/// admin, unless the settings open it.
#[utoipa::path(
    get, path = "/metrics", tag = "operation",
    responses(
        (status = 200, description = "Metrics in the OpenMetrics text format", content_type = "application/openmetrics-text"),
        (status = 401, description = "Without a key, from another machine", body = ApiError, content_type = "application/problem+json"),
        (status = 403, description = "Not with this key, or off until there is one", body = ApiError, content_type = "application/problem+json"),
        (status = 429, description = "Asked too often by this address", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn metrics(State((service, server)): State<AdminState>) -> Response {
    let telemetry = server.telemetry.clone();
    let written = tokio::task::spawn_blocking(move || {
        let readings = Readings {
            generation_age: telemetry.generation_age(service.generation()),
            disk_free: disk_free(&server.config.data),
            data_bytes: folder_bytes(&server.config.data),
            searches_today: telemetry.searches.distinct_today(),
            flow: server.flow.clone(),
        };
        telemetry.metrics.text(&service, &readings)
    });
    match written.await {
        Ok(text) => ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response(),
        Err(_) => ApiError::internal().into_response(),
    }
}
