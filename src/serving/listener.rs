//! The HTTP server: our own accept loop, since axum's sets no timeouts.
//!
//! On the signal to stop it takes the connections that the system has accepted
//! already, answers what is open with `Connection: close`, and ends.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderValue, Request, Response, StatusCode, header};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tower::ServiceExt;

use crate::access::network::{Peer, client_network};
use crate::config;
use crate::serving::connection::{Open, Patience, Requests, Watched, Wording};
use crate::serving::tls::Certificate;

/// How long, after the signal, connections are still accepted; and how long after that an
/// open one may still bring a request before it is closed.
const LAST_CALL: Duration = Duration::from_millis(300);

/// What is served: the handlers, and the words for what never reaches one.
pub struct Site {
    /// The handlers.
    pub router: Router,
    /// Answers to what is no request.
    pub wording: Wording,
}

/// Serves until `shutdown` resolves, then ends as described above.
///
/// # Errors
/// A certificate that cannot be used. Failing to accept one connection is logged.
pub async fn run(
    listener: TcpListener,
    site: Site,
    settings: &config::Server,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let server = Server {
        site,
        settings: settings.clone(),
        certificate: Certificate::named(&settings.tls)?.map(Arc::new),
        by_address: Arc::default(),
        stopping: Arc::new(AtomicBool::new(false)),
        graceful: GracefulShutdown::new(),
        connections: Arc::new(Semaphore::new(settings.max_connections)),
    };
    tokio::pin!(shutdown);
    loop {
        // Over the limit, further connections wait in the system's queue.
        let permit = tokio::select! {
            permit = server.connections.clone().acquire_owned() => permit.map_err(io::Error::other)?,
            () = &mut shutdown => break,
        };
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => server.serve(stream, peer, permit),
                Err(e) => {
                    tracing::warn!(error = %e, "a connection could not be accepted");
                    // Out of file handles, most likely: give others the time to end.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            },
            () = &mut shutdown => break,
        }
    }
    server.stop(listener, Duration::from_secs(settings.shutdown_seconds)).await;
    Ok(())
}

struct Server {
    site: Site,
    settings: config::Server,
    certificate: Option<Arc<Certificate>>,
    by_address: ByAddress,
    stopping: Arc<AtomicBool>,
    graceful: GracefulShutdown,
    connections: Arc<Semaphore>,
}

/// How many connections each address has.
type ByAddress = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// A connection counted in all and, unless it is a proxy's or our own, by its address.
struct Counted {
    _permit: OwnedSemaphorePermit,
    by_address: Option<(IpAddr, ByAddress)>,
}

impl Drop for Counted {
    fn drop(&mut self) {
        let Some((address, counts)) = &self.by_address else { return };
        let mut counts = counts.lock();
        if let Some(count) = counts.get_mut(address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(address);
            }
        }
    }
}

impl Server {
    fn serve(&self, stream: TcpStream, peer: SocketAddr, permit: OwnedSemaphorePermit) {
        // Beyond what one address may have open it is closed without a word.
        let Some(counted) = self.count(peer.ip().to_canonical(), permit) else { return };
        let _ = stream.set_nodelay(true);
        let speaker = Speaker {
            router: self.site.router.clone(),
            wording: self.site.wording.clone(),
            certificate: self.certificate.clone(),
            patience: Patience {
                request: Duration::from_secs(self.settings.header_timeout_seconds),
                write: Duration::from_secs(self.settings.stall_timeout_seconds),
            },
            stopping: self.stopping.clone(),
            watcher: self.graceful.watcher(),
        };
        tokio::spawn(speaker.begin(stream, peer, counted));
    }

