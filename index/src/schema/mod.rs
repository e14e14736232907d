//! The fields of the index and the document that a backend stores.

pub mod fields;
