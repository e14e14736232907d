//! Files people have → records.
//!
//! Each format has its module, which gives what it found as an
//! [`extract::Extract`]; [`assemble`] makes records of it. Every reader gives
//! items, good or bad, each with its place; one bad record or file never ends a
//! run. Formats whose parsers have a history of crashes are read in a process
//! of their own ([`child`]).

pub mod archive;
pub mod assemble;
mod builder;
pub mod charset;
pub mod child;
pub mod chrome;
mod dating;
pub mod delimited;
pub mod docx;
pub mod enclosed;
pub mod extract;
pub mod facts;
pub mod format;
pub mod html;
mod issuing;
pub mod labels;
pub mod layout;
pub mod naming;
pub mod ndjson;
mod note;
pub mod ofd;
pub mod package;
pub mod page;
pub mod pdf;
pub mod pinyin;
pub mod private;
pub mod provenance;
pub mod rows;
mod running_on;
pub mod several;
pub mod signature;
pub mod text;
pub mod title;
pub mod values;
mod walk;
pub mod xml;

use std::io;
use std::path::{Path, PathBuf};

use gongkai_index::record::{Problem, Record};
use serde::Serialize;

/// Where something in the input stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file as named on the command line or found below it; `-` for standard input.
    pub file: String,
    /// The file inside an archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// The line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

impl Place {
    /// A whole file.
    pub fn file(path: &Path) -> Self {
        Self { file: path.display().to_string(), entry: None, line: None }
    }

    /// A line of the same file.
    pub fn line(&self, line: u64) -> Self {
        Self { line: Some(line), ..self.clone() }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.file)?;
        if let Some(entry) = &self.entry {
            write!(f, "!{entry}")?;
        }
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        Ok(())
    }
}

/// One thing that an input gave.
pub enum Item {
    /// A valid record.
    Record {
        /// Where it was read.
        place: Place,
        /// The record.
        record: Box<Record>,
    },
    /// Something that gave no record, and why.
    Rejected {
        /// Where it stands.
        place: Place,
        /// Everything that is wrong with it.
        problems: Vec<Problem>,
    },
}

impl Item {
    fn rejected(place: Place, reason: impl Into<String>) -> Self {
        Self::Rejected { place, problems: vec![Problem { field: String::new(), reason: reason.into() }] }
    }
}

/// Takes the items; false stops the reading.
pub type Sink<'a> = &'a mut dyn FnMut(Item) -> bool;

/// How to read.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Says which column is which field, for tables.
    pub mapping: Option<PathBuf>,
    /// The program that reads untrusted formats and its limits; this program if none is named.
    pub reader: Option<child::Reader>,
}

/// Reads every path, folders with all below them in the order of their names; `-` is standard input.
///
/// # Errors
/// The mapping file cannot be used. Never for bad input, which is given to the sink as rejected.
pub fn read_paths(paths: &[PathBuf], options: &Options, sink: Sink<'_>) -> io::Result<()> {
    let walk = walk::Walk::new(options)?;
    for path in paths {
        let go_on = if path.as_os_str() == "-" {
            ndjson::read(io::stdin().lock(), &Place::file(path), sink)
        } else {
            walk.read_path(path, sink)
        };
        if !go_on {
            break;
        }
    }
    Ok(())
}
