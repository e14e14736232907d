//! Clients of HTTP/2 that ask for much and take nothing.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::Request;
use h2::client::{Builder, ResponseFuture, SendRequest};
use tokio::net::TcpStream;

use crate::{Figures, Victim};

/// Time after which a client begins again.
const PAUSE: Duration = Duration::from_secs(5);
/// Requests that wait for their answers at a time.
const REQUESTS: usize = 288;

/// Search for records with long texts, whose pages are the longest answers.
const LONG: &str = "/api/v1/search?q=%E6%B0%91%E6%B3%95%E5%85%B8&per_page=10&facets=";

/// Measures 288 requests of one client for long pages that nobody takes.
pub fn measure(victim: &Victim, stretch: Duration, figures: &mut Figures) {
    println!("\n  HTTP/2 answers that nobody takes");
    let found = ureq::get(format!("http://{}{LONG}", victim.program.address)).call().expect("an answer");
    let found = found.into_body().read_to_string().expect("text");
    let found: serde_json::Value = serde_json::from_str(&found).expect("JSON");
    let hits = found["hits"].as_array().map_or(&[][..], Vec::as_slice);
    let paths: Vec<String> =
        hits.iter().filter_map(|hit| Some(format!("/d/{}", hit["id"].as_str()?))).take(1).collect();
    let sent = AtomicUsize::new(0);
    let (effect, ended) = victim.endure(stretch.max(Duration::from_secs(40)), |done| {
        let hoarders = (0..REQUESTS / 8).map(|k| Hoarder {
            address: victim.program.address,
            client: "203.0.113.1".into(),
            k,
            streams: 8,
        });
        hoard(hoarders.collect(), &paths, &sent, done)
    });
    let sent = sent.load(Ordering::Relaxed);
    figures.check("1 answers nobody takes: memory", effect.memory(), effect.peak <= 1.10);
    figures.note("1 their requests; ended by the server", format!("{sent}; {ended}"));
    figures.note("1 p99 of others", effect.others());
}

/// Client that opens streams and keeps their windows closed.
pub struct Hoarder {
    pub address: SocketAddr,
    pub client: String,
    /// Number of the client, by which it begins with other queries.
    pub k: usize,
    pub streams: usize,
}

/// Runs these clients until the flag is set; returns the number of streams that the server ended.
pub fn hoard(hoarders: Vec<Hoarder>, paths: &[String], sent: &AtomicUsize, done: &AtomicBool) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let local = tokio::task::LocalSet::new();
    let ended = AtomicUsize::new(0);
    runtime.block_on(local.run_until(async {
        let clients = hoarders.iter().map(|hoarder| async {
            // Not all in one moment.
            tokio::time::sleep(PAUSE * (hoarder.k as u32 % 100) / 100).await;
            while !done.load(Ordering::Relaxed) {
                let _ = hoarder.run(paths, sent, &ended, done).await;
                tokio::time::sleep(PAUSE).await;
            }
        });
        futures_util::future::join_all(clients).await;
    }));
    ended.load(Ordering::Relaxed)
}

impl Hoarder {
    /// Keeps one connection with its streams; a stream that ends is opened again.
    async fn run(
        &self,
        paths: &[String],
        sent: &AtomicUsize,
        ended: &AtomicUsize,
        done: &AtomicBool,
    ) -> Result<(), h2::Error> {
        let Ok(stream) = TcpStream::connect(self.address).await else { return Ok(()) };
        let (mut send, connection) =
            Builder::new().initial_window_size(0).handshake::<_, bytes::Bytes>(stream).await?;
        let connection = tokio::task::spawn_local(connection);
        let mut answers = Vec::new();
        for i in 0..self.streams {
            answers.push(self.ask(&mut send, &paths[(self.k * self.streams + i) % paths.len()], sent).await?);
        }
        // Heads are taken, bodies never.
        let mut bodies = Vec::new();
        for answer in answers {
            match tokio::time::timeout(Duration::from_secs(20), answer).await {
                Ok(Ok(answer)) => bodies.push(answer.into_body()),
                _ => _ = ended.fetch_add(1, Ordering::Relaxed),
            }
        }
        while !done.load(Ordering::Relaxed) && !connection.is_finished() {
            tokio::time::sleep(Duration::from_millis(250)).await;
            let mut open = Vec::new();
            for mut body in bodies {
                // A reset arrives as an error; data never does.
                match tokio::time::timeout(Duration::from_millis(1), body.data()).await {
                    Err(_) => open.push(body),
                    Ok(_) => _ = ended.fetch_add(1, Ordering::Relaxed),
                }
            }
            bodies = open;
            if bodies.is_empty() {
                break;
            }
        }
        connection.abort();
        Ok(())
    }

    async fn ask(
        &self,
        send: &mut SendRequest<bytes::Bytes>,
        path: &str,
        sent: &AtomicUsize,
    ) -> Result<ResponseFuture, h2::Error> {
        let request = Request::get(format!("http://x{path}"))
            .header("x-forwarded-for", &self.client)
            .body(())
            .expect("a request");
        let mut ready = send.clone().ready().await?;
        sent.fetch_add(1, Ordering::Relaxed);
        Ok(ready.send_request(request, true)?.0)
    }
}
