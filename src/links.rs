//! Base path below which the server is reached, and addresses of records and sections.
//!
//! Requests are served with the base path and without it, since some proxies remove it. Handlers do
//! not know it: [`with_base_path`] puts the base path of the current request before every address written.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::uri::PathAndQuery;
use axum::http::{Request, Uri};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use tower::ServiceExt;

/// Longest base path, in bytes.
const MAX_BASE_PATH_BYTES: usize = 200;

tokio::task_local! {
    static BASE: BasePath;
}

/// Base path such as `/search`, or empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BasePath(Arc<str>);

impl BasePath {
    /// Text to put before a path; empty if there is no base path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Strips the base path from a path, if the path begins with it.
    fn strip_from<'a>(&self, path: &'a str) -> Option<&'a str> {
        let rest = path.strip_prefix(&*self.0)?;
        match rest {
            "" => Some("/"),
            _ => rest.starts_with('/').then_some(rest),
        }
    }
}

impl TryFrom<String> for BasePath {
    type Error = String;

    fn try_from(path: String) -> Result<Self, String> {
        let Some(inner) = path.strip_prefix('/') else {
            return match path.is_empty() {
                true => Ok(Self::default()),
                false => Err(format!("the base path “{path}” does not begin with “/”")),
            };
        };
        if inner.is_empty() {
            return Ok(Self::default());
        }
        let inner = inner.strip_suffix('/').unwrap_or(inner);
        let is_plain = |part: &str| {
            let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
            !part.is_empty() && part.chars().all(is_allowed) && !part.chars().all(|c| c == '.')
        };
        if inner.len() >= MAX_BASE_PATH_BYTES || !inner.split('/').all(is_plain) {
            return Err(format!(
                "the base path “{path}” is not made of parts such as “/search” or “/gov/search”: letters, digits and - . _ ~"
            ));
        }
        Ok(Self(format!("/{inner}").into()))
    }
}

impl From<BasePath> for String {
    fn from(base: BasePath) -> Self {
        base.0.to_string()
    }
}

impl fmt::Display for BasePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Builds an address of this server, with the base path of the current request.
pub fn with_base_path(path: &str) -> String {
    format!("{}{path}", current_base_path().0)
}

/// Base path of the current request; empty outside of a request.
pub fn current_base_path() -> BasePath {
    BASE.try_with(Clone::clone).unwrap_or_default()
}

/// Wraps work so that it keeps the base path of the current request on another thread.
pub fn keep_base_path<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let base = current_base_path();
    move || BASE.sync_scope(base, work)
}

/// Wraps a task so that it keeps the base path of the current request.
pub fn keep_base_path_in_task<T>(task: impl Future<Output = T>) -> impl Future<Output = T> {
    BASE.scope(current_base_path(), task)
}

/// Serves routes below a base path and without it.
pub fn nest_below(base: &BasePath, routes: Router) -> Router {
    if base.0.is_empty() {
        return routes;
    }
    let base = base.clone();
    Router::new().fallback(move |request: Request<Body>| {
        let (base, routes) = (base.clone(), routes.clone());
        async move {
            let answer = BASE.scope(base.clone(), routes.oneshot(strip_request(request, &base)));
            let Ok(answer) = answer.await;
            answer.map(|body| Body::new(BasePathBody { body, base })) as Response
        }
    })
}

fn strip_request(mut request: Request<Body>, base: &BasePath) -> Request<Body> {
    let uri = request.uri();
    if let Some(path) = base.strip_from(uri.path()) {
        let text = uri.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
        let mut parts = uri.clone().into_parts();
        parts.path_and_query = PathAndQuery::try_from(text).ok();
        // The rest of a valid path is a valid path.
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
    request
}

/// Response body whose chunks are written with the base path of its request.
struct BasePathBody {
    body: Body,
    base: BasePath,
}

impl HttpBody for BasePathBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, axum::Error>>> {
        let base = self.base.clone();
        BASE.sync_scope(base, || Pin::new(&mut self.body).poll_frame(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.body.size_hint()
    }
}

/// Builds the address of a record's page.
pub fn record_url(id: &str) -> String {
    let mut url = with_base_path("/d/");
    url.extend(
        form_urlencoded::byte_serialize(id.as_bytes()).map(|part| if part == "+" { "%20" } else { part }),
    );
    url
}

/// Builds the address of a section of the record whose page has this address.
pub fn section_url(record_url: &str, anchor: &str) -> String {
    let fragment: String = form_urlencoded::byte_serialize(anchor.as_bytes()).collect();
    // Forms encode a space as a plus, but a fragment keeps a plus as it is.
    format!("{record_url}#{}", fragment.replace('+', "%20"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_path_parse_accepts_plain_paths_only() {
        let parse = |text: &str| BasePath::try_from(text.to_owned()).map(String::from);
        for (given, expected) in [
            ("", ""),
            ("/", ""),
            ("/search", "/search"),
            ("/gov/search/", "/gov/search"),
            ("/a.b~1", "/a.b~1"),
        ] {
            assert_eq!(parse(given), Ok(expected.to_owned()), "{given}");
        }
        for wrong in
            ["search", "//", "/a//b", "/..", "/a/.", "/a b", "/检索", "/a?b", "/a#", "/%61", "http://a/b"]
        {
            assert!(parse(wrong).is_err_and(|error| error.contains("base path")), "{wrong}");
        }
        let base = BasePath::try_from("/search".to_owned()).unwrap();
        assert_eq!(base.strip_from("/search"), Some("/"));
        assert_eq!(base.strip_from("/search/d/a"), Some("/d/a"));
        assert_eq!(base.strip_from("/searching"), None);
    }
}
