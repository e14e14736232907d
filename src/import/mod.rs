//! Files people have → records.
//!
//! Each format has its module. Every reader gives items, good or bad, each with
//! its place; one bad record or file never ends a run.

pub mod ndjson;

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
}

/// Reads every path, folders with all below them in the order of their names; `-` is standard input.
///
/// # Errors
/// None for bad input, which is given to the sink as rejected.
pub fn read_paths(paths: &[PathBuf], options: &Options, sink: Sink<'_>) -> io::Result<()> {
    for path in paths {
        let go_on = if path.as_os_str() == "-" {
            ndjson::read(io::stdin().lock(), &Place::file(path), sink)
        } else {
            read_path(path, options, sink)
        };
        if !go_on {
            break;
        }
    }
    Ok(())
}

fn read_path(path: &Path, options: &Options, sink: Sink<'_>) -> bool {
    if path.is_dir() {
        let mut below: Vec<PathBuf> = match std::fs::read_dir(path) {
            Ok(entries) => entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect(),
            Err(e) => {
                return sink(Item::rejected(Place::file(path), format!("the folder cannot be read: {e}")));
            }
        };
        below.sort();
        return below.iter().all(|path| read_path(path, options, sink));
    }
    read_file(path, sink)
}

fn read_file(path: &Path, sink: Sink<'_>) -> bool {
    let place = Place::file(path);
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let (stem, compression) = ndjson::compression(&name);
    let known = [".ndjson", ".jsonl", ".json"].iter().any(|ending| stem.ends_with(ending));
    if !known {
        return sink(Item::rejected(place, "this kind of file is not read; give .ndjson, .jsonl or .json"));
    }
    let opened = std::fs::File::open(path).and_then(|file| ndjson::decompress(file, compression));
    match opened {
        Err(e) => sink(Item::rejected(place, format!("the file cannot be opened: {e}"))),
        Ok(reader) if stem.ends_with(".json") => ndjson::read_json(reader, &place, sink),
        Ok(reader) => ndjson::read(reader, &place, sink),
    }
}
