//! Admission control: which searches run, which wait, and which are rejected.
//!
//! A peak may fill the whole queue. Once it has overflowed, this is no peak but overload, and a
//! search that is admitted would wait for all before it. From then on only a few may wait, and the
//! newest of those that wait already are rejected too, until hardly any search is rejected for a
//! second. So admitted searches are answered about as soon as on a busy day, and the others are
//! rejected at once.
//!
//! While several clients wait, none holds more than a quarter of the places; the newest of its places
//! beyond that are rejected. When all places are taken, the newest of the client with most of them
//! makes room. Requests without a client, those of this machine, have no share.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::access::budget::Holder;

/// Searches that may wait for each that runs, during overload. Four keep all threads searching, and
/// the last of them waits about as long as the unlucky do at 80 % load.
const OVERLOAD_WAITING_PER_PERMIT: usize = 4;
/// Interval over which rejections are counted before a peak may fill the queue again.
const RECOVERY_INTERVAL: Duration = Duration::from_secs(1);
/// Overload has ended when less than one of so many searches is rejected. No rejection at all would
/// be too strict: at 80 % load one of a hundred finds those few places taken, and overload would
/// never end.
const RECOVERED_BELOW_ONE_IN: u64 = 20;
/// Part of the waiting places that one client may hold while others wait: one in so many.
const CLIENT_SHARE: usize = 4;

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
    /// Places that wait, the oldest first. Closed ones have their turn or went away.
    waiting: VecDeque<Waiting>,
    /// Present while more is asked than can be done.
    overload: Option<Overload>,
}

/// A place that waits; dropping it rejects it.
struct Waiting {
    sender: oneshot::Sender<Infallible>,
    client: Option<Holder>,
}

impl Queue {
    /// Counts an arrival, and ends overload if it is over.
    fn observe_arrival(&mut self, now: Instant) {
        if self.overload.as_mut().is_some_and(|overload| overload.has_recovered(now)) {
            self.overload = None;
        }
        if let Some(overload) = &mut self.overload {
            overload.arrived += 1;
        }
    }

    /// Counts a rejection because all places are taken; overload begins with the first.
    fn observe_overflow(&mut self, max_waiting: usize, now: Instant) {
        if self.overload.is_none() {
            self.drop_closed();
            self.waiting.truncate(max_waiting);
        }
        let overload = self.overload.get_or_insert_with(|| Overload::since(now));
        (overload.rejected, overload.last_rejected) = (overload.rejected + 1, now);
    }

    fn drop_closed(&mut self) {
        self.waiting.retain(|place| !place.sender.is_closed());
    }

    /// Counts the open places by client.
    fn places(&self) -> HashMap<Option<&Holder>, usize> {
        let mut places = HashMap::new();
        for place in self.waiting.iter().filter(|place| !place.sender.is_closed()) {
            *places.entry(place.client.as_ref()).or_default() += 1;
        }
        places
    }

    /// Rejects the newest places of a client until it has at most `share`.
    fn trim(&mut self, client: &Holder, share: usize) {
        let is_of = |place: &Waiting| place.client.as_ref() == Some(client) && !place.sender.is_closed();
        let mut excess = self.waiting.iter().filter(|place| is_of(place)).count().saturating_sub(share);
        let mut at = self.waiting.len();
        while excess > 0 && at > 0 {
            at -= 1;
            if is_of(&self.waiting[at]) {
                self.waiting.remove(at);
                excess -= 1;
            }
        }
    }

    /// Keeps every client to its share if several wait, `newcomer` included.
    fn keep_to_share(&mut self, newcomer: Option<&Holder>, share: usize) -> Room {
        let places = self.places();
        if !places.keys().any(|client| *client != newcomer) {
            return Room::IfNotFull;
        }
        let has_room = newcomer.is_none() || places.get(&newcomer).is_none_or(|held| *held < share);
        let beyond = places.into_iter().filter(|(_, held)| *held > share);
        let greedy: Vec<Holder> = beyond.filter_map(|(client, _)| client.cloned()).collect();
        greedy.iter().for_each(|client| self.trim(client, share));
        match (has_room, greedy.is_empty()) {
            (false, _) => Room::None,
            (true, false) => Room::Made,
            (true, true) => Room::IfNotFull,
        }
    }

    /// Rejects the newest place of the client with most places if the newcomer has fewer, by two or
    /// more: it would else only take its turn. False if there is none.
    fn make_room(&mut self, newcomer: Option<&Holder>) -> bool {
        let places = self.places();
        let own = newcomer.map_or(0, |client| places.get(&Some(client)).copied().unwrap_or(0));
        let named = places.into_iter().filter_map(|(client, held)| Some((client?.clone(), held)));
        let Some((client, held)) = named.max_by_key(|(_, held)| *held) else { return false };
        let makes_room = newcomer != Some(&client) && held > own + 1;
        if makes_room {
            self.trim(&client, held - 1);
        }
        makes_room
    }
}

