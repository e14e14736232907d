//! Schema: the fields of the index, the stored document, and references to documents.

pub mod doc_ref;
pub mod document;
pub mod fields;
pub mod issuer_name;
