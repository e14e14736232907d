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
