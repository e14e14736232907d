//! Items of an import: records, rejections and removed lines, each with its place in the input.

use std::path::Path;

use gongkai_index::record::{Problem, Record};
use serde::Serialize;

use crate::import::removed::RemovedLine;
use crate::visible;

/// Place in the input: file, archive entry, line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// File as named on the command line or found below it; `-` for standard input.
    pub file: String,
    /// File inside an archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// Line number, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

impl Place {
    /// Makes the place of a whole file.
    pub fn for_file(path: &Path) -> Self {
        Self { file: path.display().to_string(), entry: None, line: None }
    }

    /// Makes the place of a line in the same file.
    pub fn at_line(&self, line: u64) -> Self {
        Self { line: Some(line), ..self.clone() }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Names of files hold what they like, line ends too.
        f.write_str(&visible::escape(&self.file))?;
        if let Some(entry) = &self.entry {
            write!(f, "!{}", visible::escape(entry))?;
        }
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        Ok(())
    }
}

/// Result of reading one document or row.
pub enum Item {
    /// A valid record.
    Record {
        /// Place it was read from.
        place: Place,
        /// The record.
        record: Box<Record>,
    },
    /// Something that gave no record.
    Rejected {
        /// Place it was read from.
        place: Place,
        /// Everything that is wrong with it.
        problems: Vec<Problem>,
    },
    /// Lines of one file that no record has; comes before the file's records.
    Removed {
        /// Place of the file.
        place: Place,
        /// Lines in the order in which they were taken away.
        lines: Vec<RemovedLine>,
    },
}

impl Item {
    /// Makes a rejection with one reason.
    pub fn rejected(place: Place, reason: impl Into<String>) -> Self {
        Self::Rejected { place, problems: vec![Problem { field: String::new(), reason: reason.into() }] }
    }
}

/// Receiver of the items; false stops the reading.
pub type Sink<'a> = &'a mut dyn FnMut(Item) -> bool;
