//! `GET /api/v1/records/{id}`.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;

use super::App;
use super::problem::ApiError;
use super::search::{today, with_generation};
use super::wire::RecordReply;

/// The record of an id, for every way of rendering it.
///
/// # Errors
/// 404, or a failure of the engine.
pub async fn find(app: &App, id: String) -> Result<RecordReply, ApiError> {
    let generation = app.generation();
    let shown: String = id.chars().take(120).collect();
    match app.record(id).await? {
        Some(record) => Ok(RecordReply::new(record, today(), generation)),
        None => Err(ApiError::not_found(format!("there is no record “{shown}”"))),
    }
}

/// The whole record.
#[utoipa::path(
    get, path = "/api/v1/records/{id}", tag = "records",
    params(("id" = String, Path, description = "The record's id")),
    responses(
        (status = 200, description = "The record", body = RecordReply),
        (status = 404, description = "There is no such record", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn record(State(app): State<App>, Path(id): Path<String>) -> Result<Response, ApiError> {
    let reply = find(&app, id).await?;
    Ok(with_generation(reply.generation, Json(reply)))
}
