//! `POST /api/v1/records`: many records in one request, each answered when its change is durable.
//!
//! The key is checked again before each line, and the audit log gets a line when the request ends,
//! however it ends.

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use gongkai_index::collection::write_queue::Change;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;

use crate::access::Grant;
use crate::api::body::UnreadBody;
use crate::api::lines::{LineError, Lines};
use crate::api::writing::{MAX_RECORD_BYTES, WriteReply, errors_by_field, failed, outcome_name, read_record};
use crate::flow::answers::AnswerCount;
use crate::problem::{ApiError, ParameterError};
use crate::search::service::SharedService;
use crate::search::writes::{PendingWrite, WriteError, wait_until_written};
use crate::visible;

/// Most records of one request that wait for their commit at a time.
const MAX_PENDING: usize = 1_000;
/// Most outcomes kept for a client that sends everything before it reads.
const MAX_UNREAD: usize = 400_000;
/// Size at which collected outcomes are sent, in bytes.
const SEND_BYTES: usize = 16 << 10;
/// Longest rest of a body that is read and dropped once the key is revoked, in bytes.
const MAX_SKIPPED_BYTES: usize = 4 * MAX_RECORD_BYTES;
/// Action of the audit line at the end.
const END_ACTION: &str = "end of POST /api/v1/records";

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
    Extension(grant): Extension<Grant>,
    Extension(count): Extension<AnswerCount>,
    body: UnreadBody,
) -> Response {
    let (hand_over, pending) = channel(MAX_PENDING);
    let (send, unread) = channel(MAX_UNREAD);
    let lines = Lines::new(body, MAX_RECORD_BYTES);
    let receiving = tokio::spawn(receive_lines(service, lines, hand_over, grant.clone()));
    let answer = AnswerBody { out: Vec::new(), send, count, is_gone: false };
    tokio::spawn(answer_and_audit(pending, answer, receiving, grant));
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

/// End of a request.
#[derive(Debug, Clone, Copy)]
enum End {
    Complete,
    BrokenOff,
    KeyRevoked,
    KeysUnreadable,
    ServerStopped,
    Panicked,
}

impl End {
    fn text(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::BrokenOff => "broken off",
            Self::KeyRevoked => "ended because the key was revoked",
            Self::KeysUnreadable => "ended because the keys could not be read",
            Self::ServerStopped => "ended because the server stopped",
            Self::Panicked => "ended by a defect",
        }
    }
}

/// Reads line after line and hands records over to the writer. A bad line has an outcome like
/// others; only a request that breaks off or a key that is gone ends the loop.
async fn receive_lines(
    service: SharedService,
    mut lines: Lines,
    hand_over: Sender<LineOutcome>,
    grant: Grant,
) -> End {
    let mut number = 0;
    loop {
        let line = tokio::select! {
            line = lines.next() => line,
            () = grant.server_end() => return End::ServerStopped,
        };
        let Some(line) = line else { break };
        number += 1;
        // Before the change is made, so that none is made without an outcome that is counted.
        let Ok(place) = hand_over.reserve().await else { return End::BrokenOff };
        match receive_line(&service, line, number, &grant).await {
            Ok(Some(outcome)) => place.send(outcome),
            Ok(None) => {}
            Err(problem) => {
                let reply = WriteReply {
                    line: Some(number),
                    status: Some(problem.status),
                    detail: Some(problem.detail),
                    ..WriteReply::new(None, "rejected")
                };
                place.send(LineOutcome::Settled(reply));
                tokio::spawn(lines.skip_rest(MAX_SKIPPED_BYTES));
                let is_revoked = problem.status == axum::http::StatusCode::UNAUTHORIZED;
                return if is_revoked { End::KeyRevoked } else { End::KeysUnreadable };
            }
        }
    }
    if lines.is_broken_off() { End::BrokenOff } else { End::Complete }
}

