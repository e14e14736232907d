//! How official documents are written: what can be read out of a text without
//! an index. Pure functions over `&str`; none of them panics, none allocates
//! without bound.
//!
//! - [`document_number`]: 文号, its many spellings, and where a text cites one

pub mod document_number;
pub(crate) mod scan;
