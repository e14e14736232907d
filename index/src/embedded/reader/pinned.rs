//! Snapshots pinned for cursors.
//!
//! With live writing there may be fifty generations a second, and a reader needs a minute for a
//! page. So snapshots are kept by age and by number; a search that walks through all matches
//! holds its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::embedded::reader::segments::IndexSnapshot;
use crate::record::generation::Generation;

/// Newest snapshots that are kept, however old.
const MIN_KEPT: usize = 4;
/// Most snapshots that are kept. Each costs a small part of a segment: they share the rest.
const MAX_KEPT: usize = 128;
/// How long a snapshot is kept that no cursor has used.
const UNUSED_TIMEOUT: Duration = Duration::from_secs(120);
/// How long a snapshot is kept after a cursor used it.
const USED_TIMEOUT: Duration = Duration::from_secs(600);

struct Open {
    snapshot: Arc<IndexSnapshot>,
    last: Instant,
    used: bool,
}

/// Pinned snapshots, oldest first.
#[derive(Default)]
pub struct PinnedSnapshots {
    open: Vec<Open>,
}

impl PinnedSnapshots {
    /// Adds the newest snapshot.
    pub fn push(&mut self, snapshot: Arc<IndexSnapshot>, now: Instant) {
        self.open.push(Open { snapshot, last: now, used: false });
        self.sweep(now);
    }

    /// Finds the snapshot of a generation for a cursor.
    pub fn find(&mut self, generation: Generation, now: Instant) -> Option<Arc<IndexSnapshot>> {
        if let Some(open) = self.open.iter_mut().rev().find(|open| open.snapshot.generation == generation) {
            (open.last, open.used) = (now, true);
            return Some(open.snapshot.clone());
        }
        None
    }

    /// Drops snapshots that have timed out.
    pub fn sweep(&mut self, now: Instant) {
        let beyond = |open: &Open| {
            now.saturating_duration_since(open.last) > if open.used { USED_TIMEOUT } else { UNUSED_TIMEOUT }
        };
        let old = self.open.len().saturating_sub(MIN_KEPT);
        let mut at = 0;
        self.open.retain(|open| {
            at += 1;
            at > old || !beyond(open)
        });
        while self.open.len() > MAX_KEPT {
            // The oldest that nobody came back to; if all were, the oldest.
            let oldest = self.open[..self.open.len() - MIN_KEPT].iter().position(|open| !open.used);
            self.open.remove(oldest.unwrap_or(0));
        }
    }
}
