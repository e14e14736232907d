//! Audit log: lines chained by their hashes, so that a line that is changed or removed breaks the
//! chain.
//!
//! A file that has reached its size is renamed with a number, and the chain goes on in a new one.
//!
//! Lines cut off at the end leave a chain without fault. To notice that, keep the last hash elsewhere:
//! `gongkai audit verify` looks for it in the chain.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gongkai_index::file_lock;
use gongkai_index::private_files::{FILE_MODE, create_folder};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::visible;

/// Predecessor of the first line.
const CHAIN_START: &str = "gongkai audit";
/// Maximal length of one part of a line, in characters.
const MAX_PART_CHARS: usize = 512;
/// Time to wait for another process that appends, which takes milliseconds.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);
/// Upper bound of the length of a line.
const MAX_LINE_BYTES: u64 = 64 << 10;

/// One audited action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Time of the action.
    pub at: jiff::Timestamp,
    /// Name of the key; `command line` for the operator on the machine.
    pub who: String,
    /// The action, as a method and an address or as a command.
    pub what: String,
    /// The outcome.
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
            // With its length, so that the end of one part cannot pass for the start of the next.
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}

/// First fault of a log.
#[derive(Debug, PartialEq, Eq)]
pub struct Broken {
    /// The file.
    pub file: PathBuf,
    /// Number of the line, from 1.
    pub line: usize,
    /// Reason why it is a fault.
    pub reason: &'static str,
}

/// The audit log of a data directory.
pub struct AuditLog {
    file: PathBuf,
    /// Size at which a file is renamed; 0 for never.
    max_bytes: u64,
    pending: Mutex<Pending>,
    /// Number of the last entry that is on disk.
    written: Mutex<u64>,
    /// Held by the one request that writes for all.
    turn: tokio::sync::Mutex<()>,
}

/// Entries that are not on disk yet.
#[derive(Default)]
struct Pending {
    entries: Vec<Entry>,
    count: u64,
}

struct Entry {
    who: String,
    what: String,
    outcome: String,
}

impl AuditLog {
    /// Creates a log on a file, which need not exist yet. A file that has `max_bytes` is followed by
    /// another, so it exceeds them by one write at most; 0 is no bound.
    pub fn new(file: PathBuf, max_bytes: u64) -> Self {
        Self {
            file,
            max_bytes,
            pending: Mutex::default(),
            written: Mutex::new(0),
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// Adds a line and syncs it. Lines added at the same time share one sync.
    ///
    /// # Errors
    /// A file that cannot be written; the line is written with the next one then.
    pub fn add(&self, who: &str, what: &str, outcome: &str) -> io::Result<()> {
        self.write_through(self.enqueue(who, what, outcome))
    }

    /// Adds a line and waits without blocking; one thread at a time writes for all requests.
    ///
    /// # Errors
    /// As [`AuditLog::add`].
    pub async fn add_async(self: &Arc<Self>, who: &str, what: &str, outcome: &str) -> io::Result<()> {
        let number = self.enqueue(who, what, outcome);
        let _turn = self.turn.lock().await;
        if self.is_written(number) {
            return Ok(());
        }
        let log = self.clone();
        tokio::task::spawn_blocking(move || log.write_through(number)).await.map_err(io::Error::other)?
    }

    /// Adds a line to the pending ones and returns its number.
    fn enqueue(&self, who: &str, what: &str, outcome: &str) -> u64 {
        let cut = |text: &str| text.chars().take(MAX_PART_CHARS).collect();
        let mut pending = self.pending.lock();
        pending.entries.push(Entry { who: cut(who), what: cut(what), outcome: cut(outcome) });
        pending.count += 1;
        pending.count
    }

    /// Writes all pending lines, unless another thread has written the line of this number.
    fn write_through(&self, number: u64) -> io::Result<()> {
        let mut written = self.written.lock();
        if *written >= number {
            return Ok(());
        }
        let (entries, last) = {
            let mut pending = self.pending.lock();
            (std::mem::take(&mut pending.entries), pending.count)
        };
        let done = self.append(&entries);
        match done {
            Ok(()) => *written = last,
            Err(_) => drop(self.pending.lock().entries.splice(0..0, entries)),
        }
        done
    }

    fn is_written(&self, number: u64) -> bool {
        // A thread that writes holds the lock; its success is not certain yet.
        self.written.try_lock().is_some_and(|written| *written >= number)
    }

    /// Appends lines to the file; processes that do so at once take turns.
    fn append(&self, entries: &[Entry]) -> io::Result<()> {
        if let Some(folder) = self.file.parent() {
            create_folder(folder)?;
        }
        let mut file = self.open_locked()?;
        if self.max_bytes > 0 && file.metadata()?.len() >= self.max_bytes {
            fs::rename(&self.file, next_archive_name(&self.file)?)?;
            file = self.open_locked()?;
            sync_folder(&self.file)?;
        }
        let (mut previous, complete) = self.last_hash(&mut file)?;
        let mut text = Vec::new();
        if !complete {
            // A line that was cut short when the machine stopped stays, and verification reports it.
            text.push(b'\n');
        }
        for Entry { who, what, outcome } in entries {
            let line = Line::new(previous, who, what, outcome);
            // Written visibly, read as the same text: the hash is that of the text.
            text.extend(visible::escape(&serde_json::to_string(&line)?).as_bytes());
            text.push(b'\n');
            previous = line.hash;
        }
        file.write_all(&text)?;
        file.sync_data()
    }

    /// Opens the file that is written to, locked against other processes until it is closed.
    fn open_locked(&self) -> io::Result<File> {
        loop {
            let file =
                File::options().read(true).append(true).create(true).mode(FILE_MODE).open(&self.file)?;
            file_lock::lock_file(&file, &self.file, LOCK_TIMEOUT)?;
            // Another process may have renamed it before the lock was free.
            let named = fs::metadata(&self.file);
            if named.is_ok_and(|named| named.ino() == file.metadata().map_or(0, |own| own.ino())) {
                return Ok(file);
            }
        }
    }

    /// The hash that the next line follows, and true if the last line is complete.
    fn last_hash(&self, file: &mut File) -> io::Result<(String, bool)> {
        if let (Some(hash), complete) = read_last_hash(file)? {
            return Ok((hash, complete));
        }
        let complete = file.metadata()?.len() == 0;
        let before = match earlier_files(&self.file)?.last() {
            Some(before) => read_last_hash(&mut File::open(before)?)?.0,
            None => None,
        };
        Ok((before.unwrap_or_else(|| CHAIN_START.to_owned()), complete))
    }
}

/// The hash of the last readable line of a file, and true if the last line is complete.
fn read_last_hash(file: &mut File) -> io::Result<(Option<String>, bool)> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(MAX_LINE_BYTES)))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    let complete = end.is_empty() || end.ends_with(b"\n");
    let readable =
        end.split(|byte| *byte == b'\n').rev().find_map(|line| serde_json::from_slice::<Line>(line).ok());
    Ok((readable.map(|line| line.hash), complete))
}

