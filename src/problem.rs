//! Errors of the API: one type, `application/problem+json` (RFC 9457).

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use gongkai_index::Error;
use serde::Serialize;
use utoipa::ToSchema;

use crate::search::service::SearchError;
use crate::search::writes::WriteError;

/// Error of a request or of the server.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ApiError {
    /// Kind of problem, as a path that identifies it.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Kind of problem in words.
    pub title: &'static str,
    /// HTTP status.
    pub status: u16,
    /// Description of this occurrence, and what to do.
    pub detail: String,
    /// Errors by parameter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ParameterError>,
    /// Headers of the response.
    #[serde(skip)]
    pub headers: Vec<(HeaderName, String)>,
}

/// Most errors in a list; the next entry says how many more there are.
pub const MAX_ERRORS: usize = 20;
/// Longest name of a parameter or field in an error, in characters.
const MAX_NAME_CHARS: usize = 100;
/// Longest reason of an error, in characters.
const MAX_REASON_CHARS: usize = 500;

/// Errors of a request; only the first ones are kept.
#[derive(Debug, Default)]
pub struct ErrorList {
    kept: Vec<ParameterError>,
    omitted: usize,
}

impl ErrorList {
    /// Adds an error, which is made only if it is kept.
    pub fn push(&mut self, error: impl FnOnce() -> ParameterError) {
        if self.kept.len() < MAX_ERRORS {
            self.kept.push(error());
        } else {
            self.omitted += 1;
        }
    }

    /// The errors, and an entry for those that are not kept.
    pub fn into_vec(self) -> Vec<ParameterError> {
        let Self { mut kept, omitted } = self;
        if omitted > 0 {
            let more = ParameterError::new("", format!("and {omitted} more errors"));
            kept.push(more.with_reader_text(format!("另有 {omitted} 处错误")));
        }
        kept
    }

    /// The value, if there are no errors.
    ///
    /// # Errors
    /// As [`Self::into_vec`].
    pub fn or_value<T>(self, value: T) -> Result<T, Vec<ParameterError>> {
        if self.kept.is_empty() { Ok(value) } else { Err(self.into_vec()) }
    }
}

