//! `GET /livez` and `GET /readyz`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use gongkai_index::query::{Mode, Query, parse::parse};
use serde::Serialize;
use utoipa::ToSchema;

use super::App;
use super::search::today;

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
pub async fn readyz(State(app): State<App>) -> Response {
    let everything = parse("", Mode::Literal, app.analyzer());
    let query =
        Query { per_page: 1, facets: Vec::new(), highlight: false, ..Query::new(everything, today()) };
    let searched = app.probe(query).await.is_ok();
    let (code, status) =
        if searched { (StatusCode::OK, "ready") } else { (StatusCode::SERVICE_UNAVAILABLE, "not_ready") };
    let reply = StatusReply { status, generation: app.generation(), records: app.len() };
    (code, Json(reply)).into_response()
}