/// Files that were renamed, the oldest first: `audit-000001.ndjson` and so on.
fn earlier_files(file: &Path) -> io::Result<Vec<PathBuf>> {
    let (Some(folder), Some(stem)) = (file.parent(), file.file_stem()) else { return Ok(Vec::new()) };
    let entries = match fs::read_dir(folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut numbered = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str());
        let number = name.and_then(|name| name.strip_prefix(stem.to_str()?)?.strip_prefix('-')?.parse().ok());
        if let Some(number) = number.filter(|_| path.extension() == file.extension()) {
            numbered.push((number, path));
        }
    }
    numbered.sort();
    Ok(numbered.into_iter().map(|(_, path): (u64, PathBuf)| path).collect())
}

fn next_archive_name(file: &Path) -> io::Result<PathBuf> {
    let number = |path: &Path| path.file_stem()?.to_str()?.rsplit('-').next()?.parse::<u64>().ok();
    let last = earlier_files(file)?.last().and_then(|path| number(path)).unwrap_or(0);
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let ending = file.extension().unwrap_or_default().to_string_lossy();
    Ok(file.with_file_name(format!("{stem}-{:06}.{ending}", last + 1)))
}

fn sync_folder(file: &Path) -> io::Result<()> {
    File::open(file.parent().unwrap_or(Path::new(".")))?.sync_all()
}

/// Verifies a log over all its files: returns the number of lines and the hash of the last, or the
/// first fault. `kept` must be the hash of one of the lines. `after` is the last hash of files that
/// were moved elsewhere.
///
/// # Errors
/// A file that cannot be read.
pub fn verify(
    file: &Path,
    kept: Option<&str>,
    after: Option<&str>,
) -> io::Result<Result<(usize, String), Broken>> {
    let mut chain = Chain {
        previous: after.unwrap_or(CHAIN_START).to_owned(),
        lines: 0,
        found: kept.is_none() || kept == after,
    };
    let mut files = earlier_files(file)?;
    files.push(file.to_owned());
    let mut last = 0;
    for file in files {
        match chain.follow(&file, kept)? {
            Ok(lines) => last = lines,
            Err((line, reason)) => return Ok(Err(Broken { file, line, reason })),
        }
    }
    if !chain.found {
        let reason = "the hash that was kept is not in the log: its end was cut off, or it is another log";
        return Ok(Err(Broken { file: file.to_owned(), line: last + 1, reason }));
    }
    Ok(Ok((chain.lines, chain.previous)))
}