    fn count(&self, address: IpAddr, permit: OwnedSemaphorePermit) -> Option<Counted> {
        let most = self.settings.max_connections_per_address;
        let proxy = self.settings.trusted_proxies.iter().any(|network| network.contains(address));
        if most == 0 || proxy || address.is_loopback() {
            return Some(Counted { _permit: permit, by_address: None });
        }
        let address = client_network(address);
        let mut counts = self.by_address.lock();
        let count = counts.entry(address).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Counted { _permit: permit, by_address: Some((address, self.by_address.clone())) })
    }

    async fn stop(self, listener: TcpListener, patience: Duration) {
        self.stopping.store(true, Ordering::Relaxed);
        // For a moment clients are still answered and told to close: a request that
        // is on its way does not meet a closed door.
        let end = Instant::now() + LAST_CALL;
        while let Ok(accepted) = tokio::time::timeout_at(end, listener.accept()).await {
            let Ok((stream, peer)) = accepted else { continue };
            self.admit(stream, peer, end).await;
        }
        self.close_door(listener).await;
        // A connection that has not sent its request yet would be closed in its face.
        let all = u32::try_from(self.settings.max_connections).unwrap_or(u32::MAX);
        let _ = tokio::time::timeout(LAST_CALL, self.connections.acquire_many(all)).await;
        if tokio::time::timeout(patience, self.graceful.shutdown()).await.is_err() {
            tracing::warn!("some requests were still open and were cut off");
        }
    }

    /// Serves a connection once there is room for it; gives it up if there is none in time.
    async fn admit(&self, stream: TcpStream, peer: SocketAddr, end: Instant) {
        if let Ok(Ok(permit)) = tokio::time::timeout_at(end, self.connections.clone().acquire_owned()).await {
            self.serve(stream, peer, permit);
        }
    }

    /// Takes what the system has accepted for us already, and closes the listener in the
    /// same breath: whoever comes later is refused at once.
    async fn close_door(&self, listener: TcpListener) {
        let Ok(listener) = listener.into_std() else { return };
        let waiting: Vec<_> =
            std::iter::from_fn(|| listener.accept().ok()).take(self.settings.max_connections).collect();
        drop(listener);
        // One moment for all of them: with every connection taken, nobody is waited for twice.
        let end = Instant::now() + LAST_CALL;
        for (stream, peer) in waiting {
            let stream = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream));
            if let Ok(stream) = stream {
                self.admit(stream, peer, end).await;
            }
        }
    }
}

/// What one connection needs of the server.
struct Speaker {
    router: Router,
    wording: Wording,
    certificate: Option<Arc<Certificate>>,
    patience: Patience,
    stopping: Arc<AtomicBool>,
    watcher: Watcher,
}

impl Speaker {
    /// Shakes hands first, where HTTPS is spoken.
    async fn begin(self, stream: TcpStream, peer: SocketAddr, counted: Counted) {
        let Some(certificate) = self.certificate.clone() else {
            return self.speak(stream, peer, counted).await;
        };
        let refusal = || (self.wording)(StatusCode::BAD_REQUEST.as_u16());
        match certificate.shake_hands(stream, self.patience.request, refusal).await {
            Ok(stream) => self.speak(stream, peer, counted).await,
            Err(e) => tracing::debug!(error = %e, "no handshake came of a connection"),
        }
    }

    /// Speaks HTTP on a stream until it ends.
    async fn speak(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: SocketAddr,
        counted: Counted,
    ) {
        let requests = Arc::new(Requests::default());
        let Self { router, wording, patience, stopping, watcher, .. } = self;
        let stream = Watched::new(stream, patience, requests.clone(), wording);
        let service = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
            let open = requests.begin();
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(Peer(peer));
            let answer = router.clone().oneshot(request);
            let stopping = stopping.clone();
            async move {
                let answer = closing(answer.await?, &stopping);
                Ok::<_, Infallible>(answer.map(|body| Answering { body, _open: open }))
            }
        });
        let connection = protocol(patience).serve_connection(TokioIo::new(stream), service).into_owned();
        if let Err(e) = watcher.watch(connection).await {
            tracing::debug!(error = %e, "a connection ended early");
        }
        drop(counted);
    }
}

/// Both versions of HTTP, each within bounds.
fn protocol(patience: Patience) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(patience.request);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(64)
        .max_header_list_size(64 << 10)
        .max_pending_accept_reset_streams(16)
        .max_send_buf_size(256 << 10)
        .keep_alive_interval(patience.write)
        .keep_alive_timeout(patience.request);
    builder
}

/// The body of an answer; the request ends with it.
struct Answering {
    body: Body,
    _open: Open,
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.body.size_hint()
    }
}

fn closing(mut response: Response<Body>, stopping: &AtomicBool) -> Response<Body> {
    if stopping.load(Ordering::Relaxed) {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
