//! `GET /api/v1/records/{id}`.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;

use gongkai_index::record::{Date, parse_iso_date};

use crate::api::parameters::only;
use crate::api::wire::RecordReply;
use crate::api::with_generation;
use crate::api::{App, related};
use crate::clock::today;
use crate::problem::{ApiError, ParameterError};

/// The record of an id, for every way of rendering it.
///
/// # Errors
/// 404, or a failure of the engine.
pub async fn find(
    app: &App,
    id: Result<Path<String>, PathRejection>,
    query: Option<&str>,
) -> Result<RecordReply, ApiError> {
    // What is no text in UTF-8 is the id of no record.
    let Path(id) = id.map_err(|_| ApiError::not_found("there is no such record; an id is text in UTF-8"))?;
    let day = day_asked(query.unwrap_or_default())?;
    let generation = app.generation();
    let shown: String = id.chars().take(120).collect();
    let found = app.consult(move |searcher, _| {
        let Some(record) = searcher.record(&id)? else { return Ok(None) };
        let related = related::collect(searcher, &record, day)?;
        Ok(Some((record, related)))
    });
    match found.await? {
        Some((record, related)) => Ok(RecordReply::new(record, related, generation)),
        None => Err(ApiError::not_found(format!("there is no record “{shown}”"))),
    }
}

/// The whole record.
#[utoipa::path(
    get, path = "/api/v1/records/{id}", tag = "records",
    params(
        ("id" = String, Path, description = "The record's id"),
        ("as_of" = Option<String>, Query, description = "The day of every state, YYYY-MM-DD; today if absent"),
    ),
    responses(
        (status = 200, description = "The record", body = RecordReply),
        (status = 404, description = "There is no such record", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn record(
    State(app): State<App>,
    id: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let reply = find(&app, id, query.as_deref()).await?;
    Ok(with_generation(reply.generation, Json(reply)))
}

/// The day of every state: today, unless another is asked for.
fn day_asked(query: &str) -> Result<Date, ApiError> {
    let [as_of] = only(query, ["as_of"]).map_err(ApiError::parameters)?;
    match as_of.filter(|text| !text.is_empty()) {
        None => Ok(today()),
        Some(text) => parse_iso_date(&text).ok_or_else(|| {
            let reason = format!("“{text}” is not a date, expected YYYY-MM-DD");
            ApiError::parameters(vec![ParameterError::new("as_of", reason)])
        }),
    }
}
