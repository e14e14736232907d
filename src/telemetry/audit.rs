//! Who did what: lines that are chained by their hashes, so that none can be changed or
//! taken out without the rest showing it.
//!
//! A file that has grown long gets another name, with a number, and the chain goes on in a new
//! one.
//!
//! What is cut off at the end cannot be seen from what is left. Whoever needs to know keeps
//! the last hash elsewhere, and `gongkai audit verify` finds it in the chain or not.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
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
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// Why it does not belong there.
    pub reason: &'static str,
}

/// The log of a data directory.
pub struct AuditLog {
    file: PathBuf,
    /// How long a file may be.
    most: u64,
    waiting: Mutex<Waiting>,
    /// The last of those that were written, by their count.
    written: Mutex<u64>,
    /// Held by the one that is at the disk on behalf of requests.
    turn: tokio::sync::Mutex<()>,
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
    /// The log in that file, of which none is longer than so many bytes by more than what is
    /// written at once; 0 is no bound. There need not be one yet.
    pub fn new(file: PathBuf, most: u64) -> Self {
        Self {
            file,
            most,
            waiting: Mutex::default(),
            written: Mutex::new(0),
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// Adds a line and syncs it. Those who do so at the same time share one sync.
    ///
    /// # Errors
    /// A file that cannot be written; the line is then tried again with the next.
    pub fn add(&self, who: &str, what: &str, outcome: &str) -> io::Result<()> {
        self.settle(self.enter(who, what, outcome))
    }

    /// The same without blocking: of all who wait one thread at a time is at the disk.
    ///
    /// # Errors
    /// As [`AuditLog::add`].
    pub async fn add_beside(self: &Arc<Self>, who: &str, what: &str, outcome: &str) -> io::Result<()> {
        let mine = self.enter(who, what, outcome);
        let _turn = self.turn.lock().await;
        if self.is_written(mine) {
            return Ok(());
        }
        let log = self.clone();
        tokio::task::spawn_blocking(move || log.settle(mine)).await.map_err(io::Error::other)?
    }

    /// Notes a line; its number.
    fn enter(&self, who: &str, what: &str, outcome: &str) -> u64 {
        let cut = |text: &str| text.chars().take(MAX_CHARS).collect();
        let mut waiting = self.waiting.lock();
        waiting.entries.push(Entry { who: cut(who), what: cut(what), outcome: cut(outcome) });
        waiting.count += 1;
        waiting.count
    }

    /// Writes all that was noted, unless another has written this line.
    fn settle(&self, mine: u64) -> io::Result<()> {
        let mut written = self.written.lock();
        if *written >= mine {
            return Ok(());
        }
        let (entries, last) = {
            let mut waiting = self.waiting.lock();
            (std::mem::take(&mut waiting.entries), waiting.count)
        };
        let done = self.append(&entries);
        match done {
            Ok(()) => *written = last,
            Err(_) => drop(self.waiting.lock().entries.splice(0..0, entries)),
        }
        done
    }

    fn is_written(&self, mine: u64) -> bool {
        // Whoever writes holds this; then it is not known yet.
        self.written.try_lock().is_some_and(|written| *written >= mine)
    }

    /// Processes that do so wait for each other.
    fn append(&self, entries: &[Entry]) -> io::Result<()> {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = self.alone()?;
        if self.most > 0 && file.metadata()?.len() >= self.most {
            fs::rename(&self.file, next_name(&self.file)?)?;
            file = self.alone()?;
            sync_folder(&self.file)?;
        }
        let (mut previous, complete) = self.last_hash(&mut file)?;
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

    /// The file that is written to, for nobody else until it is closed.
    fn alone(&self) -> io::Result<File> {
        loop {
            let file = File::options().read(true).append(true).create(true).mode(0o600).open(&self.file)?;
            rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive)?;
            // While it was waited for, it may have got another name.
            let named = fs::metadata(&self.file);
            if named.is_ok_and(|named| named.ino() == file.metadata().map_or(0, |own| own.ino())) {
                return Ok(file);
            }
        }
    }

    /// The hash to go on from, and whether the last line ended.
    fn last_hash(&self, file: &mut File) -> io::Result<(String, bool)> {
        if let (Some(hash), complete) = last_of(file)? {
            return Ok((hash, complete));
        }
        let complete = file.metadata()?.len() == 0;
        let before = match earlier(&self.file)?.last() {
            Some(before) => last_of(&mut File::open(before)?)?.0,
            None => None,
        };
        Ok((before.unwrap_or_else(|| BEGINNING.to_owned()), complete))
    }
}

/// The hash of the last line that can be read, and whether the last one ended.
fn last_of(file: &mut File) -> io::Result<(Option<String>, bool)> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(MAX_LINE)))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    let complete = end.is_empty() || end.ends_with(b"\n");
    let readable =
        end.split(|byte| *byte == b'\n').rev().find_map(|line| serde_json::from_slice::<Line>(line).ok());
    Ok((readable.map(|line| line.hash), complete))
}

