//! `gongkai key`: keys for writing, for administration and for higher limits.

use clap::Subcommand;

use crate::access::{KeyError, KeyRing, Scope};
use crate::cli::outcome::Outcome;
use crate::config::Config;
use crate::telemetry::AuditLog;

/// Name of the operator on the machine, in the audit log.
const OPERATOR: &str = "command line";

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
        /// Name of the key, in lists and logs
        name: String,
        /// Scope of the key; write includes read, admin both
        #[arg(long, value_enum)]
        scope: Scope,
    },
    /// List the keys by name, without the keys themselves
    List,
    /// Make a key worthless at once, also for a running server
    Revoke {
        /// Name of the key
        name: String,
    },
}

/// Changes or lists the keys of the data directory.
///
/// # Errors
/// A file of keys that cannot be read or written.
pub fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<Outcome> {
    let keys = KeyRing::new(config.keys_file());
    let audit = AuditLog::new(config.audit_file(), config.logs.audit_bytes());
    let done = match &arguments.command {
        Command::Add { name, scope } => match keys.add(name, *scope) {
            Ok(key) => {
                // A key without a line in the audit log must not exist.
                if let Err(e) = audit.add(OPERATOR, &format!("key add {name} {}", scope.name()), "done") {
                    keys.revoke(name)?;
                    return Err(e.into());
                }
                println!("{key}");
                Ok(())
            }
            Err(e) => Err(e),
        },
        Command::Revoke { name } => match keys.revoke(name) {
            Ok(()) => {
                audit.add(OPERATOR, &format!("key revoke {name}"), "done")?;
                eprintln!("“{name}” is no key any more");
                Ok(())
            }
            Err(e) => Err(e),
        },
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
