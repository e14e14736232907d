//! Writing to the terminal. The standard macros panic when the other end is closed, as by
//! `gongkai index … 2>&1 | head -1`; what stands here takes their place in this crate.

use std::fmt::Arguments;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a result could not be written, for another reason than that nobody reads it.
static LOST: AtomicBool = AtomicBool::new(false);

/// A line of what was asked for, on stdout.
macro_rules! println {
    ($($part:tt)*) => { $crate::terminal::result(::std::format_args!($($part)*)) };
}

/// A line for people, on stderr.
macro_rules! eprintln {
    ($($part:tt)*) => { $crate::terminal::remark(::std::format_args!($($part)*)) };
}

/// Writes a line to stdout. Who closed it wants no more; any other failure is told.
pub fn result(line: Arguments<'_>) {
    let mut out = io::stdout().lock();
    if let Err(e) = writeln!(out, "{line}").and_then(|()| out.flush())
        && e.kind() != io::ErrorKind::BrokenPipe
        && !LOST.swap(true, Ordering::Relaxed)
    {
        remark(format_args!("gongkai: what was asked for cannot be written: {e}"));
    }
}

/// Writes a line to stderr. If that fails there is nobody to tell.
pub fn remark(line: Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Whether some of the results did not reach stdout.
pub fn has_lost_results() -> bool {
    LOST.load(Ordering::Relaxed)
}
