//! Budgets of clients, in units that fill up evenly. A unit is about a plain search: so much CPU time,
//! so many bytes sent.
//!
//! Budgets follow the generic cell rate algorithm with weights: one instant for each client. A request
//! needs its estimate to begin and is charged what it cost, so a budget can go into debt once, and
//! later requests wait. Clients are held in a list that drops the one not seen for longest, so memory
//! stays bounded whatever addresses are made up; rate limiting libraries keep all of them until a
//! sweep.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lru::LruCache;
use parking_lot::Mutex;

use crate::access::caller::{Caller, Scope};
use crate::access::network::{Client, client_network, site_network};
use crate::config::Limits;

/// Budget of a /48 of IPv6, as a multiple of that of a /64.
const SITE_FACTOR: u32 = 8;

/// Owner of a budget.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Holder {
    /// A client network: an address of IPv4, a /64 of IPv6.
    Address(IpAddr),
    /// A /48 of IPv6.
    Site(IpAddr),
    /// All clients that this trusted proxy did not name.
    BehindProxy(IpAddr),
    /// The holder of the key with this name.
    Key(Arc<str>),
}

/// Kind of request that a budget is spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// One search, one record, one page.
    Plain,
    /// All matches of a search, or many searches at once.
    Export,
    /// Health checks and metrics.
    Probe,
    /// Keys that are none.
    WrongKey,
}

/// Limits of a budget: `burst` units at once, and one more after each interval.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Name in the headers of responses.
    pub name: &'static str,
    /// Units at once.
    pub burst: u32,
    /// Time in which one unit comes back.
    pub interval: Duration,
}

impl Policy {
    /// Time in which an empty budget fills up.
    pub fn window(&self) -> Duration {
        self.interval * self.burst
    }
}

/// State of a budget after a request, or the reason to refuse one.
#[derive(Debug, Clone, Copy)]
pub struct Verdict {
    /// The budget: of several the one with the least left.
    pub policy: Policy,
    /// True if the units were there.
    pub allowed: bool,
    /// Whole units left.
    pub remaining: u32,
    /// Time until the budget is full again or, if refused, until the units are there.
    pub wait: Duration,
}

/// One budget of one client.
#[derive(Debug, Clone)]
pub struct Budget {
    key: (Holder, Purpose),
    policy: Policy,
}

/// Moments at which budgets will be full again.
type FullAt = LruCache<(Holder, Purpose), Instant>;

/// Budgets of all clients.
pub struct Rates {
    settings: Limits,
    full_at: Mutex<FullAt>,
}

impl Rates {
    /// Creates full budgets.
    pub fn new(settings: Limits) -> Self {
        let max_clients = NonZeroUsize::new(settings.clients).unwrap_or(NonZeroUsize::MIN);
        Self { full_at: Mutex::new(LruCache::new(max_clients)), settings }
    }

    /// Budgets that a request of these holders is spent on; none if the settings do not limit it.
    pub fn budgets(&self, holders: &[Holder], purpose: Purpose) -> Vec<Budget> {
        let budget = |holder: &Holder| {
            Some(Budget { key: (holder.clone(), purpose), policy: self.policy(purpose, holder)? })
        };
        holders.iter().filter_map(budget).collect()
    }

    fn policy(&self, purpose: Purpose, holder: &Holder) -> Option<Policy> {
        let limits = &self.settings;
        let with_key = matches!(holder, Holder::Key(_));
        let (name, burst, per_minute) = match (purpose, with_key) {
            (Purpose::Plain, false) => ("address", limits.burst, limits.per_minute),
            (Purpose::Plain, true) => ("key", limits.key_burst, limits.key_per_minute),
            (Purpose::Export, false) => ("address-exports", limits.exports_burst, limits.exports_per_minute),
            (Purpose::Export, true) => {
                ("key-exports", limits.key_exports_burst, limits.key_exports_per_minute)
            }
            (Purpose::Probe, _) => ("probes", limits.probes_burst, limits.probes_per_minute),
            (Purpose::WrongKey, _) => {
                ("wrong-keys", limits.wrong_keys_per_minute, limits.wrong_keys_per_minute)
            }
        };
        let (name, factor) = match (holder, purpose) {
            (Holder::Site(_), Purpose::Export) => ("site-exports", SITE_FACTOR),
            (Holder::Site(_), _) => ("site", SITE_FACTOR),
            _ => (name, 1),
        };
        let interval = Duration::from_secs(60).checked_div(per_minute.saturating_mul(factor))?;
        Some(Policy { name, burst: burst.max(1).saturating_mul(factor), interval })
    }

