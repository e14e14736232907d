//! Cost of a request: CPU time on all its threads and bytes sent, charged to its client's budgets while
//! it runs, also if the client goes away.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rustix::time::{ClockId, clock_gettime};

use crate::access::budget::{Budget, Holder, Rates, Verdict};

tokio::task_local! {
    static METER: Arc<Meter>;
}

/// Cost of a request so far, and the budgets that pay for it.
pub struct Meter {
    rates: Arc<Rates>,
    /// Owner of the widest budget: the client in the queue of searches.
    client: Option<Holder>,
    budgets: Vec<Budget>,
    account: Mutex<Account>,
}

/// Units of one request, or of the present part of a stream.
struct Account {
    /// Units taken from the budgets.
    paid: f64,
    cost: f64,
}

impl Meter {
    /// Creates the meter of a request that has paid its estimate.
    pub fn new(rates: Arc<Rates>, holders: &[Holder], budgets: Vec<Budget>, paid: f64) -> Arc<Self> {
        let account = Mutex::new(Account { paid, cost: 0.0 });
        Arc::new(Self { rates, client: holders.last().cloned(), budgets, account })
    }

    /// Adds CPU time.
    pub fn add_cpu(&self, time: Duration) {
        self.add(self.rates.units(time, 0));
    }

    /// Adds bytes sent.
    pub fn add_bytes(&self, bytes: u64) {
        self.add(self.rates.units(Duration::ZERO, bytes));
    }

    /// Charges what exceeds the units paid.
    fn add(&self, units: f64) {
        let mut account = self.account.lock();
        account.cost += units;
        let owed = account.cost - account.paid;
        if owed > 0.0 && !self.budgets.is_empty() {
            account.paid = account.cost;
            self.rates.charge(&self.budgets, owed, Instant::now());
        }
    }

    /// Gives back the part of the estimate that was not needed, all but one unit. Returns the state of
    /// the budget with the least left.
    pub fn settle(&self) -> Option<Verdict> {
        let mut account = self.account.lock();
        let unused = account.paid - account.cost.max(1.0);
        if unused > 0.0 {
            account.paid -= unused;
            self.rates.charge(&self.budgets, -unused, Instant::now());
        }
        self.rates.state(&self.budgets, Instant::now())
    }

    /// Waits until the budgets have a unit for the next part of a stream, and takes it.
    pub async fn pay_for_next_part(&self) {
        self.settle();
        while let Some(refused) =
            self.rates.spend(&self.budgets, 1.0, Instant::now()).filter(|verdict| !verdict.allowed)
        {
            tokio::time::sleep(refused.wait).await;
        }
        *self.account.lock() = Account { paid: 1.0, cost: 0.0 };
    }
}

/// Meter of the current request; `None` where nothing is counted, as for requests from this machine.
pub fn current_meter() -> Option<Arc<Meter>> {
    METER.try_with(Arc::clone).ok()
}

/// Client of the current request in the queue of searches; `None` for one that has no share.
pub fn current_client() -> Option<Holder> {
    METER.try_with(|meter| meter.client.clone()).ok().flatten()
}

/// Runs a future as part of a request: the CPU time of its polls is added to the meter.
pub async fn run_metered<T>(meter: Arc<Meter>, work: impl Future<Output = T>) -> T {
    let mut work = pin!(METER.scope(meter.clone(), work));
    std::future::poll_fn(|context| measure_cpu(Some(&*meter), || work.as_mut().poll(context))).await
}

/// Wraps a task so that it goes on with the meter of the current request.
pub fn keep_meter<T>(task: impl Future<Output = T>) -> impl Future<Output = T> {
    let meter = current_meter();
    async move {
        match meter {
            Some(meter) => run_metered(meter, task).await,
            None => task.await,
        }
    }
}

/// Runs work on this thread and adds its CPU time to the meter.
pub fn measure_cpu<T>(meter: Option<&Meter>, work: impl FnOnce() -> T) -> T {
    let Some(meter) = meter else { return work() };
    let begun = thread_cpu_time();
    let done = work();
    meter.add_cpu(thread_cpu_time().saturating_sub(begun));
    done
}

/// CPU time of this thread since it began.
fn thread_cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::budget::Purpose;
    use crate::config::Limits;

    fn meter(paid: f64) -> Arc<Meter> {
        let settings = Limits { burst: 10, per_minute: 1, unit_ms: 1, unit_kib: 1, ..Limits::default() };
        let rates = Arc::new(Rates::new(settings));
        let holders = [Holder::Address([192, 0, 2, 1].into())];
        let budgets = rates.budgets(&holders, Purpose::Plain);
        assert!(rates.spend(&budgets, paid, Instant::now()).unwrap().allowed);
        Meter::new(rates, &holders, budgets, paid)
    }

    #[test]
    fn cost_beyond_the_estimate_is_charged_and_the_rest_of_it_given_back() {
        let remaining = |meter: &Meter| meter.settle().unwrap().remaining;
        let cheap = meter(4.0);
        assert_eq!(remaining(&cheap), 9, "a request costs at least one unit");
        let dear = meter(2.0);
        dear.add_bytes(1_024);
        dear.add_cpu(Duration::from_millis(4));
        assert_eq!(remaining(&dear), 5);
    }

    #[test]
    fn work_of_a_thread_is_measured() {
        let meter = meter(1.0);
        let mut sum = 0_u64;
        measure_cpu(Some(&*meter), || {
            let begun = thread_cpu_time();
            while thread_cpu_time().saturating_sub(begun) < Duration::from_millis(3) {
                sum += 1;
            }
        });
        assert!(sum > 0 && meter.settle().unwrap().remaining <= 7);
    }
}
