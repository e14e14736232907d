//! `gongkai check`: verifies every byte of the index.

use std::time::Instant;

use gongkai_index::checksum;

use crate::cli::maintenance;
use crate::cli::outcome::Outcome;
use crate::config::Config;

/// Arguments of `gongkai check`.
#[derive(clap::Args)]
pub struct Arguments {}

/// Verifies the index: prints a line for each fault; the exit code is 1 if there is any.
///
/// # Errors
/// A directory that cannot be read.
pub fn run(config: &Config, _: &Arguments) -> anyhow::Result<Outcome> {
    let start = Instant::now();
    let checked = maintenance(&config.index_directory()).check()?;
    for fault in &checked.faults {
        println!("{fault}");
    }
    for fault in &checked.beside {
        println!("{fault}");
    }
    for missing in &checked.missing {
        eprintln!("{missing}");
    }
    let mut faults = checked.faults.len() + checked.beside.len();
    let typing = config.typing_file();
    if typing.exists() && checksum::read(&typing).is_none() {
        println!("{}: damaged; it may be deleted, it is made again", typing.display());
        faults += 1;
    }
    eprintln!(
        "{} files, {:.1} MB, {} faults, in {:.1} s",
        checked.files,
        checked.bytes as f64 / 1e6,
        faults,
        start.elapsed().as_secs_f64()
    );
    if checked.stray > 0 {
        eprintln!(
            "{} files are named by no commit (left by an interrupted run); the next that writes removes them",
            checked.stray
        );
    }
    if faults == 0 {
        return Ok(Outcome::Done);
    }
    if !checked.faults.is_empty() {
        eprintln!(
            "what was written is not what is there: restore a backup into another directory (`gongkai restore`) and keep this one until that is done"
        );
    }
    Ok(Outcome::Partly)
}
