//! The collection as a program opens it: all steps of searching and writing that do not depend on
//! the backend.

pub mod cleanup_lists;
pub mod commit_log;
mod facets;
mod fetch;
pub mod highlight;
pub mod masking;
mod match_reasons;
pub mod number_lookup;
mod open;
mod reader;
pub mod rewrite;
mod snapshot_facts;
mod trend;
pub mod write_queue;
mod writer;

pub use self::open::Collection;
pub use self::reader::Reader;
pub use self::writer::{CollectionWriter, Put, RecordWriter};
