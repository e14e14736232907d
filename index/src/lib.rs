//! The search engine of Gongkai. Synchronous; knows no HTTP server and no terminal.
//!
//! Modules in reading order: a record comes in, is analysed, is written, is found.

pub mod pinyin;
pub mod record;
pub mod spelling;
pub mod suggest;
pub mod vocabulary;

pub use record::{Kind, Problem, Record, Validity};
