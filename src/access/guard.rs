//! The door: who a request comes from, and whether they may pass.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt;

use crate::access::caller::{Caller, Requester, Scope};
use crate::access::key_ring::{KeyError, KeyRing};
use crate::access::network::{Peer, client};
use crate::links;
use crate::problem::ApiError;
use crate::state::ServerState;

/// Lets only holders of a scope reach the addresses of a router.
///
/// `writing()` becomes `require(edge, Scope::Write, writing())`. What they do is audited.
pub fn require<S>(edge: &Arc<ServerState>, scope: Scope, router: Router<S>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    router.route_layer(middleware::from_fn_with_state((edge.clone(), scope), check))
}

/// The same for pages: a browser is told to ask its user for a key, and what is wrong is shown
/// by `page`.
pub fn require_of_browser<S>(
    edge: &Arc<ServerState>,
    scope: Scope,
    router: Router<S>,
    page: fn(ApiError) -> Response,
) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let asked = move |state: State<(Arc<ServerState>, Scope)>, request: Request, next: Next| async move {
        check(state, request, next).await.unwrap_or_else(|problem| page(problem.of_browser()))
    };
    router.route_layer(middleware::from_fn_with_state((edge.clone(), scope), asked))
}

async fn check(
    State((edge, needed)): State<(Arc<ServerState>, Scope)>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let caller = request.extensions().get::<Caller>().unwrap_or(&Caller::Anonymous);
    if caller.may(needed) {
        let who = caller.name().unwrap_or_default().to_owned();
        let what = format!("{} {}", request.method(), request.uri().path());
        return carried_out(edge, who, what, next.run(request)).await;
    }
    if !edge.keys.anyone_may(needed).map_err(unreadable)? {
        return Err(ApiError::switched_off(needed.name()));
    }
    Err(match caller {
        Caller::Anonymous => ApiError::unauthorized("this address needs a key"),
        Caller::Holder { .. } => ApiError::forbidden(needed.name()),
    })
}

/// Does what was asked for and writes it down, also for a client that goes away meanwhile: a
/// change that has been asked for is made, so its line must not be missing.
async fn carried_out(
    edge: Arc<ServerState>,
    who: String,
    what: String,
    work: impl Future<Output = Response> + Send + 'static,
) -> Result<Response, ApiError> {
    // Whoever is cut off here has not been heard.
    let under_way = edge.under_way.clone().read_owned().await;
    let task = tokio::spawn(links::carried_on(async move {
        let _under_way = under_way;
        // Also what ends in a defect may have changed something.
        let response = AssertUnwindSafe(work).catch_unwind().await;
        let response = response.unwrap_or_else(|_| ApiError::internal().into_response());
        audit(&edge, who, what, response.status().as_u16()).await;
        response
    }));
    task.await.map_err(|_| ApiError::internal())
}

/// Writes down what was done before it is answered. What cannot be written down was done all
/// the same; the log of the server says so.
async fn audit(edge: &Arc<ServerState>, who: String, what: String, status: u16) {
    let written = edge.telemetry.audit.add_beside(&who, &what, &status.to_string()).await;
    if let Err(e) = written {
        tracing::error!(error = %e, "the audit log could not be written");
    }
}

/// Finds out who asks and leaves it with the request. A key that is no key is refused, not
/// passed over: its holder would otherwise wonder about low limits.
pub async fn identify(State(edge): State<Arc<ServerState>>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().copied();
    let proxies = &edge.config.server.trusted_proxies;
    let client = peer.map(|Peer(peer)| client(peer.ip(), request.headers(), proxies));
    if let Some(client) = client {
        request.extensions_mut().insert(client);
    }
    let (caller, mut response) = match caller(&edge.keys, request.method(), request.headers()) {
        Ok(caller) => {
            request.extensions_mut().insert(caller.clone());
            (caller, next.run(request).await)
        }
        Err(problem) => (Caller::Anonymous, problem.into_response()),
    };
    response.extensions_mut().insert(Requester { caller, client });
    response
}

fn caller(keys: &KeyRing, method: &Method, headers: &HeaderMap) -> Result<Caller, ApiError> {
    let Some(given) = headers.get(header::AUTHORIZATION) else { return Ok(Caller::Anonymous) };
    let presented = given.to_str().ok().and_then(|text| text.split_once(' '));
    match presented {
        // A browser sends what its user typed with every request to us, also with those that
        // another site makes it send; so it lets nobody change anything.
        Some((scheme, typed)) if scheme.eq_ignore_ascii_case("basic") && method.is_safe() => {
            let key = password(typed);
            let known = key.map(|key| keys.caller(&key)).transpose().map_err(unreadable)?.flatten();
            known.ok_or_else(|| ApiError::wrong_key().of_browser())
        }
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => {
            keys.caller(key.trim()).map_err(unreadable)?.ok_or_else(ApiError::wrong_key)
        }
        _ => Err(ApiError::unauthorized("a key is sent as “Authorization: Bearer KEY”")),
    }
}

/// The password of `Basic base64(user:password)`: a key, whatever the user's name.
fn password(typed: &str) -> Option<String> {
    let bytes = STANDARD.decode(typed.trim()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    text.split_once(':').map(|(_, password)| password.trim().to_owned())
}

/// While nobody can be known nobody is let in.
fn unreadable(error: KeyError) -> ApiError {
    tracing::error!(%error, "the keys cannot be read");
    ApiError::unavailable("the keys of this server cannot be read; its log says more")
}
