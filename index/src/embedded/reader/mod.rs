//! Reading an index: segments, columns, postings, pinned snapshots.

pub mod columns;
pub mod derived_columns;
pub mod pinned;
pub mod segments;
pub mod stored;
pub mod terms;
