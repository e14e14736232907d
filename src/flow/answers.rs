//! Unsent answers: bytes of answers in memory, counted until their clients have taken them.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::response::{IntoResponse, Response};
use hyper::body::{Frame, SizeHint};

use crate::flow::byte_budget::{ByteBudget, ByteLimits, Excess, Holding};
use crate::flow::delivery::{Deliveries, Delivery};
use crate::problem::ApiError;

/// Length up to which an answer is always given: that of a written change is not taken back.
const SMALL_ANSWER_BYTES: usize = 16 << 10;

/// Unsent answers of a server.
pub struct Answers {
    budget: Arc<ByteBudget>,
    deliveries: Arc<Deliveries>,
}

impl Answers {
    /// Creates the count of a server with these bounds.
    pub fn new(limits: ByteLimits, stall_timeout: Duration) -> Self {
        Self { budget: ByteBudget::new(limits), deliveries: Deliveries::new(stall_timeout) }
    }

    /// Starts the count of the answer of one request. Without a client only the bound of the server
    /// applies.
    pub fn start_count(
        self: &Arc<Self>,
        client: Option<IpAddr>,
        delivery: Option<Arc<Delivery>>,
    ) -> AnswerCount {
        AnswerCount { answers: self.clone(), client, delivery }
    }

    /// Deliveries of the answers.
    pub fn deliveries(&self) -> &Arc<Deliveries> {
        &self.deliveries
    }

    /// Bytes in memory now.
    pub fn unsent_bytes(&self) -> usize {
        self.budget.held_bytes()
    }
}

/// Count of the answers of one request, for handlers that make an answer piece by piece.
#[derive(Clone)]
pub struct AnswerCount {
    answers: Arc<Answers>,
    client: Option<IpAddr>,
    delivery: Option<Arc<Delivery>>,
}

impl AnswerCount {
    /// Counts a piece of an answer until it is sent.
    pub fn count_piece(&self, bytes: Bytes) -> Bytes {
        let mut holding = self.answers.budget.start_holding(self.client);
        holding.grow(bytes.len());
        self.attach(bytes, holding)
    }

    fn attach(&self, bytes: Bytes, holding: Holding) -> Bytes {
        Bytes::from_owner(CountedBytes { bytes, _share: HeldShare::new(holding, self.delivery.clone()) })
    }

    /// Makes room for so many bytes more, by cutting off answers that wait for their clients.
    ///
    /// # Errors
    /// Too many answers of this client, or of all, that wait.
    pub fn make_room(&self, more: usize) -> Result<(), ApiError> {
        self.evict_for(self.answers.budget.check(self.client, more))
    }

    fn evict_for(&self, outcome: Result<(), Excess>) -> Result<(), ApiError> {
        let detail = match outcome {
            Ok(()) => return Ok(()),
            Err(Excess::Server(bytes)) if self.answers.deliveries.evict(bytes) => return Ok(()),
            Err(Excess::Server(_)) => "too many answers wait to be taken by their clients; ask again",
            Err(Excess::Client) => {
                "too many answers to this address wait to be taken; take them, then ask again"
            }
        };
        Err(ApiError::overloaded(detail))
    }

    /// Counts an answer, with so many bytes of memory beside its own; refuses one that does not fit.
    pub fn hold(self, response: Response, overhead: usize) -> Response {
        let size = response.body().size_hint();
        let length = size.exact().map_or(0, |length| length as usize);
        if size.exact() == Some(0) {
            return response;
        }
        let mut content = self.answers.budget.start_holding(self.client);
        let fits = content.try_grow(length + overhead);
        if fits.is_err() {
            if length > SMALL_ANSWER_BYTES
                && let Err(refusal) = self.evict_for(fits)
            {
                return refusal.into_response();
            }
            content.grow(length + overhead);
        }
        let _beside = HeldShare::new(content.split_off(overhead), self.delivery.clone());
        response.map(|body| Body::new(CountedBody { body, content, count: self, _beside }))
    }
}

/// Bytes counted as held by the budget and by a delivery.
struct HeldShare {
    holding: Holding,
    delivery: Option<Arc<Delivery>>,
}

impl HeldShare {
    fn new(holding: Holding, delivery: Option<Arc<Delivery>>) -> Self {
        if let Some(delivery) = &delivery {
            delivery.add_held(holding.bytes());
        }
        Self { holding, delivery }
    }
}

impl Drop for HeldShare {
    fn drop(&mut self) {
        if let Some(delivery) = &self.delivery {
            delivery.remove_held(self.holding.bytes());
        }
    }
}

/// Bytes that are counted until the last slice of them is dropped.
struct CountedBytes {
    bytes: Bytes,
    _share: HeldShare,
}

impl AsRef<[u8]> for CountedBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Body whose bytes are counted from the start. Pieces of a body without a length are counted by the
/// handler that makes them.
struct CountedBody {
    body: Body,
    content: Holding,
    count: AnswerCount,
    _beside: HeldShare,
}

impl HttpBody for CountedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        frame.map_ok(|frame| match frame.into_data() {
            Ok(bytes) if self.content.bytes() > 0 => {
                let part = self.content.split_off(bytes.len());
                Frame::data(self.count.attach(bytes, part))
            }
            Ok(bytes) => Frame::data(bytes),
            Err(other) => other,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
