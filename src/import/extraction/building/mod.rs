//! One record, field by field.

pub mod builder;
pub mod dates;
pub mod draft;
pub mod issuers;
