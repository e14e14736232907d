//! Searching and writing on behalf of requests.

pub mod admission;
mod answer_cache;
pub mod service;
pub mod writes;
