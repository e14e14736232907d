//! Timing on a shared machine.

use std::time::Duration;

/// Clock of the processor time of this thread, independent of other processes.
pub struct Clock(Duration);

impl Clock {
    /// Starts the clock.
    pub fn now() -> Self {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Self(Duration::new(time.tv_sec as u64, time.tv_nsec as u32))
    }

    /// Processor time since the start.
    pub fn elapsed(&self) -> Duration {
        Self::now().0 - self.0
    }
}

/// Shortest of three times, since other processes empty the caches.
pub fn timed<T>(work: impl Fn() -> T) -> (T, Duration) {
    let once = || {
        let start = Clock::now();
        let result = std::hint::black_box(work());
        (result, start.elapsed())
    };
    let least = once().1.min(once().1);
    let (result, took) = once();
    (result, took.min(least))
}

/// Prints percentiles of the times of calls.
pub fn report(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e6;
    println!(
        "  {what}: {} calls, p50 {:.0} µs, p99 {:.0} µs, most {:.0} µs",
        times.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
}
