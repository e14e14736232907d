//! What can go wrong in the engine.

use std::path::PathBuf;

use crate::record::generation::Generation;

/// A failure of the engine; the program decides what a caller is told.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The search took longer than it was allowed to.
    #[error("the search was stopped at its deadline")]
    Deadline,
    /// Nobody waits for the search any more.
    #[error("the search was abandoned")]
    Abandoned,
    /// A cursor of a generation that is no longer held.
    #[error("generation {asked} is no longer held, the current one is {current}")]
    GenerationGone {
        /// The generation asked for.
        asked: Generation,
        /// The generation now.
        current: Generation,
    },
    /// Another process writes to the same index.
    #[error(
        "{0} is in use: another process is writing to it (a server gives it up two seconds after the last write)"
    )]
    InUse(PathBuf),
    /// The directory holds an index in a format this program does not know.
    #[error("{path}: index format {found}, this program reads format {expected}; run `gongkai reindex`")]
    Format {
        /// The index.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The format of this program.
        expected: u32,
    },
    /// The directory is no index, or a damaged one.
    #[error(
        "{path}: {reason}; nothing was changed (`gongkai check` lists all that is wrong, `gongkai restore` brings back a backup)"
    )]
    Damaged {
        /// The index.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file system failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The index failed.
    #[error("index: {0}")]
    Index(String),
}

impl Error {
    /// Whether there is no room left on the disk.
    pub fn is_full(&self) -> bool {
        use std::io::ErrorKind::{QuotaExceeded, StorageFull};
        matches!(self, Self::Io(e) if matches!(e.kind(), StorageFull | QuotaExceeded))
    }
}

/// Results of the engine.
pub type Result<T> = std::result::Result<T, Error>;