/// Receives a line; an empty one has no outcome.
///
/// # Errors
/// A key that is gone.
async fn receive_line(
    service: &SharedService,
    line: Result<Bytes, LineError>,
    number: u64,
    grant: &Grant,
) -> Result<Option<LineOutcome>, ApiError> {
    grant.check()?;
    let reply = |id, outcome| WriteReply { line: Some(number), ..WriteReply::new(id, outcome) };
    let rejected = |errors| LineOutcome::Settled(WriteReply { errors, ..reply(None, "rejected") });
    let line = match line {
        Ok(line) if line.iter().all(u8::is_ascii_whitespace) => return Ok(None),
        Ok(line) => line,
        Err(too_long @ LineError::TooLong(_)) => {
            return Ok(Some(rejected(vec![ParameterError::new("", too_long.to_api_error().detail)])));
        }
        Err(error) => {
            return Ok(Some(LineOutcome::Settled(failed(reply(None, "failed"), error.to_api_error()))));
        }
    };
    let record = match read_record(line, None).await {
        Ok(record) => record,
        Err(problems) => return Ok(Some(rejected(errors_by_field(&problems)))),
    };
    let id = Some(record.id.clone());
    let change = Change::Put(Box::new(record));
    Ok(Some(match service.writing().hand_over_in_turn(change, || grant.check()).await? {
        Ok(outcome) => LineOutcome::Pending(reply(id, ""), outcome),
        Err(refused) => LineOutcome::Settled(failed(reply(id, "failed"), refused)),
    }))
}

/// Sends all outcomes and audits the end of the request; the answer ends after that.
async fn answer_and_audit(
    mut pending: Receiver<LineOutcome>,
    mut answer: AnswerBody,
    receiving: JoinHandle<End>,
    grant: Grant,
) {
    let mut summary = Summary::default();
    send_outcomes(&mut pending, &mut answer, &mut summary).await;
    let end = match receiving.await {
        Ok(_) if answer.is_gone => End::BrokenOff,
        Ok(end) => end,
        Err(_) => End::Panicked,
    };
    grant.audit(END_ACTION, &summary.outcome(end)).await;
}

/// Sends outcomes in the order of their lines; those that are settled already go together. Changes
/// that wait when the client goes away are made all the same, so they are counted to the last.
async fn send_outcomes(pending: &mut Receiver<LineOutcome>, answer: &mut AnswerBody, summary: &mut Summary) {
    loop {
        let next = match pending.try_recv() {
            Ok(next) => Some(next),
            Err(_) => {
                answer.flush().await;
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
                        answer.flush().await;
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
        summary.count(&reply);
        answer.add(&reply).await;
        if answer.is_gone {
            // No further line is handed over.
            pending.close();
        }
    }
}

/// Body of an answer, sent in pieces; those that wait for the client are counted.
struct AnswerBody {
    out: Vec<u8>,
    send: Sender<Result<Bytes, std::io::Error>>,
    count: AnswerCount,
    /// True once the client reads no more.
    is_gone: bool,
}

impl AnswerBody {
    async fn add(&mut self, reply: &WriteReply) {
        // A reply is made of strings and numbers: writing it cannot fail.
        let _ = visible::write_json_line(&mut self.out, reply);
        if self.out.len() >= SEND_BYTES {
            self.flush().await;
        }
    }

    async fn flush(&mut self) {
        let out = std::mem::take(&mut self.out);
        if !out.is_empty() && !self.is_gone {
            let piece = self.count.count_piece(out.into());
            self.is_gone = self.send.send(Ok(piece)).await.is_err();
        }
    }
}

/// Counts of a request, for the audit log.
#[derive(Default)]
struct Summary {
    added: u64,
    updated: u64,
    unchanged: u64,
    rejected: u64,
    failed: u64,
    ids: blake3::Hasher,
    generation: Option<u64>,
}

impl Summary {
    fn count(&mut self, reply: &WriteReply) {
        let count = match reply.outcome {
            "added" => &mut self.added,
            "updated" => &mut self.updated,
            "unchanged" => &mut self.unchanged,
            "rejected" => &mut self.rejected,
            _ => &mut self.failed,
        };
        *count += 1;
        self.generation = self.generation.max(reply.generation);
        if let Some(id) = &reply.id {
            // Ids have no line ends, so the digest is that of a file with an id a line.
            self.ids.update(id.as_bytes()).update(b"\n");
        }
    }

    fn outcome(&self, end: End) -> String {
        let Self { added, updated, unchanged, rejected, failed, ids, generation } = self;
        let ids = ids.finalize();
        let generation = generation.map_or_else(|| "none".to_owned(), |generation| generation.to_string());
        format!(
            "{}: {added} added, {updated} updated, {unchanged} unchanged, {rejected} rejected, {failed} failed; ids blake3 {ids}; generation {generation}",
            end.text()
        )
    }
}
