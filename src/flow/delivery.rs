//! Delivery of answers: a stall clock for each, and which ones are cut off if memory is needed.
//!
//! The clock of an answer runs while its client has bytes to take, and pauses while the server makes
//! them. A client has to take [`MIN_PROGRESS_BYTES`] in each stall timeout. An answer that is cut off
//! ends its HTTP/2 stream or its HTTP/1 connection, which frees what is queued for it.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::task::Poll;
use std::time::Duration;

use futures_util::task::AtomicWaker;
use parking_lot::Mutex;
use tokio::time::{Instant, sleep_until};

/// Bytes that a client takes, or sends of its own body, in one stall timeout at least.
pub const MIN_PROGRESS_BYTES: usize = 16 << 10;
/// Shortest time that an answer waits for its client before it may be cut off for others.
const MIN_WAIT_FOR_EVICTION: Duration = Duration::from_secs(1);

tokio::task_local! {
    static CURRENT: Arc<Delivery>;
}

/// Deliveries of a server.
pub struct Deliveries {
    stall_timeout: Duration,
    open: Mutex<HashMap<u64, Weak<Delivery>>>,
    next_number: AtomicU64,
    stalled: AtomicU64,
    evicted: AtomicU64,
}

impl Deliveries {
    /// Creates the list of a server with this stall timeout.
    pub fn new(stall_timeout: Duration) -> Arc<Self> {
        let [next_number, stalled, evicted] = [const { AtomicU64::new(0) }; 3];
        Arc::new(Self { stall_timeout, open: Mutex::default(), next_number, stalled, evicted })
    }

    /// Number of answers that were cut off because their client did not take them.
    pub fn stalled(&self) -> u64 {
        self.stalled.load(Ordering::Relaxed)
    }

    /// Number of answers that were cut off to make room for others.
    pub fn evicted(&self) -> u64 {
        self.evicted.load(Ordering::Relaxed)
    }

    /// Starts the delivery of a stream or of a connection.
    pub fn start(self: &Arc<Self>) -> Arc<Delivery> {
        let number = self.next_number.fetch_add(1, Ordering::Relaxed);
        let (state, waker) = (Mutex::default(), AtomicWaker::new());
        let delivery = Arc::new(Delivery { deliveries: self.clone(), number, state, waker });
        self.open.lock().insert(number, Arc::downgrade(&delivery));
        delivery
    }

    /// Cuts off the answers that have waited longest for their clients, until so many bytes are free.
    /// False, and nothing is cut off, if those that have waited for a second do not hold as many.
    pub fn evict(&self, bytes: usize) -> bool {
        let now = Instant::now();
        // Upgraded copies are dropped after the lock: the last one removes itself from the list.
        let open: Vec<_> = self.open.lock().values().filter_map(Weak::upgrade).collect();
        let mut waiting: Vec<_> = open
            .iter()
            .map(|delivery| (delivery.waiting_time(now), delivery))
            .filter(|(waits, delivery)| *waits >= MIN_WAIT_FOR_EVICTION && delivery.held_bytes() > 0)
            .collect();
        waiting.sort_by_key(|(waits, _)| std::cmp::Reverse(*waits));
        let mut freed = 0;
        let enough = waiting.iter().position(|(_, delivery)| {
            freed += delivery.held_bytes();
            freed >= bytes
        });
        let Some(last) = enough else { return false };
        for (_, delivery) in &waiting[..=last] {
            if delivery.abort() {
                self.evicted.fetch_add(1, Ordering::Relaxed);
            }
        }
        true
    }
}

/// Delivery of the answer of an HTTP/2 stream, or of the answers of an HTTP/1 connection.
pub struct Delivery {
    deliveries: Arc<Deliveries>,
    number: u64,
    state: Mutex<State>,
    waker: AtomicWaker,
}

#[derive(Default)]
struct State {
    /// Bytes handed to the connection and not written by it.
    handed_over: usize,
    /// Bytes of answers in memory, queued or not.
    held: usize,
    /// Start of the present wait for the client.
    waits_since: Option<Instant>,
    /// Time waited before that, since the last progress.
    waited: Duration,
    /// Bytes moved since the last progress.
    moved: usize,
    /// True if the task is to be woken once everything is written.
    wants_room: bool,
    aborted: bool,
}

impl State {
    fn start_wait(&mut self) {
        self.waits_since.get_or_insert_with(Instant::now);
    }

    fn end_wait(&mut self) {
        if let Some(since) = self.waits_since.take() {
            self.waited += since.elapsed();
        }
    }
}

/// Decision about a delivery at a moment.
enum Verdict {
    /// The server's turn: the clock does not run.
    Paused,
    /// The client has time until this moment.
    Waits(Instant),
    Stalled,
    Aborted,
}

