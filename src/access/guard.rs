//! Authentication and authorisation: identifies the caller of each request and checks its scope.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Once};
use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt;

use crate::access::budget::{Purpose, address_holders};
use crate::access::caller::{Caller, Requester, Scope};
use crate::access::grant::{Grant, keys_unreadable};
use crate::access::key_ring::KeyRing;
use crate::access::network::{Client, Peer, find_client};
use crate::access::rates::refuse;
use crate::links;
use crate::problem::ApiError;
use crate::state::ServerState;

/// Name of a caller without a key, in the audit log; names of keys have no blanks.
const NO_KEY: &str = "no key";
/// Name of a caller whose key is no key of this server, in the audit log.
const UNKNOWN_KEY: &str = "unknown key";

/// Restricts the routes of a router to holders of a scope and audits their requests.
///
/// `write_routes()` becomes `require(state, Scope::Write, write_routes())`.
pub fn require<S>(state: &Arc<ServerState>, scope: Scope, router: Router<S>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    router.route_layer(middleware::from_fn_with_state((state.clone(), scope), check_scope))
}

/// Restricts the routes of pages in the same way: a browser is told to ask its user for a key, and
/// `page` shows problems.
pub fn require_of_browser<S>(
    state: &Arc<ServerState>,
    scope: Scope,
    router: Router<S>,
    page: fn(ApiError) -> Response,
) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let check_page = move |state: State<(Arc<ServerState>, Scope)>, request: Request, next: Next| async move {
        check_scope(state, request, next).await.unwrap_or_else(|problem| page(problem.for_browser()))
    };
    router.route_layer(middleware::from_fn_with_state((state.clone(), scope), check_page))
}

async fn check_scope(
    State((state, needed)): State<(Arc<ServerState>, Scope)>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let caller = request.extensions().get::<Caller>().unwrap_or(&Caller::Anonymous).clone();
    if caller.may(needed) {
        let action = format!("{} {}", request.method(), request.uri().path());
        // A client that leaves before this has changed nothing yet.
        let grant = Grant::new(state, caller, needed).await;
        request.extensions_mut().insert(grant.clone());
        return run_audited(grant, action, next.run(request)).await;
    }
    let (status, problem) = refusal(&state, &caller, needed);
    if let Some(status) = status {
        let who = caller.name().unwrap_or(NO_KEY);
        state.telemetry.refusals.add(&request, who, status, &problem.detail).await;
    }
    Err(problem)
}

/// Problem of a caller without the scope, and the status that the audit log names; none while the
/// keys cannot be read.
fn refusal(state: &ServerState, caller: &Caller, needed: Scope) -> (Option<StatusCode>, ApiError) {
    match (state.keys.anyone_may(needed), caller) {
        (Err(e), _) => (None, keys_unreadable(e)),
        (Ok(false), _) => (Some(StatusCode::FORBIDDEN), ApiError::switched_off(needed.name())),
        (Ok(true), Caller::Anonymous) => {
            (Some(StatusCode::UNAUTHORIZED), ApiError::unauthorized("this address needs a key"))
        }
        (Ok(true), Caller::Holder { .. }) => {
            (Some(StatusCode::FORBIDDEN), ApiError::forbidden(needed.name()))
        }
    }
}

/// Runs a request to its end and audits it, also for a client that goes away meanwhile: its change is
/// made all the same, so its line must not be missing.
async fn run_audited(
    grant: Grant,
    action: String,
    work: impl Future<Output = Response> + Send + 'static,
) -> Result<Response, ApiError> {
    let task = tokio::spawn(links::keep_base_path_in_task(async move {
        // A request that panics may have changed something too.
        let response = AssertUnwindSafe(work).catch_unwind().await;
        let response = response.unwrap_or_else(|_| ApiError::internal().into_response());
        grant.audit(&action, response.status().as_str()).await;
        response
    }));
    task.await.map_err(|_| ApiError::internal())
}

/// Restricts routes to this machine and to holders of a scope, without audit of what is permitted: for
/// readings that repeat.
pub fn require_here_or<S>(state: &Arc<ServerState>, scope: Scope, router: Router<S>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    router.route_layer(middleware::from_fn_with_state((state.clone(), scope), check_here_or_scope))
}

async fn check_here_or_scope(
    State((state, needed)): State<(Arc<ServerState>, Scope)>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let caller = request.extensions().get::<Caller>().unwrap_or(&Caller::Anonymous).clone();
    let is_here = request.extensions().get::<Client>().is_some_and(|client| client.here);
    if is_here || caller.may(needed) {
        return Ok(next.run(request).await);
    }
    let (status, problem) = refusal(&state, &caller, needed);
    if let Some(status) = status {
        let who = caller.name().unwrap_or(NO_KEY);
        state.telemetry.refusals.add(&request, who, status, &problem.detail).await;
    }
    Err(problem)
}

