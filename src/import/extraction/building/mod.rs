//! Building of one record: a draft is filled in field by field.

pub mod builder;
pub mod dates;
pub mod draft;
pub mod issuers;
