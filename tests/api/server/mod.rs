//! The server around the handlers: connections, flow control, admission, HTTPS, base path, health, shutdown.

mod admission;
mod base_path;
mod bodies;
mod budgets;
mod health;
mod http;
mod shutdown;
mod tls;
mod untaken_answers;
