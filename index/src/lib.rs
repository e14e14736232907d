//! The search engine of Gongkai. Synchronous; knows no HTTP server and no terminal.
//!
//! Modules in reading order: a record comes in, is analysed, is written, is found.

pub mod official;
pub mod record;

pub use record::{Kind, Problem, Record, Validity};
