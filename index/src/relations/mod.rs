//! Relations between records: links, copies, versions, validity in time.
//!
//! [`Facts`] are read from each record alone and stored under keys. A link is looked up when it
//! is needed: records may arrive in any order, and a record that is added, changed or deleted
//! affects only its own keys. Two values are stored with every document, because every match of
//! a search is counted by them: its group of copies, and the documents that repeal or supersede
//! it ([`Derived`]).
//!
//! [`Facts`]: facts::Facts
//! [`Derived`]: source::Derived

pub mod alignment;
pub mod cited;
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
