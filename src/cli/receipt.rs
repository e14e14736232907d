//! `gongkai receipt verify FILE`: repeats the search of a receipt.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use gongkai_index::Budget;
use gongkai_index::lexicon::Lexicon;

use crate::cli::open;
use crate::cli::outcome::Outcome;
use crate::config::Config;
use crate::receipt::{Differences, Receipt, verify};
use crate::visible;

/// Arguments of `gongkai receipt`.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Repeat the search of a receipt and compare the answers (exit code 1 if they differ)
    Verify {
        /// The receipt, or an answer of the API that carries one
        file: PathBuf,
        /// Print the API's JSON
        #[arg(long)]
        json: bool,
    },
}

/// Repeats the search of a receipt and prints the differences.
///
/// # Errors
/// A file that is no receipt, an index that cannot be searched.
pub fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<Outcome> {
    let Command::Verify { file, json } = &arguments.command;
    let text = std::fs::read(file).with_context(|| file.display().to_string())?;
    let receipt = parse_receipt(&text).with_context(|| format!("{} holds no receipt", file.display()))?;
    let collection = open(config)?;
    let lexicon = Lexicon::load(&config.typing_file(), collection.generation());
    let verified = verify(&collection, lexicon.as_ref(), &receipt, &Budget::default())?;
    let mut out = std::io::stdout().lock();
    if *json {
        writeln!(out, "{}", visible::escape_lines(&serde_json::to_string_pretty(&verified)?))?;
    } else {
        writeln!(out, "{}", visible::escape(&verified.statement))?;
        print_differences(&mut out, "新增", &verified.came)?;
        print_differences(&mut out, "不再命中", &verified.went)?;
        print_differences(&mut out, "内容变更", &verified.changed)?;
    }
    Ok(if verified.outcome == "same" && verified.intact { Outcome::Done } else { Outcome::Partly })
}

/// Parses a receipt, by itself or in the answer of a search.
fn parse_receipt(text: &[u8]) -> serde_json::Result<Receipt> {
    #[derive(serde::Deserialize)]
    struct Carried {
        receipt: Receipt,
    }
    serde_json::from_slice(text).or_else(|e| match serde_json::from_slice::<Carried>(text) {
        Ok(carried) => Ok(carried.receipt),
        Err(_) => Err(e),
    })
}

fn print_differences(out: &mut impl Write, label: &str, differences: &Differences) -> std::io::Result<()> {
    for record in &differences.records {
        let id = record.id.as_deref().unwrap_or(&record.hash);
        let title = record.title.as_deref().unwrap_or(if record.held { "" } else { "（已不在馆藏）" });
        let when = record.at.as_deref().map(|at| format!("　{at}")).unwrap_or_default();
        writeln!(
            out,
            "{label}　{}　{}{}",
            visible::escape(id),
            visible::escape(title),
            visible::escape(&when)
        )?;
    }
    Ok(())
}
