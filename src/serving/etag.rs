//! ETags and caching: a response stays the same as long as the generation, the lexicon, the day and
//! the version of the program do.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::access::{Caller, Scope};
use crate::clock::today;
use crate::search::service::SharedService;

/// Adds an ETag to responses that follow the collection, and answers 304 to a client that has the
/// present one. Browsers revalidate everything but files whose address changes with them.
pub async fn revalidate(State(service): State<SharedService>, request: Request, next: Next) -> Response {
    if is_for_operators(&request) {
        let mut response = next.run(request).await;
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        return response;
    }
    let etag = follows_collection(&request).then(|| current_etag(&service));
    if let Some(etag) = etag.as_ref().filter(|etag| client_has(request.headers(), etag)) {
        return with_caching(StatusCode::NOT_MODIFIED.into_response(), Some(etag));
    }
    let response = next.run(request).await;
    let is_ok = response.status() == StatusCode::OK;
    with_caching(response, etag.filter(|_| is_ok).as_deref())
}

fn with_caching(mut response: Response, etag: Option<&str>) -> Response {
    let may_be_kept = response.status() == StatusCode::OK || response.status() == StatusCode::NOT_MODIFIED;
    let headers = response.headers_mut();
    if let Some(tag) = etag.and_then(|etag| HeaderValue::from_str(etag).ok()) {
        headers.insert(header::ETAG, tag);
    }
    let caching = if may_be_kept { "private, no-cache" } else { "no-store" };
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static(caching));
    response
}

/// True for figures and findings, and for whatever a key of the scope write or admin asks for: nothing
/// of it stays in a browser or proxy.
fn is_for_operators(request: &Request) -> bool {
    let path = request.uri().path();
    let caller = request.extensions().get::<Caller>();
    path.starts_with("/api/v1/admin/")
        || ["/review", "/metrics"].contains(&path)
        || caller.is_some_and(|caller| caller.may(Scope::Write))
}

/// True for pages, searches and records; false for addresses about the server itself.
fn follows_collection(request: &Request) -> bool {
    let path = request.uri().path();
    let is_read = [Method::GET, Method::HEAD].contains(request.method());
    is_read
        && (path == "/"
            || path == "/api/v1/search"
            || ["/d/", "/api/v1/records/"].iter().any(|p| path.starts_with(p)))
}

fn current_etag(service: &SharedService) -> String {
    let lexicon = service.lexicon().map_or(0, |lexicon| lexicon.generation);
    let version = env!("CARGO_PKG_VERSION");
    // Weak: the response contains the time that the search took.
    format!("W/\"{}-{lexicon}-{}-{version}\"", service.generation(), today())
}

fn client_has(headers: &HeaderMap, etag: &str) -> bool {
    let tags = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|tags| tags.to_str().ok());
    tags.flat_map(|tags| tags.split(',')).any(|tag| tag.trim() == etag)
}
