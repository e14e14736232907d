//! Arguments of the program and dispatch to its commands.

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::background::after_commit;
use crate::cli::outcome::{FAILURE_EXIT_CODE, Outcome, USAGE_EXIT_CODE};
use crate::cli::{
    audit, backup, check, evaluate, file_access, index, key, make_typing, receipt, reindex, search, serve,
    stats,
};
use crate::config::Config;
use crate::terminal;

/// Search in published Chinese government information.
#[derive(Parser)]
#[command(name = "gongkai", version, about, long_about = None)]
struct Arguments {
    /// Data directory: the index and the files beside it
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
    /// Show the size of the data directory, or the log of searches
    Stats(stats::Arguments),
    /// Verify the audit log
    Audit(audit::Arguments),
    /// Measure the ranking on judged queries
    Evaluate(evaluate::Arguments),
    /// Build the lexicon beside a server
    #[command(hide = true, name = after_commit::COMMAND)]
    MakeTyping,
}

/// Runs the command that the arguments of this process name.
pub fn run() -> ExitCode {
    file_access::set_private_umask();
    let arguments = match Arguments::try_parse_from(search::protect_exclusions(env::args_os())) {
        Ok(arguments) => arguments,
        Err(e) => {
            let _ = e.print();
            return ExitCode::from(if e.use_stderr() { USAGE_EXIT_CODE } else { 0 });
        }
    };
    let config = match Config::load(arguments.config.as_deref()) {
        Ok(config) => Config { data: arguments.data.unwrap_or(config.data.clone()), ..config },
        Err(e) => {
            eprintln!("gongkai: the settings cannot be used: {e}");
            return ExitCode::from(USAGE_EXIT_CODE);
        }
    };
    match dispatch(&config, arguments.command) {
        Ok(_) if terminal::has_lost_results() => ExitCode::from(FAILURE_EXIT_CODE),
        Ok(outcome) => outcome.into(),
        Err(e) => {
            eprintln!("gongkai: {e:#}");
            ExitCode::from(FAILURE_EXIT_CODE)
        }
    }
}

fn dispatch(config: &Config, command: Option<Command>) -> anyhow::Result<Outcome> {
    match command {
        None => serve::first_run(config),
        Some(Command::Index(arguments)) => index::run(config, &arguments),
        Some(Command::Serve(arguments)) => serve::run(config, &arguments),
        Some(Command::Search(arguments)) => search::run(config, &arguments),
        Some(Command::Receipt(arguments)) => receipt::run(config, &arguments),
        Some(Command::Reindex(arguments)) => reindex::run(config, &arguments),
        Some(Command::Check(arguments)) => check::run(config, &arguments),
        Some(Command::Backup(arguments)) => backup::run(config, &arguments),
        Some(Command::Restore(arguments)) => backup::restore(config, &arguments),
        Some(Command::Key(arguments)) => key::run(config, &arguments),
        Some(Command::Stats(arguments)) => stats::run(config, &arguments),
        Some(Command::Audit(arguments)) => audit::run(config, &arguments),
        Some(Command::Evaluate(arguments)) => evaluate::run(config, &arguments),
        Some(Command::MakeTyping) => make_typing::run(config),
    }
}
