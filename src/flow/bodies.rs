//! Request bodies under way: bytes in memory, counted as a body grows, and the time it may take.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::flow::byte_budget::{ByteBudget, ByteLimits, Holding};

/// Time for a body outside of a server.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// Part of the bounds that is for clients without a key: they must not keep those with one from
/// writing.
const KEYLESS_PART: usize = 2;
/// Part of the bound of one address without a key: it sends lists, which are shorter than records.
const KEYLESS_CLIENT_PART: usize = 6;

/// Request bodies of a server.
pub struct Bodies {
    with_key: Arc<ByteBudget>,
    keyless: Arc<ByteBudget>,
    timeout: Duration,
}

impl Bodies {
    /// Creates the count of a server with these bounds.
    pub fn new(limits: ByteLimits, timeout: Duration) -> Self {
        let keyless =
            ByteLimits { server: limits.server / KEYLESS_PART, client: limits.client / KEYLESS_CLIENT_PART };
        let with_key = ByteLimits { server: limits.server - keyless.server, client: limits.client };
        Self { with_key: ByteBudget::new(with_key), keyless: ByteBudget::new(keyless), timeout }
    }

    /// Bytes in memory now.
    pub fn held_bytes(&self) -> usize {
        self.with_key.held_bytes() + self.keyless.held_bytes()
    }

    /// Share of a client, with a key or without.
    pub fn share(self: &Arc<Self>, client: Option<IpAddr>, has_key: bool) -> BodyShare {
        BodyShare { bodies: self.clone(), client, has_key }
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
    has_key: bool,
}

impl BodyShare {
    /// Starts the count of a body.
    pub fn start_holding(&self) -> Holding {
        let budget = if self.has_key { &self.bodies.with_key } else { &self.bodies.keyless };
        budget.start_holding(self.client)
    }

    /// Time for a body, or for a line of one, to arrive.
    pub fn timeout(&self) -> Duration {
        self.bodies.timeout
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keyless_bodies_leave_room_for_those_with_a_key() {
        let bodies = Arc::new(Bodies::new(ByteLimits { server: 100, client: 60 }, DEFAULT_TIMEOUT));
        let mut keyless: Vec<_> = (0..9)
            .map(|n| bodies.share(Some(IpAddr::from([198, 51, 100, n])), false).start_holding())
            .collect();
        let held = keyless.iter_mut().filter_map(|holding| holding.try_grow(10).ok()).count();
        assert_eq!(held, 5, "half of the bound");
        assert!(keyless[0].try_grow(1).is_err(), "an address without a key has a sixth of its bound");
        let mut record = bodies.share(Some(IpAddr::from([198, 51, 100, 1])), true).start_holding();
        assert_eq!(record.try_grow(50), Ok(()));
        assert_eq!(bodies.held_bytes(), 100);
    }
}
