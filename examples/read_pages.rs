//! Prints the records of files as the importer builds them, one JSON object a line.
//!
//! `cargo run --release --example read_pages -- PATH…`

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use gongkai::import::formats::sandbox;
use gongkai::import::{self, Item, Options};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == sandbox::COMMAND) {
        return sandbox::run_child(&arguments[1..]);
    }
    let paths: Vec<PathBuf> = arguments.iter().map(PathBuf::from).collect();
    let mut out = std::io::stdout().lock();
    let read = import::read_paths(&paths, &Options::default(), &mut |item| match item {
        Item::Record { record, .. } => {
            serde_json::to_writer(&mut out, &record).is_ok() && out.write_all(b"\n").is_ok()
        }
        Item::Rejected { place, problems } => {
            let reasons: Vec<String> = problems.iter().map(ToString::to_string).collect();
            eprintln!("{place}: {}", reasons.join("; "));
            true
        }
        Item::Removed { .. } => true,
    });
    if read.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(3) }
}
