//! `gongkai reindex`

use std::time::Instant;

use gongkai_index::{Effort, Error};

use crate::cli::index::follow_lists;
use crate::cli::outcome::Outcome;
use crate::cli::priority::lower_priority;
use crate::cli::{Progress, open, rebuild_index, roll_back_index};
use crate::config::Config;

/// Records between two lines of progress.
const TOLD: u64 = 10_000;

/// Arguments of `gongkai reindex`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Go back to the edition before the last reindex, with everything written since
    #[arg(long)]
    rollback: bool,
    /// Use all cores, even while others need them; searches wait meanwhile
    #[arg(long, conflicts_with = "rollback")]
    full_speed: bool,
}

/// Runs it.
///
/// # Errors
/// An index that cannot be read, a full disk, another reindex that is running.
pub fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<Outcome> {
    let begun = Instant::now();
    let directory = config.index_directory();
    // Opening would make an empty index where there is none.
    anyhow::ensure!(directory.is_dir(), "{}: there is no index", directory.display());
    lower_priority();
    let mut tell = |progress| match progress {
        Progress::Built(records) if records.is_multiple_of(TOLD) => eprintln!("{records} records"),
        Progress::Built(_) | Progress::CaughtUp(0) => {}
        Progress::CaughtUp(changes) => eprintln!("{changes} changes made meanwhile taken over"),
        Progress::WaitingForWriter => eprintln!("another process is writing; waiting for it"),
    };
    let effort = if arguments.full_speed { Effort::Full } else { Effort::Background };
    let done = match arguments.rollback {
        true => roll_back_index(config, &mut tell)?,
        false => rebuild_index(config, effort, &mut tell)?,
    };
    eprintln!(
        "edition {} in use: {} records, generation {}, in {:.1} s; nothing could be written for {} ms",
        done.edition,
        done.records,
        done.generation,
        begun.elapsed().as_secs_f64(),
        done.pause.as_millis()
    );
    let engine = open(config)?;
    match engine.writer() {
        Ok(mut writer) => follow_lists(config, &engine, &mut writer)?,
        // A server that is writing does so itself.
        Err(Error::InUse(_)) => {}
        Err(e) => return Err(e.into()),
    }
    Ok(Outcome::Done)
}
