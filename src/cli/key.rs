//! `gongkai key`: keys for writing, for administration and for higher limits.

use clap::Subcommand;

use super::Outcome;
use crate::access::{KeyError, KeyRing, Scope};
use crate::config::Config;

/// Arguments of `gongkai key`.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a key and print it, once: it is kept as a hash only
    Add {
        /// What to call it, in lists and logs
        name: String,
        /// What it allows; write includes read, admin both
        #[arg(long, value_enum)]
        scope: Scope,
    },
    /// Show the keys there are, without the keys themselves
    List,
    /// Make a key worthless at once, also for a running server
    Revoke {
        /// Its name
        name: String,
    },
}

/// Changes or lists the keys of the data directory.
///
/// # Errors
/// A file of keys that cannot be read or written.
pub fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<Outcome> {
    let keys = KeyRing::new(config.keys_file());
    let done = match &arguments.command {
        Command::Add { name, scope } => keys.add(name, *scope).map(|key| println!("{key}")),
        Command::Revoke { name } => keys.revoke(name).map(|()| eprintln!("“{name}” is no key any more")),
        Command::List => keys.keys().map(|keys| {
            for key in keys.iter() {
                println!("{}\t{}\t{}", key.name, key.scope.name(), key.created.strftime("%FT%TZ"));
            }
        }),
    };
    match done {
        Ok(()) => Ok(Outcome::Done),
        Err(e @ (KeyError::Name | KeyError::Taken(_) | KeyError::Unknown(_))) => {
            eprintln!("gongkai: {e}");
            Ok(Outcome::Usage)
        }
        Err(e) => Err(e.into()),
    }
}
