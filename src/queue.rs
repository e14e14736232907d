//! Who searches now, who waits, and who is sent away.
//!
//! A peak may fill the whole queue. Once it has overflowed, this is no peak but more than
//! can be done, and whoever is let in would wait for all before them: then, until a second
//! has passed without anybody sent away, only a few may wait, and the newest of those who
//! wait already are sent away too. So those who are let in are answered about as soon as on
//! a busy day, and the others are told at once.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// How many may wait for each that runs while there is more than can be done. Four keep all
/// searching, and the last of them waits about as long as the unlucky do at 80 % load.
const WAITING_FOR_EACH: usize = 4;
/// How long it must have been quiet before a peak may fill the queue again.
const CALM: Duration = Duration::from_secs(1);

/// The queue before the searches.
pub struct Queue {
    permits: Arc<Semaphore>,
    width: usize,
    most: usize,
    inside: AtomicUsize,
    /// Those that wait, the oldest first; dropping one sends it away. Those that are closed have
    /// their turn or went away.
    line: Mutex<VecDeque<oneshot::Sender<Infallible>>>,
    let_in: Arc<AtomicU64>,
    turned_away: AtomicU64,
    begun: Instant,
    /// When it will have been calm, in milliseconds since it began.
    calm_at: AtomicU64,
}

/// A place in the queue or at work; given up when dropped, also because a client went away.
pub struct Place<'a> {
    queue: &'a Queue,
    sent_away: oneshot::Receiver<Infallible>,
}

impl Queue {
    /// So many at a time, and at most so many waiting for each of them.
    pub fn new(width: usize, each: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(width)),
            width,
            most: width.saturating_mul(each),
            inside: AtomicUsize::new(0),
            line: Mutex::default(),
            let_in: Arc::default(),
            turned_away: AtomicU64::new(0),
            begun: Instant::now(),
            calm_at: AtomicU64::new(0),
        }
    }

    /// Takes a place, if one may wait still.
    pub fn enter(&self) -> Option<Place<'_>> {
        let before = self.inside.fetch_add(1, Ordering::Relaxed);
        let now = self.milliseconds();
        let calm = now >= self.calm_at.load(Ordering::Relaxed);
        let few = self.most.min(self.width * WAITING_FOR_EACH);
        let waiting = if calm { self.most } else { few };
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        if before < self.width + waiting {
            // As long as all places at most, however many came and went away.
            if line.len() >= self.width + self.most {
                line.retain(|one| !one.is_closed());
            }
            let (sender, sent_away) = oneshot::channel();
            line.push_back(sender);
            self.let_in.fetch_add(1, Ordering::Relaxed);
            return Some(Place { queue: self, sent_away });
        }
        self.inside.fetch_sub(1, Ordering::Relaxed);
        if calm {
            line.retain(|one| !one.is_closed());
            line.truncate(few);
        }
        self.calm_at.store(now + CALM.as_millis() as u64, Ordering::Relaxed);
        self.turned_away.fetch_add(1, Ordering::Relaxed);
        None
    }

    /// Those inside, at work or waiting.
    pub fn inside(&self) -> usize {
        self.inside.load(Ordering::Relaxed)
    }

    /// Those at work.
    pub fn at_work(&self) -> usize {
        self.width - self.permits.available_permits().min(self.width)
    }

    /// How many were let in since it began; it goes on counting.
    pub fn let_in(&self) -> Arc<AtomicU64> {
        self.let_in.clone()
    }

    /// How many were sent away since it began.
    pub fn turned_away(&self) -> u64 {
        self.turned_away.load(Ordering::Relaxed)
    }

    fn milliseconds(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX / 2)
    }
}

impl Place<'_> {
    /// Waits for its turn; nothing if that does not come in time, or if it is sent away.
    pub async fn turn(&mut self, deadline: Instant) -> Option<OwnedSemaphorePermit> {
        let permit = tokio::select! {
            biased;
            permit = self.queue.permits.clone().acquire_owned() => permit.ok(),
            _ = &mut self.sent_away => {
                self.queue.turned_away.fetch_add(1, Ordering::Relaxed);
                None
            }
            () = tokio::time::sleep_until(deadline.into()) => None,
        };
        self.sent_away.close();
        permit
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.queue.inside.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_fills_the_queue_and_what_goes_on_does_not() {
        let queue = Queue::new(2, 50);
        let mut inside: Vec<_> = std::iter::from_fn(|| queue.enter()).take(200).collect();
        assert_eq!((inside.len(), queue.turned_away()), (102, 1), "the whole queue, once");
        // All but eight were told to go; those that have not gone yet still count.
        inside.truncate(50);
        assert!(queue.enter().is_none(), "now only a few may wait");
        inside.truncate(9);
        assert!(queue.enter().is_some());
        inside.clear();
        assert_eq!(queue.inside(), 0);
    }

    #[tokio::test]
    async fn when_it_overflows_the_newest_who_wait_are_sent_away() {
        let queue = Queue::new(1, 50);
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut first = queue.enter().expect("nobody is inside");
        let at_work = first.turn(deadline).await;
        let mut waiting: Vec<_> = std::iter::from_fn(|| queue.enter()).take(50).collect();
        // Two in front have gone away; the others move up.
        waiting.drain(..2);
        waiting.extend(std::iter::from_fn(|| queue.enter()));
        assert_eq!((waiting.len(), queue.turned_away()), (50, 1));
        for mut late in waiting.drain(WAITING_FOR_EACH..) {
            assert!(late.turn(deadline).await.is_none());
        }
        drop(at_work);
        for mut early in waiting {
            assert!(early.turn(deadline).await.is_some());
        }
        drop(first);
        assert_eq!((queue.inside(), queue.turned_away()), (0, 1 + 50 - WAITING_FOR_EACH as u64));
    }

    #[test]
    fn who_comes_and_goes_away_leaves_nothing() {
        let queue = Queue::new(1, 20);
        let _first = queue.enter();
        (0..10_000).for_each(|_| drop(queue.enter()));
        assert_eq!((queue.inside(), queue.turned_away()), (1, 0));
        assert!(queue.line.lock().unwrap().len() <= 21);
    }

    #[test]
    fn a_queue_may_be_none() {
        let queue = Queue::new(1, 0);
        let first = queue.enter();
        assert!(first.is_some() && queue.enter().is_none());
        drop(first);
        assert!(queue.enter().is_some());
    }
}
