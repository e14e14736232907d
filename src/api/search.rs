//! `GET /api/v1/search`.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use gongkai_index::collection::rewrite::Answer;
use gongkai_index::query::Mode;

use crate::api::parameters::SearchRequest;
use crate::api::wire::SearchReply;
use crate::api::{App, with_generation};
use crate::clock::today;
use crate::problem::ApiError;
use crate::receipt;
use crate::telemetry::Searched;

/// Reads the parameters and searches; for every way of rendering the answer.
///
/// # Errors
/// Wrong parameters, overload, a cursor whose generation is gone.
pub async fn answer(app: &App, query: Option<&str>) -> Result<(SearchRequest, Arc<Answer>), ApiError> {
    let request = SearchRequest::parse(query.unwrap_or_default(), app.analyzer(), today())
        .map_err(ApiError::parameters)?;
    let answer = answer_to(app, &request).await?;
    Ok((request, answer))
}

/// Searches.
///
/// # Errors
/// Overload, a cursor whose generation is gone.
pub async fn answer_to(app: &App, request: &SearchRequest) -> Result<Arc<Answer>, ApiError> {
    Ok(app.search(request.query.clone(), request.mode, request.generation).await?)
}

/// Leaves with an answer what was searched, for those who watch; and the generation.
pub fn with_search(request: &SearchRequest, answer: &Answer, response: impl IntoResponse) -> Response {
    let mut response = with_generation(answer.results.generation, response);
    response.extensions_mut().insert(Searched {
        text: request.query.understanding.text.clone(),
        literal: request.mode == Mode::Literal,
        total: answer.results.total,
        first: request.page == Some(1),
    });
    response
}

/// Hits, total and facets.
#[utoipa::path(
    get, path = "/api/v1/search", tag = "search",
    responses(
        (status = 200, description = "The matching records", body = SearchReply),
        (status = 400, description = "Wrong parameters, each named", body = ApiError, content_type = "application/problem+json"),
        (status = 410, description = "The cursor's generation is gone", body = ApiError, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded; see Retry-After", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn search(State(app): State<App>, RawQuery(query): RawQuery) -> Result<Response, ApiError> {
    let begun = Instant::now();
    let (request, answer) = answer(&app, query.as_deref()).await?;
    let took_ms = (begun.elapsed().as_micros() as f64) / 1000.0;
    let mut reply = SearchReply::new(&request, &answer, took_ms);
    if request.receipt {
        let (asked, given) = (request.clone(), answer.clone());
        let issued = app.consult(move |searcher, budget| receipt::issue(searcher, &asked, &given, budget));
        reply.receipt = Some(issued.await?);
    }
    Ok(with_search(&request, &answer, Json(reply)))
}
