//! Gongkai: full-text search and retrieval for published Chinese government information.

use std::process::ExitCode;

use gongkai::import::child;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some(child::COMMAND) => child::serve(&arguments[1..]),
        _ => ExitCode::SUCCESS,
    }
}
