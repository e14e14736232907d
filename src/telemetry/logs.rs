//! The log on stderr: lines of JSON for programs, text on a terminal.
//!
//! It is written by a thread of its own and a full pipe loses lines rather than stop the
//! server: who does not read the log cannot hold up those who search.

use std::io::IsTerminal;

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use crate::config::{Form, Logs};

/// Lines that may wait to be written.
const WAITING: usize = 10_000;

/// Begins to log; what waits is written when the guard is dropped.
pub fn begin(settings: &Logs) -> WorkerGuard {
    let filter = EnvFilter::try_from_env("GONGKAI_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let (writer, guard) =
        NonBlockingBuilder::default().lossy(true).buffered_lines_limit(WAITING).finish(std::io::stderr());
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    let json = match settings.format {
        Form::Json => true,
        Form::Text => false,
        Form::Auto => !std::io::stderr().is_terminal(),
    };
    // A second server in the same process logs to the first one's log.
    let _ = if json {
        lines.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init()
    } else {
        lines.with_ansi(std::io::stderr().is_terminal()).try_init()
    };
    guard
}
