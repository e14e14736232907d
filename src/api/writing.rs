//! `PUT` and `DELETE /api/v1/records/{id}`: answered when the change is durable and visible to every
//! search.

use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Json};
use gongkai_index::collection::write_queue::{Change, Changed};
use gongkai_index::{Problem, Put, Record};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Grant;
use crate::api::body::{UnreadBody, read_body};
use crate::api::records::MAX_SHOWN_ID_CHARS;
use crate::api::with_generation;
use crate::problem::{ApiError, ErrorList, ParameterError};
use crate::search::service::SharedService;

/// Longest record as JSON, in bytes.
pub const MAX_RECORD_BYTES: usize = 16 << 20;

/// Outcome of a change.
#[derive(Debug, Serialize, ToSchema)]
pub struct WriteReply {
    /// Line of the request, from 1; only in answers to many records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Record id, if it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// added, updated, unchanged or deleted; in answers to many records also rejected or failed.
    pub outcome: &'static str,
    /// Generation of the commit: searches from this generation on see the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// Errors in the record, by field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ParameterError>,
    /// Status that a request for this record alone would have had, if it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Reason in words, if it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl WriteReply {
    /// Creates a reply without line, generation and errors.
    pub(super) fn new(id: Option<String>, outcome: &'static str) -> Self {
        Self { line: None, id, outcome, generation: None, errors: Vec::new(), status: None, detail: None }
    }
}

/// Name of a change on the wire.
pub(super) fn outcome_name(changed: Changed) -> &'static str {
    match changed {
        Changed::Put(Put::Added) => "added",
        Changed::Put(Put::Updated) => "updated",
        Changed::Put(Put::Unchanged) => "unchanged",
        Changed::Deleted => "deleted",
        Changed::Absent => "absent",
    }
}

/// Errors of a record, as the API names them.
pub(super) fn errors_by_field(problems: &[Problem]) -> Vec<ParameterError> {
    let mut errors = ErrorList::default();
    for problem in problems {
        errors.push(|| ParameterError::new(&problem.field, &problem.reason));
    }
    errors.into_vec()
}

/// Reads the id in an address.
fn parse_id(id: Result<Path<String>, PathRejection>) -> Result<String, ApiError> {
    id.map(|Path(id)| id).map_err(|_| ApiError::not_found("an id is text in UTF-8"))
}

/// Adds the record, or replaces the one with this id.
#[utoipa::path(
    put, path = "/api/v1/records/{id}", tag = "writing", operation_id = "put",
    params(("id" = String, Path, description = "Record id; the record may leave it out or repeat it")),
    request_body(content = Object, description = "The record"),
    responses(
        (status = 200, description = "Updated, or unchanged", body = WriteReply),
        (status = 201, description = "Added", body = WriteReply),
        (status = 400, description = "Errors in the record, by field", body = ApiError, content_type = "application/problem+json"),
        (status = 401, description = "A key is needed", body = ApiError, content_type = "application/problem+json"),
        (status = 403, description = "Not with this key, or off until there is one", body = ApiError, content_type = "application/problem+json"),
        (status = 408, description = "The record did not arrive in time", body = ApiError, content_type = "application/problem+json"),
        (status = 413, description = "Longer than a record may be", body = ApiError, content_type = "application/problem+json"),
        (status = 503, description = "Too many changes are waiting, or another process writes; see Retry-After", body = ApiError, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn put_record(
    State(service): State<SharedService>,
    Extension(grant): Extension<Grant>,
    path: Result<Path<String>, PathRejection>,
    body: UnreadBody,
) -> Result<Response, ApiError> {
    let id = parse_id(path)?;
    let body = read_body(body, MAX_RECORD_BYTES).await?;
    let record = read_record(body, Some(id.clone()))
        .await
        .map_err(|problems| ApiError::wrong_record(errors_by_field(&problems)))?;
    // A body may take a minute to arrive.
    grant.check()?;
    let written = service.writing().make(Change::Put(Box::new(record))).await?;
    let status =
        if written.changed == Changed::Put(Put::Added) { StatusCode::CREATED } else { StatusCode::OK };
    let reply = WriteReply {
        generation: Some(written.generation),
        ..WriteReply::new(Some(id), outcome_name(written.changed))
    };
    Ok(with_generation(written.generation, (status, Json(reply))))
}

/// Deletes the record.
#[utoipa::path(
    delete, path = "/api/v1/records/{id}", tag = "writing", operation_id = "delete",
    params(("id" = String, Path, description = "Record id")),
    responses(
        (status = 200, description = "Deleted", body = WriteReply),
        (status = 401, description = "A key is needed", body = ApiError, content_type = "application/problem+json"),
        (status = 403, description = "Not with this key, or off until there is one", body = ApiError, content_type = "application/problem+json"),
        (status = 404, description = "There is no such record", body = ApiError, content_type = "application/problem+json"),
        (status = 503, description = "Too many changes are waiting, or another process writes; see Retry-After", body = ApiError, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn delete_record(
    State(service): State<SharedService>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let id = parse_id(path)?;
    let written = service.writing().make(Change::Delete(id.clone())).await?;
    if written.changed == Changed::Absent {
        let shortened: String = id.chars().take(MAX_SHOWN_ID_CHARS).collect();
        return Err(ApiError::not_found(format!("there is no record “{shortened}”")));
    }
    let reply = WriteReply {
        generation: Some(written.generation),
        ..WriteReply::new(Some(id), outcome_name(written.changed))
    };
    Ok(with_generation(written.generation, Json(reply)))
}

/// Adds to a reply the reason why the change was not made.
pub(super) fn failed(reply: WriteReply, refused: impl Into<ApiError>) -> WriteReply {
    let problem = refused.into();
    WriteReply { status: Some(problem.status), detail: Some(problem.detail), ..reply }
}

/// Reads a record. With an id the record may leave its own out, but must not have another.
pub(super) async fn read_record(json: Bytes, id: Option<String>) -> Result<Record, Vec<Problem>> {
    let work = move || match id {
        None => Record::from_json(&json),
        Some(id) => read_record_with_id(&json, id),
    };
    if tokio::runtime::Handle::current().metrics().num_workers() > 1 {
        // Reading a long text takes milliseconds: other requests go on meanwhile.
        return tokio::task::block_in_place(work);
    }
    work()
}

fn read_record_with_id(json: &[u8], id: String) -> Result<Record, Vec<Problem>> {
    let fault = |reason: String| vec![Problem { field: "id".into(), reason }];
    let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
    let object = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(json);
    // JSON that is no object is refused by the reader of records, with the place of the error.
    let Ok(mut object) = object else { return Record::from_json(json) };
    match object.get("id") {
        Some(other) if other.as_str() != Some(&id) => {
            Err(fault(format!("is not {id}, the id in the address")))
        }
        Some(_) => Record::from_json(json),
        None => {
            object.insert("id".into(), id.into());
            let json = serde_json::to_vec(&object).map_err(|e| fault(e.to_string()))?;
            Record::from_json(&json)
        }
    }
}
