//! The commit log in memory.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::backend::Journal;
use crate::error::Result;
use crate::record::commit::Commit;
use crate::record::generation::Generation;

/// The entries, shared by all journals of a backend.
#[derive(Debug, Default)]
pub struct Entries {
    commits: Vec<Commit>,
    /// Number of replacements so far.
    rewritten: u64,
}

/// The commit log as one reader or writer has it.
#[derive(Debug)]
pub struct MemoryJournal {
    entries: Arc<Mutex<Entries>>,
    /// The value of [`Entries::rewritten`] when it was last read.
    seen: u64,
    /// Entries read or written.
    read: usize,
}

impl MemoryJournal {
    /// Opens the log. Nothing is read yet.
    pub fn new(entries: &Arc<Mutex<Entries>>) -> Self {
        Self { entries: entries.clone(), seen: 0, read: 0 }
    }
}

fn lock(entries: &Mutex<Entries>) -> MutexGuard<'_, Entries> {
    entries.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Journal for MemoryJournal {
    fn read(&mut self, upto: Generation) -> Result<Option<Vec<Commit>>> {
        let entries = lock(&self.entries);
        if std::mem::replace(&mut self.seen, entries.rewritten) != entries.rewritten && self.read > 0 {
            self.read = 0;
            return Ok(None);
        }
        let unread = entries.commits.get(self.read..).unwrap_or_default();
        let new: Vec<Commit> =
            unread.iter().take_while(|commit| commit.generation <= upto).cloned().collect();
        self.read += new.len();
        Ok(Some(new))
    }

    fn append(&mut self, commit: &Commit) -> Result<()> {
        let mut entries = lock(&self.entries);
        // Behind those that were read, as a file is extended.
        entries.commits.truncate(self.read);
        entries.commits.push(commit.clone());
        self.read = entries.commits.len();
        Ok(())
    }

    fn rewrite(&mut self, commits: &[Commit]) -> Result<()> {
        let mut entries = lock(&self.entries);
        entries.commits = commits.to_vec();
        entries.rewritten += 1;
        (self.seen, self.read) = (entries.rewritten, commits.len());
        Ok(())
    }

    fn is_corrupt(&self) -> bool {
        false
    }

    fn quarantine(&mut self) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(generation: Generation) -> Commit {
        Commit { generation, seconds: 0, records: 1, digest: 0, complete: true, changes: Vec::new() }
    }

    #[test]
    fn journal_gives_new_entries_once_and_all_after_rewrite() {
        let entries = Arc::default();
        let (mut writer, mut reader) = (MemoryJournal::new(&entries), MemoryJournal::new(&entries));
        writer.append(&commit(1)).unwrap();
        writer.append(&commit(2)).unwrap();
        assert_eq!(reader.read(1).unwrap(), Some(vec![commit(1)]));
        assert_eq!(reader.read(9).unwrap(), Some(vec![commit(2)]));
        assert_eq!(writer.read(9).unwrap(), Some(Vec::new()), "its own entries are known to it");
        writer.rewrite(&[commit(2)]).unwrap();
        assert_eq!(reader.read(9).unwrap(), None);
        assert_eq!(reader.read(9).unwrap(), Some(vec![commit(2)]));
    }
}
