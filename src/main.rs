//! Gongkai: full-text search and retrieval for published Chinese government information.

fn main() -> std::process::ExitCode {
    gongkai::cli::run()
}
