//! `POST /api/v1/receipts/verify`: verifies a receipt.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;

use crate::api::{App, with_generation};
use crate::problem::{ApiError, ParameterError};
use crate::receipt::{Receipt, Unusable, Verification, verify};

/// Verifies a receipt.
#[utoipa::path(
    post, path = "/api/v1/receipts/verify", tag = "search", operation_id = "verification",
    request_body(content = Receipt, content_type = "application/json"),
    responses(
        (status = 200, description = "Whether the same search still gives the same answer", body = Verification),
        (status = 400, description = "What was sent is no receipt", body = ApiError, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded; see Retry-After", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn verify_receipt(State(app): State<App>, body: Bytes) -> Result<Response, ApiError> {
    let refuse = |reason: String| ApiError::parameters(vec![ParameterError::new("body", reason)]);
    let receipt: Receipt =
        serde_json::from_slice(&body).map_err(|e| refuse(format!("is not a receipt: {e}")))?;
    let typing = app.typing();
    let verified = app
        .consult(move |searcher, budget| match verify(searcher, typing.as_deref(), &receipt, budget) {
            Err(Unusable::Engine(e)) => Err(e),
            other => Ok(other.map_err(|unusable| unusable.to_string())),
        })
        .await?;
    let verification = verified.map_err(refuse)?;
    Ok(with_generation(verification.generation, Json(verification)))
}
