//! Reading the body of a request, within its limit and in time.

use axum::body::{Body, Bytes, to_bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;

use super::problem::ApiError;

/// The whole body.
///
/// # Errors
/// 413 if it is larger than `most` bytes, 408 if it does not come.
pub async fn whole(headers: &HeaderMap, body: Body, most: usize) -> Result<Bytes, ApiError> {
    let told = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let too_large = || ApiError::too_large(format!("the body is larger than {} KiB", most >> 10));
    if told.is_some_and(|length| length > most) {
        return Err(too_large());
    }
    to_bytes(body, most).await.map_err(|e| match told {
        // One that tells its length and is within the limit has not come in time or not at all.
        Some(_) => ApiError::timeout("the body did not come in time"),
        None if e.to_string().contains("length limit") => too_large(),
        None => ApiError::timeout("the body did not come in time"),
    })
}
