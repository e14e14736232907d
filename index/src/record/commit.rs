//! Commits as they are stored for receipts.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::record::generation::Generation;

/// The changes of one commit, for the commit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Generation of the commit.
    pub generation: Generation,
    /// Seconds since 1970.
    pub seconds: u64,
    /// Records in the collection after it.
    pub records: u64,
    /// Digest of all ids and contents after it.
    pub digest: u128,
    /// True if `changes` has all changes; those of old commits are dropped.
    pub complete: bool,
    /// Ids that were put, with their content hashes, and ids that were deleted.
    pub changes: Vec<(String, Option<u128>)>,
}

/// Reads the clock, in seconds since 1970.
pub fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
