//! Callers: anonymous clients and holders of keys, and the scope of each.

use std::sync::Arc;

use crate::access::network::Client;

/// A permission of a key; each scope includes those before it.
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
    /// Name on the command line and in the key file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

/// Identity of a key: the hash of it, which differs for every key whatever their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyId(pub(super) Arc<str>);

/// Identity behind a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// A client without a key.
    Anonymous,
    /// The holder of a key.
    Holder {
        /// The name that the operator gave the key.
        name: Arc<str>,
        /// The key itself, which a later key of the same name is not.
        id: KeyId,
        /// The scope of the key.
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

    /// True if the caller's scope includes `needed`.
    pub fn may(&self, needed: Scope) -> bool {
        matches!(self, Self::Holder { scope, .. } if *scope >= needed)
    }
}

/// Caller and address of a request, left with the response for the access log.
#[derive(Debug, Clone)]
pub struct Requester {
    /// The caller, by key.
    pub caller: Caller,
    /// The client, by address; absent if the connection's address is unknown.
    pub client: Option<Client>,
}
