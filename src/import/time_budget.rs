//! Time budget that the files of one archive share.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::import::read_error::ReadError;

/// Time for reading, without the time in which records are written.
#[derive(Debug)]
pub struct TimeBudget {
    total: Duration,
    spent: Cell<Duration>,
}

impl TimeBudget {
    /// Makes a budget that is not spent.
    pub fn new(total: Duration) -> Self {
        Self { total, spent: Cell::default() }
    }

    /// Returns the time that is left, if any is.
    ///
    /// # Errors
    /// The budget is spent.
    pub fn left(&self) -> Result<Duration, ReadError> {
        let left = self.total.saturating_sub(self.spent.get());
        if left.is_zero() {
            let seconds = self.total.as_secs();
            return Err(ReadError::Limit(format!("压缩包里的文件已读满 {seconds} 秒，其余文件不再读取")));
        }
        Ok(left)
    }

    /// Reads something while time is left, and counts the time it takes.
    ///
    /// # Errors
    /// The budget was spent before; errors of reading.
    pub fn spend<T>(&self, read: impl FnOnce() -> Result<T, ReadError>) -> Result<T, ReadError> {
        self.left()?;
        let begun = Instant::now();
        let done = read();
        self.spent.set(self.spent.get() + begun.elapsed());
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spent_budget_reads_nothing_more() {
        let budget = TimeBudget::new(Duration::from_nanos(1));
        let read = || budget.spend(|| Ok(std::hint::black_box(vec![0; 1_000]).len()));
        assert_eq!(read(), Ok(1_000), "what has begun is read to its end");
        assert!(matches!(read(), Err(ReadError::Limit(_))));
    }
}
