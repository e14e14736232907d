//! Throttling of background work, so that it uses only processor time that others leave.
//!
//! A low priority is not enough for that: searches would still find all cores busy and their
//! caches filled with other data, and wait. So background work measures how busy the machine is
//! with other work, and pauses between its steps.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Time between two measurements of the use by others.
const WINDOW: Duration = Duration::from_millis(500);
/// Share of all cores used by others below which the machine counts as idle.
const MAX_IDLE_SHARE: f64 = 0.2;
/// Share taken of the time that others leave.
const TAKEN_SHARE: f64 = 0.15;
/// Share of all cores that is always taken, so that the work ends.
const MIN_SHARE: f64 = 0.04;
/// Longest single pause.
const MAX_PAUSE: Duration = Duration::from_secs(1);

/// Share of the machine that some work may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// No limit.
    Full,
    /// A part of the time that others leave; no limit while the machine is idle. The use by others
    /// is measured on Linux only; elsewhere this is the same as `Full`.
    Background,
}

/// Throttle of the threads of a process that works in the background.
#[derive(Clone, Default)]
pub struct Throttle(Option<Arc<Mutex<Window>>>);

struct Window {
    begun: Instant,
    cpu_at_begin: CpuTime,
    /// Share of all cores for this process.
    share: f64,
    /// True once no more pauses are wanted.
    is_released: bool,
}

/// Processor time used since some moment in the past.
#[derive(Clone, Copy)]
struct CpuTime {
    /// Time used by this process.
    own: Duration,
    /// Time used by all processes.
    all: Duration,
}

impl Throttle {
    /// Creates the throttle of a process that does nothing else.
    pub fn from_effort(effort: Effort) -> Self {
        let cpu_at_begin = if effort == Effort::Background { CpuTime::now() } else { None };
        Self(cpu_at_begin.map(|cpu_at_begin| {
            // The use by others is known after the first window; until then it counts as high.
            Arc::new(Mutex::new(Window {
                begun: Instant::now(),
                cpu_at_begin,
                share: MIN_SHARE,
                is_released: false,
            }))
        }))
    }

    /// Checks if it pauses at all.
    pub fn is_active(&self) -> bool {
        self.0.is_some()
    }

    /// Ends throttling, because others wait for this work now.
    pub fn release(&self) {
        if let Some(window) = &self.0 {
            lock(window).is_released = true;
        }
    }

    /// Pauses between two steps if too much time was used.
    pub fn pause(&self) {
        let Some(window) = &self.0 else { return };
        let pause = lock(window).pause_needed();
        if !pause.is_zero() {
            std::thread::sleep(pause);
        }
    }
}

fn lock(window: &Mutex<Window>) -> MutexGuard<'_, Window> {
    window.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Window {
    fn pause_needed(&mut self) -> Duration {
        if self.is_released {
            return Duration::ZERO;
        }
        let (elapsed, cores) = (self.begun.elapsed(), core_count());
        if elapsed >= WINDOW {
            if let Some(now) = CpuTime::now() {
                let all = now.all.saturating_sub(self.cpu_at_begin.all);
                let others = all.saturating_sub(now.own.saturating_sub(self.cpu_at_begin.own));
                self.share = share_to_take(others.as_secs_f64() / (elapsed.as_secs_f64() * cores));
                (self.begun, self.cpu_at_begin) = (Instant::now(), now);
            }
            return Duration::ZERO;
        }
        let used = process_cpu_time().saturating_sub(self.cpu_at_begin.own);
        used.div_f64(self.share * cores).saturating_sub(elapsed).min(MAX_PAUSE)
    }
}

/// Share of the machine to take when others use the share `others` of it.
fn share_to_take(others: f64) -> f64 {
    if others < MAX_IDLE_SHARE { 1.0 } else { ((1.0 - others) * TAKEN_SHARE).max(MIN_SHARE) }
}

fn core_count() -> f64 {
    std::thread::available_parallelism().map_or(1.0, |n| n.get() as f64)
}

/// Processor time that this process has used; zero where it is not known.
#[cfg(target_os = "linux")]
pub fn process_cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// Processor time that this process has used; zero where it is not known.
#[cfg(not(target_os = "linux"))]
pub fn process_cpu_time() -> Duration {
    Duration::ZERO
}

impl CpuTime {
    /// Processor time used so far; `None` where it is not known.
    fn now() -> Option<Self> {
        if !cfg!(target_os = "linux") {
            return None;
        }
        let text = std::fs::read_to_string("/proc/stat").ok()?;
        Some(Self { own: process_cpu_time(), all: busy_time(&text)? })
    }
}

/// Busy time of all processors so far, from the first line of `/proc/stat` (proc(5)): user, nice,
/// system, idle, iowait, irq, softirq, steal, in hundredths of a second.
fn busy_time(stat: &str) -> Option<Duration> {
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
    fn share_to_take_falls_with_use_by_others() {
        assert_eq!(share_to_take(0.0), 1.0);
        assert_eq!(share_to_take(0.5), 0.075);
        assert_eq!(share_to_take(1.0), MIN_SHARE);
        assert_eq!(
            busy_time("cpu  10 20 30 400 50 6 7 8 9 10\ncpu0 1 2"),
            Some(Duration::from_millis(810)),
            "idle and iowait are not counted, guests are part of user"
        );
        assert_eq!(busy_time("cpu  1 2"), None);
        assert_eq!(busy_time("intr 1"), None);
    }

    #[test]
    fn pause_needed_after_much_use_is_longest() {
        let used = CpuTime { own: Duration::ZERO, all: Duration::ZERO };
        let mut window =
            Window { begun: Instant::now(), cpu_at_begin: used, share: 1e-6, is_released: false };
        // This process has used some time, or it would not be here.
        assert_eq!(cfg!(target_os = "linux"), window.pause_needed() == MAX_PAUSE);
        window.is_released = true;
        assert_eq!(window.pause_needed(), Duration::ZERO);
        Throttle::from_effort(Effort::Full).pause();
    }
}
