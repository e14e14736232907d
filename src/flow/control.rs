//! Flow control of a server, and the layer that applies it to requests.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::access::caller::Caller;
use crate::access::network::{Client, Network, client_network};
use crate::config;
use crate::flow::answers::Answers;
use crate::flow::bodies::Bodies;
use crate::flow::byte_budget::ByteLimits;
use crate::flow::delivery::Delivery;

/// Memory of an answer beside its bytes: task, heads, buffers of the connection.
const OVERHEAD_BYTES: usize = 16 << 10;
/// Memory of a compressor.
const COMPRESSOR_BYTES: usize = 304 << 10;

/// Addresses of probes: their answers are short, and given also when there is no room for others.
const PROBES: [&str; 3] = ["/livez", "/readyz", "/metrics"];

/// Flow control of a server.
pub struct Flow {
    /// Answers that clients have not taken.
    pub answers: Arc<Answers>,
    /// Request bodies under way.
    pub bodies: Arc<Bodies>,
    proxies: Vec<Network>,
}

impl Flow {
    /// Creates the flow control of a server with these settings.
    pub fn new(settings: &config::Server) -> Arc<Self> {
        let unsent = ByteLimits::from_mib(settings.max_unsent_mib, settings.max_unsent_per_address_mib);
        let bodies = ByteLimits::from_mib(settings.max_bodies_mib, settings.max_bodies_per_address_mib);
        let body_timeout = Duration::from_secs(settings.body_timeout_seconds);
        Arc::new(Self {
            answers: Arc::new(Answers::new(unsent, Duration::from_secs(settings.stall_timeout_seconds))),
            bodies: Arc::new(Bodies::new(bodies, body_timeout)),
            proxies: settings.trusted_proxies.clone(),
        })
    }

    /// Network that a request counts against. This machine and proxies have no bound of their own:
    /// everybody behind them would share it.
    fn counted_network(&self, request: &Request) -> Option<IpAddr> {
        let client = request.extensions().get::<Client>()?;
        let is_proxy = self.proxies.iter().any(|network| network.contains(client.address));
        (!client.here && !is_proxy).then(|| client_network(client.address))
    }
}

/// Refuses a request of a client that does not take its answers; else counts its answer, and leaves
/// the counts with the request for its handler.
pub async fn count_answer(State(flow): State<Arc<Flow>>, mut request: Request, next: Next) -> Response {
    if PROBES.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let client = flow.counted_network(&request);
    let has_key = request.extensions().get::<Caller>().is_some_and(|caller| *caller != Caller::Anonymous);
    let delivery = request.extensions().get::<Arc<Delivery>>().cloned();
    let count = flow.answers.start_count(client, delivery);
    let overhead = overhead_bytes(request.headers());
    if let Err(refusal) = count.make_room(overhead) {
        return refusal.into_response();
    }
    request.extensions_mut().insert(count.clone());
    request.extensions_mut().insert(flow.bodies.share(client, has_key));
    count.hold(next.run(request).await, overhead)
}

fn overhead_bytes(headers: &HeaderMap) -> usize {
    let mut accepted = headers.get_all(header::ACCEPT_ENCODING).iter();
    let is_compressed = accepted.any(|value| value.to_str().is_ok_and(|value| value.contains("gzip")));
    OVERHEAD_BYTES + if is_compressed { COMPRESSOR_BYTES } else { 0 }
}
