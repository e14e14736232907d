//! Errors as pages, and the answer to unknown addresses.

use askama::Template;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use crate::links::with_base_path;
use crate::pages::render::render;
use crate::problem::ApiError;

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    problem: ApiError,
}

/// Renders an error as a page.
pub fn problem_page(problem: ApiError) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = problem.headers.clone();
    let mut response = render(&ProblemPage { problem }).into_response();
    *response.status_mut() = status;
    for (name, value) in headers {
        response.headers_mut().extend(HeaderValue::from_str(&value).ok().map(|value| (name, value)));
    }
    response
}

/// Answers an unknown address: with a page for browsers, with JSON for programs.
pub async fn not_found(headers: HeaderMap, address: Uri) -> Response {
    let problem = ApiError::not_found(format!(
        "there is nothing at this address; see {}",
        with_base_path("/openapi.json")
    ));
    if accepts_page(&headers) && !address.path().starts_with("/api/") {
        return problem_page(problem);
    }
    problem.into_response()
}

/// Checks that HTML is accepted before JSON: browsers say so, programs rarely do.
fn accepts_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let kinds: Vec<&str> = accepted.flat_map(|line| line.split(',')).map(|kind| kind.trim()).collect();
    let position = |name: &str| kinds.iter().position(|kind| kind.starts_with(name)).unwrap_or(usize::MAX);
    position("text/html") < position("application/json")
}
