//! Byte budgets: bytes held for clients, bounded for the whole server and for each client network.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;

/// Bounds of a budget in bytes; 0 is no bound.
#[derive(Debug, Clone, Copy)]
pub struct ByteLimits {
    /// Bytes held for all clients.
    pub server: usize,
    /// Bytes held for one client network.
    pub client: usize,
}

impl ByteLimits {
    /// Converts bounds in MiB.
    pub fn from_mib(server: usize, client: usize) -> Self {
        Self { server: server << 20, client: client << 20 }
    }
}

/// Bound that further bytes would exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Excess {
    /// The bound of the client network.
    Client,
    /// The bound of the server, by so many bytes.
    Server(usize),
}

/// Bytes held now, with their bounds.
pub struct ByteBudget {
    limits: ByteLimits,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    total: usize,
    by_client: HashMap<IpAddr, usize>,
}

impl ByteBudget {
    /// Creates a budget of which nothing is held.
    pub fn new(limits: ByteLimits) -> Arc<Self> {
        Arc::new(Self { limits, held: Mutex::default() })
    }

    /// Bytes held for all clients.
    pub fn held_bytes(&self) -> usize {
        self.held.lock().total
    }

    /// Starts an empty holding. Without a client only the bound of the server applies.
    pub fn start_holding(self: &Arc<Self>, client: Option<IpAddr>) -> Holding {
        Holding { budget: self.clone(), client, bytes: 0 }
    }

    /// Checks that so many bytes more are within the bounds. A client that holds nothing may exceed its
    /// own bound, so that an answer of any length can be had.
    ///
    /// # Errors
    /// The bound that would be exceeded.
    pub fn check(&self, client: Option<IpAddr>, more: usize) -> Result<(), Excess> {
        self.limits.check(&self.held.lock(), client, more)
    }
}

impl ByteLimits {
    fn check(self, held: &Held, client: Option<IpAddr>, more: usize) -> Result<(), Excess> {
        let of_client = client.and_then(|client| held.by_client.get(&client)).copied().unwrap_or(0);
        if self.client > 0 && of_client > 0 && of_client + more > self.client {
            return Err(Excess::Client);
        }
        if self.server > 0 && held.total > 0 && held.total + more > self.server {
            return Err(Excess::Server(held.total + more - self.server));
        }
        Ok(())
    }
}

impl Held {
    fn add(&mut self, client: Option<IpAddr>, more: usize) {
        self.total += more;
        if let Some(client) = client.filter(|_| more > 0) {
            *self.by_client.entry(client).or_default() += more;
        }
    }

    fn give_back(&mut self, client: Option<IpAddr>, bytes: usize) {
        self.total = self.total.saturating_sub(bytes);
        let Some(client) = client else { return };
        if let Some(of_client) = self.by_client.get_mut(&client) {
            *of_client = of_client.saturating_sub(bytes);
            if *of_client == 0 {
                self.by_client.remove(&client);
            }
        }
    }
}

/// Bytes held for one client; given back when dropped.
pub struct Holding {
    budget: Arc<ByteBudget>,
    client: Option<IpAddr>,
    bytes: usize,
}

impl Holding {
    /// Bytes of this holding.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Holds so many bytes more.
    ///
    /// # Errors
    /// The bound that they exceed; the holding stays as it is.
    pub fn try_grow(&mut self, more: usize) -> Result<(), Excess> {
        let mut held = self.budget.held.lock();
        self.budget.limits.check(&held, self.client, more)?;
        held.add(self.client, more);
        self.bytes += more;
        Ok(())
    }

    /// Holds so many bytes more, beyond the bounds if need be.
    pub fn grow(&mut self, more: usize) {
        self.budget.held.lock().add(self.client, more);
        self.bytes += more;
    }

    /// Gives back all but so many bytes.
    pub fn shrink_to(&mut self, bytes: usize) {
        let given_back = self.bytes.saturating_sub(bytes);
        self.budget.held.lock().give_back(self.client, given_back);
        self.bytes -= given_back;
    }

    /// Splits off a holding of at most so many bytes.
    pub fn split_off(&mut self, bytes: usize) -> Self {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        Self { budget: self.budget.clone(), client: self.client, bytes }
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        self.budget.held.lock().give_back(self.client, self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holding_beyond_a_bound_is_refused_and_given_back() {
        let budget = ByteBudget::new(ByteLimits { server: 100, client: 40 });
        let [one, other] = [1, 2].map(|n| Some(IpAddr::from([198, 51, 100, n])));
        let mut first = budget.start_holding(one);
        assert_eq!(first.try_grow(50), Ok(()), "the first may be longer than the bound of a client");
        let mut second = budget.start_holding(one);
        assert_eq!(second.try_grow(1), Err(Excess::Client));
        assert_eq!(budget.start_holding(other).try_grow(60), Err(Excess::Server(10)));
        let part = first.split_off(20);
        drop(first);
        assert_eq!(budget.held_bytes(), 20);
        assert_eq!(second.try_grow(20), Ok(()));
        drop((part, second));
        assert_eq!(budget.held_bytes(), 0);
        assert!(budget.held.lock().by_client.is_empty(), "a client that holds nothing is forgotten");
    }
}
