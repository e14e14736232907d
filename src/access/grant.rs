//! Grants: the permission that a request has by its key, checked again while the request lasts.

use std::sync::Arc;

use tokio::sync::OwnedRwLockReadGuard;

use crate::access::caller::{Caller, Scope};
use crate::access::key_ring::KeyError;
use crate::problem::ApiError;
use crate::state::ServerState;

/// Permission of a request whose key has the scope. The server waits with its end until every grant
/// is dropped.
#[derive(Clone)]
pub struct Grant {
    state: Arc<ServerState>,
    caller: Caller,
    needed: Scope,
    _under_way: Arc<OwnedRwLockReadGuard<()>>,
}

impl Grant {
    /// Creates the grant of a caller whose scope was checked; a server that ends gives none.
    pub async fn new(state: Arc<ServerState>, caller: Caller, needed: Scope) -> Self {
        let under_way = Arc::new(state.under_way.clone().read_owned().await);
        Self { state, caller, needed, _under_way: under_way }
    }

    /// Checks that the key was not revoked meanwhile. It costs one look at the time stamp of the key
    /// file, so it may be done for every line of a body.
    ///
    /// # Errors
    /// 401 for a key that is gone, 503 if the key file cannot be read.
    pub fn check(&self) -> Result<(), ApiError> {
        let Caller::Holder { id, .. } = &self.caller else { return Err(ApiError::unknown_key()) };
        let is_held = self.state.keys.has_scope(id, self.needed).map_err(keys_unreadable)?;
        if is_held { Ok(()) } else { Err(ApiError::unknown_key()) }
    }

    /// Resolves when the server ends.
    pub async fn server_end(&self) {
        // The state lives as long as the grant, so the sender is not dropped.
        let _ = self.state.is_ending.subscribe().wait_for(|is_ending| *is_ending).await;
    }

    /// Adds a line to the audit log. If that fails, the action has been done nevertheless, and the
    /// log of the server says so.
    pub async fn audit(&self, action: &str, outcome: &str) {
        let who = self.caller.name().unwrap_or_default();
        if let Err(e) = self.state.telemetry.audit.add_async(who, action, outcome).await {
            tracing::error!(error = %e, "the audit log could not be written");
        }
    }
}

/// Refuses every caller with a key while the key file cannot be read.
pub(super) fn keys_unreadable(error: KeyError) -> ApiError {
    tracing::error!(%error, "the keys cannot be read");
    ApiError::unavailable("the keys of this server cannot be read; its log says more")
}
