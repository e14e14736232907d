//! Response header with the generation an answer was made from.

use axum::http::HeaderValue;
use axum::response::{IntoResponse, Response};

/// Name of the header.
pub const GENERATION_HEADER: &str = "gongkai-generation";

/// Adds the header with the generation to a response.
pub fn with_generation(generation: u64, response: impl IntoResponse) -> Response {
    let mut response = response.into_response();
    response.headers_mut().insert(GENERATION_HEADER, HeaderValue::from(generation));
    response
}
