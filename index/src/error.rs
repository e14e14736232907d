//! Errors of the engine.

use std::path::PathBuf;

use crate::record::generation::Generation;

/// A failure of the engine; the program maps it to a response.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The search exceeded its deadline.
    #[error("the search was stopped at its deadline")]
    Deadline,
    /// The caller no longer waits for the search.
    #[error("the search was abandoned")]
    Abandoned,
    /// A cursor names a generation that is no longer pinned.
    #[error("generation {asked} is no longer held, the current one is {current}")]
    GenerationGone {
        /// Requested generation.
        asked: Generation,
        /// Current generation.
        current: Generation,
    },
    /// Another process writes to the same index.
    #[error(
        "{0} is in use: another process is writing to it (a server gives it up two seconds after the last write)"
    )]
    InUse(PathBuf),
    /// The directory contains an index in a format that this program cannot read.
    #[error("{path}: index format {found}, this program reads format {expected}; run `gongkai reindex`")]
    Format {
        /// Directory of the index.
        path: PathBuf,
        /// Format of the index.
        found: u32,
        /// Format of this program.
        expected: u32,
    },
    /// The directory is not an index, or the index is damaged.
    #[error(
        "{path}: {reason}; nothing was changed (`gongkai check` lists all that is wrong, `gongkai restore` brings back a backup)"
    )]
    Damaged {
        /// Directory of the index.
        path: PathBuf,
        /// Description of the damage.
        reason: String,
    },
    /// Failure of the file system.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// Failure of the index.
    #[error("index: {0}")]
    Index(String),
}

impl Error {
    /// Checks if the disk is full.
    pub fn is_full(&self) -> bool {
        use std::io::ErrorKind::{QuotaExceeded, StorageFull};
        matches!(self, Self::Io(e) if matches!(e.kind(), StorageFull | QuotaExceeded))
    }
}

/// Result of the engine.
pub type Result<T> = std::result::Result<T, Error>;
