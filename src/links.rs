//! The path below which the server is reached: every address that is shown begins with it.
//!
//! Requests are served with it and without it, since some proxies take it away. Handlers
//! know nothing of it; who writes an address asks [`here`], which knows in whose request
//! it is.

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

/// Longest path that is taken.
const LONGEST: usize = 200;

tokio::task_local! {
    static BASE: BasePath;
}

/// A path such as `/search`, or none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BasePath(Arc<str>);

impl BasePath {
    /// As it stands before a path; empty if there is none.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path without it, if it begins with it.
    fn taken_from<'a>(&self, path: &'a str) -> Option<&'a str> {
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
        let plain = |part: &str| {
            let good = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
            !part.is_empty() && part.chars().all(good) && !part.chars().all(|c| c == '.')
        };
        if inner.len() >= LONGEST || !inner.split('/').all(plain) {
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

/// An address of ours, as whoever asks reaches it.
pub fn here(path: &str) -> String {
    format!("{}{path}", current().0)
}

/// The base path of the request that is being answered; none outside of one.
pub fn current() -> BasePath {
    BASE.try_with(Clone::clone).unwrap_or_default()
}

/// Work for the request that is being answered, wherever it is then done.
pub fn carried<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let base = current();
    move || BASE.sync_scope(base, work)
}

/// The same for a task.
pub fn carried_on<T>(task: impl Future<Output = T>) -> impl Future<Output = T> {
    BASE.scope(current(), task)
}

/// The same routes, reached below a path.
pub fn under(base: &BasePath, routes: Router) -> Router {
    if base.0.is_empty() {
        return routes;
    }
    let base = base.clone();
    Router::new().fallback(move |request: Request<Body>| {
        let (base, routes) = (base.clone(), routes.clone());
        async move {
            let answer = BASE.scope(base.clone(), routes.oneshot(stripped(request, &base)));
            let Ok(answer) = answer.await;
            answer.map(|body| Body::new(Below { body, base })) as Response
        }
    })
}

fn stripped(mut request: Request<Body>, base: &BasePath) -> Request<Body> {
    let uri = request.uri();
    if let Some(path) = base.taken_from(uri.path()) {
        let text = uri.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
        let mut parts = uri.clone().into_parts();
        parts.path_and_query = PathAndQuery::try_from(text).ok();
        // The end of a path is a path.
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
    request
}

/// A body that is written while it is sent.
struct Below {
    body: Body,
    base: BasePath,
}

impl HttpBody for Below {
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

/// The address of a record's page.
pub fn record_url(id: &str) -> String {
    let mut url = here("/d/");
    url.extend(
        form_urlencoded::byte_serialize(id.as_bytes()).map(|part| if part == "+" { "%20" } else { part }),
    );
    url
}

/// The address of a section of the record whose page has this address.
pub fn section_url(record_url: &str, anchor: &str) -> String {
    let fragment: String = form_urlencoded::byte_serialize(anchor.as_bytes()).collect();
    // Forms write a blank as a plus, which in a fragment is a plus.
    format!("{record_url}#{}", fragment.replace('+', "%20"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_path_is_plain_and_begins_with_a_stroke() {
        let read = |text: &str| BasePath::try_from(text.to_owned()).map(String::from);
        for (given, meant) in [
            ("", ""),
            ("/", ""),
            ("/search", "/search"),
            ("/gov/search/", "/gov/search"),
            ("/a.b~1", "/a.b~1"),
        ] {
            assert_eq!(read(given), Ok(meant.to_owned()), "{given}");
        }
        for wrong in
            ["search", "//", "/a//b", "/..", "/a/.", "/a b", "/检索", "/a?b", "/a#", "/%61", "http://a/b"]
        {
            assert!(read(wrong).is_err_and(|told| told.contains("base path")), "{wrong}");
        }
        let base = BasePath::try_from("/search".to_owned()).unwrap();
        assert_eq!(base.taken_from("/search"), Some("/"));
        assert_eq!(base.taken_from("/search/d/a"), Some("/d/a"));
        assert_eq!(base.taken_from("/searching"), None);
    }
}