    /// Takes units from all of the budgets, or from none if one of them has not enough. `None` without
    /// budgets.
    pub fn spend(&self, budgets: &[Budget], units: f64, now: Instant) -> Option<Verdict> {
        let mut full_at = self.full_at.lock();
        if let Some(refused) = longest_wait(budgets, &full_at, units, now) {
            return Some(refused);
        }
        budgets.iter().for_each(|budget| budget.add(&mut full_at, units, now));
        least_left(budgets, &full_at, now)
    }

    /// Refusal of a request for these units; `None` if they are there. Takes nothing.
    pub fn refusal(&self, budgets: &[Budget], units: f64, now: Instant) -> Option<Verdict> {
        longest_wait(budgets, &self.full_at.lock(), units, now)
    }

    /// Charges units that were used, into debt if need be; gives back negative ones.
    pub fn charge(&self, budgets: &[Budget], units: f64, now: Instant) {
        let mut full_at = self.full_at.lock();
        budgets.iter().for_each(|budget| budget.add(&mut full_at, units, now));
    }

    /// State of the budget with the least left; `None` without budgets.
    pub fn state(&self, budgets: &[Budget], now: Instant) -> Option<Verdict> {
        least_left(budgets, &self.full_at.lock(), now)
    }

    /// Units that CPU time and bytes sent come to.
    pub fn units(&self, cpu: Duration, bytes: u64) -> f64 {
        let part = |used: f64, unit: u32| if unit == 0 { 0.0 } else { used / f64::from(unit) };
        part(cpu.as_secs_f64() * 1e3, self.settings.unit_ms)
            + part(bytes as f64 / 1024.0, self.settings.unit_kib)
    }

    #[cfg(test)]
    pub(super) fn clients(&self) -> usize {
        self.full_at.lock().len()
    }
}

/// Refusal by the budget that needs most time.
fn longest_wait(budgets: &[Budget], full_at: &FullAt, units: f64, now: Instant) -> Option<Verdict> {
    let verdicts = budgets.iter().map(|budget| budget.verdict(full_at, units, now));
    verdicts.filter(|verdict| !verdict.allowed).max_by_key(|verdict| verdict.wait)
}

fn least_left(budgets: &[Budget], full_at: &FullAt, now: Instant) -> Option<Verdict> {
    budgets.iter().map(|budget| budget.verdict(full_at, 0.0, now)).min_by_key(|verdict| verdict.remaining)
}

impl Budget {
    fn verdict(&self, full_at: &FullAt, units: f64, now: Instant) -> Verdict {
        let missing = full_at.peek(&self.key).map_or(Duration::ZERO, |at| at.saturating_duration_since(now));
        let policy = self.policy;
        // An estimate beyond the whole budget needs all of it.
        let wanted = policy.interval.mul_f64(units.min(f64::from(policy.burst)));
        let (capacity, spent) = (policy.window(), missing + wanted);
        let left = capacity.saturating_sub(spent).as_nanos() / policy.interval.as_nanos().max(1);
        match spent.checked_sub(capacity).filter(|lacking| units > 0.0 && !lacking.is_zero()) {
            Some(wait) => Verdict { policy, allowed: false, remaining: 0, wait },
            None => {
                let remaining = u32::try_from(left).unwrap_or(u32::MAX);
                Verdict { policy, allowed: true, remaining, wait: spent }
            }
        }
    }

    fn add(&self, full_at: &mut FullAt, units: f64, now: Instant) {
        let before = full_at.get(&self.key).map_or(now, |at| (*at).max(now));
        let change = self.policy.interval.mul_f64(units.abs());
        let after = if units < 0.0 { before.checked_sub(change) } else { before.checked_add(change) };
        full_at.put(self.key.clone(), after.unwrap_or(before));
    }
}

/// Owners of the budgets of a request, the narrowest first. Requests from this machine that no proxy
/// has forwarded have none: they are the operator's.
pub fn budget_holders(caller: &Caller, client: Client) -> Vec<Holder> {
    match caller {
        Caller::Holder { scope: Scope::Admin, .. } => Vec::new(),
        Caller::Holder { name, .. } => vec![Holder::Key(name.clone())],
        Caller::Anonymous => address_holders(client),
    }
}

