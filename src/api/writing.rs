//! `PUT` and `DELETE /api/v1/records/{id}`, `POST /api/v1/records`: answered when the change is
//! durable and visible to every search.

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use gongkai_index::collection::write_queue::{Change, Changed};
use gongkai_index::{Problem, Put, Record};
use serde::Serialize;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_stream::wrappers::ReceiverStream;
use utoipa::ToSchema;

use crate::api::body::{UnreadBody, read_body};
use crate::api::lines::{LineError, Lines};
use crate::api::records::MAX_SHOWN_ID_CHARS;
use crate::api::with_generation;
use crate::flow::answers::AnswerCount;
use crate::problem::{ApiError, ErrorList, ParameterError};
use crate::search::service::SharedService;
use crate::search::writes::{PendingWrite, WriteError, wait_until_written};

/// Longest record as JSON, in bytes.
pub const MAX_RECORD_BYTES: usize = 16 << 20;
/// Most records of one request that wait for their commit at a time.
const MAX_PENDING: usize = 1_000;
/// Most outcomes kept for a client that sends everything before it reads.
const MAX_UNREAD: usize = 400_000;
/// Size at which collected outcomes are sent, in bytes.
const SEND_BYTES: usize = 16 << 10;

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
    fn new(id: Option<String>, outcome: &'static str) -> Self {
        Self { line: None, id, outcome, generation: None, errors: Vec::new(), status: None, detail: None }
    }
}

fn outcome_name(changed: Changed) -> &'static str {
    match changed {
        Changed::Put(Put::Added) => "added",
        Changed::Put(Put::Updated) => "updated",
        Changed::Put(Put::Unchanged) => "unchanged",
        Changed::Deleted => "deleted",
        Changed::Absent => "absent",
    }
}

fn errors_by_field(problems: &[Problem]) -> Vec<ParameterError> {
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
    path: Result<Path<String>, PathRejection>,
    body: UnreadBody,
) -> Result<Response, ApiError> {
    let id = parse_id(path)?;
    let body = read_body(body, MAX_RECORD_BYTES).await?;
    let record = read_record(body, Some(id.clone()))
        .await
        .map_err(|problems| ApiError::wrong_record(errors_by_field(&problems)))?;
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

/// Adds or replaces many records: one per line of the request, one outcome per line of the answer,
/// in order.
#[utoipa::path(
    post, path = "/api/v1/records", tag = "writing", operation_id = "many",
    request_body(content = String, content_type = "application/x-ndjson", description = "One record per line"),
    responses(
        (status = 200, description = "Outcome of each line, in order; sent as it becomes durable", body = WriteReply, content_type = "application/x-ndjson"),
        (status = 401, description = "A key is needed", body = ApiError, content_type = "application/problem+json"),
        (status = 403, description = "Not with this key, or off until there is one", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn put_records(
    State(service): State<SharedService>,
    Extension(answer): Extension<AnswerCount>,
    body: UnreadBody,
) -> Response {
    let (hand_over, pending) = channel(MAX_PENDING);
    let (send, unread) = channel(MAX_UNREAD);
    tokio::spawn(receive_lines(service, Lines::new(body, MAX_RECORD_BYTES), hand_over));
    tokio::spawn(send_outcomes(pending, OutcomeSender { send, answer }));
    let body = Body::from_stream(ReceiverStream::new(unread));
    ([(header::CONTENT_TYPE, "application/x-ndjson")], body).into_response()
}

/// Outcome of a line.
enum LineOutcome {
    /// Settled: the line was refused.
    Settled(WriteReply),
    /// Pending: the record waits for its commit.
    Pending(WriteReply, PendingWrite),
}

/// Reads line after line and hands records over to the writer. A bad line has an outcome like
/// others; only a request that breaks off ends the loop.
async fn receive_lines(service: SharedService, mut lines: Lines, hand_over: Sender<LineOutcome>) {
    let mut number = 0;
    while let Some(line) = lines.next().await {
        number += 1;
        let reply = |id, outcome| WriteReply { line: Some(number), ..WriteReply::new(id, outcome) };
        let outcome = match line {
            Ok(line) if line.iter().all(u8::is_ascii_whitespace) => continue,
            Ok(line) => match read_record(line, None).await {
                Ok(record) => {
                    let id = Some(record.id.clone());
                    match service.writing().hand_over_in_turn(Change::Put(Box::new(record))).await {
                        Ok(outcome) => LineOutcome::Pending(reply(id, ""), outcome),
                        Err(refused) => LineOutcome::Settled(failed(reply(id, "failed"), refused)),
                    }
                }
                Err(problems) => LineOutcome::Settled(WriteReply {
                    errors: errors_by_field(&problems),
                    ..reply(None, "rejected")
                }),
            },
            Err(too_long @ LineError::TooLong(_)) => {
                let errors = vec![ParameterError::new("", too_long.to_api_error().detail)];
                LineOutcome::Settled(WriteReply { errors, ..reply(None, "rejected") })
            }
            Err(error) => LineOutcome::Settled(failed(reply(None, "failed"), error.to_api_error())),
        };
        if hand_over.send(outcome).await.is_err() {
            return;
        }
    }
}

/// Sends outcomes in the order of their lines; those that are settled already go together.
async fn send_outcomes(mut pending: Receiver<LineOutcome>, send: OutcomeSender) {
    let mut out = Vec::new();
    loop {
        let next = match pending.try_recv() {
            Ok(next) => Some(next),
            Err(_) => {
                if flush(&mut out, &send).await.is_err() {
                    return;
                }
                pending.recv().await
            }
        };
        let Some(next) = next else { return };
        let reply = match next {
            LineOutcome::Settled(reply) => reply,
            LineOutcome::Pending(reply, mut outcome) => {
                let settled = match outcome.try_recv() {
                    Ok(settled) => settled.map_err(WriteError::Failed),
                    Err(_) => {
                        if flush(&mut out, &send).await.is_err() {
                            return;
                        }
                        wait_until_written(outcome).await
                    }
                };
                match settled {
                    Ok(written) => WriteReply {
                        outcome: outcome_name(written.changed),
                        generation: Some(written.generation),
                        ..reply
                    },
                    Err(refused) => failed(WriteReply { outcome: "failed", ..reply }, refused),
                }
            }
        };
        // A reply is made of strings and numbers: writing it cannot fail.
        let _ = serde_json::to_writer(&mut out, &reply);
        out.push(b'\n');
        if out.len() >= SEND_BYTES && flush(&mut out, &send).await.is_err() {
            return;
        }
    }
}

/// Sender of outcomes; those that wait for the client are counted.
struct OutcomeSender {
    send: Sender<Result<Bytes, std::io::Error>>,
    answer: AnswerCount,
}

async fn flush(out: &mut Vec<u8>, to: &OutcomeSender) -> Result<(), ()> {
    if out.is_empty() {
        return Ok(());
    }
    let lines = to.answer.count_piece(std::mem::take(out).into());
    to.send.send(Ok(lines)).await.map_err(drop)
}

fn failed(reply: WriteReply, refused: impl Into<ApiError>) -> WriteReply {
    let problem = refused.into();
    WriteReply { status: Some(problem.status), detail: Some(problem.detail), ..reply }
}

/// Reads a record. With an id the record may leave its own out, but must not have another.
async fn read_record(json: Bytes, id: Option<String>) -> Result<Record, Vec<Problem>> {
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
