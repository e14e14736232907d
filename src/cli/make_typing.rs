//! `gongkai make-typing`: the hidden command that builds the lexicon beside a server.

use std::io::IsTerminal;

use crate::background::after_commit;
use crate::cli::open;
use crate::cli::outcome::Outcome;
use crate::config::Config;

/// Builds the lexicon and writes it to stdout.
///
/// # Errors
/// A terminal as stdout, an index that cannot be read.
pub fn run(config: &Config) -> anyhow::Result<Outcome> {
    anyhow::ensure!(!std::io::stdout().is_terminal(), "a server runs this command; there is nothing to see");
    let collection = open(config)?;
    after_commit::build_for_parent(&collection.reader(), config, &mut std::io::stdout().lock())?;
    Ok(Outcome::Done)
}
