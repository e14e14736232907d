//! Admission control: which searches run, which wait, and which are rejected.
//!
//! A peak may fill the whole queue. Once it has overflowed, this is no peak but overload, and a
//! search that is admitted would wait for all before it. From then on only a few may wait, and the
//! newest of those that wait already are rejected too, until hardly any search is rejected for a
//! second. So admitted searches are answered about as soon as on a busy day, and the others are
//! rejected at once.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// Searches that may wait for each that runs, during overload. Four keep all threads searching, and
/// the last of them waits about as long as the unlucky do at 80 % load.
const OVERLOAD_WAITING_PER_PERMIT: usize = 4;
/// Interval over which rejections are counted before a peak may fill the queue again.
const RECOVERY_INTERVAL: Duration = Duration::from_secs(1);
/// Overload has ended when less than one of so many searches is rejected. No rejection at all would
/// be too strict: at 80 % load one of a hundred finds those few places taken, and overload would
/// never end.
const RECOVERED_BELOW_ONE_IN: u64 = 20;

/// Admission control of the searches.
pub struct AdmissionControl {
    permits: Arc<Semaphore>,
    max_running: usize,
    max_waiting: usize,
    inside: AtomicUsize,
    queue: Mutex<Queue>,
    admitted: Arc<AtomicU64>,
    rejected: AtomicU64,
}

#[derive(Default)]
struct Queue {
    /// Places that wait, the oldest first; dropping one rejects it. Closed ones have their turn or
    /// went away.
    waiting: VecDeque<oneshot::Sender<Infallible>>,
    /// Present while more is asked than can be done.
    overload: Option<Overload>,
}

/// Counts since the last check for recovery.
struct Overload {
    checked: Instant,
    arrived: u64,
    rejected: u64,
    last_rejected: Instant,
}

impl Overload {
    fn since(now: Instant) -> Self {
        Self { checked: now, arrived: 0, rejected: 0, last_rejected: now }
    }

    /// True if hardly any search was rejected in the last interval; checks once an interval.
    fn has_recovered(&mut self, now: Instant) -> bool {
        if now.saturating_duration_since(self.last_rejected) >= RECOVERY_INTERVAL {
            return true;
        }
        if now.saturating_duration_since(self.checked) < RECOVERY_INTERVAL {
            return false;
        }
        let recovered = self.rejected * RECOVERED_BELOW_ONE_IN < self.arrived;
        *self = Self { last_rejected: self.last_rejected, ..Self::since(now) };
        recovered
    }
}

/// A place in the queue or at work; given up when dropped, also because a client went away.
pub struct Place<'a> {
    admission: &'a AdmissionControl,
    rejection: oneshot::Receiver<Infallible>,
}

impl AdmissionControl {
    /// Creates control over `max_running` searches at a time, and at most `waiting_per_permit`
    /// waiting for each of them.
    pub fn new(max_running: usize, waiting_per_permit: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(max_running)),
            max_running,
            max_waiting: max_running.saturating_mul(waiting_per_permit),
            inside: AtomicUsize::new(0),
            queue: Mutex::default(),
            admitted: Arc::default(),
            rejected: AtomicU64::new(0),
        }
    }

    /// Takes a place; `None` if the search is rejected.
    pub fn enter(&self) -> Option<Place<'_>> {
        self.enter_at(Instant::now())
    }

    fn enter_at(&self, now: Instant) -> Option<Place<'_>> {
        let before = self.inside.fetch_add(1, Ordering::Relaxed);
        let overload_limit = self.max_waiting.min(self.max_running * OVERLOAD_WAITING_PER_PERMIT);
        let mut queue = self.queue.lock();
        let Queue { waiting, overload } = &mut *queue;
        if overload.as_mut().is_some_and(|overload| overload.has_recovered(now)) {
            *overload = None;
        }
        if let Some(overload) = overload {
            overload.arrived += 1;
        }
        let limit = if overload.is_none() { self.max_waiting } else { overload_limit };
        if before < self.max_running + limit {
            // Bounded by the number of places, however many came and went away.
            if waiting.len() >= self.max_running + self.max_waiting {
                waiting.retain(|place| !place.is_closed());
            }
            let (sender, rejection) = oneshot::channel();
            waiting.push_back(sender);
            self.admitted.fetch_add(1, Ordering::Relaxed);
            return Some(Place { admission: self, rejection });
        }
        self.inside.fetch_sub(1, Ordering::Relaxed);
        let overload = overload.get_or_insert_with(|| {
            waiting.retain(|place| !place.is_closed());
            waiting.truncate(overload_limit);
            Overload::since(now)
        });
        (overload.rejected, overload.last_rejected) = (overload.rejected + 1, now);
        self.rejected.fetch_add(1, Ordering::Relaxed);
        None
    }

    /// Searches that run or wait.
    pub fn inside(&self) -> usize {
        self.inside.load(Ordering::Relaxed)
    }

    /// Searches that run.
    pub fn running(&self) -> usize {
        self.max_running - self.permits.available_permits().min(self.max_running)
    }

    /// Counter of admitted searches since the start; it goes on counting.
    pub fn admitted(&self) -> Arc<AtomicU64> {
        self.admitted.clone()
    }

    /// Number of rejected searches since the start.
    pub fn rejected(&self) -> u64 {
        self.rejected.load(Ordering::Relaxed)
    }
}