/// Cuts a text to so many characters.
fn shorten(text: &str, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Error in one parameter.
#[derive(Debug, Clone, Serialize, ToSchema, PartialEq, Eq)]
pub struct ParameterError {
    /// Name of the parameter as given.
    pub parameter: String,
    /// Offset in its value, in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<usize>,
    /// Value found and values expected.
    pub reason: String,
    /// Reason for readers of a page, in Chinese.
    #[serde(skip)]
    pub for_readers: String,
}

impl ParameterError {
    /// Creates an error with a general text for readers. Long texts are cut: they repeat what was sent.
    pub fn new(parameter: &str, reason: impl AsRef<str>) -> Self {
        Self {
            parameter: shorten(parameter, MAX_NAME_CHARS),
            offset: None,
            reason: shorten(reason.as_ref(), MAX_REASON_CHARS),
            for_readers: "这个参数的值无法采用".to_owned(),
        }
    }

    /// Sets the text for readers.
    pub fn with_reader_text(self, for_readers: impl AsRef<str>) -> Self {
        Self { for_readers: shorten(for_readers.as_ref(), MAX_REASON_CHARS), ..self }
    }
}

impl ApiError {
    fn new(status: StatusCode, kind: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind,
            title,
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// 400 with the wrong parameters.
    pub fn wrong_parameters(errors: Vec<ParameterError>) -> Self {
        Self::with_errors("/problems/parameters", "wrong parameters", errors)
    }

    fn with_errors(kind: &'static str, title: &'static str, errors: Vec<ParameterError>) -> Self {
        let reasons: Vec<String> = errors
            .iter()
            .map(|e| match e.parameter.as_str() {
                "" => e.reason.clone(),
                parameter => format!("{parameter}: {}", e.reason),
            })
            .collect();
        Self { errors, ..Self::new(StatusCode::BAD_REQUEST, kind, title, reasons.join("; ")) }
    }

    /// 404.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "/problems/not-found", "not found", detail)
    }

    /// 401: the request has no key.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "/problems/unauthorized", "a key is needed", detail)
            .with(header::WWW_AUTHENTICATE, "Bearer realm=\"gongkai\"")
    }

    /// 401: the key is unknown or revoked.
    pub fn unknown_key() -> Self {
        let detail = "this key is not, or no longer, a key of this server";
        Self::new(StatusCode::UNAUTHORIZED, "/problems/unauthorized", "a key is needed", detail)
            .with(header::WWW_AUTHENTICATE, "Bearer realm=\"gongkai\", error=\"invalid_token\"")
    }

    /// Changes a 401 for a browser, which then asks its user for a key.
    pub fn for_browser(mut self) -> Self {
        if self.status == StatusCode::UNAUTHORIZED.as_u16() {
            self.headers.retain(|(name, _)| name != header::WWW_AUTHENTICATE);
            return self.with(header::WWW_AUTHENTICATE, "Basic realm=\"gongkai\", charset=\"UTF-8\"");
        }
        self
    }

    /// 403: the key lacks the scope.
    pub fn forbidden(needed: &str) -> Self {
        let detail = format!("this key is good, but not for this address: it needs the scope {needed}");
        Self::new(StatusCode::FORBIDDEN, "/problems/forbidden", "not with this key", detail).with(
            header::WWW_AUTHENTICATE,
            format!("Bearer realm=\"gongkai\", error=\"insufficient_scope\", scope=\"{needed}\""),
        )
    }

    /// 403: no key has the scope, so the address is off.
    pub fn switched_off(needed: &str) -> Self {
        let detail = format!(
            "this is off until there is a key for it: the operator makes one with `gongkai key add NAME --scope {needed}`"
        );
        Self::new(StatusCode::FORBIDDEN, "/problems/switched-off", "switched off", detail)
    }

    /// 503 for overload.
    pub fn overloaded(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "/problems/overloaded", "overloaded", detail)
    }

    /// 503 for a reason other than overload.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "/problems/unavailable", "unavailable", detail)
    }

    /// 400 with the errors in a record.
    pub fn wrong_record(errors: Vec<ParameterError>) -> Self {
        Self::with_errors("/problems/record", "wrong record", errors)
    }

    /// 408.
    pub fn timeout(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "/problems/timeout", "the request did not come", detail)
    }

    /// 413.
    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "/problems/too-large", "too large", detail)
    }

    /// 429.
    pub fn too_many_requests(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "/problems/rate", "too many requests", detail)
    }

    /// Request that the HTTP library refuses before any handler.
    pub fn unreadable_request(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        let detail = match status {
            StatusCode::URI_TOO_LONG => "the address is too long; at most 64 KiB are read",
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => "the headers are too long",
            _ => "this is no request in HTTP",
        };
        Self::new(status, "/problems/request", "not a request that can be read", detail)
    }

    /// Adds a header to the response.
    pub fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// 405.
    pub fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "/problems/method",
            "method not allowed",
            "this address does not take this method; /openapi.json has those it takes",
        )
    }

    /// 500 for a defect; the log has the details.
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "/problems/internal",
            "internal error",
            "the request failed because of a defect; the log of the server says more",
        )
    }
}

impl From<SearchError> for ApiError {
    fn from(refusal: SearchError) -> Self {
        match refusal {
            SearchError::Overloaded => Self::overloaded(refusal.to_string()),
            // No client is left to read this.
            SearchError::Engine(Error::Abandoned) => Self::overloaded("the client went away"),
            SearchError::Engine(Error::Deadline) => {
                Self::overloaded("the search took too long; ask for less, or again")
            }
            SearchError::Engine(Error::GenerationGone { asked, current }) => Self::new(
                StatusCode::GONE,
                "/problems/generation-gone",
                "generation gone",
                format!(
                    "the cursor belongs to generation {asked}, which is no longer held (now {current}); start again without it"
                ),
            ),
            other => {
                tracing::error!(error = %other, "search failed");
                Self::internal()
            }
        }
    }
}

impl From<WriteError> for ApiError {
    fn from(refusal: WriteError) -> Self {
        match refusal {
            WriteError::QueueFull => Self::overloaded("too many changes wait to be written"),
            WriteError::Off => Self::unavailable("this server does not write"),
            WriteError::Failed(e) if e.is_full() => Self::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "/problems/full",
                "the disk is full",
                "nothing was written; what is held is searched as before, and writing goes on when there is room",
            ),
            WriteError::Failed(e) if matches!(*e, Error::InUse(_)) => {
                Self::unavailable("another process is writing to the index, `gongkai index` for example")
                    .with(header::RETRY_AFTER, "5")
            }
            other => {
                tracing::error!(error = %other, "a change could not be written");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "/problems/not-written",
                    "not written",
                    "writing failed, and whether the change was kept is not known: ask for it again; the log of the server says more",
                )
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let has_retry_after = self.headers.iter().any(|(name, _)| *name == header::RETRY_AFTER);
        if status == StatusCode::SERVICE_UNAVAILABLE && !has_retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        let own_headers =
            self.headers.into_iter().filter_map(|(name, value)| Some((name, value.try_into().ok()?)));
        headers.extend::<Vec<(HeaderName, HeaderValue)>>(own_headers.collect());
        response
    }
}
