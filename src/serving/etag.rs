//! What may be kept by browsers and asked for again: an answer stays the same as long as
//! the generation, what is known of typing, the day and the program do.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::clock::today;
use crate::search::service::SharedService;

/// Names the state of an answer, and answers 304 to who has that of now. Nothing is kept
/// without asking but files whose address changes with them.
pub async fn keep(State(service): State<SharedService>, request: Request, next: Next) -> Response {
    let state = follows_the_collection(&request).then(|| state_of(&service));
    if let Some(state) = state.as_ref().filter(|state| has(request.headers(), state)) {
        return dressed(StatusCode::NOT_MODIFIED.into_response(), Some(state));
    }
    let response = next.run(request).await;
    let good = response.status() == StatusCode::OK;
    dressed(response, state.filter(|_| good).as_deref())
}

fn dressed(mut response: Response, state: Option<&str>) -> Response {
    let known = response.status() == StatusCode::OK || response.status() == StatusCode::NOT_MODIFIED;
    let headers = response.headers_mut();
    if let Some(tag) = state.and_then(|state| HeaderValue::from_str(state).ok()) {
        headers.insert(header::ETAG, tag);
    }
    let caching = if known { "private, no-cache" } else { "no-store" };
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static(caching));
    response
}

/// Pages, searches and records; not what tells of the server itself.
fn follows_the_collection(request: &Request) -> bool {
    let path = request.uri().path();
    let read = [Method::GET, Method::HEAD].contains(request.method());
    read && (path == "/"
        || path == "/api/v1/search"
        || ["/d/", "/api/v1/records/"].iter().any(|p| path.starts_with(p)))
}

fn state_of(service: &SharedService) -> String {
    let typing = service.lexicon().map_or(0, |typing| typing.generation);
    let version = env!("CARGO_PKG_VERSION");
    // Weak: the time that the search took is in the answer and changes.
    format!("W/\"{}-{typing}-{}-{version}\"", service.generation(), today())
}

fn has(headers: &HeaderMap, state: &str) -> bool {
    let given = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|tags| tags.to_str().ok());
    given.flat_map(|tags| tags.split(',')).any(|tag| tag.trim() == state)
}
