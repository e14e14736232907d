//! Serving HTTP: the listener, connections, TLS, routes, ETags.

pub mod connection;
pub mod etag;
pub mod listener;
pub mod routes;
pub mod tls;
