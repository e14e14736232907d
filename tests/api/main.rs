//! The HTTP API, asked as a client asks it. One module for each address or promise.

#[path = "../support/mod.rs"]
mod support;

mod bulk;
mod equal_searches;
mod keys;
mod masking;
mod observability;
mod openapi;
mod pages;
mod records;
mod relations;
mod resolve;
mod review;
mod search;
mod server;
mod writes;
