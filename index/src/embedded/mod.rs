//! The backend on this machine, on tantivy.
//!
//! Nothing of tantivy is visible outside this folder.

mod backend;
mod engine;
mod fact_store;
#[cfg(test)]
mod faults;
mod maintenance;
mod reader;
mod schema;
mod search;
mod snapshot;
mod storage;
mod tokenizers;
mod version;
mod writer;

pub use self::backend::Embedded;
pub use self::maintenance::EmbeddedMaintenance;
