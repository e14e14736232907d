//! Rate limits: a budget for each key or address that fills up evenly, and a smaller one for expensive
//! requests.
//!
//! Budgets follow the generic cell rate algorithm, with one instant for each client. They are held in
//! a list that drops the client not seen for longest, so memory stays bounded whatever addresses are
//! made up; rate limiting libraries keep all of them until a sweep.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use lru::LruCache;
use parking_lot::Mutex;

use crate::access::caller::{Caller, Scope};
use crate::access::network::{Client, client_network};
use crate::config::Limits;
use crate::problem::ApiError;

/// Owner of a budget.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Holder {
    Address(IpAddr),
    Key(Arc<str>),
}

/// Kind of request that a budget is spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Purpose {
    /// One search, one record, one page.
    Plain,
    /// All matches of a search, or many searches at once.
    Export,
}

/// Limits of a budget: `burst` requests at once, and one more after each interval.
#[derive(Debug, Clone, Copy)]
struct Policy {
    name: &'static str,
    burst: u32,
    interval: Duration,
}

/// Decision on one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Verdict {
    allowed: bool,
    /// Number of further requests that would be allowed now.
    remaining: u32,
    /// Time until the budget is full again or, if refused, until a request is allowed.
    wait: Duration,
}

/// Budgets of all clients.
pub struct Rates {
    settings: Limits,
    full_at: Mutex<LruCache<(Holder, Purpose), Instant>>,
}

impl Rates {
    /// Creates full budgets.
    pub fn new(settings: Limits) -> Self {
        let max_clients = NonZeroUsize::new(settings.clients).unwrap_or(NonZeroUsize::MIN);
        Self { full_at: Mutex::new(LruCache::new(max_clients)), settings }
    }

    fn policy(&self, purpose: Purpose, with_key: bool) -> Option<Policy> {
        let limits = &self.settings;
        let (name, burst, per_minute) = match (purpose, with_key) {
            (Purpose::Plain, false) => ("address", limits.burst, limits.per_minute),
            (Purpose::Plain, true) => ("key", limits.key_burst, limits.key_per_minute),
            (Purpose::Export, false) => ("address-exports", limits.exports_burst, limits.exports_per_minute),
            (Purpose::Export, true) => {
                ("key-exports", limits.key_exports_burst, limits.key_exports_per_minute)
            }
        };
        let interval = Duration::from_secs(60).checked_div(per_minute)?;
        Some(Policy { name, burst: burst.max(1), interval })
    }

    fn spend(&self, budget: (Holder, Purpose), policy: Policy, now: Instant) -> Verdict {
        let mut full_at = self.full_at.lock();
        let missing = full_at.get(&budget).map_or(Duration::ZERO, |at| at.saturating_duration_since(now));
        let (capacity, spent) = (policy.interval * policy.burst, missing + policy.interval);
        if spent > capacity {
            return Verdict { allowed: false, remaining: 0, wait: spent - capacity };
        }
        full_at.put(budget, now + spent);
        let remaining = (capacity - spent).as_nanos() / policy.interval.as_nanos().max(1);
        Verdict { allowed: true, remaining: u32::try_from(remaining).unwrap_or(u32::MAX), wait: spent }
    }
}

/// Owner of the budget of a request. Requests from this machine that no proxy has forwarded have none:
/// they are the operator's, or come through a proxy that the settings do not name, and then from
/// everybody together.
fn budget_holder(caller: &Caller, client: Client) -> Option<Holder> {
    match caller {
        Caller::Holder { scope: Scope::Admin, .. } => None,
        Caller::Holder { name, .. } => Some(Holder::Key(name.clone())),
        Caller::Anonymous if client.here => None,
        Caller::Anonymous => Some(Holder::Address(client_network(client.address))),
    }
}

/// Kind of a request; monitoring and the files that browsers fetch beside a page are free.
fn request_purpose(method: &Method, address: &Uri) -> Option<Purpose> {
    let path = address.path();
    let is_free =
        ["/livez", "/readyz", "/metrics", "/favicon.ico"].contains(&path) || path.starts_with("/assets/");
    let is_list = *method == Method::POST && ["/api/v1/resolve", "/api/v1/searches"].contains(&path);
    let is_export = ["csv", "ndjson", "xlsx", "parquet"]
        .iter()
        .any(|form| path.strip_prefix("/api/v1/search.").is_some_and(|ending| ending == *form));
    (!is_free).then_some(if is_list || is_export { Purpose::Export } else { Purpose::Plain })
}

