//! The fields of the index, and what names and holds a document.

pub mod doc_ref;
pub mod document;
pub mod fields;
