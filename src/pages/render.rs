//! Rendering of templates.

use axum::response::{Html, IntoResponse, Response};

use crate::problem::ApiError;

/// Renders a template as a response; a failure to render is a defect.
pub(super) fn render(template: &impl askama::Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(e) => {
            tracing::error!(error = %e, "a page could not be rendered");
            ApiError::internal().into_response()
        }
    }
}
