//! Exact keys: whole titles, document numbers, subjects, ids. A record is found by each
//! of its keys, independently of the words in its text.

pub mod generic;
pub mod hash;
pub mod id;
pub mod mention;
pub mod number;
pub mod record;
pub mod subject;
pub mod title;