impl Place<'_> {
    /// Waits for a permit; `None` if none is free by the deadline, or if the place is rejected.
    pub async fn wait_for_turn(&mut self, deadline: Instant) -> Option<OwnedSemaphorePermit> {
        let permit = tokio::select! {
            biased;
            permit = self.admission.permits.clone().acquire_owned() => permit.ok(),
            _ = &mut self.rejection => {
                self.admission.rejected.fetch_add(1, Ordering::Relaxed);
                None
            }
            () = tokio::time::sleep_until(deadline.into()) => None,
        };
        self.rejection.close();
        permit
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.admission.inside.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(admission: &AdmissionControl, at: Instant) -> Vec<Place<'_>> {
        std::iter::from_fn(|| admission.enter_at(at)).take(200).collect()
    }

    #[test]
    fn queue_after_overflow_admits_few() {
        let admission = AdmissionControl::new(2, 50);
        let mut inside = fill(&admission, Instant::now());
        assert_eq!((inside.len(), admission.rejected()), (102, 1), "the whole queue, once");
        // All but eight were told to go; those that have not gone yet still count.
        inside.truncate(50);
        assert!(admission.enter().is_none(), "during overload only a few may wait");
        inside.truncate(9);
        assert!(admission.enter().is_some());
        inside.clear();
        assert_eq!(admission.inside(), 0);
    }

    /// True if a peak may fill the queue again after a second with so many rejected of a hundred.
    fn recovers_after(rejected: usize) -> bool {
        let (admission, start) = (AdmissionControl::new(2, 50), Instant::now());
        let mut inside = fill(&admission, start);
        // All places but one are taken of those that are left; then that as well.
        inside.truncate(9);
        for k in 0..100 {
            let now = start + Duration::from_millis(10 * k as u64);
            if k == 100 - rejected {
                inside.extend(admission.enter_at(now));
            }
            assert_eq!(admission.enter_at(now).is_some(), k < 100 - rejected);
        }
        inside.extend(std::iter::from_fn(|| admission.enter_at(start + RECOVERY_INTERVAL)).take(60));
        inside.len() > 60
    }

    #[test]
    fn overload_ends_when_hardly_any_search_is_rejected() {
        assert_eq!([0, 3, 6, 50, 100].map(recovers_after), [true, true, false, false, false]);
    }

    #[tokio::test]
    async fn overflow_rejects_newest_waiting() {
        let admission = AdmissionControl::new(1, 50);
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut first = admission.enter().expect("nobody is inside");
        let running = first.wait_for_turn(deadline).await;
        let mut waiting: Vec<_> = std::iter::from_fn(|| admission.enter()).take(50).collect();
        // Two in front have gone away; the others move up.
        waiting.drain(..2);
        waiting.extend(std::iter::from_fn(|| admission.enter()));
        assert_eq!((waiting.len(), admission.rejected()), (50, 1));
        for mut late in waiting.drain(OVERLOAD_WAITING_PER_PERMIT..) {
            assert!(late.wait_for_turn(deadline).await.is_none());
        }
        drop(running);
        for mut early in waiting {
            assert!(early.wait_for_turn(deadline).await.is_some());
        }
        drop(first);
        let rejected = 1 + 50 - OVERLOAD_WAITING_PER_PERMIT as u64;
        assert_eq!((admission.inside(), admission.rejected()), (0, rejected));
    }

    #[test]
    fn places_given_up_leave_nothing() {
        let admission = AdmissionControl::new(1, 20);
        let _first = admission.enter();
        (0..10_000).for_each(|_| drop(admission.enter()));
        assert_eq!((admission.inside(), admission.rejected()), (1, 0));
        assert!(admission.queue.lock().waiting.len() <= 21);
    }

    #[test]
    fn queue_of_zero_rejects_second_search() {
        let admission = AdmissionControl::new(1, 0);
        let first = admission.enter();
        assert!(first.is_some() && admission.enter().is_none());
        drop(first);
        assert!(admission.enter().is_some());
    }
}
