//! Pages rendered on the server. All of them work without a script; the one there is
//! offers completions in the search box.
//!
//! A page shows the API's own answer; it adds links and words for people.

pub mod record;
pub mod review;
pub mod search;
mod text;

use std::sync::LazyLock;

use axum::extract::RawQuery;
use axum::http::{HeaderMap, Uri, header};
use axum::response::{Html, IntoResponse, Response};

use crate::links::here;
use crate::problem::ApiError;

const STYLE: &str = include_str!("style.css");

/// The style sheet's address, which changes with its content.
static STYLE_ADDRESS: LazyLock<String> = LazyLock::new(|| versioned("/assets/style.css", STYLE));

/// An address of a file that is served as it is, with a hash of the file: whoever has it under
/// this address need never ask again.
fn versioned(path: &str, content: &str) -> String {
    format!("{path}?v={}", &blake3::hash(content.as_bytes()).to_hex()[..12])
}

/// The style sheet's address, for templates.
pub fn style_address() -> String {
    here(&STYLE_ADDRESS)
}

/// The style sheet.
pub async fn style(RawQuery(version): RawQuery) -> impl IntoResponse {
    let current = version.is_some_and(|version| STYLE_ADDRESS.ends_with(&format!("?{version}")));
    let caching = if current { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, caching)];
    (headers, STYLE)
}

/// The script of the search box.
pub async fn script() -> impl IntoResponse {
    let headers =
        [(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, "max-age=3600")];
    (headers, include_str!("suggest.js"))
}

/// The icon: the first character of the name.
pub async fn icon() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "max-age=86400")];
    (headers, include_str!("icon.svg"))
}

/// What is at no address: a page for people, a problem for programs.
pub async fn nowhere(headers: HeaderMap, address: Uri) -> Response {
    let problem =
        ApiError::not_found(format!("there is nothing at this address; see {}", here("/openapi.json")));
    if wants_page(&headers) && !address.path().starts_with("/api/") {
        return search::problem_page(problem);
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

/// A template as a response; a failure to render is a defect.
fn render(template: &impl askama::Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(e) => {
            tracing::error!(error = %e, "a page could not be rendered");
            ApiError::internal().into_response()
        }
    }
}
