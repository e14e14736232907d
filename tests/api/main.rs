//! The HTTP API, asked as a client asks it. One module for each address.

#[path = "../support/mod.rs"]
mod support;

mod base_path;
mod documentation;
mod edge;
mod equal_searches;
mod hard_cases;
mod keys;
mod limits;
mod masked;
mod pages;
mod paging;
mod parameters;
mod records;
mod reliance;
mod resolve;
mod review;
mod search;
mod seeing;
mod status;
mod stopping;
mod stream;
mod substrings;
mod tls;
mod understanding;
mod writing;
