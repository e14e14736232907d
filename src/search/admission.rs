//! Who searches now, who waits, and who is sent away.
//!
//! A peak may fill the whole queue. Once it has overflowed, this is no peak but more than
//! can be done, and whoever is let in would wait for all before them: then, until hardly
//! anybody is sent away for a second, only a few may wait, and the newest of those who
//! wait already are sent away too. So those who are let in are answered about as soon as on
//! a busy day, and the others are told at once.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// How many may wait for each that runs while there is more than can be done. Four keep all
/// searching, and the last of them waits about as long as the unlucky do at 80 % load.
const WAITING_FOR_EACH: usize = 4;
/// How long it must have been calm before a peak may fill the queue again.
const CALM: Duration = Duration::from_secs(1);
/// It is calm while less than one of so many is sent away. Nobody at all would be too much asked:
/// at 80 % load one of a hundred finds those few places taken, and it would never end.
const HARDLY: u64 = 20;

/// The queue before the searches.
pub struct Queue {
    permits: Arc<Semaphore>,
    width: usize,
    most: usize,
    inside: AtomicUsize,
    door: Mutex<Door>,
    let_in: Arc<AtomicU64>,
    turned_away: AtomicU64,
}

#[derive(Default)]
struct Door {
    /// Those that wait, the oldest first; dropping one sends it away. Those that are closed have
    /// their turn or went away.
    line: VecDeque<oneshot::Sender<Infallible>>,
    /// While there is more than can be done.
    crowd: Option<Crowd>,
}

/// What happened since it was last looked whether it is calm.
struct Crowd {
    looked: Instant,
    came: u64,
    sent_away: u64,
    last_sent_away: Instant,
}

impl Crowd {
    fn from(now: Instant) -> Self {
        Self { looked: now, came: 0, sent_away: 0, last_sent_away: now }
    }

    /// Looks, if it is time to.
    fn is_over(&mut self, now: Instant) -> bool {
        if now.saturating_duration_since(self.last_sent_away) >= CALM {
            return true;
        }
        if now.saturating_duration_since(self.looked) < CALM {
            return false;
        }
        let over = self.sent_away * HARDLY < self.came;
        *self = Self { last_sent_away: self.last_sent_away, ..Self::from(now) };
        over
    }
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
            door: Mutex::default(),
            let_in: Arc::default(),
            turned_away: AtomicU64::new(0),
        }
    }

    /// Takes a place, if one may wait still.
    pub fn enter(&self) -> Option<Place<'_>> {
        self.enter_at(Instant::now())
    }

    fn enter_at(&self, now: Instant) -> Option<Place<'_>> {
        let before = self.inside.fetch_add(1, Ordering::Relaxed);
        let few = self.most.min(self.width * WAITING_FOR_EACH);
        let mut door = self.door.lock();
        let Door { line, crowd } = &mut *door;
        if crowd.as_mut().is_some_and(|crowd| crowd.is_over(now)) {
            *crowd = None;
        }
        if let Some(crowd) = crowd {
            crowd.came += 1;
        }
        let waiting = if crowd.is_none() { self.most } else { few };
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
        let crowd = crowd.get_or_insert_with(|| {
            line.retain(|one| !one.is_closed());
            line.truncate(few);
            Crowd::from(now)
        });
        (crowd.sent_away, crowd.last_sent_away) = (crowd.sent_away + 1, now);
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

    /// Whether a peak may fill the queue again after a second in which so many of a hundred were sent away.
    fn calm_after(sent_away: usize) -> bool {
        let (queue, begun) = (Queue::new(2, 50), Instant::now());
        let mut inside: Vec<_> = std::iter::from_fn(|| queue.enter_at(begun)).take(200).collect();
        // All places but one are taken of those that are left; then that as well.
        inside.truncate(9);
        for k in 0..100 {
            let now = begun + Duration::from_millis(10 * k as u64);
            if k == 100 - sent_away {
                inside.extend(queue.enter_at(now));
            }
            assert_eq!(queue.enter_at(now).is_some(), k < 100 - sent_away);
        }
        inside.extend(std::iter::from_fn(|| queue.enter_at(begun + CALM)).take(60));
        inside.len() > 60
    }

    #[test]
    fn it_is_calm_again_when_hardly_anybody_is_sent_away() {
        assert_eq!([0, 3, 6, 50, 100].map(calm_after), [true, true, false, false, false]);
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
        assert!(queue.door.lock().line.len() <= 21);
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
