//! `PUT` and `DELETE /api/v1/records/{id}`, `POST /api/v1/records`: answered when the
//! change is durable and every search sees it.

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use gongkai_index::embedded::{Change, Changed};
use gongkai_index::{Problem, Put, Record};
use serde::Serialize;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_stream::wrappers::ReceiverStream;
use utoipa::ToSchema;

use crate::api::App;
use crate::api::lines::Lines;
use crate::api::with_generation;
use crate::problem::{ApiError, ParameterError};
use crate::search::writes::{Outcome, Unwritten, settled};

/// Longest record as JSON, in bytes.
pub const MOST_BYTES: usize = 16 << 20;
/// Records of one request that are on their way to the disk at a time.
const UNDER_WAY: usize = 1_000;
/// Outcomes kept for a client that sends all before it reads any.
const UNREAD: usize = 400_000;
/// Outcomes sent together, in bytes.
const TOGETHER: usize = 16 << 10;

/// What became of a record.
#[derive(Debug, Serialize, ToSchema)]
pub struct WriteReply {
    /// The line it stood in, from 1; in answers to many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Its id, if it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// added, updated, unchanged, deleted; in answers to many also rejected and failed.
    pub outcome: &'static str,
    /// The commit that holds it: searches from this generation on see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// What is wrong with it, by field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ParameterError>,
    /// Why it failed: the status that a request for it alone would have had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl WriteReply {
    fn new(id: Option<String>, outcome: &'static str) -> Self {
        Self { line: None, id, outcome, generation: None, errors: Vec::new(), status: None, detail: None }
    }
}

fn name(changed: Changed) -> &'static str {
    match changed {
        Changed::Put(Put::Added) => "added",
        Changed::Put(Put::Updated) => "updated",
        Changed::Put(Put::Unchanged) => "unchanged",
        Changed::Deleted => "deleted",
        Changed::Absent => "absent",
    }
}

fn by_field(problems: &[Problem]) -> Vec<ParameterError> {
    problems.iter().map(|problem| ParameterError::new(&problem.field, problem.reason.clone())).collect()
}

/// An id in an address.
fn id(id: Result<Path<String>, PathRejection>) -> Result<String, ApiError> {
    id.map(|Path(id)| id).map_err(|_| ApiError::not_found("an id is text in UTF-8"))
}

/// Adds the record or replaces the one of this id.
#[utoipa::path(
    put, path = "/api/v1/records/{id}", tag = "writing",
    params(("id" = String, Path, description = "The record's id; the record may leave it out or repeat it")),
    request_body(content = Object, description = "The record"),
    responses(
        (status = 200, description = "Updated, or unchanged", body = WriteReply),
        (status = 201, description = "Added", body = WriteReply),
        (status = 400, description = "What is wrong with the record, by field", body = ApiError, content_type = "application/problem+json"),
        (status = 401, description = "A key is needed", body = ApiError, content_type = "application/problem+json"),
        (status = 403, description = "Not with this key, or off until there is one", body = ApiError, content_type = "application/problem+json"),
        (status = 413, description = "Longer than a record may be", body = ApiError, content_type = "application/problem+json"),
        (status = 503, description = "Too much waits to be written, or another process writes; see Retry-After", body = ApiError, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn put(
    State(app): State<App>,
    path: Result<Path<String>, PathRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    let id = id(path)?;
    let body = body.map_err(|e| match e.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            ApiError::too_large(format!("a record has at most {MOST_BYTES} bytes"))
        }
        _ => ApiError::record(Vec::new(), "the request ended early"),
    })?;
    let record = read(body, Some(id.clone())).await.map_err(|problems| {
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        ApiError::record(by_field(&problems), told.join("; "))
    })?;
    let written = app.writing().make(Change::Put(Box::new(record))).await?;
    let status =
        if written.changed == Changed::Put(Put::Added) { StatusCode::CREATED } else { StatusCode::OK };
    let reply = WriteReply {
        generation: Some(written.generation),
        ..WriteReply::new(Some(id), name(written.changed))
    };
    Ok(with_generation(written.generation, (status, Json(reply))))
}

