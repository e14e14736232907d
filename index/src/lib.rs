//! The search engine of Gongkai. Synchronous; knows no HTTP server and no terminal.
//!
//! Modules in reading order: a record comes in, is analysed, is written by a
//! backend, and is found by a query.

pub mod checksum;
pub mod collection;
pub mod keys;
pub mod lexicon;
pub mod official;
pub mod ranking;
pub mod record;
pub mod schema;
pub mod throttle;

pub mod analysis;

pub mod query;
pub mod relations;
pub mod results;

pub mod backend;
pub mod embedded;

pub mod error;

pub use backend::{Budget, Hold, Put, Searcher, Writer};
pub use embedded::{Embedded, EmbeddedWriter};
pub use error::{Error, Result};
pub use record::{Kind, Problem, Record, Validity};
pub use throttle::Effort;