/// Identifies the caller and leaves it with the request. A wrong key is refused, not passed over: its
/// holder would otherwise wonder about low limits. An address that has sent too many gets no key
/// looked at.
pub async fn identify(State(state): State<Arc<ServerState>>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().copied();
    let proxies = &state.config.server.trusted_proxies;
    let client = peer.map(|Peer(peer)| find_client(peer.ip(), request.headers(), proxies));
    if let Some(client) = client {
        warn_of_unnamed_proxy(client, peer, &state);
        request.extensions_mut().insert(client);
    }
    let (caller, mut response) = match check_key(&state, client, &request) {
        Ok(caller) => {
            request.extensions_mut().insert(caller.clone());
            (caller, next.run(request).await)
        }
        Err(KeyRefusal { response, reason }) => {
            // Not while the key file cannot be read: nothing is wrong with the key then.
            if let Some(reason) = reason {
                state.telemetry.refusals.add(&request, UNKNOWN_KEY, response.status(), &reason).await;
            }
            (Caller::Anonymous, response)
        }
    };
    response.extensions_mut().insert(Requester { caller, client });
    response
}

/// Response to a key that is not accepted, and the reason if the key is to blame.
struct KeyRefusal {
    response: Response,
    reason: Option<String>,
}

/// Finds the caller; a wrong key is spent from the budget of its address.
#[expect(clippy::result_large_err, reason = "the error is the response that is sent")]
fn check_key(state: &ServerState, client: Option<Client>, request: &Request) -> Result<Caller, KeyRefusal> {
    if !request.headers().contains_key(header::AUTHORIZATION) {
        return Ok(Caller::Anonymous);
    }
    let holders = client.map(address_holders).unwrap_or_default();
    let budgets = state.rates.budgets(&holders, Purpose::WrongKey);
    let now = Instant::now();
    if let Some(refused) = state.rates.refusal(&budgets, 1.0, now) {
        let reason = "too many wrong keys";
        return Err(KeyRefusal { response: refuse(refused, reason), reason: Some(reason.to_owned()) });
    }
    let found = find_caller(&state.keys, request.method(), request.headers());
    found.map_err(|problem| {
        let is_wrong = problem.status == StatusCode::UNAUTHORIZED;
        if is_wrong {
            state.rates.charge(&budgets, 1.0, now);
        }
        let reason = is_wrong.then(|| problem.detail.clone());
        KeyRefusal { response: problem.into_response(), reason }
    })
}

/// Warns the operator, once, that all clients of a proxy share one budget.
fn warn_of_unnamed_proxy(client: Client, peer: Option<Peer>, state: &ServerState) {
    static WARNED: Once = Once::new();
    let Some(Peer(peer)) = peer else { return };
    let peer = peer.ip().to_canonical();
    let is_trusted = || state.config.server.trusted_proxies.iter().any(|network| network.contains(peer));
    if !client.here && peer.is_loopback() && !is_trusted() {
        WARNED.call_once(|| {
            tracing::warn!(%peer, "a proxy on this machine is not in server.trusted_proxies: all its clients share one budget");
        });
    }
}

fn find_caller(keys: &KeyRing, method: &Method, headers: &HeaderMap) -> Result<Caller, ApiError> {
    let Some(credentials) = headers.get(header::AUTHORIZATION) else { return Ok(Caller::Anonymous) };
    let presented = credentials.to_str().ok().and_then(|text| text.split_once(' '));
    match presented {
        // A browser sends what its user typed with every request, also with those that another site
        // makes it send; so this scheme permits no changes.
        Some((scheme, typed)) if scheme.eq_ignore_ascii_case("basic") && method.is_safe() => {
            let key = password(typed);
            let found = key.map(|key| keys.find_caller(&key)).transpose().map_err(keys_unreadable)?.flatten();
            found.ok_or_else(|| ApiError::unknown_key().for_browser())
        }
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => {
            keys.find_caller(key.trim()).map_err(keys_unreadable)?.ok_or_else(ApiError::unknown_key)
        }
        _ => Err(ApiError::unauthorized("a key is sent as “Authorization: Bearer KEY”")),
    }
}

/// Decodes the password of `Basic base64(user:password)`: a key, whatever the user's name.
fn password(typed: &str) -> Option<String> {
    let bytes = STANDARD.decode(typed.trim()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    text.split_once(':').map(|(_, password)| password.trim().to_owned())
}
