//! `gongkai audit`: whether the log of who did what is whole.

use clap::Subcommand;

use crate::cli::outcome::Outcome;
use crate::config::Config;
use crate::telemetry::audit;

/// Arguments of `gongkai audit`.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check the chain of hashes; prints how many lines there are and the last hash
    Verify {
        /// A hash printed before, which must still be in the log
        #[arg(long, value_name = "HASH")]
        kept: Option<String>,
        /// The last hash of the first files, if they were taken elsewhere
        #[arg(long, value_name = "HASH")]
        after: Option<String>,
    },
}

/// Verifies the log; a broken one is a failure (exit code 1).
///
/// # Errors
/// A log that cannot be read.
pub fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<Outcome> {
    let Command::Verify { kept, after } = &arguments.command;
    match audit::verify(&config.audit_file(), kept.as_deref(), after.as_deref())? {
        Ok((lines, last)) => {
            println!("{lines}\t{last}");
            Ok(Outcome::Done)
        }
        Err(broken) => {
            eprintln!("gongkai: {}, line {}: {}", broken.file.display(), broken.line, broken.reason);
            Ok(Outcome::Partly)
        }
    }
}
