//! Generations: the numbers of commits.

/// The number of a commit, counted from 1; 0 for a collection without one. Answers, cursors and
/// receipts name the generation they were read from.
pub type Generation = u64;

/// Name of a snapshot in a cursor: its generation, and a pin if the backend needs one to find it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SnapshotToken {
    /// The generation.
    pub generation: Generation,
    /// Name given by the backend, of at most [`SnapshotToken::MAX_PIN_BYTES`] letters, digits,
    /// `_` and `-`; `None` where the generation is enough.
    pub pin: Option<String>,
}

impl SnapshotToken {
    /// Longest [`SnapshotToken::pin`], in bytes.
    pub const MAX_PIN_BYTES: usize = 512;

    /// Names a snapshot by its generation alone.
    pub fn of_generation(generation: Generation) -> Self {
        Self { generation, pin: None }
    }
}