/// Removes the record.
#[utoipa::path(
    delete, path = "/api/v1/records/{id}", tag = "writing",
    params(("id" = String, Path, description = "The record's id")),
    responses(
        (status = 200, description = "Deleted", body = WriteReply),
        (status = 401, description = "A key is needed", body = ApiError, content_type = "application/problem+json"),
        (status = 403, description = "Not with this key, or off until there is one", body = ApiError, content_type = "application/problem+json"),
        (status = 404, description = "There is no such record", body = ApiError, content_type = "application/problem+json"),
        (status = 503, description = "Too much waits to be written, or another process writes; see Retry-After", body = ApiError, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn delete(
    State(app): State<App>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let id = id(path)?;
    let written = app.writing().make(Change::Delete(id.clone())).await?;
    if written.changed == Changed::Absent {
        let shown: String = id.chars().take(120).collect();
        return Err(ApiError::not_found(format!("there is no record “{shown}”")));
    }
    let reply = WriteReply {
        generation: Some(written.generation),
        ..WriteReply::new(Some(id), name(written.changed))
    };
    Ok(with_generation(written.generation, Json(reply)))
}

/// Adds or replaces many: one record a line in, what became of it a line out, in order.
#[utoipa::path(
    post, path = "/api/v1/records", tag = "writing",
    request_body(content = String, content_type = "application/x-ndjson", description = "One record a line"),
    responses(
        (status = 200, description = "What became of each line, in order; sent as it becomes durable", body = WriteReply, content_type = "application/x-ndjson"),
        (status = 401, description = "A key is needed", body = ApiError, content_type = "application/problem+json"),
        (status = 403, description = "Not with this key, or off until there is one", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn many(State(app): State<App>, body: Body) -> Response {
    let (hand_over, under_way) = channel(UNDER_WAY);
    let (send, unread) = channel(UNREAD);
    tokio::spawn(take(app, Lines::new(body, MOST_BYTES), hand_over));
    tokio::spawn(tell(under_way, send));
    let body = Body::from_stream(ReceiverStream::new(unread));
    ([(header::CONTENT_TYPE, "application/x-ndjson")], body).into_response()
}

/// A line on its way.
enum UnderWay {
    Known(WriteReply),
    Asked(WriteReply, Outcome),
}

/// Reads line after line and hands records over. A bad line is an outcome like others; only
/// a request that breaks off ends it.
async fn take(app: App, mut lines: Lines, hand_over: Sender<UnderWay>) {
    let mut number = 0;
    while let Some(line) = lines.next().await {
        number += 1;
        let reply = |id, outcome| WriteReply { line: Some(number), ..WriteReply::new(id, outcome) };
        let under_way = match line {
            Ok(line) if line.iter().all(u8::is_ascii_whitespace) => continue,
            Ok(line) => match read(line, None).await {
                Ok(record) => {
                    let id = Some(record.id.clone());
                    match app.writing().hand_over_in_turn(Change::Put(Box::new(record))).await {
                        Ok(outcome) => UnderWay::Asked(reply(id, ""), outcome),
                        Err(refused) => UnderWay::Known(failed(reply(id, "failed"), refused)),
                    }
                }
                Err(problems) => {
                    UnderWay::Known(WriteReply { errors: by_field(&problems), ..reply(None, "rejected") })
                }
            },
            Err(problem) => {
                let errors = vec![ParameterError::new("", problem)];
                UnderWay::Known(WriteReply { errors, ..reply(None, "rejected") })
            }
        };
        if hand_over.send(under_way).await.is_err() {
            return;
        }
    }
}

/// Sends outcomes in the order of their lines, together as long as the next is there already.
async fn tell(mut under_way: Receiver<UnderWay>, send: Sender<Result<Bytes, std::io::Error>>) {
    let mut out = Vec::new();
    loop {
        let next = match under_way.try_recv() {
            Ok(next) => Some(next),
            Err(_) => {
                if flush(&mut out, &send).await.is_err() {
                    return;
                }
                under_way.recv().await
            }
        };
        let Some(next) = next else { return };
        let reply = match next {
            UnderWay::Known(reply) => reply,
            UnderWay::Asked(reply, mut outcome) => {
                let settled = match outcome.try_recv() {
                    Ok(settled) => settled.map_err(Unwritten::Failed),
                    Err(_) => {
                        if flush(&mut out, &send).await.is_err() {
                            return;
                        }
                        settled(outcome).await
                    }
                };
                match settled {
                    Ok(written) => WriteReply {
                        outcome: name(written.changed),
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
        if out.len() >= TOGETHER && flush(&mut out, &send).await.is_err() {
            return;
        }
    }
}

async fn flush(out: &mut Vec<u8>, send: &Sender<Result<Bytes, std::io::Error>>) -> Result<(), ()> {
    if out.is_empty() {
        return Ok(());
    }
    send.send(Ok(std::mem::take(out).into())).await.map_err(drop)
}

fn failed(reply: WriteReply, refused: Unwritten) -> WriteReply {
    let problem = ApiError::from(refused);
    WriteReply { status: Some(problem.status), detail: Some(problem.detail), ..reply }
}

/// Reads a record; one of a certain id, which it may leave out, or of its own.
async fn read(json: Bytes, id: Option<String>) -> Result<Record, Vec<Problem>> {
    let work = move || match id {
        None => Record::from_json(&json),
        Some(id) => with_id(&json, id),
    };
    if tokio::runtime::Handle::current().metrics().num_workers() > 1 {
        // Reading a long text takes milliseconds: other requests go on meanwhile.
        return tokio::task::block_in_place(work);
    }
    work()
}

fn with_id(json: &[u8], id: String) -> Result<Record, Vec<Problem>> {
    let fault = |reason: String| vec![Problem { field: "id".into(), reason }];
    let object = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(json);
    // What is no object is told by the reader of records, with its place.
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
