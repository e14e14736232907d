//! Measuring time on a machine that does other things as well.

use std::time::Duration;

/// Time this thread has worked: the machine may be busy with other things.
pub struct Clock(Duration);

impl Clock {
    /// Starts.
    pub fn now() -> Self {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Self(Duration::new(time.tv_sec as u64, time.tv_nsec as u32))
    }

    /// Time since it started.
    pub fn elapsed(&self) -> Duration {
        Self::now().0 - self.0
    }
}

/// The shortest of three times: what else runs empties the caches.
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

/// Prints how long calls took.
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
