//! `/api/v1/resolve`: document numbers as typed, resolved to the records that have them.

use std::collections::VecDeque;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use gongkai_index::collection::number_lookup::{NumberLookup, NumberMatches};
use gongkai_index::official::document_number;
use gongkai_index::official::document_number::DocumentNumber;
use gongkai_index::query::{Clause, ParsedQuery, Query};
use gongkai_index::{Budget, Collection, Reader};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::body::{UnreadBody, read_body};
use crate::api::paced;
use crate::api::parameters::parse_single_valued;
use crate::api::wire::{HitReply, NearReply};
use crate::api::with_generation;
use crate::clock::today;
use crate::flow::answers::AnswerCount;
use crate::problem::{ApiError, ParameterError};
use crate::search::service::{SearchError, SharedService};
use crate::visible;

/// Longest text that is read of a line, in characters.
const MAX_CHARS: usize = 512;
/// Most lines of a list.
const MAX_LINES: usize = 1_000;
/// Largest list, in bytes: room for the most lines of the greatest length.
const MAX_BODY_BYTES: usize = 2 << 20;
/// Most records listed for one number.
const MAX_RECORDS: usize = 20;
/// Most numbers read of one line.
const MAX_NUMBERS: usize = 20;
/// Lines resolved at a time.
const CHUNK_LINES: usize = 100;
/// Numbers of a list whose neighbours are offered, of those that no record has: looking for neighbours
/// costs several times as much as finding a number.
const MAX_NEAR_LINES: usize = 100;

/// Outcome of a number that no record has.
const ABSENT: &str = "absent";

/// Resolution of one document number.
#[derive(Debug, Serialize, ToSchema)]
pub struct Resolution {
    /// Text as typed.
    pub text: String,
    /// matched: one record has it; ambiguous: several records have it or one of several numbers in the
    /// text, or several of its readings are in the collection; absent: no record has it; not_a_number:
    /// the text is no document number.
    pub outcome: &'static str,
    /// Readings in normal form, the most likely first; all numbers of a text with several.
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
    let reader = service.reader(None)?;
    let generation = reader.generation();
    let resolved = service.run_read(move |_, budget| resolve(&reader, &[number], 1, budget)).await?;
    let resolution = resolved.into_iter().next().ok_or_else(ApiError::internal)?;
    Ok(with_generation(generation, Json(resolution)))
}

