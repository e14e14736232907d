//! Bodies of responses as the HTTP library sends them: in pieces whose way to the client is followed.
//!
//! One piece is under way at a time, and an HTTP/2 stream ends only when all of them are written: a
//! stream that ends earlier could not be cut off, and the library would keep its bytes as long as the
//! connection lives.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use bytes::Buf;
use hyper::body::{Frame, SizeHint};
use hyper::rt::Executor;

use crate::flow::delivery::{Deliveries, Delivery, run_delivery};
use crate::serving::connection::OpenRequest;

/// Longest piece handed to the HTTP library.
pub const MAX_PIECE_BYTES: usize = 64 << 10;

/// Runs the stream of each request as a delivery.
#[derive(Clone)]
pub struct StreamExecutor(pub Arc<Deliveries>);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for StreamExecutor {
    fn execute(&self, stream: F) {
        tokio::spawn(run_delivery(self.0.start(), stream));
    }
}

/// Body of a response; the request is open until it is sent.
pub struct ResponseBody {
    body: Body,
    /// Rest of the last frame.
    rest: Bytes,
    delivery: Option<Arc<Delivery>>,
    /// True for HTTP/2: the end waits until everything is written.
    ends_after_writing: bool,
    _open: OpenRequest,
}

impl ResponseBody {
    /// Wraps a body; the clock of the delivery starts.
    pub fn new(body: Body, delivery: Option<Arc<Delivery>>, is_http_2: bool, open: OpenRequest) -> Self {
        if let Some(delivery) = delivery.as_ref().filter(|_| !body.is_end_stream()) {
            delivery.start_clock();
        }
        Self { body, rest: Bytes::new(), delivery, ends_after_writing: is_http_2, _open: open }
    }

    fn next_piece(&mut self) -> Piece {
        let bytes = self.rest.split_to(self.rest.len().min(MAX_PIECE_BYTES));
        if let Some(delivery) = &self.delivery {
            delivery.hand_over(bytes.len());
        }
        Piece { bytes, delivery: self.delivery.clone() }
    }
}

impl HttpBody for ResponseBody {
    type Data = Piece;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Piece>, axum::Error>>> {
        if let Some(delivery) = &self.delivery {
            if delivery.is_aborted() {
                return Poll::Ready(Some(Err(axum::Error::new("the client did not take the answer"))));
            }
            if !delivery.has_room() {
                return Poll::Pending;
            }
        }
        if self.rest.is_empty() {
            let frame = Pin::new(&mut self.body).poll_frame(cx);
            let frame = match frame {
                Poll::Ready(Some(Ok(frame))) => frame,
                other => {
                    self.delivery.iter().for_each(|delivery| delivery.pause_clock());
                    return other.map_ok(|frame| frame.map_data(|_| self.next_piece()));
                }
            };
            match frame.into_data() {
                Ok(bytes) => self.rest = bytes,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers.map_data(|_| self.next_piece())))),
            }
        }
        let piece = self.next_piece();
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        let is_written = !self.ends_after_writing || self.delivery.as_ref().is_none_or(|d| d.has_room());
        self.rest.is_empty() && self.body.is_end_stream() && is_written
    }

    fn size_hint(&self) -> SizeHint {
        let (mut size, rest) = (self.body.size_hint(), self.rest.len() as u64);
        if let Some(upper) = size.upper() {
            size.set_upper(upper + rest);
        }
        size.set_lower(size.lower() + rest);
        size
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        self.delivery.iter().for_each(|delivery| delivery.pause_clock());
    }
}

/// Piece of a body; its delivery learns of every byte that the connection writes.
pub struct Piece {
    bytes: Bytes,
    delivery: Option<Arc<Delivery>>,
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
        if let Some(delivery) = &self.delivery {
            delivery.count_written(count);
        }
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        if let Some(delivery) = &self.delivery {
            delivery.count_dropped(self.bytes.len());
        }
    }
}

/// Body of a request: what its client sends counts as progress, so that an answer that is not read
/// meanwhile is not cut off.
pub struct RequestBody {
    body: hyper::body::Incoming,
    delivery: Option<Arc<Delivery>>,
}

impl RequestBody {
    /// Wraps the body of a request whose answer is this delivery.
    pub fn new(body: hyper::body::Incoming, delivery: Option<Arc<Delivery>>) -> Self {
        Self { body, delivery }
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if let (Poll::Ready(Some(Ok(frame))), Some(delivery)) = (&frame, &self.delivery)
            && let Some(bytes) = frame.data_ref()
        {
            delivery.count_progress(bytes.len());
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
