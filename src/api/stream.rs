//! `GET /api/v1/search.ndjson`: every match, one per line, in constant memory.
//!
//! Matches are read in chunks with a cursor on the generation of the first chunk; a client that
//! reads slowly delays the next chunk, and so does one whose budget is empty.

use axum::body::Bytes;
use axum::extract::{Extension, RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use gongkai_index::query::Start;
use gongkai_index::results::SearchResults;

use crate::api::paced;
use crate::api::parameters::SearchRequest;
use crate::api::search::parse_request;
use crate::api::wire::HitReply;
use crate::api::with_generation;
use crate::flow::answers::AnswerCount;
use crate::problem::{ApiError, ParameterError};
use crate::search::service::SharedService;
use crate::visible;

/// Matches read at a time.
const CHUNK_HITS: usize = 250;

/// Every match of a search.
#[utoipa::path(
    get, path = "/api/v1/search.ndjson", tag = "search", operation_id = "ndjson",
    responses(
        (status = 200, description = "One hit per line, without highlights", content_type = "application/x-ndjson"),
        (status = 400, description = "Wrong parameters, each named", body = ApiError, content_type = "application/problem+json"),
        (status = 429, description = "The client's budget is spent; see Retry-After", body = ApiError, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded; see Retry-After", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn stream_hits(
    State(service): State<SharedService>,
    Extension(answer): Extension<AnswerCount>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let text = query.unwrap_or_default();
    let mut request = parse_request(&service, &text).map_err(ApiError::wrong_parameters)?;
    if let Some(error) = unwanted_parameter(&request) {
        return Err(ApiError::wrong_parameters(vec![error]));
    }
    request.query.per_page = CHUNK_HITS;
    request.query.facets.clear();
    request.query.highlight = false;
    // Keeps the generation open, however many commits follow meanwhile.
    let reader = service.reader(request.snapshot.as_ref())?;
    let generation = reader.generation();
    let first = service.search_in(reader.clone(), request.query.clone(), request.mode).await?;
    let total = first.results.total;
    let body = paced::start(answer, move |parts| async move {
        let mut chunk = first;
        loop {
            let next = chunk.results.hits.last().filter(|_| chunk.results.more).map(|last| last.position);
            if !parts.send(chunk_lines(&chunk.results, &request), next.is_none()).await {
                return;
            }
            let Some(position) = next else { return };
            request.query.start = Start::After(position);
            let search = || {
                let (service, reader) = (service.clone(), reader.clone());
                let (query, mode) = (request.query.clone(), request.mode);
                async move { service.search_in(reader, query, mode).await }
            };
            match paced::with_patience(search).await {
                Ok(next) => chunk = next,
                Err(refusal) => return parts.cut(refusal).await,
            }
        }
    });
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson".to_owned()),
        (header::HeaderName::from_static("gongkai-total"), total.to_string()),
    ];
    Ok(with_generation(generation, (headers, body).into_response()))
}

/// Parameter that a stream does not take: those of one page, and explanations, which would make it many
/// times as long.
fn unwanted_parameter(request: &SearchRequest) -> Option<ParameterError> {
    let unwanted = ["page", "per_page", "receipt", "explain"];
    let (name, _) = request.given.iter().find(|(name, _)| unwanted.contains(&name.as_str()))?;
    let error = match name.as_str() {
        "explain" => ParameterError::new(name, "is not given for every match; ask for a page of the search")
            .with_reader_text("导出全部结果时不给得分说明，请用于一页结果"),
        _ => ParameterError::new(name, "has no meaning here: every match is given")
            .with_reader_text("这里给出全部结果，不用这个参数"),
    };
    Some(error)
}

fn chunk_lines(chunk: &SearchResults, request: &SearchRequest) -> Bytes {
    let mut out = Vec::with_capacity(chunk.hits.len() * 512);
    for hit in &chunk.hits {
        // A hit is made of strings and numbers: writing it cannot fail.
        let _ = visible::write_json_line(&mut out, &HitReply::new(hit, &request.query));
    }
    out.into()
}
