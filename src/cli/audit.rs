//! `gongkai audit`: verification of the audit log.

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
    /// Verify the chain of hashes; prints the number of lines and the last hash
    Verify {
        /// A hash printed before, which must still be in the log
        #[arg(long, value_name = "HASH")]
        kept: Option<String>,
        /// The last hash of earlier files that were moved elsewhere
        #[arg(long, value_name = "HASH")]
        after: Option<String>,
    },
}

/// Verifies the log; the exit code of a broken one is 1.
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
