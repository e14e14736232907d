//! Request bodies under way: bytes in memory, counted as a body grows, and the time it may take.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::flow::byte_budget::{ByteBudget, ByteLimits, Holding};

/// Time for a body outside of a server.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// Request bodies of a server.
pub struct Bodies {
    budget: Arc<ByteBudget>,
    timeout: Duration,
}

impl Bodies {
    /// Creates the count of a server with these bounds.
    pub fn new(limits: ByteLimits, timeout: Duration) -> Self {
        Self { budget: ByteBudget::new(limits), timeout }
    }

    /// Bytes in memory now.
    pub fn held_bytes(&self) -> usize {
        self.budget.held_bytes()
    }

    /// Share of a client.
    pub fn share(self: &Arc<Self>, client: Option<IpAddr>) -> BodyShare {
        BodyShare { bodies: self.clone(), client }
    }
}

impl Default for Bodies {
    fn default() -> Self {
        Self::new(ByteLimits { server: 0, client: 0 }, DEFAULT_TIMEOUT)
    }
}

/// Share of one client in the bodies of a server; the default one has no bounds.
#[derive(Clone, Default)]
pub struct BodyShare {
    bodies: Arc<Bodies>,
    client: Option<IpAddr>,
}

impl BodyShare {
    /// Starts the count of a body.
    pub fn start_holding(&self) -> Holding {
        self.bodies.budget.start_holding(self.client)
    }

    /// Time for a body, or for a line of one, to arrive.
    pub fn timeout(&self) -> Duration {
        self.bodies.timeout
    }
}
