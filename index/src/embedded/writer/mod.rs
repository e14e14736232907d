//! Writing an index.

pub mod document_queue;
pub mod index_writer;
