//! `GET /livez` and `GET /readyz`.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use gongkai_index::query::{Mode, Query, parse::parse};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::admin::Operated;
use crate::clock::today;
use crate::problem::ApiError;
use crate::telemetry::metrics;
use crate::telemetry::metrics::{Moment, disk_free, size_of};

/// Whether the server can answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatusReply {
    /// ready or not_ready.
    pub status: &'static str,
    /// The newest commit.
    pub generation: u64,
    /// How many records it holds.
    pub records: u64,
}

/// The process is alive.
#[utoipa::path(get, path = "/livez", tag = "operation", responses((status = 200, description = "Alive", content_type = "text/plain")))]
pub async fn livez() -> &'static str {
    "alive\n"
}

/// The index is open, a search succeeds and there is room on the disk.
#[utoipa::path(
    get, path = "/readyz", tag = "operation",
    responses((status = 200, description = "Ready", body = StatusReply), (status = 503, description = "Not ready", body = StatusReply))
)]
pub async fn readyz(State((app, edge)): State<Operated>) -> Response {
    let everything = parse("", Mode::Literal, app.analyzer());
    let query =
        Query { per_page: 1, facets: Vec::new(), highlight: false, ..Query::new(everything, today()) };
    let searched = app.probe(query).await.is_ok();
    let mark = edge.config.server.min_free_disk_mib;
    let room = disk_free(&edge.config.data).is_some_and(|free| free >> 20 >= mark);
    let (code, status) = if searched && room {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not_ready")
    };
    let reply = StatusReply { status, generation: app.generation(), records: app.len() };
    (code, Json(reply)).into_response()
}

/// Counters, latencies and the state of the server for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "operation", responses((status = 200, description = "Figures in the OpenMetrics text format", content_type = "application/openmetrics-text")))]
pub async fn metrics(State((app, edge)): State<Operated>) -> Response {
    let telemetry = edge.telemetry.clone();
    let looked_up = tokio::task::spawn_blocking(move || {
        let moment = Moment {
            generation_age: telemetry.generation_age(app.generation()),
            disk_free: disk_free(&edge.config.data),
            data_bytes: size_of(&edge.config.data),
            searches_today: telemetry.searches.distinct_today(),
        };
        telemetry.figures.text(&app, &moment)
    });
    match looked_up.await {
        Ok(text) => ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response(),
        Err(_) => ApiError::internal().into_response(),
    }
}
