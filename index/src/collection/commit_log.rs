//! Commit log: the ids and contents that each commit changed. Receipts of generations that are
//! no longer kept are verified by it.

use std::sync::{Mutex, PoisonError};

use crate::backend::{Journal, Snapshot};
use crate::record::commit::{Commit, unix_seconds};
use crate::record::generation::Generation;

/// Most changes whose ids and contents are kept; of older commits only the numbers are.
const MAX_CHANGES: usize = 2_000_000;

/// Commits on record, read from a journal that other processes may extend.
pub struct CommitLog {
    state: Mutex<State>,
}

struct State {
    journal: Box<dyn Journal>,
    commits: Vec<Commit>,
}

impl CommitLog {
    /// Opens the log of a journal; nothing is read yet.
    pub fn new(journal: Box<dyn Journal>) -> Self {
        Self { state: Mutex::new(State { journal, commits: Vec::new() }) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lists the commits on record up to a generation, the oldest first.
    pub fn commits(&self, upto: Generation) -> Vec<Commit> {
        let mut state = self.lock();
        let State { journal, commits } = &mut *state;
        catch_up(&mut **journal, commits, upto);
        commits.clone()
    }

    /// Prepares the log for a writer that starts from a snapshot: reads the commits of other
    /// processes, replaces a corrupt file, and adds a generation that is not on record.
    pub fn begin_writing(&self, base: &dyn Snapshot) {
        let mut state = self.lock();
        let State { journal, commits } = &mut *state;
        prepare(&mut **journal, commits, base.generation(), base.document_count(), base.digest());
    }

    /// Adds the commit of a snapshot. A commit that cannot be written is missing on record, and
    /// receipts report that.
    pub fn add(&self, snapshot: &dyn Snapshot, changes: Vec<(String, Option<u128>)>) {
        let mut state = self.lock();
        let State { journal, commits } = &mut *state;
        let commit = Commit {
            generation: snapshot.generation(),
            seconds: unix_seconds(),
            records: snapshot.document_count(),
            digest: snapshot.digest(),
            complete: true,
            changes,
        };
        append(&mut **journal, commits, commit);
    }
}

/// Adds the first commit of another index version, which has the same records as the last
/// commit: see [`crate::backend::LogHandover`].
pub fn add_handover(journal: &mut dyn Journal, commit: Commit) {
    let mut commits = Vec::new();
    let before = commit.generation.saturating_sub(1);
    prepare(journal, &mut commits, before, commit.records, commit.digest);
    append(journal, &mut commits, commit);
}

/// Brings the log up to date with a generation, and adds it if it is not on record.
fn prepare(
    journal: &mut dyn Journal,
    commits: &mut Vec<Commit>,
    generation: Generation,
    records: u64,
    digest: u128,
) {
    catch_up(journal, commits, generation);
    if journal.is_corrupt() && journal.quarantine().is_ok() {
        // If that fails, the file without these commits is as good.
        let _ = journal.rewrite(commits);
    }
    let last = commits.last();
    if last.map_or(0, |last| last.generation) < generation {
        // Complete if this is another index version of the same records: nothing changed.
        let complete = last.is_some_and(|last| last.digest == digest);
        let seconds = unix_seconds();
        let commit = Commit { generation, seconds, records, digest, complete, changes: Vec::new() };
        append(journal, commits, commit);
    }
}

/// Reads the commits of other processes. A file that cannot be read has no commits.
fn catch_up(journal: &mut dyn Journal, commits: &mut Vec<Commit>, upto: Generation) {
    let new = match journal.read(upto) {
        Ok(None) => {
            commits.clear();
            journal.read(upto).ok().flatten()
        }
        read => read.ok().flatten(),
    };
    commits.extend(new.unwrap_or_default());
    // The changes of a commit that is not on record are unknown.
    for index in 1..commits.len() {
        let before = commits[index - 1].generation;
        let commit = &mut commits[index];
        commit.complete &= commit.generation == before + 1;
    }
}

/// Adds a commit, and drops the changes of old commits if there are too many.
fn append(journal: &mut dyn Journal, commits: &mut Vec<Commit>, commit: Commit) {
    if journal.append(&commit).is_err() {
        return;
    }
    commits.push(commit);
    let kept_changes: usize = commits.iter().map(|commit| commit.changes.len()).sum();
    if kept_changes > MAX_CHANGES {
        drop_oldest_changes(commits, kept_changes - MAX_CHANGES / 2);
        // If that fails, the file has more changes, which does no harm.
        let _ = journal.rewrite(commits);
    }
}

/// Drops the changes of the oldest commits until `surplus` are dropped.
fn drop_oldest_changes(commits: &mut [Commit], mut surplus: usize) {
    for commit in commits {
        if surplus == 0 {
            return;
        }
        surplus = surplus.saturating_sub(commit.changes.len());
        commit.complete &= commit.changes.is_empty();
        commit.changes = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, Result};

    /// A journal whose file may be corrupt, replaced by another process or unwritable.
    #[derive(Default)]
    struct FakeJournal {
        commits: Vec<Commit>,
        read: usize,
        is_replaced: bool,
        is_corrupt: bool,
        quarantines: usize,
        rewrites: usize,
        fails: bool,
    }

    impl FakeJournal {
        fn with(commits: &[Commit]) -> Self {
            Self { commits: commits.to_vec(), ..Self::default() }
        }

        fn check_writable(&self) -> Result<()> {
            if self.fails { Err(Error::Index("disk full".into())) } else { Ok(()) }
        }
    }

    impl Journal for FakeJournal {
        fn read(&mut self, upto: Generation) -> Result<Option<Vec<Commit>>> {
            if std::mem::take(&mut self.is_replaced) {
                self.read = 0;
                return Ok(None);
            }
            let unread = self.commits[self.read..].iter();
            let new: Vec<Commit> = unread.take_while(|commit| commit.generation <= upto).cloned().collect();
            self.read += new.len();
            Ok(Some(new))
        }

        fn append(&mut self, commit: &Commit) -> Result<()> {
            self.check_writable()?;
            self.commits.push(commit.clone());
            self.read = self.commits.len();
            Ok(())
        }

        fn rewrite(&mut self, commits: &[Commit]) -> Result<()> {
            self.check_writable()?;
            self.commits = commits.to_vec();
            self.read = commits.len();
            self.rewrites += 1;
            Ok(())
        }

        fn is_corrupt(&self) -> bool {
            self.is_corrupt
        }

        fn quarantine(&mut self) -> Result<()> {
            self.is_corrupt = false;
            self.quarantines += 1;
            self.commits.clear();
            Ok(())
        }
    }

    fn commit(generation: Generation, digest: u128) -> Commit {
        let changes = vec![(format!("r{generation}"), Some(digest))];
        Commit { generation, seconds: 1, records: generation, digest, complete: true, changes }
    }

    fn generations(commits: &[Commit]) -> Vec<(Generation, bool)> {
        commits.iter().map(|commit| (commit.generation, commit.complete)).collect()
    }

    #[test]
    fn corrupt_journal_is_quarantined_and_rewritten_from_readable_commits() {
        let mut journal =
            FakeJournal { is_corrupt: true, ..FakeJournal::with(&[commit(1, 10), commit(2, 20)]) };
        let mut commits = Vec::new();
        prepare(&mut journal, &mut commits, 2, 2, 20);
        assert_eq!((journal.quarantines, journal.rewrites, journal.is_corrupt), (1, 1, false));
        assert_eq!(journal.commits, [commit(1, 10), commit(2, 20)]);
        assert_eq!(commits, journal.commits);
        prepare(&mut journal, &mut commits, 2, 2, 20);
        assert_eq!(journal.quarantines, 1, "a sound journal stays as it is");
    }

    #[test]
    fn commit_after_a_gap_is_incomplete() {
        let mut journal = FakeJournal::with(&[commit(1, 10), commit(2, 20), commit(4, 40), commit(5, 50)]);
        let mut commits = Vec::new();
        catch_up(&mut journal, &mut commits, 9);
        assert_eq!(generations(&commits), [(1, true), (2, true), (4, false), (5, true)]);
    }

    #[test]
    fn generation_missing_on_record_is_added_as_incomplete_commit() {
        let mut journal = FakeJournal::with(&[commit(1, 10)]);
        let mut commits = Vec::new();
        prepare(&mut journal, &mut commits, 3, 8, 30);
        assert_eq!(generations(&commits), [(1, true), (3, false)]);
        assert_eq!((commits[1].records, commits[1].digest, commits[1].changes.len()), (8, 30, 0));
    }

    #[test]
    fn handover_adds_the_first_commit_of_an_index_version_without_changes() {
        let mut journal = FakeJournal::with(&[commit(1, 10), commit(2, 20)]);
        let first = Commit { changes: Vec::new(), ..commit(3, 20) };
        add_handover(&mut journal, first.clone());
        assert_eq!(journal.commits, [commit(1, 10), commit(2, 20), first]);
    }

    #[test]
    fn handover_to_a_later_generation_of_the_same_records_is_complete() {
        let mut journal = FakeJournal::with(&[commit(1, 10), commit(2, 20)]);
        add_handover(&mut journal, Commit { changes: Vec::new(), ..commit(5, 20) });
        assert_eq!(generations(&journal.commits), [(1, true), (2, true), (4, true), (5, true)]);
    }

    #[test]
    fn replaced_journal_is_read_again_from_the_start() {
        let mut journal = FakeJournal::with(&[commit(1, 10), commit(2, 20)]);
        let mut commits = Vec::new();
        catch_up(&mut journal, &mut commits, 2);
        journal.commits = vec![commit(2, 20), commit(3, 30)];
        journal.is_replaced = true;
        catch_up(&mut journal, &mut commits, 2);
        assert_eq!(generations(&commits), [(2, true)], "commits above the generation are not read");
        catch_up(&mut journal, &mut commits, 3);
        assert_eq!(generations(&commits), [(2, true), (3, true)]);
    }

    #[test]
    fn commit_that_cannot_be_written_is_missing_on_record() {
        let mut journal = FakeJournal::with(&[commit(1, 10)]);
        let mut commits = Vec::new();
        catch_up(&mut journal, &mut commits, 1);
        journal.fails = true;
        append(&mut journal, &mut commits, commit(2, 20));
        journal.fails = false;
        append(&mut journal, &mut commits, commit(3, 30));
        catch_up(&mut journal, &mut commits, 3);
        assert_eq!(generations(&commits), [(1, true), (3, false)]);
    }

    #[test]
    fn oldest_changes_are_dropped_first_and_leave_their_commits_incomplete() {
        let mut commits = vec![commit(1, 10), commit(2, 20), commit(3, 30)];
        commits[0].changes.clear();
        drop_oldest_changes(&mut commits, 1);
        assert_eq!(generations(&commits), [(1, true), (2, false), (3, true)]);
        assert_eq!(commits.iter().map(|commit| commit.changes.len()).collect::<Vec<_>>(), [0, 0, 1]);
    }

    #[test]
    fn commit_log_of_a_journal_lists_commits_up_to_a_generation() {
        let log = CommitLog::new(Box::new(FakeJournal::with(&[commit(1, 10), commit(2, 20)])));
        assert_eq!(log.commits(1), [commit(1, 10)]);
        assert_eq!(log.commits(2), [commit(1, 10), commit(2, 20)]);
    }
}
