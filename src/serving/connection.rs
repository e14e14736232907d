//! The bytes of a connection: it is given up when nothing moves on it, and what the HTTP
//! library answers by itself is put into our words.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How long a connection is waited for.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a request to be complete in its head, from the moment the connection is idle.
    pub request: Duration,
    /// For the other end to take at least something of what is written.
    pub write: Duration,
}

/// The requests on a connection.
#[derive(Default)]
pub struct Requests {
    begun: AtomicUsize,
    ended: AtomicUsize,
}

impl Requests {
    /// One begins; it ends when what is given back is dropped.
    pub fn begin(self: &Arc<Self>) -> Open {
        self.begun.fetch_add(1, Ordering::Relaxed);
        Open(self.clone())
    }

    fn state(&self) -> (usize, bool) {
        let (ended, begun) = (self.ended.load(Ordering::Relaxed), self.begun.load(Ordering::Relaxed));
        (begun, begun > ended)
    }
}

/// A request whose answer is not complete.
pub struct Open(Arc<Requests>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::Relaxed);
    }
}

/// Makes an answer of its status, for those that the HTTP library gives without a body.
pub type Wording = Arc<dyn Fn(u16) -> Vec<u8> + Send + Sync>;

/// A connection that is watched.
pub struct Watched<S> {
    stream: S,
    patience: Patience,
    requests: Arc<Requests>,
    wording: Wording,
    /// Runs while no request does; made for as many requests as had begun.
    idle: Option<(Pin<Box<Sleep>>, usize)>,
    stalled: Option<Pin<Box<Sleep>>>,
    instead: Option<Instead>,
}

/// What is written in place of a buffer of the library.
struct Instead {
    bytes: Vec<u8>,
    written: usize,
    /// The length of the buffer.
    stands_for: usize,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Watched<S> {
    /// Watches a stream.
    pub fn new(stream: S, patience: Patience, requests: Arc<Requests>, wording: Wording) -> Self {
        Self { stream, patience, requests, wording, idle: None, stalled: None, instead: None }
    }

    /// Nothing can be read now: how long has it been?
    fn wait_for_request(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let (begun, open) = self.requests.state();
        if open {
            self.idle = None;
            return Poll::Pending;
        }
        if self.idle.as_ref().is_none_or(|(_, made_for)| *made_for != begun) {
            self.idle = Some((Box::pin(sleep(self.patience.request)), begun));
        }
        let Some((timer, _)) = &mut self.idle else { return Poll::Pending };
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "no request came")))
    }

    /// Nothing can be written now, or something was.
    fn written<T>(&mut self, cx: &mut Context<'_>, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.stalled = None;
            return outcome;
        }
        let timer = self.stalled.get_or_insert_with(|| Box::pin(sleep(self.patience.write)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the other end takes nothing")))
    }

    fn write_instead(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        while let Some(instead) = &mut self.instead {
            let rest = &instead.bytes[instead.written..];
            if rest.is_empty() {
                let stands_for = instead.stands_for;
                self.instead = None;
                return Poll::Ready(Ok(stands_for));
            }
            let outcome = Pin::new(&mut self.stream).poll_write(cx, rest);
            let written = ready!(self.written(cx, outcome))?;
            if let Some(instead) = &mut self.instead {
                instead.written += written;
            }
        }
        Poll::Ready(Ok(0))
    }
}

/// The status, if this is an answer that no handler of ours has made: it has no body and
/// lacks the header that all of ours have.
fn bare_status(bytes: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(bytes.strip_prefix(b"HTTP/1.1 ")?).ok()?;
    let status = text.get(..3)?.parse().ok().filter(|status| (400..500).contains(status))?;
    let empty = text.contains("content-length: 0\r\n") && text.ends_with("\r\n\r\n");
    (empty && !text.contains(crate::api::GENERATION_HEADER)).then_some(status)
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Watched<S> {
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

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.instead.is_none()
            && let Some(status) = bare_status(bytes)
        {
            let words = (self.wording)(status);
            self.instead = Some(Instead { bytes: words, written: 0, stands_for: bytes.len() });
        }
        if self.instead.is_some() {
            return self.write_instead(cx);
        }
        let outcome = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(cx, outcome)
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
        self.written(cx, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_flush(cx);
        self.written(cx, outcome)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.written(cx, outcome)
    }
}
