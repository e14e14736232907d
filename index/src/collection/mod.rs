//! The collection as a program opens it: every step of a search or a write that no backend has to know.

pub mod cleanup_lists;
pub mod highlight;
pub mod masking;
pub mod match_reasons;
pub mod rewrite;
pub mod write_queue;
