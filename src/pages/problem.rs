//! Problems as pages, and addresses at which nothing is.

use askama::Template;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use crate::links::here;
use crate::pages::render::render;
use crate::problem::ApiError;

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    problem: ApiError,
}

/// A problem as a page for people.
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

/// What is at no address: a page for people, a problem for programs.
pub async fn not_found(headers: HeaderMap, address: Uri) -> Response {
    let problem =
        ApiError::not_found(format!("there is nothing at this address; see {}", here("/openapi.json")));
    if wants_page(&headers) && !address.path().starts_with("/api/") {
        return problem_page(problem);
    }
    problem.into_response()
}

/// Whether a page is wanted rather than JSON: a browser says so, a program seldom.
fn wants_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let kinds: Vec<&str> = accepted.flat_map(|line| line.split(',')).map(|kind| kind.trim()).collect();
    let place = |name: &str| kinds.iter().position(|kind| kind.starts_with(name)).unwrap_or(usize::MAX);
    place("text/html") < place("application/json")
}
