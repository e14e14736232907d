//! `/api/v1/resolve`: a document number as somebody typed it → the records that bear it.

use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use gongkai_index::analysis::Analyzer;
use gongkai_index::collection::rewrite::near_misses;
use gongkai_index::keys::number::key_of_number;
use gongkai_index::official::document_number;
use gongkai_index::official::document_number::DocumentNumber;
use gongkai_index::query::parse::parse;
use gongkai_index::query::{Clause, KeyBoost, Mode, Query, near};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::App;
use crate::api::body::whole;
use crate::api::parameters::only;
use crate::api::wire::{HitReply, NearReply};
use crate::api::with_generation;
use crate::clock::today;
use crate::problem::{ApiError, ParameterError};
use crate::search::service::Refusal;

/// Longest line, in characters.
const MAX_CHARS: usize = 512;
/// Most lines of a list.
const MAX_LINES: usize = 1_000;
/// Largest list, in bytes: as many of the longest lines as are taken.
const MAX_BODY: usize = 2 << 20;
/// Most records named for one number.
const MAX_RECORDS: usize = 20;

/// What became of one number.
#[derive(Debug, Serialize, ToSchema)]
pub struct Resolution {
    /// As typed.
    pub text: String,
    /// matched: one record bears it; ambiguous: several do, or it has several
    /// readings that are held; absent: none does; not_a_number: it cannot be read as one.
    pub outcome: &'static str,
    /// Its readings in normal form, the likeliest first.
    pub readings: Vec<String>,
    /// The records that bear it.
    pub records: Vec<HitReply>,
    /// Where no record bears it: those numbered near it, by the same organ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub near: Vec<NearReply>,
    /// The text also names a title in 《》 which is not that of the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflict: Option<String>,
}

/// One number.
#[utoipa::path(
    get, path = "/api/v1/resolve", tag = "search",
    params(("number" = String, Query, description = "A document number in any form")),
    responses(
        (status = 200, description = "What it names", body = Resolution),
        (status = 400, description = "Wrong parameters, each named", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn one(State(app): State<App>, RawQuery(query): RawQuery) -> Result<Response, ApiError> {
    let [number] = only(query.as_deref().unwrap_or_default(), ["number"]).map_err(ApiError::parameters)?;
    let Some(number) = number.filter(|number| !number.trim().is_empty()) else {
        return Err(ApiError::parameters(vec![ParameterError::new(
            "number",
            "is missing, expected a document number",
        )]));
    };
    let resolution = resolve(&app, &number).await?;
    Ok(with_generation(app.generation(), Json(resolution)))
}

/// A list, one number a line; the answer has one line of JSON for each, in order.
#[utoipa::path(
    post, path = "/api/v1/resolve", tag = "search",
    request_body(content = String, content_type = "text/plain"),
    responses(
        (status = 200, description = "One resolution a line", content_type = "application/x-ndjson"),
        (status = 400, description = "Too many lines", body = ApiError, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn list(State(app): State<App>, body: Body) -> Result<Response, ApiError> {
    let body = whole(body, MAX_BODY).await?;
    let text = String::from_utf8_lossy(&body);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    if lines.len() > MAX_LINES {
        let reason = format!("has {} lines, at most {MAX_LINES} are taken", lines.len());
        return Err(ApiError::parameters(vec![ParameterError::new("body", reason)]));
    }
    let mut out = Vec::new();
    for line in lines {
        // A resolution is made of strings: writing it cannot fail.
        let _ = serde_json::to_writer(&mut out, &resolve(&app, line).await?);
        out.push(b'\n');
    }
    let headers = [(header::CONTENT_TYPE, "application/x-ndjson")];
    Ok(with_generation(app.generation(), (headers, out).into_response()))
}

async fn resolve(app: &App, typed: &str) -> Result<Resolution, ApiError> {
    let text: String = typed.trim().chars().take(MAX_CHARS).collect();
    let numbers = read(&text);
    let records = if numbers.is_empty() { Vec::new() } else { bearers(app, &numbers).await? };
    let outcome = match (numbers.len(), records.len()) {
        (0, _) => "not_a_number",
        (_, 0) => "absent",
        (_, 1) => "matched",
        _ => "ambiguous",
    };
    let near = if outcome == "absent" { neighbours(app, &numbers).await? } else { Vec::new() };
    let conflict = conflict(&text, &records);
    let readings = numbers.iter().map(ToString::to_string).collect();
    Ok(Resolution { text, outcome, readings, records, near, conflict })
}

/// The readings of the whole text, or else the first number in it.
fn read(text: &str) -> Vec<DocumentNumber> {
    let whole = document_number::candidates(text);
    if !whole.is_empty() {
        return whole;
    }
    document_number::find_all(text).into_iter().take(1).map(|found| found.number).collect()
}

async fn bearers(app: &App, numbers: &[DocumentNumber]) -> Result<Vec<HitReply>, Refusal> {
    let mut understanding = parse("", Mode::Literal, &Analyzer::shared());
    let keys: Vec<String> = numbers.iter().map(key_of_number).collect();
    understanding.matching = Clause::Or(keys.iter().cloned().map(Clause::Key).collect());
    understanding.keys = keys.into_iter().map(|key| KeyBoost { key, boost: 1.0 }).collect();
    let query = Query { per_page: MAX_RECORDS, highlight: false, ..Query::new(understanding, today()) };
    let answer = app.search(query.clone(), Mode::Literal, None).await?;
    Ok(answer.results.hits.iter().map(|hit| HitReply::new(hit, &query)).collect())
}

async fn neighbours(app: &App, numbers: &[DocumentNumber]) -> Result<Vec<NearReply>, Refusal> {
    let answer = app.search(near::near(numbers, today()), Mode::Literal, None).await?;
    let near = near_misses(numbers, answer.results.hits.clone());
    Ok(near.iter().map(NearReply::new).collect())
}

/// `《甲办法》（国发〔2015〕58号）` where that number is borne by something else.
fn conflict(text: &str, records: &[HitReply]) -> Option<String> {
    let (start, end) = (text.find('《')?, text.rfind('》')?);
    let title = text.get(start + '《'.len_utf8()..end)?;
    let key = gongkai_index::keys::title::title_key(title);
    let named = |record: &HitReply| {
        let other = gongkai_index::keys::title::title_key(&record.title);
        other.contains(&key[2..]) || key.contains(&other[2..])
    };
    let wrong = !records.is_empty() && !records.iter().any(named);
    wrong.then(|| format!("文号对应的是“{}”，不是“{title}”", records[0].title))
}
