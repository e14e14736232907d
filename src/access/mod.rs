//! Access control: keys, scopes, client addresses and rate limits.
//!
//! Every request passes [`guard::identify`]. A router that changes or reveals something is wrapped
//! in [`guard::require`]. Handlers find the [`Caller`] in the request's extensions.

pub mod budget;
pub mod caller;
pub mod grant;
pub mod guard;
pub mod key_ring;
pub mod meter;
pub mod network;
pub mod rates;

pub use caller::{Caller, Requester, Scope};
pub use grant::Grant;
pub use key_ring::{Key, KeyError, KeyRing};
pub use network::{Client, Network, Peer};
