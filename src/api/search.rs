//! `GET /api/v1/search`: hits, total and facets.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use gongkai_index::collection::rewrite::Answer;
use gongkai_index::query::Mode;

use crate::api::parameters::SearchRequest;
use crate::api::wire::SearchReply;
use crate::api::with_generation;
use crate::clock::today;
use crate::problem::{ApiError, ParameterError};
use crate::receipt;
use crate::search::service::SharedService;
use crate::telemetry::Searched;

/// Reads the parameters and searches, for JSON and pages.
///
/// # Errors
/// Wrong parameters, overload, a cursor whose generation is gone.
pub async fn parse_and_search(
    service: &SharedService,
    query: Option<&str>,
) -> Result<(SearchRequest, Arc<Answer>), ApiError> {
    let request = parse_request(service, query.unwrap_or_default()).map_err(ApiError::wrong_parameters)?;
    let answer = run_search(service, &request).await?;
    Ok((request, answer))
}

/// Reads the parameters of a search; the text is parsed with the names of the collection.
///
/// # Errors
/// All errors in them.
pub fn parse_request(service: &SharedService, text: &str) -> Result<SearchRequest, Vec<ParameterError>> {
    let lexicon = service.lexicon();
    SearchRequest::parse(text, &service.collection().parser(lexicon.as_deref()), today())
}

/// Runs a search.
///
/// # Errors
/// Overload, a cursor whose generation is gone.
pub async fn run_search(service: &SharedService, request: &SearchRequest) -> Result<Arc<Answer>, ApiError> {
    Ok(service.search(request.query.clone(), request.mode, request.snapshot.clone()).await?)
}

/// Adds to a response the generation, and the search for logs and metrics.
pub fn with_search(request: &SearchRequest, answer: &Answer, response: impl IntoResponse) -> Response {
    let mut response = with_generation(answer.results.generation, response);
    response.extensions_mut().insert(Searched {
        text: request.query.parsed.text.clone(),
        literal: request.mode == Mode::Literal,
        total: answer.results.total,
        first: request.page == Some(1),
    });
    response
}

/// Hits, total and facets of a search.
#[utoipa::path(
    get, path = "/api/v1/search", tag = "search",
    responses(
        (status = 200, description = "The matching records", body = SearchReply),
        (status = 400, description = "Wrong parameters, each named", body = ApiError, content_type = "application/problem+json"),
        (status = 410, description = "The cursor's generation is gone", body = ApiError, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded; see Retry-After", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn search(
    State(service): State<SharedService>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let started = Instant::now();
    let (request, answer) = parse_and_search(&service, query.as_deref()).await?;
    let took_ms = (started.elapsed().as_micros() as f64) / 1000.0;
    let mut reply = SearchReply::new(&request, &answer, took_ms);
    if request.receipt {
        let (request, answer) = (request.clone(), answer.clone());
        let issued = service.run_read(move |collection, budget| {
            receipt::issue_receipt(collection, &request, &answer, budget)
        });
        reply.receipt = Some(issued.await?);
    }
    Ok(with_search(&request, &answer, Json(reply)))
}