/// Lets a request pass if its client has budget left, and adds the budget to the response.
pub async fn limit(State(rates): State<Arc<Rates>>, request: Request, next: Next) -> Response {
    let caller = request.extensions().get::<Caller>().unwrap_or(&Caller::Anonymous);
    let client = request.extensions().get::<Client>().copied();
    let holder = client.and_then(|client| budget_holder(caller, client));
    let purpose = request_purpose(request.method(), request.uri());
    let (Some(holder), Some(purpose)) = (holder, purpose) else { return next.run(request).await };
    let Some(policy) = rates.policy(purpose, matches!(holder, Holder::Key(_))) else {
        return next.run(request).await;
    };
    let verdict = rates.spend((holder, purpose), policy, Instant::now());
    let mut response = if verdict.allowed {
        next.run(request).await
    } else {
        let wait = whole_seconds(verdict.wait);
        let detail = format!("too many requests; the next one is answered in {wait} s");
        ApiError::too_many_requests(detail).with(header::RETRY_AFTER, wait.to_string()).into_response()
    };
    add_headers(&mut response, policy, verdict);
    response
}

/// Adds the headers of draft-ietf-httpapi-ratelimit-headers-10.
fn add_headers(response: &mut Response, policy: Policy, verdict: Verdict) {
    let Policy { name, burst, interval } = policy;
    let (left, until) = (verdict.remaining, whole_seconds(verdict.wait));
    let lines = [
        ("ratelimit-policy", format!("\"{name}\";q={burst};w={}", whole_seconds(interval * burst))),
        ("ratelimit", format!("\"{name}\";r={left};t={until}")),
    ];
    for (name, line) in lines {
        if let Ok(value) = HeaderValue::try_from(line) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
}

/// Whole seconds, rounded up: a client that comes back then is let in.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Policy = Policy { name: "x", burst: 3, interval: Duration::from_secs(2) };

    fn address(n: u32) -> (Holder, Purpose) {
        (Holder::Address(IpAddr::from(n.to_be_bytes())), Purpose::Plain)
    }

    #[test]
    fn spent_budget_fills_up_evenly() {
        let rates = Rates::new(Limits::default());
        let now = Instant::now();
        let left: Vec<_> = (0..3).map(|_| rates.spend(address(1), POLICY, now).remaining).collect();
        assert_eq!(left, [2, 1, 0]);
        let refused = rates.spend(address(1), POLICY, now);
        assert_eq!((refused.allowed, refused.wait), (false, Duration::from_secs(2)));
        assert!(rates.spend(address(2), POLICY, now).allowed, "another client has its own");
        let later = now + Duration::from_secs(2);
        assert!(
            rates.spend(address(1), POLICY, later).allowed && !rates.spend(address(1), POLICY, later).allowed
        );
        assert_eq!(rates.spend(address(1), POLICY, now + Duration::from_secs(60)).remaining, 2);
    }

    #[test]
    fn made_up_addresses_keep_memory_bounded() {
        let rates = Rates::new(Limits { clients: 100, ..Limits::default() });
        for n in 0..10_000 {
            rates.spend(address(n), POLICY, Instant::now());
        }
        assert_eq!(rates.full_at.lock().len(), 100);
    }

    #[test]
    fn lists_and_exports_spend_their_own_budget() {
        let purpose = |method: Method, path: &str| request_purpose(&method, &path.parse().unwrap());
        assert_eq!(purpose(Method::GET, "/api/v1/search.ndjson?q=a"), Some(Purpose::Export));
        assert_eq!(purpose(Method::POST, "/api/v1/resolve"), Some(Purpose::Export));
        assert_eq!(purpose(Method::GET, "/api/v1/resolve?number=a"), Some(Purpose::Plain));
        assert_eq!(purpose(Method::GET, "/api/v1/search"), Some(Purpose::Plain));
        assert_eq!(purpose(Method::GET, "/readyz"), None);
    }
}
