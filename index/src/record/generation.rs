//! Generations: the numbers of commits.

/// The number of a commit, counted from 1; 0 for a collection without one. Answers, cursors and
/// receipts name the generation they were read from.
pub type Generation = u64;