impl Delivery {
    /// Delivery that the present task belongs to.
    pub fn current() -> Option<Arc<Self>> {
        CURRENT.try_with(Clone::clone).ok()
    }

    /// Starts the clock: the head of an answer with a body is ready.
    pub fn start_clock(&self) {
        self.state.lock().start_wait();
    }

    /// Pauses the clock unless bytes are still to be taken: the server makes the next ones, or there
    /// are no more.
    pub fn pause_clock(&self) {
        let mut state = self.state.lock();
        if state.handed_over == 0 {
            state.end_wait();
        }
    }

    /// Counts bytes handed to the connection.
    pub fn hand_over(&self, bytes: usize) {
        let mut state = self.state.lock();
        state.handed_over += bytes;
        state.start_wait();
    }

    /// Counts bytes that the connection has written.
    pub fn count_written(&self, bytes: usize) {
        let mut state = self.state.lock();
        state.handed_over = state.handed_over.saturating_sub(bytes);
        drop(state);
        self.count_progress(bytes);
    }

    /// Counts bytes that the connection has dropped, and wakes a body that waits for room.
    pub fn count_dropped(&self, bytes: usize) {
        let mut state = self.state.lock();
        state.handed_over = state.handed_over.saturating_sub(bytes);
        if state.handed_over > 0 {
            return;
        }
        state.end_wait();
        let wake = std::mem::take(&mut state.wants_room);
        drop(state);
        if wake {
            self.waker.wake();
        }
    }

    /// Counts bytes that the client took or sent.
    pub fn count_progress(&self, bytes: usize) {
        let mut state = self.state.lock();
        state.moved += bytes;
        if state.moved >= MIN_PROGRESS_BYTES {
            (state.moved, state.waited) = (0, Duration::ZERO);
            if let Some(since) = &mut state.waits_since {
                *since = Instant::now();
            }
        }
    }

    /// True if everything handed over is written; if not, the task is woken then.
    pub fn has_room(&self) -> bool {
        let mut state = self.state.lock();
        state.wants_room = state.handed_over > 0;
        !state.wants_room
    }

    /// Counts bytes of answers in memory.
    pub fn add_held(&self, bytes: usize) {
        self.state.lock().held += bytes;
    }

    /// Counts bytes of answers that are not in memory any more.
    pub fn remove_held(&self, bytes: usize) {
        let mut state = self.state.lock();
        state.held = state.held.saturating_sub(bytes);
    }

    /// True once the answer is cut off.
    pub fn is_aborted(&self) -> bool {
        self.state.lock().aborted
    }

    /// Cuts the answer off; false if it was already.
    fn abort(&self) -> bool {
        let was_aborted = std::mem::replace(&mut self.state.lock().aborted, true);
        self.waker.wake();
        !was_aborted
    }

    fn held_bytes(&self) -> usize {
        self.state.lock().held
    }

    fn waiting_time(&self, now: Instant) -> Duration {
        let state = self.state.lock();
        state.waits_since.map_or(Duration::ZERO, |since| state.waited + now.saturating_duration_since(since))
    }

    fn verdict(&self) -> Verdict {
        let state = self.state.lock();
        if state.aborted {
            return Verdict::Aborted;
        }
        let Some(since) = state.waits_since else { return Verdict::Paused };
        let end = since + self.deliveries.stall_timeout.saturating_sub(state.waited);
        if end <= Instant::now() { Verdict::Stalled } else { Verdict::Waits(end) }
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        self.deliveries.open.lock().remove(&self.number);
    }
}

/// Runs the future of a stream or of a connection until it ends or its client stalls; `None` if it was
/// cut off.
pub async fn run_delivery<F: Future>(delivery: Arc<Delivery>, work: F) -> Option<F::Output> {
    let mut work = pin!(CURRENT.scope(delivery.clone(), work));
    let mut timer = pin!(sleep_until(Instant::now()));
    poll_fn(move |cx| {
        delivery.waker.register(cx.waker());
        if let Poll::Ready(done) = work.as_mut().poll(cx) {
            return Poll::Ready(Some(done));
        }
        loop {
            match delivery.verdict() {
                Verdict::Paused => return Poll::Pending,
                Verdict::Waits(end) => {
                    if timer.deadline() != end {
                        timer.as_mut().reset(end);
                    }
                    if timer.as_mut().poll(cx).is_pending() {
                        return Poll::Pending;
                    }
                }
                Verdict::Stalled => {
                    if delivery.abort() {
                        delivery.deliveries.stalled.fetch_add(1, Ordering::Relaxed);
                    }
                }
                Verdict::Aborted => {
                    // The body ends with an error, which resets its stream. A stream whose body is not
                    // asked, for want of a window, is reset when it is dropped.
                    let _ = work.as_mut().poll(cx);
                    return Poll::Ready(None);
                }
            }
        }
    })
    .await
}
