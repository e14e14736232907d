//! Reading of request bodies within a limit of size and time.

use axum::body::{Body, Bytes};
use futures_util::StreamExt;

use crate::problem::ApiError;

/// Multiple of the limit up to which a body that is too large is read and dropped: a client that
/// is still sending would take the closing of the connection for the answer.
const MAX_EXCESS: usize = 8;

/// Reads the whole body.
///
/// # Errors
/// 413 if it is larger than `max_bytes`, 408 if it does not arrive.
pub async fn read_body(body: Body, max_bytes: usize) -> Result<Bytes, ApiError> {
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    let mut length = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| ApiError::timeout("the body did not come in time"))?;
        length += chunk.len();
        if length > max_bytes.saturating_mul(MAX_EXCESS) {
            break;
        }
        if length <= max_bytes {
            bytes.extend_from_slice(&chunk);
        }
    }
    if length > max_bytes {
        return Err(ApiError::too_large(format!("the body is larger than {} KiB", max_bytes >> 10)));
    }
    Ok(bytes.into())
}
