//! `/api/v1/resolve`: document numbers as typed, resolved to the records that have them.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use gongkai_index::collection::rewrite::near_misses;
use gongkai_index::keys::number::key_of_number;
use gongkai_index::official::document_number;
use gongkai_index::official::document_number::DocumentNumber;
use gongkai_index::query::{KeyBoost, Mode, ParsedQuery, Query, near};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::body::{UnreadBody, read_body};
use crate::api::parameters::parse_single_valued;
use crate::api::wire::{HitReply, NearReply};
use crate::api::with_generation;
use crate::clock::today;
use crate::problem::{ApiError, ParameterError};
use crate::search::service::{SearchError, SharedService};

/// Longest text that is read of a line, in characters.
const MAX_CHARS: usize = 512;
/// Most lines of a list.
const MAX_LINES: usize = 1_000;
/// Largest list, in bytes: room for the most lines of the greatest length.
const MAX_BODY_BYTES: usize = 2 << 20;
/// Most records listed for one number.
const MAX_RECORDS: usize = 20;

/// Resolution of one document number.
#[derive(Debug, Serialize, ToSchema)]
pub struct Resolution {
    /// Text as typed.
    pub text: String,
    /// matched: one record has it; ambiguous: several records have it, or several of its readings
    /// are in the collection; absent: no record has it; not_a_number: the text is no document number.
    pub outcome: &'static str,
    /// Readings in normal form, the most likely first.
    pub readings: Vec<String>,
    /// Records that have the number.
    pub records: Vec<HitReply>,
    /// Records of the same organ with numbers near it, if no record has the number.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub near: Vec<NearReply>,
    /// Conflict: the text also names a title in 《》 that is not that of the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflict: Option<String>,
}

/// Resolution of one document number.
#[utoipa::path(
    get, path = "/api/v1/resolve", tag = "search", operation_id = "one",
    params(("number" = String, Query, description = "Document number in any form")),
    responses(
        (status = 200, description = "Records that have the number", body = Resolution),
        (status = 400, description = "Wrong parameters, each named", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn resolve_number(
    State(service): State<SharedService>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let [number] = parse_single_valued(query.as_deref().unwrap_or_default(), ["number"])
        .map_err(ApiError::wrong_parameters)?;
    let Some(number) = number.filter(|number| !number.trim().is_empty()) else {
        return Err(ApiError::wrong_parameters(vec![ParameterError::new(
            "number",
            "is missing, expected a document number",
        )]));
    };
    let resolution = resolve(&service, &number).await?;
    Ok(with_generation(service.generation(), Json(resolution)))
}

/// Resolution of a list, one number per line; the answer has one line of JSON for each, in order.
#[utoipa::path(
    post, path = "/api/v1/resolve", tag = "search", operation_id = "list",
    request_body(content = String, content_type = "text/plain"),
    responses(
        (status = 200, description = "One resolution per line", content_type = "application/x-ndjson"),
        (status = 400, description = "Too many lines", body = ApiError, content_type = "application/problem+json"),
        (status = 408, description = "The list did not arrive in time", body = ApiError, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ApiError, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded; see Retry-After", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn resolve_list(
    State(service): State<SharedService>,
    body: UnreadBody,
) -> Result<Response, ApiError> {
    let body = read_body(body, MAX_BODY_BYTES).await?;
    let text = String::from_utf8_lossy(&body);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    if lines.len() > MAX_LINES {
        let reason = format!("has {} lines, at most {MAX_LINES} are taken", lines.len());
        return Err(ApiError::wrong_parameters(vec![ParameterError::new("body", reason)]));
    }
    let mut out = Vec::new();
    for line in lines {
        // A resolution is made of strings: writing it cannot fail.
        let _ = serde_json::to_writer(&mut out, &resolve(&service, line).await?);
        out.push(b'\n');
    }
    let headers = [(header::CONTENT_TYPE, "application/x-ndjson")];
    Ok(with_generation(service.generation(), (headers, out).into_response()))
}

async fn resolve(service: &SharedService, typed: &str) -> Result<Resolution, ApiError> {
    let text: String = typed.trim().chars().take(MAX_CHARS).collect();
    let numbers = parse_numbers(&text);
    let records = if numbers.is_empty() { Vec::new() } else { find_records(service, &numbers).await? };
    let outcome = match (numbers.len(), records.len()) {
        (0, _) => "not_a_number",
        (_, 0) => "absent",
        (_, 1) => "matched",
        _ => "ambiguous",
    };
    let near = if outcome == "absent" { find_near_misses(service, &numbers).await? } else { Vec::new() };
    let conflict = title_conflict(&text, &records);
    let readings = numbers.iter().map(ToString::to_string).collect();
    Ok(Resolution { text, outcome, readings, records, near, conflict })
}

/// Parses the whole text as a number, with all readings, or else finds the first number in it.
fn parse_numbers(text: &str) -> Vec<DocumentNumber> {
    let readings = document_number::candidates(text);
    if !readings.is_empty() {
        return readings;
    }
    document_number::find_all(text).into_iter().take(1).map(|found| found.number).collect()
}

async fn find_records(
    service: &SharedService,
    numbers: &[DocumentNumber],
) -> Result<Vec<HitReply>, SearchError> {
    let keys: Vec<String> = numbers.iter().map(key_of_number).collect();
    let mut parsed = ParsedQuery::from_clause(near::held_clause(numbers));
    parsed.keys = keys.into_iter().map(|key| KeyBoost { key, boost: 1.0 }).collect();
    let query = Query { per_page: MAX_RECORDS, highlight: false, ..Query::new(parsed, today()) };
    let answer = service.search(query.clone(), Mode::Literal, None).await?;
    Ok(answer.results.hits.iter().map(|hit| HitReply::new(hit, &query)).collect())
}

async fn find_near_misses(
    service: &SharedService,
    numbers: &[DocumentNumber],
) -> Result<Vec<NearReply>, SearchError> {
    let answer = service.search(near::near(numbers, today()), Mode::Literal, None).await?;
    let near = near_misses(numbers, answer.results.hits.clone());
    Ok(near.iter().map(NearReply::new).collect())
}

/// Describes a conflict such as `《甲办法》（国发〔2015〕58号）`, where another document has that number.
fn title_conflict(text: &str, records: &[HitReply]) -> Option<String> {
    let (start, end) = (text.find('《')?, text.rfind('》')?);
    let title = text.get(start + '《'.len_utf8()..end)?;
    let key = gongkai_index::keys::title::title_key(title);
    let has_title = |record: &HitReply| {
        let other = gongkai_index::keys::title::title_key(&record.title);
        other.contains(&key[2..]) || key.contains(&other[2..])
    };
    let is_conflict = !records.is_empty() && !records.iter().any(has_title);
    is_conflict.then(|| format!("文号对应的是“{}”，不是“{title}”", records[0].title))
}
