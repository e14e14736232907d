//! The HTTP server: our own accept loop, since axum's sets no timeouts.
//!
//! On the signal to stop it takes the connections that the system has accepted
//! already, answers what is open with `Connection: close`, and ends.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, header};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt;

use crate::config;

/// How long, after the signal, open connections may still bring a request before they are closed.
const LAST_CALL: Duration = Duration::from_millis(300);

/// Serves until `shutdown` resolves, then ends as described above.
///
/// # Errors
/// None after the listener works; failing to accept one connection is logged.
pub async fn run(
    listener: TcpListener,
    router: Router,
    settings: &config::Server,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let server = Server {
        router,
        stopping: Arc::new(AtomicBool::new(false)),
        graceful: GracefulShutdown::new(),
        connections: Arc::new(Semaphore::new(settings.max_connections)),
        header_timeout: Duration::from_secs(settings.header_timeout_seconds),
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
                Ok((stream, _)) => server.serve(stream, permit),
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
    router: Router,
    stopping: Arc<AtomicBool>,
    graceful: GracefulShutdown,
    connections: Arc<Semaphore>,
    header_timeout: Duration,
}

impl Server {
    fn serve(&self, stream: TcpStream, permit: tokio::sync::OwnedSemaphorePermit) {
        let _ = stream.set_nodelay(true);
        let router = self.router.clone();
        let stopping = self.stopping.clone();
        let service = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
            let answer = router.clone().oneshot(request.map(Body::new));
            let stopping = stopping.clone();
            async move { Ok::<_, Infallible>(closing(answer.await?, &stopping)) }
        });
        let mut builder = Builder::new(TokioExecutor::new());
        builder.http1().timer(TokioTimer::new()).header_read_timeout(self.header_timeout);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(64)
            .keep_alive_interval(Duration::from_secs(30));
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        let watched = self.graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(e) = watched.await {
                tracing::debug!(error = %e, "a connection ended early");
            }
            drop(permit);
        });
    }

    async fn stop(self, listener: TcpListener, patience: Duration) {
        self.stopping.store(true, Ordering::Relaxed);
        // For a moment clients are still answered and told to close: a request that
        // is on its way does not meet a closed door.
        let last_call = tokio::time::sleep(LAST_CALL);
        tokio::pin!(last_call);
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    let Ok((stream, _)) = accepted else { continue };
                    let Ok(permit) = self.connections.clone().acquire_owned().await else { break };
                    self.serve(stream, permit);
                }
                () = &mut last_call => break,
            }
        }
        drop(listener);
        if tokio::time::timeout(patience, self.graceful.shutdown()).await.is_err() {
            tracing::warn!("some requests were still open and were cut off");
        }
    }
}

fn closing(mut response: Response<Body>, stopping: &AtomicBool) -> Response<Body> {
    if stopping.load(Ordering::Relaxed) {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
