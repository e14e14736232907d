//! The log on stderr: lines of JSON for programs, text on a terminal.
//!
//! A thread of its own writes it, and a full pipe loses lines rather than stop the server: a reader of
//! the log that hangs must not hold up searches.

use std::io::{self, IsTerminal, Write};

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, Logs};
use crate::visible;

/// Lines that may wait to be written.
const MAX_WAITING_LINES: usize = 10_000;

/// Starts logging; lines that wait are written when the guard is dropped.
pub fn start(settings: &Logs) -> WorkerGuard {
    let filter = EnvFilter::try_from_env("GONGKAI_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let (writer, guard) = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(MAX_WAITING_LINES)
        .finish(std::io::stderr());
    let json = match settings.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !std::io::stderr().is_terminal(),
    };
    let is_colored = !json && std::io::stderr().is_terminal();
    // Colours are the subscriber's; it escapes the escape characters of values itself.
    let kept: &[char] = if is_colored { &['\u{1b}'] } else { &[] };
    let writer = move || VisibleWriter { writer: writer.clone(), kept };
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    // A second server in the same process logs to the first one's log.
    let _ = if json {
        lines.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init()
    } else {
        lines.with_ansi(is_colored).try_init()
    };
    guard
}

/// Writer of lines in which nothing is hidden: one event is one line, whatever its values hold.
struct VisibleWriter<W> {
    writer: W,
    kept: &'static [char],
}

impl<W: Write> Write for VisibleWriter<W> {
    /// Writes one event, which the subscriber hands over as a whole.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = text.strip_suffix('\n').unwrap_or(&text);
        self.writer.write_all(format!("{}\n", visible::escape_but(line, self.kept)).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
