//! Exact keys: whole titles, document numbers, subjects, ids. A record is found under each
//! of its keys, whatever words its text has.

pub mod generic;
pub mod hash;
pub mod id;
pub mod mention;
pub mod number;
pub mod record;
pub mod subject;
pub mod title;
