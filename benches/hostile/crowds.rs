//! A thousand slow and a thousand greedy clients of both protocols at once.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::streams::{Hoarder, hoard};
use crate::{Figures, Victim};

/// Clients of each kind and protocol.
const CLIENTS: usize = 500;

/// Measures other clients and memory during the crowd, and memory ten seconds after it.
pub fn measure(victim: &Victim, stretch: Duration, figures: &mut Figures) {
    println!("\n  1,000 slow and 1,000 greedy clients");
    let address = victim.program.address;
    let paths: Vec<String> =
        victim.program.queries.iter().map(|query| format!("{query}&per_page=20")).collect();
    let endure =
        || victim.endure(stretch.max(Duration::from_secs(60)), |done| crowd(address, &paths, done)).0;
    let effect = endure();
    figures.check("2,000 clients for a minute: p99 of others", effect.others(), effect.others <= 2.0);
    figures.note("2,000 clients: memory, the first time", effect.memory());
    // The allocator keeps what was needed once, so growth shows the second time.
    let again = endure();
    figures.check("2,000 clients: memory, again", again.memory(), again.peak <= 1.2 && again.after <= 1.1);
    if let Some(bytes) = again.still_held {
        figures.check("2,000 clients: bytes held ten seconds later", bytes.to_string(), bytes == 0);
    }
}

/// Runs all of them until the flag is set.
fn crowd(address: SocketAddr, paths: &[String], done: &AtomicBool) {
    std::thread::scope(|scope| {
        scope.spawn(|| keep_slow(address, done));
        scope.spawn(|| keep_greedy(address, paths, done));
        scope.spawn(|| {
            let hoarders = (0..CLIENTS).map(|k| Hoarder {
                address,
                client: format!("10.2.{}.{}", k / 250, k % 250),
                k,
                streams: 1,
            });
            hoard(hoarders.collect(), paths, &AtomicUsize::new(0), done);
        });
        scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(keep_slow_streams(address, done));
        });
    });
}

/// Keeps connections of HTTP/1 on which the head of a request comes one byte a second.
fn keep_slow(address: SocketAddr, done: &AtomicBool) {
    let open = |k: usize| {
        let mut stream = TcpStream::connect(address).ok()?;
        let head = format!("GET / HTTP/1.1\r\nx-forwarded-for: 10.1.{}.{}\r\nx: ", k / 250, k % 250);
        stream.write_all(head.as_bytes()).ok().map(|()| stream)
    };
    let mut streams: Vec<_> = (0..CLIENTS).map(open).collect();
    while !done.load(Ordering::Relaxed) {
        for (k, stream) in streams.iter_mut().enumerate() {
            if stream.as_mut().is_none_or(|stream| stream.write_all(b"a").is_err()) {
                *stream = open(k);
            }
        }
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// Keeps connections of HTTP/1 that send requests and never read.
fn keep_greedy(address: SocketAddr, paths: &[String], done: &AtomicBool) {
    let mut streams: Vec<Option<TcpStream>> = (0..CLIENTS).map(|_| None).collect();
    let mut n = 0;
    while !done.load(Ordering::Relaxed) {
        for (k, stream) in streams.iter_mut().enumerate() {
            if stream.is_none() {
                *stream = TcpStream::connect(address).ok();
                if let Some(stream) = stream {
                    let _ = stream.set_nonblocking(true);
                }
            }
            let path = &paths[n % paths.len()];
            n += 1;
            // Not all in one moment: each client asks every ten seconds.
            std::thread::sleep(Duration::from_millis(20));
            let head = format!(
                "GET {path} HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 10.3.{}.{}\r\n\r\n",
                k / 250,
                k % 250
            );
            if let Some(open) = stream
                && let Err(e) = open.write_all(head.as_bytes())
                && e.kind() != std::io::ErrorKind::WouldBlock
            {
                *stream = None;
            }
        }
    }
}

/// Keeps connections of HTTP/2 on which the body of a request comes one byte a second.
async fn keep_slow_streams(address: SocketAddr, done: &AtomicBool) {
    let clients = (0..CLIENTS).map(|k| async move {
        while !done.load(Ordering::Relaxed) {
            let _ = send_slow_stream(address, k, done).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    futures_util::future::join_all(clients).await;
}

async fn send_slow_stream(address: SocketAddr, k: usize, done: &AtomicBool) -> Result<(), h2::Error> {
    let Ok(stream) = tokio::net::TcpStream::connect(address).await else { return Ok(()) };
    let (send, connection) = h2::client::handshake(stream).await?;
    let mut connection = std::pin::pin!(connection);
    let request = axum::http::Request::post("http://x/api/v1/resolve")
        .header("x-forwarded-for", format!("10.4.{}.{}", k / 250, k % 250))
        .body(())
        .expect("a request");
    let trickle = async {
        let (_answer, mut body) = send.ready().await?.send_request(request, false)?;
        while !done.load(Ordering::Relaxed) {
            body.send_data(bytes::Bytes::from_static(b"a"), false)?;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        Ok(())
    };
    tokio::select! {
        ended = &mut connection => ended,
        ended = trickle => ended,
    }
}
