//! The command line: one place for arguments and exit codes.
//!
//! Results go to stdout, everything else to stderr. Exit codes: 0 done, 1 done
//! with rejected records or failed queries, 2 wrong usage, 3 could not be done.

mod audit;
mod backup;
mod check;
mod evaluate;
mod index;
mod key;
mod receipt;
mod reindex;
mod search;
mod serve;
mod stats;
mod told;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};

use gongkai_index::collection::masking::Masked;
use gongkai_index::{Embedded, Searcher};

use crate::background::after_commit;
use crate::config::Config;
use crate::terminal;

/// Search in published Chinese government information.
#[derive(Parser)]
#[command(name = "gongkai", version, about, long_about = None)]
struct Arguments {
    /// Where the index is kept
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Settings as TOML; each key also as GONGKAI_SECTION__KEY
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Add or update records from files and folders
    Index(index::Arguments),
    /// Serve the search page and the API
    Serve(serve::Arguments),
    /// Search on the terminal
    Search(search::Arguments),
    /// Verify the receipt of a search
    Receipt(receipt::Arguments),
    /// Rebuild the index from the records it holds, beside the one in use
    Reindex(reindex::Arguments),
    /// Verify every byte of the index; changes nothing
    Check(check::Arguments),
    /// Make a verified copy of the data directory, also while it is served and written
    Backup(backup::Arguments),
    /// Put a copy back into a data directory that is empty
    Restore(backup::Arguments),
    /// Make, list and revoke keys for writing and administration
    Key(key::Arguments),
    /// Show the data directory in figures, or what was searched
    Stats(stats::Arguments),
    /// Check the log of who did what
    Audit(audit::Arguments),
    /// Measure the ranking on judged queries
    Evaluate(evaluate::Arguments),
    /// What a server has done beside it
    #[command(hide = true, name = after_commit::COMMAND)]
    MakeTyping,
}

/// How a command ended, if not in failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    /// Some records were rejected or some queries failed.
    Partly,
    /// What was asked makes no sense.
    Usage,
}

/// The collection as readers may see it.
fn shown(engine: &Embedded, config: &Config) -> Arc<dyn Searcher> {
    match config.privacy.mask {
        true => Arc::new(Masked(engine.clone())),
        false => Arc::new(engine.clone()),
    }
}

fn make_typing(config: &Config) -> anyhow::Result<Outcome> {
    anyhow::ensure!(!std::io::stdout().is_terminal(), "a server runs this command; there is nothing to see");
    let engine = Embedded::open(&config.index_directory())?;
    after_commit::make_here(&*shown(&engine, config), config, &mut std::io::stdout().lock())?;
    Ok(Outcome::Done)
}

/// Runs the command of this process.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(e) => {
            let _ = e.print();
            return ExitCode::from(if e.use_stderr() { 2 } else { 0 });
        }
    };
    let config = match Config::load(arguments.config.as_deref()) {
        Ok(config) => Config { data: arguments.data.unwrap_or(config.data.clone()), ..config },
        Err(e) => {
            eprintln!("gongkai: the settings cannot be used: {e}");
            return ExitCode::from(2);
        }
    };
    let outcome = match arguments.command {
        None => serve::first_run(&config),
        Some(Command::Index(arguments)) => index::run(&config, &arguments),
        Some(Command::Serve(arguments)) => serve::run(&config, &arguments),
        Some(Command::Search(arguments)) => search::run(&config, &arguments),
        Some(Command::Receipt(arguments)) => receipt::run(&config, &arguments),
        Some(Command::Reindex(arguments)) => reindex::run(&config, &arguments),
        Some(Command::Check(arguments)) => check::run(&config, &arguments),
        Some(Command::Backup(arguments)) => backup::run(&config, &arguments),
        Some(Command::Restore(arguments)) => backup::restore(&config, &arguments),
        Some(Command::Key(arguments)) => key::run(&config, &arguments),
        Some(Command::Stats(arguments)) => stats::run(&config, &arguments),
        Some(Command::Audit(arguments)) => audit::run(&config, &arguments),
        Some(Command::Evaluate(arguments)) => evaluate::run(&config, &arguments),
        Some(Command::MakeTyping) => make_typing(&config),
    };
    match outcome {
        Ok(_) if terminal::has_lost_results() => ExitCode::from(3),
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Partly) => ExitCode::from(1),
        Ok(Outcome::Usage) => ExitCode::from(2),
        Err(e) => {
            eprintln!("gongkai: {e:#}");
            ExitCode::from(3)
        }
    }
}