/// Owners of the budgets of an address, whatever key is presented.
pub fn address_holders(client: Client) -> Vec<Holder> {
    if client.here {
        return Vec::new();
    }
    if !client.named {
        return vec![Holder::BehindProxy(client.address)];
    }
    let site = site_network(client.address).map(Holder::Site);
    [Holder::Address(client_network(client.address))].into_iter().chain(site).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Policy = Policy { name: "x", burst: 3, interval: Duration::from_secs(2) };

    fn address(n: u32) -> Vec<Budget> {
        vec![Budget { key: (Holder::Address(IpAddr::from(n.to_be_bytes())), Purpose::Plain), policy: POLICY }]
    }

    #[test]
    fn spent_budget_fills_up_evenly() {
        let rates = Rates::new(Limits::default());
        let now = Instant::now();
        let spend = |n, at| rates.spend(&address(n), 1.0, at).unwrap();
        let left: Vec<_> = (0..3).map(|_| spend(1, now).remaining).collect();
        assert_eq!(left, [2, 1, 0]);
        let refused = spend(1, now);
        assert_eq!((refused.allowed, refused.wait), (false, Duration::from_secs(2)));
        assert!(spend(2, now).allowed, "another client has its own");
        let later = now + Duration::from_secs(2);
        assert!(spend(1, later).allowed && !spend(1, later).allowed);
        assert_eq!(spend(1, now + Duration::from_secs(60)).remaining, 2);
    }

    #[test]
    fn charge_beyond_the_budget_is_debt_that_later_requests_wait_for() {
        let rates = Rates::new(Limits::default());
        let now = Instant::now();
        let budgets = address(1);
        assert!(rates.spend(&budgets, 1.0, now).unwrap().allowed);
        rates.charge(&budgets, 9.0, now);
        let state = rates.state(&budgets, now).unwrap();
        assert_eq!((state.remaining, state.wait), (0, Duration::from_secs(20)));
        // Ten of three units: seven of debt, and the one that is asked for.
        let refused = rates.spend(&budgets, 1.0, now).unwrap();
        assert_eq!((refused.allowed, refused.wait), (false, Duration::from_secs(16)));
        assert!(rates.spend(&budgets, 1.0, now + Duration::from_secs(16)).unwrap().allowed);
        rates.charge(&budgets, -100.0, now);
        assert_eq!(rates.state(&budgets, now).unwrap().remaining, 3, "no more than the whole budget");
    }

    #[test]
    fn refusal_by_one_budget_leaves_the_others_as_they_are() {
        let rates = Rates::new(Limits::default());
        let now = Instant::now();
        let (narrow, wide) = (address(1), address(2));
        rates.charge(&narrow, 3.0, now);
        let both = [narrow, wide.clone()].concat();
        assert!(!rates.spend(&both, 1.0, now).unwrap().allowed);
        assert_eq!(rates.state(&wide, now).unwrap().remaining, 3);
    }

    #[test]
    fn estimate_beyond_the_whole_budget_needs_a_full_one() {
        let rates = Rates::new(Limits::default());
        let now = Instant::now();
        assert!(rates.spend(&address(1), 50.0, now).unwrap().allowed);
        rates.charge(&address(2), 1.0, now);
        assert!(!rates.spend(&address(2), 50.0, now).unwrap().allowed);
    }

    #[test]
    fn made_up_addresses_keep_memory_bounded() {
        let rates = Rates::new(Limits { clients: 100, ..Limits::default() });
        for n in 0..10_000 {
            rates.spend(&address(n), 1.0, Instant::now());
        }
        assert_eq!(rates.clients(), 100);
    }

    #[test]
    fn units_add_up_time_and_bytes() {
        let rates = |unit_ms, unit_kib| Rates::new(Limits { unit_ms, unit_kib, ..Limits::default() });
        let cost = |rates: Rates| rates.units(Duration::from_millis(10), 128 << 10);
        assert_eq!(
            [cost(rates(5, 64)), cost(rates(0, 64)), cost(rates(5, 0)), cost(rates(0, 0))],
            [4.0, 2.0, 2.0, 0.0]
        );
    }
}
