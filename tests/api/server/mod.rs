//! The server around the handlers: connections, admission, HTTPS, base path, health, shutdown.

mod admission;
mod base_path;
mod budgets;
mod health;
mod http;
mod shutdown;
mod tls;
