//! Exact keys: whole titles, document numbers, subjects, ids.

pub mod generic;
pub mod number;
pub mod subject;
pub mod title;
