//! The command line: one file per command, and the one place that names the backend.
//!
//! Results go to stdout, everything else to stderr. Exit codes: 0 done, 1 done with rejected records
//! or failed queries, 2 wrong usage, 3 could not be done.

mod audit;
mod backup;
mod check;
mod commands;
mod evaluate;
mod index;
mod key;
mod make_typing;
mod outcome;
mod priority;
mod receipt;
mod reindex;
mod report;
mod search;
mod serve;
mod stats;

use std::path::Path;
use std::sync::Arc;

use gongkai_index::collection::masking::Masked;
use gongkai_index::{Effort, Searcher, embedded};

pub use commands::run;
use gongkai_index::Embedded as Engine;
use gongkai_index::embedded::{Checked, Copied, Progress, Rebuilt};

use crate::config::Config;

/// Opens the index of the data directory, or creates an empty one where there is none.
///
/// # Errors
/// A directory that holds something else, or a damaged index; it is left as it is.
pub fn open(config: &Config) -> gongkai_index::Result<Engine> {
    Engine::open(&config.index_directory())
}

/// The records as readers may see them: with private numbers masked if the settings say so.
fn reader_view(engine: &Engine, config: &Config) -> Arc<dyn Searcher> {
    match config.privacy.mask {
        true => Arc::new(Masked(engine.clone())),
        false => Arc::new(engine.clone()),
    }
}

/// Compares every byte of the index with its checksums; changes nothing.
fn check_index(config: &Config) -> gongkai_index::Result<Checked> {
    embedded::check(&config.index_directory())
}

/// Copies an index directory and verifies the copy; files copied before are kept.
fn copy_index(from: &Path, to: &Path) -> gongkai_index::Result<Copied> {
    embedded::copy(from, to)
}

/// Builds the next version of the index from its records and puts it in use.
fn rebuild_index(
    config: &Config,
    effort: Effort,
    report: &mut dyn FnMut(Progress),
) -> gongkai_index::Result<Rebuilt> {
    embedded::rebuild(&config.index_directory(), effort, report)
}

/// Puts the version before the last rebuild in use again, with everything written since.
fn roll_back_index(config: &Config, report: &mut dyn FnMut(Progress)) -> gongkai_index::Result<Rebuilt> {
    embedded::roll_back(&config.index_directory(), report)
}