/// The files that were written to before, the first first: `audit-000001.ndjson` and so on.
fn earlier(file: &Path) -> io::Result<Vec<PathBuf>> {
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

fn next_name(file: &Path) -> io::Result<PathBuf> {
    let number = |path: &Path| path.file_stem()?.to_str()?.rsplit('-').next()?.parse::<u64>().ok();
    let last = earlier(file)?.last().and_then(|path| number(path)).unwrap_or(0);
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let ending = file.extension().unwrap_or_default().to_string_lossy();
    Ok(file.with_file_name(format!("{stem}-{:06}.{ending}", last + 1)))
}

fn sync_folder(file: &Path) -> io::Result<()> {
    File::open(file.parent().unwrap_or(Path::new(".")))?.sync_all()
}

/// How many lines a log has in all its files and the hash of its last, or the first line that
/// is wrong. `kept` must be the hash of one of them. `after` is the last hash of files that are
/// kept elsewhere.
///
/// # Errors
/// A file that cannot be read.
pub fn verify(
    file: &Path,
    kept: Option<&str>,
    after: Option<&str>,
) -> io::Result<Result<(usize, String), Broken>> {
    let mut chain = Chain {
        previous: after.unwrap_or(BEGINNING).to_owned(),
        lines: 0,
        found: kept.is_none() || kept == after,
    };
    let mut files = earlier(file)?;
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

/// A chain, as far as it was followed.
struct Chain {
    previous: String,
    lines: usize,
    found: bool,
}

impl Chain {
    /// Follows it through a file; how many lines that has, or the first that is wrong.
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
    fn those_who_write_at_once_are_all_in_the_chain() {
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
        // A line that was cut short stays and is found; what comes after is kept all the same.
        File::options().append(true).open(&file).unwrap().write_all(b"{\"at\":").unwrap();
        log.add("a", "b", "c").unwrap();
        assert_eq!(verify(&file, Some(&last), None).unwrap().unwrap_err().line, 161);
        assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 162);
    }

    #[test]
    fn what_could_not_be_written_comes_with_the_next() {
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
    fn the_chain_goes_on_over_all_files() {
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
        let files = earlier(&file).unwrap();
        assert!(files.len() > 5, "{files:?}");
        assert!(files.iter().all(|file| fs::metadata(file).unwrap().len() < 2_000 + 60 * 300));
        let kept = last_of(&mut File::open(&files[2]).unwrap()).unwrap().0.unwrap();
        assert!(verify(&file, Some(&kept), None).unwrap().is_ok());
        // A file that is taken away from the middle is missed, one that is changed is found.
        let aside = folder.path().join("aside");
        fs::rename(&files[3], &aside).unwrap();
        assert_eq!(verify(&file, None, None).unwrap().unwrap_err().file, files[4]);
        let changed = fs::read_to_string(&aside).unwrap().replacen("done", "gone", 1);
        fs::write(&files[3], changed).unwrap();
        assert_eq!(verify(&file, None, None).unwrap().unwrap_err().file, files[3]);
        fs::rename(&aside, &files[3]).unwrap();
        // The first ones are kept elsewhere.
        files[..3].iter().for_each(|file| fs::remove_file(file).unwrap());
        assert!(verify(&file, None, None).unwrap().is_err());
        assert_eq!(verify(&file, Some(&last), Some(&kept)).unwrap().unwrap().1, last);
        // Killed between the two steps of the change: nothing is there under the name.
        fs::rename(&file, next_name(&file).unwrap()).unwrap();
        logs[0].add("a", "b", "c").unwrap();
        assert!(verify(&file, Some(&last), Some(&kept)).unwrap().is_ok());
    }
}
