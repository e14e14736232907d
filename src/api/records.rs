//! `GET /api/v1/records/{id}`.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use gongkai_index::record::{Date, parse_iso_date};

use crate::api::parameters::parse_single_valued;
use crate::api::related::collect_related;
use crate::api::wire::RecordReply;
use crate::api::with_generation;
use crate::clock::today;
use crate::problem::{ApiError, ParameterError};
use crate::search::service::SharedService;

/// Longest id quoted in an error text, in characters.
pub(super) const MAX_SHOWN_ID_CHARS: usize = 120;

/// Finds the record of an id with what is related to it, for JSON and pages.
///
/// # Errors
/// 404, or a failure of the engine.
pub async fn find_record(
    service: &SharedService,
    id: Result<Path<String>, PathRejection>,
    query: Option<&str>,
) -> Result<RecordReply, ApiError> {
    // An id is text in UTF-8: other bytes name no record.
    let Path(id) = id.map_err(|_| ApiError::not_found("there is no such record; an id is text in UTF-8"))?;
    let day = parse_as_of(query.unwrap_or_default())?;
    let shortened: String = id.chars().take(MAX_SHOWN_ID_CHARS).collect();
    let found = service.run_read(move |collection, _| {
        // One snapshot for all of it: the reply names the generation it was read from.
        let reader = collection.reader();
        let Some(record) = reader.record(&id)? else { return Ok(None) };
        let related = collect_related(&reader, &record, day)?;
        Ok(Some((record, related, reader.generation())))
    });
    match found.await? {
        Some((record, related, generation)) => Ok(RecordReply::new(record, related, generation)),
        None => Err(ApiError::not_found(format!("there is no record “{shortened}”"))),
    }
}

/// Whole record.
#[utoipa::path(
    get, path = "/api/v1/records/{id}", tag = "records",
    params(
        ("id" = String, Path, description = "Record id"),
        ("as_of" = Option<String>, Query, description = "Day of every validity state, YYYY-MM-DD; today if absent"),
    ),
    responses(
        (status = 200, description = "The record", body = RecordReply),
        (status = 404, description = "There is no such record", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn record(
    State(service): State<SharedService>,
    id: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let reply = find_record(&service, id, query.as_deref()).await?;
    Ok(with_generation(reply.generation, Json(reply)))
}

/// Reads the day of every validity state: today unless another is asked for.
fn parse_as_of(query: &str) -> Result<Date, ApiError> {
    let [as_of] = parse_single_valued(query, ["as_of"]).map_err(ApiError::wrong_parameters)?;
    match as_of.filter(|text| !text.is_empty()) {
        None => Ok(today()),
        Some(text) => parse_iso_date(&text).ok_or_else(|| {
            let reason = format!("“{text}” is not a date, expected YYYY-MM-DD");
            ApiError::wrong_parameters(vec![ParameterError::new("as_of", reason)])
        }),
    }
}
