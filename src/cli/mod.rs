//! The command line: one file per command, and the one place that names the backend.
//!
//! Results go to stdout, everything else to stderr. Exit codes: 0 done, 1 done with rejected records
//! or failed queries, 2 wrong usage, 3 could not be done.

mod audit;
mod backup;
mod check;
mod commands;
mod evaluate;
mod file_access;
mod index;
mod key;
mod make_typing;
mod outcome;
mod priority;
mod receipt;
mod reindex;
mod removed_lines;
mod report;
mod search;
mod serve;
mod stats;

use std::path::Path;
use std::sync::Arc;

use gongkai_index::Collection;
use gongkai_index::backend::Maintenance;
use gongkai_index::embedded::{Embedded, EmbeddedMaintenance};

pub use commands::run;

use crate::config::Config;

/// Opens the collection of the data directory, or creates an empty one where there is none.
/// Readers see private numbers masked if the settings say so.
///
/// # Errors
/// A directory that holds something else, or a damaged index; it is left as it is.
pub fn open(config: &Config) -> gongkai_index::Result<Collection> {
    let backend = Embedded::open(&config.index_directory())?;
    Ok(Collection::new(Arc::new(backend), config.privacy.mask))
}

/// Returns the maintenance of an index directory, whether it can be opened or not.
pub fn maintenance(directory: &Path) -> Box<dyn Maintenance> {
    Box::new(EmbeddedMaintenance::new(directory))
}
