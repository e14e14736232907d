//! Gongkai: full-text search and retrieval for published Chinese government information.

use std::process::ExitCode;

use gongkai::import::child;

fn main() -> ExitCode {
    // A child that reads an untrusted file needs no settings and parses no arguments of people.
    let mut arguments = std::env::args().skip(1);
    if arguments.next().is_some_and(|first| first == child::COMMAND) {
        return child::serve(&arguments.collect::<Vec<_>>());
    }
    gongkai::cli::run()
}
