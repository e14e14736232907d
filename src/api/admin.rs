//! `/api/v1/admin/…`: what an operator asks a running server. Every address needs a key
//! of the scope admin.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::App;
use super::problem::ApiError;
use super::search::with_generation;
use crate::edge::Edge;

/// What the handlers of administration are given.
pub type Operated = (App, Arc<Edge>);

/// The server in figures.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatsReply {
    /// The version of the program.
    pub version: &'static str,
    /// Since when it runs, in seconds.
    pub uptime_seconds: u64,
    /// The newest commit.
    pub generation: u64,
    /// How many records it holds.
    pub records: u64,
}

/// The server in figures.
#[utoipa::path(
    get, path = "/api/v1/admin/stats", tag = "operation",
    responses(
        (status = 200, description = "The figures", body = StatsReply),
        (status = 401, description = "A key is needed", body = ApiError, content_type = "application/problem+json"),
        (status = 403, description = "Not with this key, or off until there is one", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn stats(State((app, edge)): State<Operated>) -> Response {
    let generation = app.generation();
    let reply = StatsReply {
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds: edge.begun.elapsed().as_secs(),
        generation,
        records: app.len(),
    };
    with_generation(generation, Json(reply))
}
