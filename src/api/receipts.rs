//! `POST /api/v1/receipts/verify`: verification of receipts.

use axum::Json;
use axum::extract::State;
use axum::response::Response;

use crate::api::body::{UnreadBody, read_body};
use crate::api::with_generation;
use crate::problem::{ApiError, ParameterError};
use crate::receipt::{Receipt, Verification, VerifyError, verify};
use crate::search::service::SharedService;

/// Largest receipt, in bytes.
const MAX_RECEIPT_BYTES: usize = 2 << 20;

/// Runs the search of a receipt again and compares the answers.
#[utoipa::path(
    post, path = "/api/v1/receipts/verify", tag = "search", operation_id = "verification",
    request_body(content = Receipt, content_type = "application/json"),
    responses(
        (status = 200, description = "Comparison of the receipt with the answer now", body = Verification),
        (status = 400, description = "The body is not a receipt", body = ApiError, content_type = "application/problem+json"),
        (status = 408, description = "The receipt did not arrive in time", body = ApiError, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ApiError, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded; see Retry-After", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn verify_receipt(
    State(service): State<SharedService>,
    body: UnreadBody,
) -> Result<Response, ApiError> {
    let body = read_body(body, MAX_RECEIPT_BYTES).await?;
    let refuse = |reason: String| ApiError::wrong_parameters(vec![ParameterError::new("body", reason)]);
    let receipt: Receipt =
        serde_json::from_slice(&body).map_err(|e| refuse(format!("is not a receipt: {e}")))?;
    let typing = service.lexicon();
    let verified = service
        .run_read(move |collection, budget| match verify(collection, typing.as_deref(), &receipt, budget) {
            Err(VerifyError::Engine(e)) => Err(e),
            other => Ok(other.map_err(|error| error.to_string())),
        })
        .await?;
    let verification = verified.map_err(refuse)?;
    Ok(with_generation(verification.generation, Json(verification)))
}
