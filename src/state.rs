//! What all requests share beside the collection: settings, keys, budgets,
//! what watches.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::RwLock;

use crate::access::KeyRing;
use crate::access::rates::Rates;
use crate::config::Config;
use crate::telemetry::Telemetry;

/// One for each running server.
pub struct ServerState {
    /// All settings.
    pub config: Config,
    /// The keys of the data directory.
    pub keys: Arc<KeyRing>,
    /// What can be seen of the server.
    pub telemetry: Arc<Telemetry>,
    /// What each client may still ask.
    pub rates: Arc<Rates>,
    /// When the server began.
    pub begun: Instant,
    /// Read by all that is done for holders of keys, and written when the server ends: then
    /// nothing of it is under way any more, and nothing begins.
    pub under_way: Arc<RwLock<()>>,
}

impl ServerState {
    /// For a server with these settings.
    pub fn new(config: Config) -> Arc<Self> {
        let keys = Arc::new(KeyRing::new(config.keys_file()));
        let rates = Arc::new(Rates::new(config.limits.clone()));
        let telemetry = Arc::new(Telemetry::new(&config));
        Arc::new(Self { keys, telemetry, rates, begun: Instant::now(), under_way: Arc::default(), config })
    }
}
