//! Rate limits: a request passes if its client's budgets have what it is estimated to cost, and is
//! charged what it did cost.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::HttpBody;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::access::budget::{Policy, Purpose, Rates, Verdict, budget_holders};
use crate::access::caller::Caller;
use crate::access::meter::{Meter, run_metered};
use crate::access::network::Client;
use crate::problem::ApiError;

/// Hits that one unit pays for, in the estimate of a search.
const HITS_PER_UNIT: u32 = 20;

/// Kind of a request; the files that browsers fetch beside a page are free.
fn request_purpose(method: &Method, address: &Uri) -> Option<Purpose> {
    let path = address.path();
    if path == "/favicon.ico" || path.starts_with("/assets/") {
        return None;
    }
    if ["/livez", "/readyz", "/metrics"].contains(&path) {
        return Some(Purpose::Probe);
    }
    let is_list = *method == Method::POST && ["/api/v1/resolve", "/api/v1/searches"].contains(&path);
    let is_export = ["csv", "ndjson", "xlsx", "parquet"]
        .iter()
        .any(|form| path.strip_prefix("/api/v1/search.").is_some_and(|ending| ending == *form));
    Some(if is_list || is_export { Purpose::Export } else { Purpose::Plain })
}

/// Units that a request needs to begin, by its parameters: more for long pages, explanations and
/// receipts. Wrong parameters are found later and cost one.
fn estimate_units(purpose: Purpose, address: &Uri) -> f64 {
    let (mut hits, mut explain, mut receipt) = (0, false, false);
    for (name, value) in form_urlencoded::parse(address.query().unwrap_or_default().as_bytes()) {
        match &*name {
            "per_page" => hits = value.parse().unwrap_or_default(),
            "explain" => explain = value == "true",
            "receipt" => receipt = value == "true",
            _ => {}
        }
    }
    let pages = hits.clamp(HITS_PER_UNIT, 100).div_ceil(HITS_PER_UNIT);
    match purpose {
        Purpose::Plain => f64::from(pages * (1 + u32::from(explain)) + u32::from(receipt)),
        _ => 1.0,
    }
}

/// Lets a request pass if its client has budget left, charges its cost, and adds the budget to the
/// response.
pub async fn limit(State(rates): State<Arc<Rates>>, request: Request, next: Next) -> Response {
    let caller = request.extensions().get::<Caller>().unwrap_or(&Caller::Anonymous);
    let client = request.extensions().get::<Client>().copied();
    let holders = client.map(|client| budget_holders(caller, client)).unwrap_or_default();
    let purpose = request_purpose(request.method(), request.uri());
    let Some(purpose) = purpose.filter(|_| !holders.is_empty()) else { return next.run(request).await };
    let budgets = rates.budgets(&holders, purpose);
    let estimate = estimate_units(purpose, request.uri());
    if let Some(refused) = rates.spend(&budgets, estimate, Instant::now()).filter(|verdict| !verdict.allowed)
    {
        return refuse(refused, "too many requests");
    }
    let meter = Meter::new(rates, &holders, budgets, estimate);
    let mut response = run_metered(meter.clone(), next.run(request)).await;
    // A stream counts its bytes itself.
    meter.add_bytes(response.body().size_hint().exact().unwrap_or_default());
    if let Some(state) = meter.settle() {
        add_headers(&mut response, state);
    }
    response
}

/// Builds the response to a request that its client's budget does not allow.
pub fn refuse(verdict: Verdict, reason: &str) -> Response {
    let wait = whole_seconds(verdict.wait);
    let detail = format!("{reason}; the next one is answered in {wait} s");
    let problem = ApiError::too_many_requests(detail).with(header::RETRY_AFTER, wait.to_string());
    let mut response = problem.into_response();
    add_headers(&mut response, verdict);
    response
}

/// Adds the headers of draft-ietf-httpapi-ratelimit-headers-10.
fn add_headers(response: &mut Response, verdict: Verdict) {
    let Policy { name, burst, .. } = verdict.policy;
    let (left, until) = (verdict.remaining, whole_seconds(verdict.wait));
    let window = whole_seconds(verdict.policy.window());
    let lines = [
        ("ratelimit-policy", format!("\"{name}\";q={burst};w={window}")),
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

    #[test]
    fn lists_exports_and_probes_spend_their_own_budget() {
        let purpose = |method: Method, path: &str| request_purpose(&method, &path.parse().unwrap());
        assert_eq!(purpose(Method::GET, "/api/v1/search.ndjson?q=a"), Some(Purpose::Export));
        assert_eq!(purpose(Method::POST, "/api/v1/resolve"), Some(Purpose::Export));
        assert_eq!(purpose(Method::GET, "/api/v1/resolve?number=a"), Some(Purpose::Plain));
        assert_eq!(purpose(Method::GET, "/api/v1/search"), Some(Purpose::Plain));
        assert_eq!(purpose(Method::GET, "/readyz"), Some(Purpose::Probe));
        assert_eq!(purpose(Method::GET, "/assets/style.css"), None);
    }

    #[test]
    fn estimate_grows_with_hits_explanations_and_receipts() {
        let estimate =
            |query: &str| estimate_units(Purpose::Plain, &format!("/api/v1/search?{query}").parse().unwrap());
        assert_eq!([estimate("q=a"), estimate("per_page=20"), estimate("per_page=21")], [1.0, 1.0, 2.0]);
        assert_eq!([estimate("per_page=100"), estimate("per_page=99999999")], [5.0, 5.0]);
        assert_eq!([estimate("explain=true&per_page=100"), estimate("receipt=true")], [10.0, 2.0]);
        assert_eq!([estimate("per_page=many"), estimate("explain=maybe")], [1.0, 1.0]);
    }
}