/// A chain, verified up to a line.
struct Chain {
    previous: String,
    lines: usize,
    found: bool,
}

impl Chain {
    /// Verifies the lines of a file: returns their number, or the first fault.
    fn follow(
        &mut self,
        file: &Path,
        kept: Option<&str>,
    ) -> io::Result<Result<usize, (usize, &'static str)>> {
        let opened = match File::open(file) {
            Ok(file) => Some(file),
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            Err(e) => return Err(e),
        };
        let mut lines = 0;
        for text in opened.into_iter().flat_map(|file| BufReader::new(file).lines()) {
            lines += 1;
            let Ok(line) = serde_json::from_str::<Line>(&text?) else {
                return Ok(Err((lines, "is no line of this log")));
            };
            if line.previous != self.previous {
                let reason = "does not follow the line before: something was taken out, added or moved";
                return Ok(Err((lines, reason)));
            }
            if line.hash != line.digest() {
                return Ok(Err((lines, "was changed after it was written")));
            }
            self.found |= kept == Some(line.hash.as_str());
            self.previous = line.hash;
        }
        self.lines += lines;
        Ok(Ok(lines))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_added_at_once_are_all_in_the_chain() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("audit.ndjson");
        let log = AuditLog::new(file.clone(), 0);
        std::thread::scope(|scope| {
            for i in 0..8 {
                let log = &log;
                scope.spawn(move || {
                    (0..20).for_each(|n| log.add(&i.to_string(), &"长".repeat(n * 100), "done").unwrap())
                });
            }
        });
        let (lines, last) = verify(&file, None, None).unwrap().unwrap();
        assert_eq!(lines, 160);
        // A line that was cut short stays and is reported; later lines are kept all the same.
        File::options().append(true).open(&file).unwrap().write_all(b"{\"at\":").unwrap();
        log.add("a", "b", "c").unwrap();
        assert_eq!(verify(&file, Some(&last), None).unwrap().unwrap_err().line, 161);
        assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 162);
    }

    #[test]
    fn line_that_could_not_be_written_comes_with_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("audit.ndjson");
        fs::create_dir(&file).unwrap();
        let log = AuditLog::new(file.clone(), 0);
        assert!(log.add("a", "first", "done").is_err());
        fs::remove_dir(&file).unwrap();
        log.add("a", "second", "done").unwrap();
        assert_eq!(verify(&file, None, None).unwrap().unwrap().0, 2);
    }

    #[test]
    fn chain_goes_on_over_all_files() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("audit.ndjson");
        // Two processes, as a server and a command line are.
        let logs = [AuditLog::new(file.clone(), 2_000), AuditLog::new(file.clone(), 2_000)];
        std::thread::scope(|scope| {
            for log in &logs {
                scope.spawn(move || (0..60).for_each(|n| log.add("a", &n.to_string(), "done").unwrap()));
            }
        });
        let (lines, last) = verify(&file, None, None).unwrap().unwrap();
        assert_eq!(lines, 120);
        let files = earlier_files(&file).unwrap();
        assert!(files.len() > 5, "{files:?}");
        assert!(files.iter().all(|file| fs::metadata(file).unwrap().len() < 2_000 + 60 * 300));
        let kept = read_last_hash(&mut File::open(&files[2]).unwrap()).unwrap().0.unwrap();
        assert!(verify(&file, Some(&kept), None).unwrap().is_ok());
        // A file that is missing in the middle is noticed, and one that was changed.
        let aside = folder.path().join("aside");
        fs::rename(&files[3], &aside).unwrap();
        assert_eq!(verify(&file, None, None).unwrap().unwrap_err().file, files[4]);
        let changed = fs::read_to_string(&aside).unwrap().replacen("done", "gone", 1);
        fs::write(&files[3], changed).unwrap();
        assert_eq!(verify(&file, None, None).unwrap().unwrap_err().file, files[3]);
        fs::rename(&aside, &files[3]).unwrap();
        // The first files are kept elsewhere.
        files[..3].iter().for_each(|file| fs::remove_file(file).unwrap());
        assert!(verify(&file, None, None).unwrap().is_err());
        assert_eq!(verify(&file, Some(&last), Some(&kept)).unwrap().unwrap().1, last);
        // Killed between the two steps of a rename: there is no file under the name.
        fs::rename(&file, next_archive_name(&file).unwrap()).unwrap();
        logs[0].add("a", "b", "c").unwrap();
        assert!(verify(&file, Some(&last), Some(&kept)).unwrap().is_ok());
    }
}
