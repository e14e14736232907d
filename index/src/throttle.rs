//! Work that takes only what others leave of the machine.
//!
//! A low priority is not enough for that: whoever searches finds both cores busy and what is
//! near them full of other things, and waits. So work in the background looks how busy the
//! machine is with anything else, and rests between its steps.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long it works before it looks again what others do.
const WINDOW: Duration = Duration::from_millis(500);
/// Below this share of all cores others do nothing that would have to be spared.
const IDLE: f64 = 0.2;
/// Of what others leave, how much is taken.
const TAKEN: f64 = 0.15;
/// Always taken, so that it ends.
const LEAST: f64 = 0.04;
/// Longest rest at a time.
const LONGEST: Duration = Duration::from_secs(1);

/// How much of the machine some work may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// All that the system gives it.
    Full,
    /// A part of what others leave; all while they leave nearly everything. It is known on
    /// Linux what others do; elsewhere this is the same as `Full`.
    Background,
}

/// Gives rests to the threads of a process that works in the background.
#[derive(Clone, Default)]
pub struct Throttle(Option<Arc<Mutex<Window>>>);

struct Window {
    begun: Instant,
    at_begin: Used,
    /// Of all cores, for this process.
    share: f64,
    /// No more rests.
    hurries: bool,
}

/// Time of processors that was used since some moment in the past.
#[derive(Clone, Copy)]
struct Used {
    /// By this process.
    own: Duration,
    /// By all.
    all: Duration,
}

impl Throttle {
    /// For a whole process that does nothing else.
    pub fn of(effort: Effort) -> Self {
        let at_begin = if effort == Effort::Background { Used::now() } else { None };
        Self(at_begin.map(|at_begin| {
            // What others do is known after the first window; until then it is taken for much.
            Arc::new(Mutex::new(Window { begun: Instant::now(), at_begin, share: LEAST, hurries: false }))
        }))
    }

    /// Whether it gives rests at all.
    pub fn rests(&self) -> bool {
        self.0.is_some()
    }

    /// From now on others wait for this work: no more rests.
    pub fn hurry(&self) {
        if let Some(window) = &self.0 {
            locked(window).hurries = true;
        }
    }

    /// Called between two steps: rests if too much was taken.
    pub fn step(&self) {
        let Some(window) = &self.0 else { return };
        let rest = locked(window).rest();
        if !rest.is_zero() {
            std::thread::sleep(rest);
        }
    }
}

fn locked(window: &Mutex<Window>) -> MutexGuard<'_, Window> {
    window.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Window {
    fn rest(&mut self) -> Duration {
        if self.hurries {
            return Duration::ZERO;
        }
        let (elapsed, cores) = (self.begun.elapsed(), cores());
        if elapsed >= WINDOW {
            if let Some(now) = Used::now() {
                let all = now.all.saturating_sub(self.at_begin.all);
                let others = all.saturating_sub(now.own.saturating_sub(self.at_begin.own));
                self.share = share(others.as_secs_f64() / (elapsed.as_secs_f64() * cores));
                (self.begun, self.at_begin) = (Instant::now(), now);
            }
            return Duration::ZERO;
        }
        let used = own().saturating_sub(self.at_begin.own);
        used.div_f64(self.share * cores).saturating_sub(elapsed).min(LONGEST)
    }
}

/// The share of the machine to take when others use so much of it.
fn share(others: f64) -> f64 {
    if others < IDLE { 1.0 } else { ((1.0 - others) * TAKEN).max(LEAST) }
}

fn cores() -> f64 {
    std::thread::available_parallelism().map_or(1.0, |n| n.get() as f64)
}

/// Time of processors that this process has used; zero where it is not known.
#[cfg(target_os = "linux")]
pub fn own() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// Time of processors that this process has used; zero where it is not known.
#[cfg(not(target_os = "linux"))]
pub fn own() -> Duration {
    Duration::ZERO
}

impl Used {
    /// Nothing where it is not known.
    fn now() -> Option<Self> {
        if !cfg!(target_os = "linux") {
            return None;
        }
        let text = std::fs::read_to_string("/proc/stat").ok()?;
        Some(Self { own: own(), all: busy(&text)? })
    }
}

/// What all processors did so far other than wait, from the first line of `/proc/stat` (proc(5)): user, nice,
/// system, idle, iowait, irq, softirq, steal, in hundredths of a second.
fn busy(stat: &str) -> Option<Duration> {
    let numbers: Vec<u64> = stat
        .lines()
        .next()?
        .strip_prefix("cpu ")?
        .split_whitespace()
        .take(8)
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    let idle = numbers.get(3)? + numbers.get(4)?;
    Some(Duration::from_millis((numbers.iter().sum::<u64>() - idle) * 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_leave_is_shared() {
        assert_eq!(share(0.0), 1.0);
        assert_eq!(share(0.5), 0.075);
        assert_eq!(share(1.0), LEAST);
        assert_eq!(
            busy("cpu  10 20 30 400 50 6 7 8 9 10\ncpu0 1 2"),
            Some(Duration::from_millis(810)),
            "without waiting, and guests are users already"
        );
        assert_eq!(busy("cpu  1 2"), None);
        assert_eq!(busy("intr 1"), None);
    }

    #[test]
    fn who_took_too_much_rests() {
        let used = Used { own: Duration::ZERO, all: Duration::ZERO };
        let mut window = Window { begun: Instant::now(), at_begin: used, share: 1e-6, hurries: false };
        // This process has used some time, or it would not be here.
        assert_eq!(cfg!(target_os = "linux"), window.rest() == LONGEST);
        window.hurries = true;
        assert_eq!(window.rest(), Duration::ZERO);
        Throttle::of(Effort::Full).step();
    }
}
