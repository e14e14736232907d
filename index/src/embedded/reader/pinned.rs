//! The generations that stay open for cursors that were begun on them.
//!
//! With live writing there may be fifty a second, and a reader needs a minute for a page.
//! So they are held by age and by number, those that a cursor has come back to longest;
//! and whoever walks through all matches holds its own.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crate::embedded::reader::segments::Snapshot;
use crate::record::generation::Generation;

/// The newest that stay, however old.
const NEWEST: usize = 4;
/// Most that are open at a time; a small part of a segment each, for they share the rest.
const MOST: usize = 128;
/// How long one stays that no cursor has come back to.
const UNUSED: Duration = Duration::from_secs(120);
/// How long one stays after a cursor came back to it.
const USED: Duration = Duration::from_secs(600);

struct Open {
    snapshot: Arc<Snapshot>,
    last: Instant,
    used: bool,
}

/// The generations that are held, oldest first.
#[derive(Default)]
pub struct PinnedSnapshots {
    open: Vec<Open>,
    lent: Vec<Weak<Snapshot>>,
}

impl PinnedSnapshots {
    /// Takes the newest.
    pub fn push(&mut self, snapshot: Arc<Snapshot>, now: Instant) {
        self.open.push(Open { snapshot, last: now, used: false });
        self.sweep(now);
    }

    /// One that is still held, for a cursor.
    pub fn find(&mut self, generation: Generation, now: Instant) -> Option<Arc<Snapshot>> {
        if let Some(open) = self.open.iter_mut().rev().find(|open| open.snapshot.generation == generation) {
            (open.last, open.used) = (now, true);
            return Some(open.snapshot.clone());
        }
        self.lent.iter().filter_map(Weak::upgrade).find(|snapshot| snapshot.generation == generation)
    }

    /// One that its holder holds from now on.
    pub fn lend(&mut self, snapshot: &Arc<Snapshot>) {
        self.lent.retain(|lent| lent.strong_count() > 0);
        self.lent.push(Arc::downgrade(snapshot));
    }

    /// Lets go of those whose time is over.
    pub fn sweep(&mut self, now: Instant) {
        let beyond =
            |open: &Open| now.saturating_duration_since(open.last) > if open.used { USED } else { UNUSED };
        let old = self.open.len().saturating_sub(NEWEST);
        let mut at = 0;
        self.open.retain(|open| {
            at += 1;
            at > old || !beyond(open)
        });
        while self.open.len() > MOST {
            // The oldest that nobody came back to; if all were, the oldest.
            let oldest = self.open[..self.open.len() - NEWEST].iter().position(|open| !open.used);
            self.open.remove(oldest.unwrap_or(0));
        }
    }
}
