//! Byte stream of a connection: closes it when nothing moves on it, and replaces the bare error
//! responses of the HTTP library by problem documents.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};
use tokio_rustls::server::TlsStream;

/// Bytes that the system queues for a client beyond those under way. Its buffer else grows to
/// megabytes: memory that no bound counts, and room that shows only once a third of it is taken, so
/// that a client that reads steadily would seem to take nothing.
const MAX_QUEUED_BYTES: u32 = 32 << 10;

/// Socket below a stream.
pub trait HasSocket {
    /// The connection.
    fn socket(&self) -> &TcpStream;
}

impl HasSocket for TcpStream {
    fn socket(&self) -> &TcpStream {
        self
    }
}

impl HasSocket for TlsStream<TcpStream> {
    fn socket(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// Prepares the socket of a new connection.
pub fn configure_socket(stream: &TcpStream) {
    let outcome = stream.set_nodelay(true).and(SockRef::from(stream).set_tcp_notsent_lowat(MAX_QUEUED_BYTES));
    if let Err(e) = outcome {
        // Most likely the client has gone already.
        tracing::debug!(error = %e, "a socket could not be configured");
    }
}

/// Timeouts of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// Time for the head of a request to be complete, from the moment the connection is idle.
    pub request: Duration,
    /// Time for the client to take at least some of the bytes that are written.
    pub write: Duration,
}

/// Counts of requests on a connection.
#[derive(Default)]
pub struct Requests {
    started: AtomicUsize,
    ended: AtomicUsize,
}

impl Requests {
    /// Counts a request as open until the guard is dropped.
    pub fn start(self: &Arc<Self>) -> OpenRequest {
        self.started.fetch_add(1, Ordering::Relaxed);
        OpenRequest(self.clone())
    }

    /// Number of requests so far, and true if one is open.
    fn state(&self) -> (usize, bool) {
        let (ended, started) = (self.ended.load(Ordering::Relaxed), self.started.load(Ordering::Relaxed));
        (started, started > ended)
    }
}

/// A request whose response is not complete.
pub struct OpenRequest(Arc<Requests>);

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::Relaxed);
    }
}

/// Writes the response for a status that the HTTP library would answer without a body.
pub type RawErrorBody = Arc<dyn Fn(u16) -> Vec<u8> + Send + Sync>;

/// A stream with timeouts. One that is dropped while its client takes nothing is reset, since the
/// system would else keep what is queued for minutes.
pub struct Watched<S: HasSocket> {
    stream: S,
    timeouts: Timeouts,
    requests: Arc<Requests>,
    raw_error_body: RawErrorBody,
    /// Timer while no request is open, with the number of requests at its start.
    idle: Option<(Pin<Box<Sleep>>, usize)>,
    stalled: Option<Pin<Box<Sleep>>>,
    replacement: Option<Replacement>,
}

/// Bytes written in place of a buffer of the library.
struct Replacement {
    bytes: Vec<u8>,
    written: usize,
    /// Length of the buffer that it replaces.
    replaced_bytes: usize,
}

impl<S: HasSocket> Drop for Watched<S> {
    fn drop(&mut self) {
        if self.stalled.is_some()
            && let Err(e) = self.stream.socket().set_zero_linger()
        {
            tracing::debug!(error = %e, "a connection could not be reset");
        }
    }
}

impl<S: HasSocket + AsyncRead + AsyncWrite + Unpin> Watched<S> {
    /// Wraps a stream.
    pub fn new(stream: S, timeouts: Timeouts, requests: Arc<Requests>, raw_error_body: RawErrorBody) -> Self {
        Self { stream, timeouts, requests, raw_error_body, idle: None, stalled: None, replacement: None }
    }

    /// Nothing can be read now: checks the time since the last request.
    fn wait_for_request(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let (started, is_open) = self.requests.state();
        if is_open {
            self.idle = None;
            return Poll::Pending;
        }
        if self.idle.as_ref().is_none_or(|(_, at_start)| *at_start != started) {
            self.idle = Some((Box::pin(sleep(self.timeouts.request)), started));
        }
        let Some((timer, _)) = &mut self.idle else { return Poll::Pending };
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "no request came")))
    }

    /// Passes on the outcome of a write, or times out if nothing could be written for too long.
    fn check_stall<T>(&mut self, cx: &mut Context<'_>, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.stalled = None;
            return outcome;
        }
        // The delivery of an answer ends sooner; this ends what belongs to none.
        let timer = self.stalled.get_or_insert_with(|| Box::pin(sleep(self.timeouts.write * 2)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the other end takes nothing")))
    }

    fn write_replacement(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        while let Some(replacement) = &mut self.replacement {
            let rest = &replacement.bytes[replacement.written..];
            if rest.is_empty() {
                let replaced_bytes = replacement.replaced_bytes;
                self.replacement = None;
                return Poll::Ready(Ok(replaced_bytes));
            }
            let outcome = Pin::new(&mut self.stream).poll_write(cx, rest);
            let written = ready!(self.check_stall(cx, outcome))?;
            if let Some(replacement) = &mut self.replacement {
                replacement.written += written;
            }
        }
        Poll::Ready(Ok(0))
    }
}

/// Status of a response that no handler has made: it has no body and lacks the header that all
/// handlers' responses have.
fn bare_status(bytes: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(bytes.strip_prefix(b"HTTP/1.1 ")?).ok()?;
    let status = text.get(..3)?.parse().ok().filter(|status| (400..500).contains(status))?;
    let empty = text.contains("content-length: 0\r\n") && text.ends_with("\r\n\r\n");
    (empty && !text.contains(crate::api::GENERATION_HEADER)).then_some(status)
}

impl<S: HasSocket + AsyncRead + AsyncWrite + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(cx, into) {
            Poll::Pending => self.wait_for_request(cx),
            done => done,
        }
    }
}

impl<S: HasSocket + AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.replacement.is_none()
            && let Some(status) = bare_status(bytes)
        {
            let response = (self.raw_error_body)(status);
            self.replacement = Some(Replacement { bytes: response, written: 0, replaced_bytes: bytes.len() });
        }
        if self.replacement.is_some() {
            return self.write_replacement(cx);
        }
        let outcome = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.check_stall(cx, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [only] = buffers {
            return self.poll_write(cx, only);
        }
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(cx, buffers);
        self.check_stall(cx, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_flush(cx);
        self.check_stall(cx, outcome)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.check_stall(cx, outcome)
    }
}
