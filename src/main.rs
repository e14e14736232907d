//! Gongkai: full-text search and retrieval for published Chinese government information.

use std::process::ExitCode;

use gongkai::import::formats::sandbox;

/// Allocator that returns freed memory, whichever thread allocated it. The C library's allocator
/// keeps freed memory per thread, and the memory of a server under changes grew with every kind of
/// work it had ever done.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // A child process that reads an untrusted file needs no settings and no command line parser.
    let mut arguments = std::env::args().skip(1);
    if arguments.next().is_some_and(|first| first == sandbox::COMMAND) {
        return sandbox::run_child(&arguments.collect::<Vec<_>>());
    }
    gongkai::cli::run()
}