/// Room for a newcomer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Room {
    /// None: the newcomer has its share already.
    None,
    /// Places of others, who had more than their share and gave them up.
    Made,
    /// One place, unless all are taken.
    IfNotFull,
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
    pub fn enter(&self, client: Option<Holder>) -> Option<Place<'_>> {
        self.enter_at(client, Instant::now())
    }

    fn enter_at(&self, client: Option<Holder>, now: Instant) -> Option<Place<'_>> {
        let before = self.inside.fetch_add(1, Ordering::Relaxed);
        let overload_limit = self.max_waiting.min(self.max_running * OVERLOAD_WAITING_PER_PERMIT);
        let mut queue = self.queue.lock();
        queue.observe_arrival(now);
        let limit = if queue.overload.is_none() { self.max_waiting } else { overload_limit };
        // Free permits make no queue, so nobody is kept to a share.
        let is_waiting = before >= self.max_running;
        let room = match is_waiting {
            true => queue.keep_to_share(client.as_ref(), (limit / CLIENT_SHARE).max(1)),
            false => Room::Made,
        };
        // Those that were just told to go still count as inside.
        let is_full = room == Room::IfNotFull && before >= self.max_running + limit;
        if room != Room::None && (!is_full || queue.make_room(client.as_ref())) {
            // Bounded by the number of places, however many came and went away.
            if queue.waiting.len() >= self.max_running + self.max_waiting {
                queue.drop_closed();
            }
            let (sender, rejection) = oneshot::channel();
            queue.waiting.push_back(Waiting { sender, client });
            self.admitted.fetch_add(1, Ordering::Relaxed);
            return Some(Place { admission: self, rejection });
        }
        self.inside.fetch_sub(1, Ordering::Relaxed);
        // A client that asks for more than its share is no overload of the others.
        if room != Room::None {
            queue.observe_overflow(overload_limit, now);
        }
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
        std::iter::from_fn(|| admission.enter_at(None, at)).take(200).collect()
    }

    #[test]
    fn queue_after_overflow_admits_few() {
        let admission = AdmissionControl::new(2, 50);
        let mut inside = fill(&admission, Instant::now());
        assert_eq!((inside.len(), admission.rejected()), (102, 1), "the whole queue, once");
        // All but eight were told to go; those that have not gone yet still count.
        inside.truncate(50);
        assert!(admission.enter(None).is_none(), "during overload only a few may wait");
        inside.truncate(9);
        assert!(admission.enter(None).is_some());
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
                inside.extend(admission.enter_at(None, now));
            }
            assert_eq!(admission.enter_at(None, now).is_some(), k < 100 - rejected);
        }
        inside.extend(std::iter::from_fn(|| admission.enter_at(None, start + RECOVERY_INTERVAL)).take(60));
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
        let mut first = admission.enter(None).expect("nobody is inside");
        let running = first.wait_for_turn(deadline).await;
        let mut waiting: Vec<_> = std::iter::from_fn(|| admission.enter(None)).take(50).collect();
        // Two in front have gone away; the others move up.
        waiting.drain(..2);
        waiting.extend(std::iter::from_fn(|| admission.enter(None)));
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

    fn client(n: u8) -> Option<Holder> {
        Some(Holder::Address([192, 0, 2, n].into()))
    }

    /// Number of places that were not rejected.
    fn kept(places: &mut [Place<'_>]) -> usize {
        let is_open =
            |place: &mut Place<'_>| place.rejection.try_recv() == Err(oneshot::error::TryRecvError::Empty);
        places.iter_mut().map(is_open).filter(|open| *open).count()
    }

    #[tokio::test]
    async fn client_alone_may_fill_queue_and_keeps_a_quarter_once_another_waits() {
        let admission = AdmissionControl::new(1, 40);
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut first = admission.enter(None).expect("nobody is inside");
        let _running = first.wait_for_turn(deadline).await;
        let mut greedy: Vec<_> = (0..40).filter_map(|_| admission.enter(client(1))).collect();
        assert_eq!((greedy.len(), kept(&mut greedy)), (40, 40));
        let mut other = [admission.enter(client(2)).expect("one client has all places")];
        assert_eq!((kept(&mut greedy), kept(&mut other)), (10, 1));
        // Those that were told to go have gone.
        greedy.truncate(10);
        assert_eq!(kept(&mut greedy), 10, "the newest go first");
        assert!(admission.enter(client(1)).is_none(), "more than its share");
        assert!(admission.enter(client(2)).is_some() && admission.enter(None).is_some());
        assert!(admission.queue.lock().overload.is_none(), "the greed of one is no overload");
    }

    #[tokio::test]
    async fn full_queue_of_many_clients_has_room_for_one_that_has_no_place() {
        let admission = AdmissionControl::new(1, 8);
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut first = admission.enter(None).expect("nobody is inside");
        let _running = first.wait_for_turn(deadline).await;
        let mut pairs: Vec<_> = (0..8).filter_map(|n| admission.enter(client(n / 2))).collect();
        assert_eq!((pairs.len(), kept(&mut pairs)), (8, 8));
        assert!(admission.enter(client(9)).is_some(), "the newest of a client with two makes room");
        assert_eq!(kept(&mut pairs), 7);
        let single = AdmissionControl::new(1, 8);
        let mut first = single.enter(None).expect("nobody is inside");
        let _running = first.wait_for_turn(deadline).await;
        let _each: Vec<_> = (0..8).filter_map(|n| single.enter(client(n))).collect();
        assert!(single.enter(client(9)).is_none(), "each has one place already");
        assert!(single.queue.lock().overload.is_some());
    }

    #[test]
    fn places_given_up_leave_nothing() {
        let admission = AdmissionControl::new(1, 20);
        let _first = admission.enter(None);
        (0..10_000).for_each(|_| drop(admission.enter(None)));
        assert_eq!((admission.inside(), admission.rejected()), (1, 0));
        assert!(admission.queue.lock().waiting.len() <= 21);
    }

    #[test]
    fn queue_of_zero_rejects_second_search() {
        let admission = AdmissionControl::new(1, 0);
        let first = admission.enter(None);
        assert!(first.is_some() && admission.enter(None).is_none());
        drop(first);
        assert!(admission.enter(None).is_some());
    }
}
