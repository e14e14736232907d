//! Who did what: lines that are chained by their hashes, so that none can be changed or
//! taken out without the rest showing it.
//!
//! What is cut off at the end cannot be seen from what is left. Whoever needs to know keeps
//! the last hash elsewhere, and `gongkai audit verify` finds it in the chain or not.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

/// What the first line is chained to.
const BEGINNING: &str = "gongkai audit";
/// Longest part of a line, in characters.
const MAX_CHARS: usize = 512;
/// Longer than any line.
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
    waiting: Mutex<Waiting>,
    /// The last of those that were written, by their count.
    written: Mutex<u64>,
}

/// What is to be written.
#[derive(Default)]
struct Waiting {
    entries: Vec<Entry>,
    count: u64,
}

struct Entry {
    who: String,
    what: String,
    outcome: String,
}

impl AuditLog {
    /// The log in that file; there need not be one yet.
    pub fn new(file: PathBuf) -> Self {
        Self { file, waiting: Mutex::default(), written: Mutex::new(0) }
    }

    /// Adds a line and syncs it. Those who do so at the same time share one sync.
    ///
    /// # Errors
    /// A file that cannot be written; the line is then tried again with the next.
    pub fn add(&self, who: &str, what: &str, outcome: &str) -> io::Result<()> {
        let cut = |text: &str| text.chars().take(MAX_CHARS).collect();
        let mine = {
            let mut waiting = self.waiting();
            waiting.entries.push(Entry { who: cut(who), what: cut(what), outcome: cut(outcome) });
            waiting.count += 1;
            waiting.count
        };
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if *written >= mine {
            return Ok(());
        }
        let (entries, last) = {
            let mut waiting = self.waiting();
            (std::mem::take(&mut waiting.entries), waiting.count)
        };
        let done = self.append(&entries);
        match done {
            Ok(()) => *written = last,
            Err(_) => drop(self.waiting().entries.splice(0..0, entries)),
        }
        done
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Processes that do so wait for each other.
    fn append(&self, entries: &[Entry]) -> io::Result<()> {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = File::options().read(true).append(true).create(true).mode(0o600).open(&self.file)?;
        rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive)?;
        let (mut previous, complete) = last_hash(&mut file)?;
        let mut text = Vec::new();
        if !complete {
            // A line that was cut short when the machine stopped stays and is found.
            text.push(b'\n');
        }
        for Entry { who, what, outcome } in entries {
            let line = Line::new(previous, who, what, outcome);
            serde_json::to_writer(&mut text, &line)?;
            text.push(b'\n');
            previous = line.hash;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_write_at_once_are_all_in_the_chain() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("audit.ndjson");
        let log = AuditLog::new(file.clone());
        std::thread::scope(|scope| {
            for i in 0..8 {
                let log = &log;
                scope.spawn(move || {
                    (0..20).for_each(|n| log.add(&i.to_string(), &"长".repeat(n * 100), "done").unwrap())
                });
            }
        });
        let (lines, last) = verify(&file, None).unwrap().unwrap();
        assert_eq!(lines, 160);
        // A line that was cut short stays and is found; what comes after is kept all the same.
        File::options().append(true).open(&file).unwrap().write_all(b"{\"at\":").unwrap();
        log.add("a", "b", "c").unwrap();
        assert_eq!(verify(&file, Some(&last)).unwrap().unwrap_err().line, 161);
        assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 162);
    }

    #[test]
    fn what_could_not_be_written_comes_with_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("audit.ndjson");
        fs::create_dir(&file).unwrap();
        let log = AuditLog::new(file.clone());
        assert!(log.add("a", "first", "done").is_err());
        fs::remove_dir(&file).unwrap();
        log.add("a", "second", "done").unwrap();
        assert_eq!(verify(&file, None).unwrap().unwrap().0, 2);
    }
}
