//! The door: who a request comes from, and whether they may pass.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};

use super::client::client;
use super::{Caller, KeyError, KeyRing, Peer, Scope};
use crate::api::problem::ApiError;
use crate::edge::Edge;

/// Lets only holders of a scope reach the addresses of a router.
///
/// `writing()` becomes `require(&keys, Scope::Write, writing())`.
pub fn require<S>(keys: &Arc<KeyRing>, scope: Scope, router: Router<S>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    router.route_layer(middleware::from_fn_with_state((keys.clone(), scope), check))
}

async fn check(
    State((keys, needed)): State<(Arc<KeyRing>, Scope)>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let caller = request.extensions().get::<Caller>().unwrap_or(&Caller::Anonymous);
    if caller.may(needed) {
        return Ok(next.run(request).await);
    }
    if !keys.anyone_may(needed).map_err(unreadable)? {
        return Err(ApiError::switched_off(needed.name()));
    }
    Err(match caller {
        Caller::Anonymous => ApiError::unauthorized("this address needs a key"),
        Caller::Holder { .. } => ApiError::forbidden(needed.name()),
    })
}

/// Finds out who asks and leaves it with the request. A key that is no key is refused, not
/// passed over: its holder would otherwise wonder about low limits.
pub async fn identify(State(edge): State<Arc<Edge>>, mut request: Request, next: Next) -> Response {
    if let Some(Peer(peer)) = request.extensions().get().copied() {
        let client = client(peer.ip(), request.headers(), &edge.config.server.trusted_proxies);
        request.extensions_mut().insert(client);
    }
    match caller(&edge.keys, request.headers()) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

fn caller(keys: &KeyRing, headers: &HeaderMap) -> Result<Caller, ApiError> {
    let Some(given) = headers.get(header::AUTHORIZATION) else { return Ok(Caller::Anonymous) };
    let presented = given.to_str().ok().and_then(|text| text.split_once(' '));
    match presented {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => {
            keys.caller(key.trim()).map_err(unreadable)?.ok_or_else(ApiError::wrong_key)
        }
        _ => Err(ApiError::unauthorized("a key is sent as “Authorization: Bearer KEY”")),
    }
}

/// While nobody can be known nobody is let in.
fn unreadable(error: KeyError) -> ApiError {
    tracing::error!(%error, "the keys cannot be read");
    ApiError::unavailable("the keys of this server cannot be read; its log says more")
}
