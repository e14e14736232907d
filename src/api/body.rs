//! Reading the body of a request, within its limit and in time.

use axum::body::{Body, Bytes};
use futures_util::StreamExt;

use crate::problem::ApiError;

/// A body that is too large is read on until so many times its limit: a client that is
/// still sending would take the closing of the connection for the answer.
const PATIENCE: usize = 8;

/// The whole body.
///
/// # Errors
/// 413 if it is larger than `most` bytes, 408 if it does not come.
pub async fn whole(body: Body, most: usize) -> Result<Bytes, ApiError> {
    let mut pieces = body.into_data_stream();
    let mut held = Vec::new();
    let mut length = 0;
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| ApiError::timeout("the body did not come in time"))?;
        length += piece.len();
        if length > most.saturating_mul(PATIENCE) {
            break;
        }
        if length <= most {
            held.extend_from_slice(&piece);
        }
    }
    if length > most {
        return Err(ApiError::too_large(format!("the body is larger than {} KiB", most >> 10)));
    }
    Ok(held.into())
}
