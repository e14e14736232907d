//! Searching and writing on behalf of requests.

pub mod admission;
pub mod service;
pub mod writes;
