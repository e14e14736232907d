//! Who did what: lines that are chained by their hashes, so that none can be changed or
//! taken out without the rest showing it.
//!
//! What is cut off at the end cannot be seen from what is left. Whoever needs to know keeps
//! the last hash elsewhere, and `gongkai audit verify` finds it in the chain or not.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// What the first line is chained to.
const BEGINNING: &str = "gongkai audit";
/// Longest line; what is named in it is bounded where it comes in.
const MAX_LINE: u64 = 64 << 10;

/// One thing that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// When.
    pub at: jiff::Timestamp,
    /// By the holder of which key; `command line` for the operator on the machine.
    pub who: String,
    /// What, as a method and an address or as a command.
    pub what: String,
    /// With which outcome.
    pub outcome: String,
    /// The hash of the line before.
    pub previous: String,
    /// The hash of this line.
    pub hash: String,
}

impl Line {
    fn new(previous: String, who: &str, what: &str, outcome: &str) -> Self {
        let at = jiff::Timestamp::now();
        let mut line = Self {
            at,
            who: who.into(),
            what: what.into(),
            outcome: outcome.into(),
            previous,
            hash: String::new(),
        };
        line.hash = line.digest();
        line
    }

    fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for part in [&self.previous, &self.at.to_string(), &self.who, &self.what, &self.outcome] {
            // With its length: what ends one part cannot begin the next.
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}

/// What was found wrong with a log.
#[derive(Debug, PartialEq, Eq)]
pub struct Broken {
    /// The line, from 1.
    pub line: usize,
    /// Why it does not belong there.
    pub reason: &'static str,
}

/// The log of a data directory.
pub struct AuditLog {
    file: PathBuf,
    writing: Mutex<()>,
}

impl AuditLog {
    /// The log in that file; there need not be one yet.
    pub fn new(file: PathBuf) -> Self {
        Self { file, writing: Mutex::new(()) }
    }

    /// Adds a line and syncs it. Processes and threads that do so wait for each other.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn add(&self, who: &str, what: &str, outcome: &str) -> io::Result<()> {
        let _one = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = File::options().read(true).append(true).create(true).mode(0o600).open(&self.file)?;
        rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive)?;
        let (previous, complete) = last_hash(&mut file)?;
        let mut text = Vec::new();
        if !complete {
            // A line that was cut short when the machine stopped stays and is found.
            text.push(b'\n');
        }
        serde_json::to_writer(&mut text, &Line::new(previous, who, what, outcome))?;
        text.push(b'\n');
        file.write_all(&text)?;
        file.sync_data()
    }
}

/// The hash to go on from, and whether the last line ended.
fn last_hash(file: &mut File) -> io::Result<(String, bool)> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(MAX_LINE)))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    let complete = end.is_empty() || end.ends_with(b"\n");
    let readable =
        end.split(|byte| *byte == b'\n').rev().find_map(|line| serde_json::from_slice::<Line>(line).ok());
    Ok((readable.map_or_else(|| BEGINNING.to_owned(), |line| line.hash), complete))
}

/// How many lines a log has and the hash of its last, or the first line that is wrong.
/// `kept` must be the hash of one of them.
///
/// # Errors
/// A file that cannot be read.
pub fn verify(file: &Path, kept: Option<&str>) -> io::Result<Result<(usize, String), Broken>> {
    let mut previous = BEGINNING.to_owned();
    let mut lines = 0;
    let mut found = kept.is_none();
    let broken = |line, reason| Ok(Err(Broken { line, reason }));
    let opened = match File::open(file) {
        Ok(file) => Some(file),
        Err(e) if e.kind() == io::ErrorKind::NotFound => None,
        Err(e) => return Err(e),
    };
    for text in opened.into_iter().flat_map(|file| BufReader::new(file).lines()) {
        lines += 1;
        let Ok(line) = serde_json::from_str::<Line>(&text?) else {
            return broken(lines, "is no line of this log");
        };
        if line.previous != previous {
            return broken(lines, "does not follow the line before: something was taken out, added or moved");
        }
        if line.hash != line.digest() {
            return broken(lines, "was changed after it was written");
        }
        found |= kept == Some(line.hash.as_str());
        previous = line.hash;
    }
    if !found {
        return broken(
            lines + 1,
            "the hash that was kept is not in the log: its end was cut off, or it is another log",
        );
    }
    Ok(Ok((lines, previous)))
}