/// Resolution of a list, one number per line; the answer has one line of JSON for each, in order. All are
/// looked up in one generation; a client whose budget is empty waits between the lines.
#[utoipa::path(
    post, path = "/api/v1/resolve", tag = "search", operation_id = "list",
    request_body(content = String, content_type = "text/plain"),
    responses(
        (status = 200, description = "One resolution per line", content_type = "application/x-ndjson"),
        (status = 400, description = "Too many lines", body = ApiError, content_type = "application/problem+json"),
        (status = 408, description = "The list did not arrive in time", body = ApiError, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ApiError, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded; see Retry-After", body = ApiError, content_type = "application/problem+json"),
        (status = 429, description = "The client's budget is spent; see Retry-After", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn resolve_list(
    State(service): State<SharedService>,
    Extension(answer): Extension<AnswerCount>,
    body: UnreadBody,
) -> Result<Response, ApiError> {
    let body = read_body(body, MAX_BODY_BYTES).await?;
    let text = String::from_utf8_lossy(&body);
    let lines: Vec<String> = text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
    if lines.len() > MAX_LINES {
        let reason = format!("has {} lines, at most {MAX_LINES} are taken", lines.len());
        return Err(ApiError::wrong_parameters(vec![ParameterError::new("body", reason)]));
    }
    let reader = service.reader(None)?;
    let generation = reader.generation();
    let mut chunks: VecDeque<Vec<String>> = lines.chunks(CHUNK_LINES).map(<[String]>::to_vec).collect();
    // A list that fails at once is refused as a whole.
    let first = chunks.pop_front().unwrap_or_default();
    let first = resolve_chunk(service.clone(), reader.clone(), first, MAX_NEAR_LINES).await?;
    let body = paced::start(answer, move |parts| async move {
        let (mut part, mut near_left) = (first.0, MAX_NEAR_LINES - first.1);
        while parts.send(part, chunks.is_empty()).await {
            let Some(lines) = chunks.pop_front() else { return };
            let resolve = || resolve_chunk(service.clone(), reader.clone(), lines.clone(), near_left);
            match paced::with_patience(resolve).await {
                Ok((next, looked)) => (part, near_left) = (next, near_left - looked),
                Err(refusal) => return parts.cut(refusal).await,
            }
        }
    });
    let headers = [(header::CONTENT_TYPE, "application/x-ndjson")];
    Ok(with_generation(generation, (headers, body).into_response()))
}

/// Resolves lines of a list. Returns them as JSON, and how many had their neighbours looked for.
async fn resolve_chunk(
    service: SharedService,
    reader: Reader,
    lines: Vec<String>,
    max_near: usize,
) -> Result<(Bytes, usize), SearchError> {
    let work = move |_: &Collection, budget: &Budget| {
        let resolved = resolve(&reader, &lines, max_near, budget)?;
        let absent = resolved.iter().filter(|resolution| resolution.outcome == ABSENT).count();
        let mut out = Vec::new();
        for resolution in resolved {
            // A resolution is made of strings: writing it cannot fail.
            let _ = visible::write_json_line(&mut out, &resolution);
        }
        Ok((out.into(), absent.min(max_near)))
    };
    service.run_read(work).await
}

/// Resolves texts; the neighbours of the first `max_near` absent ones are looked for.
fn resolve(
    reader: &Reader,
    typed: &[String],
    max_near: usize,
    budget: &Budget,
) -> gongkai_index::Result<Vec<Resolution>> {
    let texts: Vec<String> = typed.iter().map(|text| text.trim().chars().take(MAX_CHARS).collect()).collect();
    let mut numbers = Vec::with_capacity(texts.len());
    for text in &texts {
        budget.check()?;
        numbers.push(parse_numbers(text));
    }
    let lookup = NumberLookup { reader, today: today(), max_records: MAX_RECORDS, budget };
    let found = lookup.find(&numbers, max_near)?;
    let texts = texts.into_iter().zip(numbers).zip(found);
    Ok(texts.map(|((text, numbers), found)| Resolution::new(text, &numbers, &found)).collect())
}

impl Resolution {
    fn new(text: String, numbers: &[DocumentNumber], found: &NumberMatches) -> Self {
        // Hits of a look-up by number are scored and not highlighted.
        let nothing = ParsedQuery::from_clause(Clause::Or(Vec::new()));
        let query = Query { highlight: false, ..Query::new(nothing, today()) };
        let records: Vec<HitReply> = found.hits.iter().map(|hit| HitReply::new(hit, &query)).collect();
        let has_several = numbers.len() > 1 && document_number::candidates(&text).is_empty();
        let outcome = match (numbers.len(), records.len()) {
            (0, _) => "not_a_number",
            (_, 0) => ABSENT,
            (_, 1) if !has_several => "matched",
            _ => "ambiguous",
        };
        let near = found.near.iter().map(NearReply::new).collect();
        let conflict = title_conflict(&text, &records);
        let readings = numbers.iter().map(ToString::to_string).collect();
        Self { text, outcome, readings, records, near, conflict }
    }
}

/// Parses the whole text as a number, with all readings, or else finds the numbers in it.
fn parse_numbers(text: &str) -> Vec<DocumentNumber> {
    let readings = document_number::candidates(text);
    if !readings.is_empty() {
        return readings;
    }
    let mut numbers = Vec::new();
    for found in document_number::find_all(text) {
        if numbers.len() < MAX_NUMBERS && !numbers.contains(&found.number) {
            numbers.push(found.number);
        }
    }
    numbers
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
