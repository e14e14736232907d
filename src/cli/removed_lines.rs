//! Lines that an import took away, counted for the report of `gongkai index`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::import::{Place, RemovedLine};
use crate::visible;

/// Limit of files that the report names.
const MAX_FILES: usize = 10_000;

/// Counts of lines that were taken away.
#[derive(Debug, Default, Serialize)]
pub(super) struct RemovedLines {
    /// Lines of all files.
    lines: u64,
    /// Lines of all files, by reason.
    reasons: BTreeMap<&'static str, u64>,
    /// Files with such lines, the first of them.
    files: Vec<FileCount>,
    #[serde(skip)]
    file_count: u64,
}

/// Counts of one file.
#[derive(Debug, Serialize)]
struct FileCount {
    #[serde(flatten)]
    place: Place,
    lines: u64,
    reasons: BTreeMap<&'static str, u64>,
}

impl RemovedLines {
    /// Counts the lines of a file, and prints them if asked for.
    pub(super) fn add(&mut self, place: Place, lines: &[RemovedLine], shows: bool) {
        let mut reasons: BTreeMap<&'static str, u64> = BTreeMap::new();
        for RemovedLine { reason, text } in lines {
            *reasons.entry(reason.name()).or_default() += 1;
            *self.reasons.entry(reason.name()).or_default() += 1;
            if shows {
                eprintln!("removed {place}: {}: {}", reason.name(), visible::escape(text));
            }
        }
        self.lines += lines.len() as u64;
        self.file_count += 1;
        if self.files.len() < MAX_FILES {
            self.files.push(FileCount { place, lines: lines.len() as u64, reasons });
        }
    }

    /// Prints the counts of all files.
    pub(super) fn print_summary(&self, shows: bool) {
        if self.lines == 0 {
            return;
        }
        let reasons: Vec<String> =
            self.reasons.iter().map(|(name, lines)| format!("{lines} {name}")).collect();
        let advice = if shows { "" } else { "; --show-removed prints them" };
        let Self { lines, file_count, .. } = self;
        eprintln!(
            "removed: {lines} lines of {file_count} files are no part of a text ({}){advice}",
            reasons.join(", ")
        );
    }
}
