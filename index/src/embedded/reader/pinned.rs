//! Snapshots pinned for cursors.
//!
//! Live writing can make fifty generations a second, and a reader needs a minute for a page. So
//! snapshots are kept by age and by number; an export of all matches has its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::embedded::reader::segments::IndexSnapshot;
use crate::record::generation::Generation;

/// Number of newest snapshots that are kept, however old.
const MIN_PINNED: usize = 4;
/// Maximal number of snapshots. Each costs a small part of a segment: they share the rest.
const MAX_PINNED: usize = 128;
/// Time after which a snapshot is dropped that no cursor has used.
const UNUSED_TIMEOUT: Duration = Duration::from_secs(120);
/// Time after its last use by a cursor when a snapshot is dropped.
const USED_TIMEOUT: Duration = Duration::from_secs(600);

/// A pinned snapshot with its last use.
struct Pin {
    snapshot: Arc<IndexSnapshot>,
    last_use: Instant,
    was_used: bool,
}

/// Pinned snapshots, oldest first.
#[derive(Default)]
pub struct PinnedSnapshots {
    pins: Vec<Pin>,
}

impl PinnedSnapshots {
    /// Adds the newest snapshot.
    pub fn push(&mut self, snapshot: Arc<IndexSnapshot>, now: Instant) {
        self.pins.push(Pin { snapshot, last_use: now, was_used: false });
        self.sweep(now);
    }

    /// Finds the snapshot of a generation for a cursor.
    pub fn find(&mut self, generation: Generation, now: Instant) -> Option<Arc<IndexSnapshot>> {
        let pin = self.pins.iter_mut().rev().find(|pin| pin.snapshot.generation == generation)?;
        (pin.last_use, pin.was_used) = (now, true);
        Some(pin.snapshot.clone())
    }

    /// Drops snapshots that have timed out.
    pub fn sweep(&mut self, now: Instant) {
        let has_timed_out = |pin: &Pin| {
            let timeout = if pin.was_used { USED_TIMEOUT } else { UNUSED_TIMEOUT };
            now.saturating_duration_since(pin.last_use) > timeout
        };
        let old = self.pins.len().saturating_sub(MIN_PINNED);
        let mut visited = 0;
        self.pins.retain(|pin| {
            visited += 1;
            visited > old || !has_timed_out(pin)
        });
        while self.pins.len() > MAX_PINNED {
            // The oldest that no cursor has used; if cursors have used all, the oldest.
            let oldest = self.pins[..self.pins.len() - MIN_PINNED].iter().position(|pin| !pin.was_used);
            self.pins.remove(oldest.unwrap_or(0));
        }
    }
}
