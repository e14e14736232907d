//! Schedule of work that follows commits: soon after the last one, and for a small share of the time.

use std::time::{Duration, Instant};

/// Pause between two looks for a commit.
pub(super) const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// Longest wait for a quiet interval while commits follow each other.
pub(super) const MAX_DELAY: Duration = Duration::from_secs(60);
/// Background work may take at most one part in so many of a processor.
pub(super) const MAX_SHARE_ONE_IN: u32 = 50;
/// Time without a commit after which work is due.
const QUIET_INTERVAL: Duration = Duration::from_secs(1);
/// Niceness of background threads: searches come first.
const NICENESS: i32 = 10;

/// Lowers the priority of the calling thread, where the system permits it.
pub(super) fn lower_thread_priority() {
    // On Linux this holds for the thread alone.
    let _ = rustix::process::nice(NICENESS);
}

/// Decides when work on the newest generation is due.
pub(super) struct Schedule {
    /// Earliest next start, after the share of the time that the last run has used up.
    not_before: Instant,
    /// The generation last seen, and since when.
    seen: (u64, Instant),
    /// Moment from which a generation without this work has been seen.
    behind_since: Option<Instant>,
}

impl Schedule {
    pub(super) fn new(now: Instant) -> Self {
        Self { not_before: now, seen: (0, now - QUIET_INTERVAL), behind_since: None }
    }

    /// True if work is due: `newest` is the generation of the index, `done` that of the last work.
    pub(super) fn is_due(&mut self, newest: u64, done: Option<u64>, now: Instant) -> bool {
        if self.seen.0 != newest {
            // The first sight of an index is no commit.
            let since = if self.seen.0 == 0 { now - QUIET_INTERVAL } else { now };
            self.seen = (newest, since);
        }
        if done == Some(newest) {
            self.behind_since = None;
            return false;
        }
        let behind_since = *self.behind_since.get_or_insert(now);
        let is_quiet = now >= self.seen.1 + QUIET_INTERVAL;
        now >= self.not_before && (done.is_none() || is_quiet || now >= behind_since + MAX_DELAY)
    }

    /// Notes a run that took `cost` of a processor and ended then.
    pub(super) fn note_run(&mut self, cost: Duration, ended: Instant) {
        self.not_before = ended + cost * MAX_SHARE_ONE_IN;
        self.behind_since = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedule_joins_commits_and_keeps_to_its_share() {
        let start = Instant::now();
        let ms = Duration::from_millis;
        let at = |after: u64| start + ms(after);
        let mut schedule = Schedule::new(start);
        assert!(schedule.is_due(7, None, at(0)), "nothing is done yet");
        schedule.note_run(ms(100), at(100));
        assert!(!schedule.is_due(7, Some(7), at(5_000)));
        // Fifty commits a second for two minutes.
        let (mut done, mut runs) = (7, 0);
        for tick in 0..240 {
            let newest = 8 + tick * 25;
            if schedule.is_due(newest, Some(done), at(5_000 + tick * 500)) {
                runs += 1;
                done = newest;
                schedule.note_run(ms(400), at(5_000 + tick * 500 + 400));
            }
        }
        assert_eq!(runs, 1, "once a minute while there is no quiet interval");
        assert!(!schedule.is_due(6_000, Some(done), at(125_400)));
        assert!(schedule.is_due(6_000, Some(done), at(126_400)), "quiet");
        schedule.note_run(ms(10_000), at(136_400));
        assert!(!schedule.is_due(6_001, Some(6_000), at(200_000)));
        assert!(!schedule.is_due(6_001, Some(6_000), at(636_000)), "a fiftieth of the time");
        assert!(schedule.is_due(6_001, Some(6_000), at(636_500)));
    }
}
