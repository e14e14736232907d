//! The commit log: which ids and contents each commit changed. By it receipts are compared with
//! generations that are gone.

use std::sync::{Mutex, PoisonError};

use crate::backend::{Journal, Snapshot};
use crate::record::commit::{Commit, unix_seconds};
use crate::record::generation::Generation;

/// Changes whose ids and contents are kept; of older commits only the numbers are.
const MAX_CHANGES: usize = 2_000_000;

/// The commits on record, read from a journal as they are added to it.
pub struct CommitLog {
    state: Mutex<State>,
}

struct State {
    journal: Box<dyn Journal>,
    commits: Vec<Commit>,
}

impl CommitLog {
    /// Reads a journal; nothing is read yet.
    pub fn new(journal: Box<dyn Journal>) -> Self {
        Self { state: Mutex::new(State { journal, commits: Vec::new() }) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lists the commits on record up to a generation, the first first.
    pub fn commits(&self, upto: Generation) -> Vec<Commit> {
        let mut state = self.lock();
        let State { journal, commits } = &mut *state;
        catch_up(&mut **journal, commits, upto);
        commits.clone()
    }

    /// Prepares the log for a writer that begins on a snapshot: reads what other processes wrote,
    /// replaces a corrupt file, and enters a generation that is not on record.
    pub fn begin_writing(&self, base: &dyn Snapshot) {
        let mut state = self.lock();
        let State { journal, commits } = &mut *state;
        prepare(&mut **journal, commits, base.generation(), base.document_count(), base.digest());
    }

    /// Adds the commit that a snapshot was made by. One that cannot be written is missing on
    /// record, and receipts say so.
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

/// Adds the first commit of another index version, which holds the same records as the last one:
/// see [`crate::backend::LogHandover`].
pub fn add_handover(journal: &mut dyn Journal, commit: Commit) {
    let mut commits = Vec::new();
    let before = commit.generation.saturating_sub(1);
    prepare(journal, &mut commits, before, commit.records, commit.digest);
    append(journal, &mut commits, commit);
}

fn prepare(
    journal: &mut dyn Journal,
    commits: &mut Vec<Commit>,
    generation: Generation,
    records: u64,
    digest: u128,
) {
    catch_up(journal, commits, generation);
    if journal.is_corrupt() && journal.quarantine().is_ok() {
        // If that fails, the file that is there is as good.
        let _ = journal.rewrite(commits);
    }
    let last = commits.last();
    if last.map_or(0, |last| last.generation) < generation {
        // Another index version of the same records: nothing changed.
        let complete = last.is_some_and(|last| last.digest == digest);
        let seconds = unix_seconds();
        let commit = Commit { generation, seconds, records, digest, complete, changes: Vec::new() };
        append(journal, commits, commit);
    }
}

/// Reads what other processes wrote. A file that cannot be read has no commits.
fn catch_up(journal: &mut dyn Journal, commits: &mut Vec<Commit>, upto: Generation) {
    let new = match journal.read(upto) {
        Ok(None) => {
            commits.clear();
            journal.read(upto).ok().flatten()
        }
        read => read.ok().flatten(),
    };
    commits.extend(new.unwrap_or_default());
    // What a commit that is not on record changed is unknown.
    for at in 1..commits.len() {
        let before = commits[at - 1].generation;
        let commit = &mut commits[at];
        commit.complete &= commit.generation == before + 1;
    }
}

fn append(journal: &mut dyn Journal, commits: &mut Vec<Commit>, commit: Commit) {
    if journal.append(&commit).is_err() {
        return;
    }
    commits.push(commit);
    let remembered: usize = commits.iter().map(|commit| commit.changes.len()).sum();
    if remembered > MAX_CHANGES {
        forget(commits, remembered - MAX_CHANGES / 2);
        // If that fails, the file that is there has more, which does no harm.
        let _ = journal.rewrite(commits);
    }
}

/// Drops the changes of the oldest commits until `surplus` are dropped.
fn forget(commits: &mut [Commit], mut surplus: usize) {
    for commit in commits {
        if surplus == 0 {
            return;
        }
        surplus = surplus.saturating_sub(commit.changes.len());
        commit.complete &= commit.changes.is_empty();
        commit.changes = Vec::new();
    }
}
