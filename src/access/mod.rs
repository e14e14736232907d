//! Who asks, and what they may: keys, scopes, addresses and rates.
//!
//! Every request passes [`guard::identify`]; a router that changes or reveals something
//! is wrapped in [`guard::require`]. Handlers find the [`Caller`] in the request.

pub mod caller;
pub mod guard;
pub mod key_ring;
pub mod rates;

use std::sync::Arc;

pub use caller::{Client, Network, Peer};
pub use key_ring::{Key, KeyError, KeyRing};

/// What a key allows; each scope includes those before it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Reading with higher limits.
    Read,
    /// Adding, replacing and removing records.
    Write,
    /// Figures and logs of the server.
    Admin,
}

impl Scope {
    /// As on the command line and in the file of keys.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Anybody.
    Anonymous,
    /// The holder of a key.
    Holder {
        /// The name the operator gave the key.
        name: Arc<str>,
        /// What it allows.
        scope: Scope,
    },
}

impl Caller {
    /// The name of the key, if there is one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Anonymous => None,
            Self::Holder { name, .. } => Some(name),
        }
    }

    /// Whether this scope is allowed.
    pub fn may(&self, needed: Scope) -> bool {
        matches!(self, Self::Holder { scope, .. } if *scope >= needed)
    }
}
