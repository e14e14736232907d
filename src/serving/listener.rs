//! The HTTP server: an accept loop of our own, since axum's sets no timeouts.
//!
//! On the signal to stop it takes the connections that the system has accepted already, answers open
//! requests with `Connection: close`, and ends.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, StatusCode, Version, header};
use hyper_util::rt::{TokioIo, TokioTimer};
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
use crate::flow::delivery::{Deliveries, Delivery, run_delivery};
use crate::serving::connection::{HasSocket, RawErrorBody, Requests, Timeouts, Watched, configure_socket};
use crate::serving::response::{MAX_PIECE_BYTES, RequestBody, ResponseBody, StreamExecutor};
use crate::serving::tls::Certificate;

/// Longest head of a request of HTTP/1: an address of 64 KiB and its headers. The library reads in
/// pieces of up to this length, so a head may have nearly twice as much.
const MAX_HEAD_BYTES: usize = 80 << 10;
/// Time after the signal in which connections are still accepted, and again as much in which an open
/// one may still send a request before it is closed.
const STOP_GRACE: Duration = Duration::from_millis(300);
/// Requests of one HTTP/2 connection at a time: a page and the files beside it.
const MAX_STREAMS: u32 = 16;
/// Bytes of a request body that a stream may send before they are read.
const STREAM_WINDOW_BYTES: u32 = 128 << 10;
/// Bytes of all request bodies that a connection may send before they are read.
const CONNECTION_WINDOW_BYTES: u32 = 256 << 10;

/// A site: its handlers, and the responses to requests that never reach one.
pub struct Site {
    /// The handlers.
    pub router: Router,
    /// Responses to bytes that are no valid request.
    pub raw_error_body: RawErrorBody,
    /// Deliveries of the responses.
    pub deliveries: Arc<Deliveries>,
}

/// Serves until `shutdown` resolves, then ends as the module describes.
///
/// # Errors
/// A certificate that cannot be used. A connection that cannot be accepted is only logged.
pub async fn run(
    listener: TcpListener,
    site: Site,
    settings: &config::Server,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let server = Server {
        site,
        settings: settings.clone(),
        certificate: Certificate::from_settings(&settings.tls)?.map(Arc::new),
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
                    // Most likely the process is out of file handles: gives others time to end.
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
    by_address: ConnectionCounts,
    stopping: Arc<AtomicBool>,
    graceful: GracefulShutdown,
    connections: Arc<Semaphore>,
}

/// Number of connections of each client network.
type ConnectionCounts = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// A connection counted in all and, unless it is from a proxy or this machine, by its address.
struct CountedConnection {
    _permit: OwnedSemaphorePermit,
    by_address: Option<(IpAddr, ConnectionCounts)>,
}

impl Drop for CountedConnection {
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
        // Beyond the limit of one address, a connection is closed without a response.
        let Some(counted) = self.count(peer.ip().to_canonical(), permit) else { return };
        configure_socket(&stream);
        let connection = Connection {
            router: self.site.router.clone(),
            raw_error_body: self.site.raw_error_body.clone(),
            deliveries: self.site.deliveries.clone(),
            speaks_http_2: self.settings.http2_cleartext || self.certificate.is_some(),
            certificate: self.certificate.clone(),
            timeouts: Timeouts {
                request: Duration::from_secs(self.settings.header_timeout_seconds),
                write: Duration::from_secs(self.settings.stall_timeout_seconds),
            },
            stopping: self.stopping.clone(),
            watcher: self.graceful.watcher(),
        };
        tokio::spawn(connection.start(stream, peer, counted));
    }

    fn count(&self, address: IpAddr, permit: OwnedSemaphorePermit) -> Option<CountedConnection> {
        let limit = self.settings.max_connections_per_address;
        let is_proxy = self.settings.trusted_proxies.iter().any(|network| network.contains(address));
        if limit == 0 || is_proxy || address.is_loopback() {
            return Some(CountedConnection { _permit: permit, by_address: None });
        }
        let address = client_network(address);
        let mut counts = self.by_address.lock();
        let count = counts.entry(address).or_default();
        if *count >= limit {
            return None;
        }
        *count += 1;
        Some(CountedConnection { _permit: permit, by_address: Some((address, self.by_address.clone())) })
    }

    async fn stop(self, listener: TcpListener, timeout: Duration) {
        self.stopping.store(true, Ordering::Relaxed);
        // For a moment clients are still answered and told to close, so that a request on its way is
        // not refused.
        let end = Instant::now() + STOP_GRACE;
        while let Ok(accepted) = tokio::time::timeout_at(end, listener.accept()).await {
            let Ok((stream, peer)) = accepted else { continue };
            self.admit(stream, peer, end).await;
        }
        self.drain_and_close(listener).await;
        // A connection may not have sent its request yet.
        let all = u32::try_from(self.settings.max_connections).unwrap_or(u32::MAX);
        let _ = tokio::time::timeout(STOP_GRACE, self.connections.acquire_many(all)).await;
        if tokio::time::timeout(timeout, self.graceful.shutdown()).await.is_err() {
            tracing::warn!("some requests were still open and were cut off");
        }
    }

    /// Serves a connection once there is room for it; drops it if there is none in time.
    async fn admit(&self, stream: TcpStream, peer: SocketAddr, end: Instant) {
        if let Ok(Ok(permit)) = tokio::time::timeout_at(end, self.connections.clone().acquire_owned()).await {
            self.serve(stream, peer, permit);
        }
    }

    /// Takes the connections that the system has accepted already and closes the listener at the same
    /// moment: later ones are refused at once.
    async fn drain_and_close(&self, listener: TcpListener) {
        let Ok(listener) = listener.into_std() else { return };
        let waiting: Vec<_> =
            std::iter::from_fn(|| listener.accept().ok()).take(self.settings.max_connections).collect();
        drop(listener);
        // One deadline for all of them: with every connection taken, the wait is not repeated.
        let end = Instant::now() + STOP_GRACE;
        for (stream, peer) in waiting {
            let stream = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream));
            if let Ok(stream) = stream {
                self.admit(stream, peer, end).await;
            }
        }
    }
}

