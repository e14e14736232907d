//! State that all requests share beside the collection: settings, keys, rate limits, telemetry.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{RwLock, watch};

use crate::access::KeyRing;
use crate::access::budget::Rates;
use crate::config::Config;
use crate::flow::control::Flow;
use crate::telemetry::Telemetry;

/// State of a running server.
pub struct ServerState {
    /// The settings.
    pub config: Config,
    /// The keys of the data directory.
    pub keys: Arc<KeyRing>,
    /// Logs and metrics.
    pub telemetry: Arc<Telemetry>,
    /// Rate limits of the clients.
    pub rates: Arc<Rates>,
    /// Bytes held for clients.
    pub flow: Arc<Flow>,
    /// Start of the server.
    pub started: Instant,
    /// Read lock of every audited request. The server takes the write lock when it ends: then none is
    /// under way any more, and none begins.
    pub under_way: Arc<RwLock<()>>,
    /// True once the connections are closed: requests that wait for more of their body end.
    pub is_ending: watch::Sender<bool>,
}

impl ServerState {
    /// Creates the state of a server with these settings.
    pub fn new(config: Config) -> Arc<Self> {
        let keys = Arc::new(KeyRing::new(config.keys_file()));
        let rates = Arc::new(Rates::new(config.limits.clone()));
        let telemetry = Arc::new(Telemetry::new(&config));
        let flow = Flow::new(&config.server);
        Arc::new(Self {
            keys,
            telemetry,
            rates,
            flow,
            started: Instant::now(),
            under_way: Arc::default(),
            is_ending: watch::Sender::new(false),
            config,
        })
    }
}
