//! `GET /livez`, `GET /readyz` and `GET /metrics`.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use gongkai_index::query::{Clause, ParsedQuery, Query};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::admin::AdminState;
use crate::clock::today;
use crate::problem::ApiError;
use crate::telemetry::metrics;
use crate::telemetry::metrics::{Readings, disk_free, folder_bytes};

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
    responses((status = 200, description = "Ready", body = StatusReply), (status = 503, description = "Not ready", body = StatusReply))
)]
pub async fn readyz(State((service, server)): State<AdminState>) -> Response {
    let all_records = ParsedQuery::from_clause(Clause::All);
    let query =
        Query { per_page: 1, facets: Vec::new(), highlight: false, ..Query::new(all_records, today()) };
    let is_searchable = service.probe(query).await.is_ok();
    let min_free = server.config.server.min_free_disk_mib;
    let has_room = disk_free(&server.config.data).is_some_and(|free| free >> 20 >= min_free);
    let (code, status) = if is_searchable && has_room {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not_ready")
    };
    let reply = StatusReply { status, generation: service.generation(), records: service.len() };
    (code, Json(reply)).into_response()
}

/// Counters, latencies and the state of the server for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "operation", responses((status = 200, description = "Metrics in the OpenMetrics text format", content_type = "application/openmetrics-text")))]
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