/// One connection and the parts of the server that it needs.
struct Connection {
    router: Router,
    raw_error_body: RawErrorBody,
    deliveries: Arc<Deliveries>,
    speaks_http_2: bool,
    certificate: Option<Arc<Certificate>>,
    timeouts: Timeouts,
    stopping: Arc<AtomicBool>,
    watcher: Watcher,
}

impl Connection {
    /// Performs the TLS handshake if HTTPS is configured, then serves HTTP.
    async fn start(self, stream: TcpStream, peer: SocketAddr, counted: CountedConnection) {
        let Some(certificate) = self.certificate.clone() else {
            return self.serve_http(stream, peer, counted).await;
        };
        let refusal = || (self.raw_error_body)(StatusCode::BAD_REQUEST.as_u16());
        match certificate.accept(stream, self.timeouts.request, refusal).await {
            Ok(stream) => self.serve_http(stream, peer, counted).await,
            Err(e) => tracing::debug!(error = %e, "a TLS handshake failed"),
        }
    }

    /// Serves HTTP on a stream until it ends.
    async fn serve_http(
        self,
        stream: impl HasSocket + AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: SocketAddr,
        counted: CountedConnection,
    ) {
        let requests = Arc::new(Requests::default());
        let Self { router, raw_error_body, deliveries, timeouts, stopping, watcher, .. } = self;
        let stream = Watched::new(stream, timeouts, requests.clone(), raw_error_body);
        let service = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
            let (open, router, stopping) = (requests.start(), router.clone(), stopping.clone());
            // Runs in the task of the stream: there the delivery is its own.
            async move {
                let (delivery, is_http_2) = (Delivery::current(), request.version() == Version::HTTP_2);
                let mut request = request.map(|body| Body::new(RequestBody::new(body, delivery.clone())));
                request.extensions_mut().insert(Peer(peer));
                if let Some(delivery) = &delivery {
                    request.extensions_mut().insert(delivery.clone());
                }
                let answer = with_connection_header(router.oneshot(request).await?, &stopping);
                Ok::<_, Infallible>(answer.map(|body| ResponseBody::new(body, delivery, is_http_2, open)))
            }
        });
        let builder = http_builder(timeouts, deliveries.clone());
        let builder = if self.speaks_http_2 { builder } else { builder.http1_only() };
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        match run_delivery(deliveries.start(), watcher.watch(connection)).await {
            Some(Ok(())) => {}
            Some(Err(e)) => tracing::debug!(error = %e, "a connection ended early"),
            None => tracing::debug!("a connection was cut off, since its client took too little"),
        }
        drop(counted);
    }
}

/// Settings of HTTP/1.1 and HTTP/2, each within bounds.
fn http_builder(timeouts: Timeouts, deliveries: Arc<Deliveries>) -> Builder<StreamExecutor> {
    let mut builder = Builder::new(StreamExecutor(deliveries));
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(timeouts.request)
        .max_buf_size(MAX_HEAD_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_header_list_size(64 << 10)
        .max_pending_accept_reset_streams(16)
        .max_send_buf_size(MAX_PIECE_BYTES)
        .keep_alive_interval(timeouts.write)
        .keep_alive_timeout(timeouts.request);
    builder
}

fn with_connection_header(mut response: Response<Body>, stopping: &AtomicBool) -> Response<Body> {
    if stopping.load(Ordering::Relaxed) {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
