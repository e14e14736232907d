//! `gongkai reindex`: rebuilds the index from its records.

use std::time::Instant;

use gongkai_index::backend::{Load, Progress};
use gongkai_index::collection::commit_log;
use gongkai_index::{Effort, Error};

use crate::cli::index::update_evidence;
use crate::cli::outcome::Outcome;
use crate::cli::priority::lower_priority;
use crate::cli::{maintenance, open};
use crate::config::Config;

/// Records between two lines of progress.
const PROGRESS_INTERVAL: u64 = 10_000;

/// Arguments of `gongkai reindex`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Go back to the index version before the last reindex, with everything written since
    #[arg(long)]
    rollback: bool,
    /// Use all cores, even while others need them; searches wait meanwhile
    #[arg(long, conflicts_with = "rollback")]
    full_speed: bool,
}

/// Rebuilds the index beside the one in use, or goes back to the version before.
///
/// # Errors
/// An index that cannot be read, a full disk, another reindex that is running.
pub fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<Outcome> {
    let start = Instant::now();
    let directory = config.index_directory();
    // Opening would create an empty index where there is none.
    anyhow::ensure!(directory.is_dir(), "{}: there is no index", directory.display());
    lower_priority();
    let mut print_progress = |progress| match progress {
        Progress::Built(records) if records.is_multiple_of(PROGRESS_INTERVAL) => {
            eprintln!("{records} records")
        }
        Progress::Built(_) | Progress::CaughtUp(0) => {}
        Progress::CaughtUp(changes) => eprintln!("{changes} changes made meanwhile taken over"),
        Progress::WaitingForWriter => eprintln!("another process is writing; waiting for it"),
    };
    let effort = if arguments.full_speed { Effort::Full } else { Effort::Background };
    let (index, log) = (maintenance(&directory), &mut commit_log::add_handover);
    let done = match arguments.rollback {
        true => index.roll_back(&mut print_progress, log)?,
        false => index.reindex(effort, &mut print_progress, log)?,
    };
    eprintln!(
        "index version {} in use: {} records, generation {}, in {:.1} s; nothing could be written for {} ms",
        done.index_version,
        done.records,
        done.generation,
        start.elapsed().as_secs_f64(),
        done.pause.as_millis()
    );
    let collection = open(config)?;
    match collection.writer(Load::Bulk) {
        Ok(mut writer) => update_evidence(config, &collection, &mut writer)?,
        // A server that is writing updates the evidence itself.
        Err(Error::InUse(_)) => {}
        Err(e) => return Err(e.into()),
    }
    Ok(Outcome::Done)
}
