//! Output to the terminal. The standard macros panic when the reader has gone, as with
//! `gongkai index … 2>&1 | head -1`; these take their place in this crate. Hidden characters but line
//! ends and tabs are made visible: a text of a record must not give orders to a terminal.

use std::fmt::Arguments;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::visible;

/// Set when a result could not be written, for another reason than a closed pipe.
static HAS_LOST_RESULTS: AtomicBool = AtomicBool::new(false);

/// Prints a line of the result on stdout.
macro_rules! println {
    ($($part:tt)*) => { $crate::terminal::write_result(::std::format_args!($($part)*)) };
}

/// Prints a message on stderr.
macro_rules! eprintln {
    ($($part:tt)*) => { $crate::terminal::write_message(::std::format_args!($($part)*)) };
}

/// Writes a line to stdout. A closed pipe is no failure, since its reader wants no more; any other
/// failure is reported once.
pub fn write_result(line: Arguments<'_>) {
    let mut out = io::stdout().lock();
    let line = line.to_string();
    if let Err(e) = writeln!(out, "{}", visible::escape_lines(&line)).and_then(|()| out.flush())
        && e.kind() != io::ErrorKind::BrokenPipe
        && !HAS_LOST_RESULTS.swap(true, Ordering::Relaxed)
    {
        write_message(format_args!("gongkai: what was asked for cannot be written: {e}"));
    }
}

/// Writes a line to stderr. A failure is ignored, since it cannot be reported.
pub fn write_message(line: Arguments<'_>) {
    let line = line.to_string();
    let _ = writeln!(io::stderr().lock(), "{}", visible::escape_lines(&line));
}

/// True if some of the results did not reach stdout.
pub fn has_lost_results() -> bool {
    HAS_LOST_RESULTS.load(Ordering::Relaxed)
}
