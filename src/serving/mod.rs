//! Serving HTTP: the listener, connections, bodies of responses, TLS, routes, ETags.

pub mod connection;
pub mod etag;
pub mod listener;
pub mod response;
pub mod routes;
pub mod tls;
