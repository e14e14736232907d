//! The log on stderr: lines of JSON for programs, text on a terminal.
//!
//! A thread of its own writes it, and a full pipe loses lines rather than stop the server: a reader of
//! the log that hangs must not hold up searches.

use std::io::IsTerminal;

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, Logs};

/// Lines that may wait to be written.
const MAX_WAITING_LINES: usize = 10_000;

/// Starts logging; lines that wait are written when the guard is dropped.
pub fn start(settings: &Logs) -> WorkerGuard {
    let filter = EnvFilter::try_from_env("GONGKAI_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let (writer, guard) = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(MAX_WAITING_LINES)
        .finish(std::io::stderr());
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    let json = match settings.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !std::io::stderr().is_terminal(),
    };
    // A second server in the same process logs to the first one's log.
    let _ = if json {
        lines.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init()
    } else {
        lines.with_ansi(std::io::stderr().is_terminal()).try_init()
    };
    guard
}
