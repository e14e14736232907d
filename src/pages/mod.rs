//! Pages rendered on the server. All of them work without a script.
//!
//! A page shows the API's own answer; it adds links and words for people.

pub mod record;
pub mod search;
mod text;
pub mod words;

use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use crate::api::problem::ApiError;

/// The style sheet.
pub async fn style() -> impl IntoResponse {
    let headers =
        [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=3600")];
    (headers, include_str!("style.css"))
}

/// The icon: the first character of the name.
pub async fn icon() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "max-age=86400")];
    (headers, include_str!("icon.svg"))
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
