//! Search engine of Gongkai. Synchronous, without HTTP and terminal.
//!
//! Modules in reading order: a record comes in, is analysed, becomes a document with keys and
//! facts, is written by a backend, and is found by a query. A program opens a
//! [`collection::Collection`]; the traits of its storage are in [`backend`].

pub mod official;
pub mod record;

pub mod analysis;
pub mod keys;
pub mod relations;
pub mod schema;

pub mod query;
pub mod ranking;
pub mod results;

pub mod backend;
pub mod embedded;
#[cfg(feature = "memory")]
pub mod memory;

pub mod collection;
pub mod lexicon;

pub mod atomic_file;
pub mod checksum;
pub mod error;
pub mod file_lock;
pub mod private_files;
pub mod throttle;

pub use backend::Budget;
pub use collection::{Collection, CollectionWriter, Put, Reader, RecordWriter};
pub use error::{Error, Result};
pub use record::{Kind, Problem, Record, Validity};
pub use throttle::Effort;
