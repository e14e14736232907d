//! Index versions: one in use, the next being built, copies and checks of them.

pub mod backup;
pub mod check;
pub mod index_version;
pub mod reindex;
