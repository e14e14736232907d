//! Timing of the benches, and its output. Processor time, since the machine may be shared; ratios
//! within one run are the most reliable.

// Each bench uses a part of these.
#![allow(dead_code)]

use std::fs;
use std::time::{Duration, Instant};

/// Processor time of this thread so far. The kernel updates it a few hundred times a second, so
/// measure a second of work, not single calls.
pub fn thread_cpu() -> Duration {
    let schedstat =
        fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells the time of a thread");
    let nanoseconds =
        schedstat.split(' ').next().and_then(|n| n.parse().ok()).expect("begins with nanoseconds");
    Duration::from_nanos(nanoseconds)
}

/// Processor time of all threads of this process so far, ended ones too, in steps of 10 ms.
pub fn process_cpu() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux tells the time of a process");
    // The name of the program, in parentheses, may contain blanks.
    let (_, rest) = stat.rsplit_once(") ").expect("the name is in brackets");
    let ticks = |field: usize| {
        rest.split(' ').nth(field).and_then(|n| n.parse::<u64>().ok()).expect("a number of ticks")
    };
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}

/// Time of one run of `work`, from a second of this thread's time and at least two runs.
pub fn per_run(mut work: impl FnMut()) -> Duration {
    work();
    let begun = thread_cpu();
    let mut runs = 0;
    loop {
        work();
        runs += 1;
        let spent = thread_cpu() - begun;
        if runs >= 2 && spent > Duration::from_secs(1) {
            return spent / runs;
        }
    }
}

/// Shortest wall time of each item over several rounds.
pub fn shortest<T>(items: &[T], rounds: usize, mut work: impl FnMut(&T)) -> Vec<Duration> {
    let mut times = vec![Duration::MAX; items.len()];
    for _ in 0..rounds {
        for (item, time) in items.iter().zip(&mut times) {
            let begun = Instant::now();
            work(item);
            *time = begun.elapsed().min(*time);
        }
    }
    times
}

/// Time that this share of the times does not exceed.
pub fn percentile(times: &[Duration], share: f64) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}

pub fn mean(times: &[Duration]) -> Duration {
    times.iter().sum::<Duration>() / times.len() as u32
}

pub fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

/// Prints a row with `name` in its first column; Chinese characters count as two.
pub fn print_row(name: &str, columns: &[String]) {
    let wide = name.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>();
    let columns: Vec<String> = columns.iter().map(|column| format!("{column:>12}")).collect();
    println!("{name}{}{}", " ".repeat(46_usize.saturating_sub(wide)), columns.concat());
}
