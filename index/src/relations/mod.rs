//! Relations between records: links, copies, versions, validity in time.
//!
//! Each record gives [`Facts`], read from it alone. Facts are filed under keys, and a link is
//! a look-up at the moment it is asked for: records may come in any order, and one that comes,
//! changes or goes touches only its own keys. Two values are kept for every document, because
//! every match of a search is counted by them: its group of copies, and what ends it from
//! outside ([`Derived`]).
//!
//! [`Facts`]: facts::Facts
//! [`Derived`]: source::Derived

pub mod alignment;
pub mod copies;
pub mod encoding;
pub mod explained;
pub mod fact_table;
pub mod facts;
pub mod frames;
mod key_index;
pub mod links;
mod place;
pub mod review;
mod revision;
pub mod sketch;
pub mod source;
pub mod validity;
pub mod validity_period;
pub mod versions;
