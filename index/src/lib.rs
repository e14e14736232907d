//! The search engine of Gongkai. Synchronous; knows no HTTP server and no terminal.
//!
//! Modules in reading order: a record comes in, is analysed, is written by a
//! backend, and is found by a query.

pub mod official;
pub mod record;

pub mod analysis;
pub mod schema;

pub mod query;
pub mod relations;
pub mod results;

pub mod ask;
pub mod backend;
pub mod embedded;
pub mod lists;
pub mod masked;

pub mod highlight;
pub mod pinyin;
pub mod spelling;
pub mod suggest;
pub mod typing;
pub mod vocabulary;
pub mod why;

pub mod error;
pub mod pace;
pub mod seal;

pub use backend::{Budget, Hold, Put, Searcher, Writer};
pub use embedded::{Embedded, EmbeddedWriter};
pub use error::{Error, Result};
pub use pace::Effort;
pub use record::{Kind, Problem, Record, Validity};
