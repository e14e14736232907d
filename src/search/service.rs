//! Searches on behalf of requests: on blocking threads, a few at a time, in bounded time, and equal
//! ones once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use futures_util::FutureExt;
use gongkai_index::collection::rewrite::{Answer, QueryRewriter};
use gongkai_index::lexicon::Lexicon;
use gongkai_index::query::{Mode, Query};
use gongkai_index::record::generation::{Generation, SnapshotToken};
use gongkai_index::{Budget, Collection, Error, Reader};
use parking_lot::RwLock;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::access::meter::{current_client, current_meter, measure_cpu};
use crate::config;
use crate::links;
use crate::search::admission::AdmissionControl;
use crate::search::answer_cache::{AnswerCache, Lookup, cache_key};
use crate::search::writes::Writing;

/// Reason why a request gets no answer.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// More searches wait already than can be served in time.
    #[error("too many searches are waiting")]
    Overloaded,
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] Error),
    /// The search panicked.
    #[error("the search was lost")]
    Panicked,
}

/// Handle of the service that every request handler gets.
pub type SharedService = Arc<Service>;

/// Search service shared by all requests.
pub struct Service {
    collection: Collection,
    admission: AdmissionControl,
    counters: Counters,
    settings: config::Search,
    cache: Arc<AnswerCache>,
    lexicon: RwLock<Option<Arc<Lexicon>>>,
    writing: Writing,
}

impl Service {
    /// Creates a service that only reads a collection.
    pub fn new(collection: Collection, settings: config::Search) -> Self {
        Self {
            collection,
            admission: AdmissionControl::new(settings.permits(), settings.queue),
            counters: Counters::default(),
            cache: Arc::new(AnswerCache::new(settings.cache_mib << 20)),
            lexicon: RwLock::new(None),
            writing: Writing::default(),
            settings,
        }
    }

    /// Adds a writer, which commits less often while searches run.
    pub fn with_writing(mut self, writing: Writing) -> Self {
        writing.throttle_by(self.admission.admitted());
        self.writing = writing;
        self
    }

    /// The writer.
    pub fn writing(&self) -> &Writing {
        &self.writing
    }

    /// The collection.
    pub fn collection(&self) -> &Collection {
        &self.collection
    }

    /// The newest generation.
    pub fn generation(&self) -> Generation {
        self.collection.generation()
    }

    /// Number of records in the collection.
    pub fn len(&self) -> u64 {
        self.collection.len()
    }

    /// True if the collection has no records.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The lexicon of the collection, once it is built.
    pub fn lexicon(&self) -> Option<Arc<Lexicon>> {
        self.lexicon.read().clone()
    }

    /// Replaces the lexicon and clears the cache: earlier answers may be corrected otherwise now.
    pub fn replace_lexicon(&self, lexicon: Arc<Lexicon>) {
        *self.lexicon.write() = Some(lexicon);
        self.cache.clear();
    }

    /// Answers a query: from memory if it was asked before on this generation, with the answer of an
    /// equal search if one is running, else by a search.
    ///
    /// A running search belongs to all requests that wait for it and goes on when the client that
    /// came first goes away. If it fails, each of the others runs its own in the time it has left.
    ///
    /// # Errors
    /// [`SearchError`].
    pub async fn search(
        self: &Arc<Self>,
        query: Query,
        mode: Mode,
        at: Option<SnapshotToken>,
    ) -> Result<Arc<Answer>, SearchError> {
        let deadline = self.deadline();
        if !self.cache.is_enabled() {
            return self.search_until(deadline, query, mode, at).await.map(Arc::new);
        }
        let generation = at.as_ref().map_or_else(|| self.generation(), |token| token.generation);
        let key = cache_key(generation, mode, &query);
        let (failure, mut failed) = oneshot::channel();
        let start = || {
            let (service, query, at) = (self.clone(), query.clone(), at.clone());
            let search = async move {
                match service.search_until(deadline, query, mode, at).await {
                    Ok(answer) => Some(Arc::new(answer)),
                    Err(refusal) => {
                        // The request that started the search may be gone; the others need no reason.
                        drop(failure.send(refusal));
                        None
                    }
                }
            };
            search.boxed()
        };
        let running = match self.cache.get_or_start(key, generation, start) {
            Lookup::Found(answer) => return Ok(self.count_cached(answer)),
            Lookup::Started(search) => {
                return search.await.ok_or_else(|| failed.try_recv().unwrap_or(SearchError::Panicked));
            }
            Lookup::Joined(search) => search,
        };
        let answer = tokio::time::timeout_at(deadline.into(), running).await;
        let answer = answer.map_err(|_| SearchError::Engine(Error::Deadline))?;
        // A search of the newest generation may have seen one that is newer than the one named here.
        match answer.filter(|answer| at.is_none() || answer.results.generation == generation) {
            Some(answer) => Ok(self.count_cached(answer)),
            None => self.search_until(deadline, query, mode, at).await.map(Arc::new),
        }
    }

    fn count_cached(&self, answer: Arc<Answer>) -> Arc<Answer> {
        self.counters.from_cache.fetch_add(1, Ordering::Relaxed);
        answer
    }

    /// Reads the newest generation, or the one that a cursor names, for searches that go on: it
    /// stays open as long as the reader lives.
    ///
    /// # Errors
    /// A generation that is no longer open.
    pub fn reader(&self, at: Option<&SnapshotToken>) -> Result<Reader, SearchError> {
        Ok(reader(&self.collection, at)?)
    }

    /// Answers a query that will not be asked again, such as a part of an export: in the cache it
    /// would only displace answers that will be.
    ///
    /// # Errors
    /// [`SearchError`].
    pub async fn search_in(
        self: &Arc<Self>,
        reader: Reader,
        query: Query,
        mode: Mode,
    ) -> Result<Answer, SearchError> {
        let lexicon = self.lexicon();
        let work = move |_: &Collection, budget: &Budget| {
            QueryRewriter { reader: &reader, lexicon: lexicon.as_deref(), budget }.answer(&query, mode)
        };
        self.run_admitted(self.deadline(), work).await
    }

    async fn search_until(
        &self,
        deadline: Instant,
        query: Query,
        mode: Mode,
        at: Option<SnapshotToken>,
    ) -> Result<Answer, SearchError> {
        let lexicon = self.lexicon();
        self.run_admitted(deadline, move |collection, budget| {
            let reader = reader(collection, at.as_ref())?;
            QueryRewriter { reader: &reader, lexicon: lexicon.as_deref(), budget }.answer(&query, mode)
        })
        .await
    }

    /// Runs a search beside the queue and never from the cache: a probe asks if searching works, not
    /// if there is much to do.
    ///
    /// # Errors
    /// [`SearchError`].
    pub async fn probe(self: &Arc<Self>, query: Query) -> Result<u64, SearchError> {
        let deadline = self.deadline();
        let work = move |collection: &Collection, budget: &Budget| collection.reader().search(&query, budget);
        Ok(self.run_blocking(deadline, None, work).await?.total)
    }

    /// Works on the collection under the limits of a search: on a blocking thread, a few at a time,
    /// in bounded time.
    ///
    /// # Errors
    /// [`SearchError`].
    pub async fn run_read<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Collection, &Budget) -> gongkai_index::Result<T> + Send + 'static,
    ) -> Result<T, SearchError> {
        self.run_admitted(self.deadline(), work).await
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.settings.deadline()
    }

    async fn run_admitted<T: Send + 'static>(
        &self,
        deadline: Instant,
        work: impl FnOnce(&Collection, &Budget) -> gongkai_index::Result<T> + Send + 'static,
    ) -> Result<T, SearchError> {
        let mut place = self.admission.enter(current_client()).ok_or(SearchError::Overloaded)?;
        let permit = place.wait_for_turn(deadline).await.ok_or(SearchError::Overloaded)?;
        self.run_blocking(deadline, Some(permit), work).await
    }

    async fn run_blocking<T: Send + 'static>(
        &self,
        deadline: Instant,
        permit: Option<OwnedSemaphorePermit>,
        work: impl FnOnce(&Collection, &Budget) -> gongkai_index::Result<T> + Send + 'static,
    ) -> Result<T, SearchError> {
        let collection = self.collection.clone();
        let abandonment = AbandonOnDrop(Arc::default());
        let budget = Budget { deadline: Some(deadline), abandoned: Some(abandonment.0.clone()) };
        self.counters.searched.fetch_add(1, Ordering::Relaxed);
        let abandoned = self.counters.abandoned.clone();
        let meter = current_meter();
        let task = tokio::task::spawn_blocking(links::keep_base_path(move || {
            // Held until the work ends, even if the client is gone by then.
            let _permit = permit;
            let done = measure_cpu(meter.as_deref(), || work(&collection, &budget));
            if matches!(done, Err(Error::Abandoned)) {
                abandoned.fetch_add(1, Ordering::Relaxed);
            }
            done
        }));
        Ok(task.await.map_err(|_| SearchError::Panicked)??)
    }

    /// Counts of work done and the present load.
    pub fn metrics(&self) -> ServiceMetrics {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (cached_answers, cached_bytes) = self.cache.size();
        ServiceMetrics {
            searched: count(&self.counters.searched),
            from_cache: count(&self.counters.from_cache),
            abandoned: count(&self.counters.abandoned),
            turned_away: self.admission.rejected(),
            at_work: self.admission.running(),
            waiting: self.admission.inside().saturating_sub(self.admission.running()),
            cached_answers,
            cached_bytes,
            segments: self.collection.health().map_or(0, |health| health.segments),
        }
    }
}

fn reader(collection: &Collection, at: Option<&SnapshotToken>) -> gongkai_index::Result<Reader> {
    at.map_or_else(|| Ok(collection.reader()), |token| collection.reader_at(token))
}

/// Sets the flag when dropped, with the answer there or the clients gone; the running search looks
/// at the flag and ends.
struct AbandonOnDrop(Arc<AtomicBool>);

impl Drop for AbandonOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[derive(Default)]
struct Counters {
    searched: AtomicU64,
    from_cache: AtomicU64,
    /// Shared with searches that may outlive their request.
    abandoned: Arc<AtomicU64>,
}

/// Work of the service since it began, and its present load.
#[derive(Debug, Clone, Copy)]
pub struct ServiceMetrics {
    /// Searches and look-ups that the engine ran.
    pub searched: u64,
    /// Searches answered from memory or by an equal search under way.
    pub from_cache: u64,
    /// Searches stopped because their clients had gone.
    pub abandoned: u64,
    /// Searches rejected because too many waited.
    pub turned_away: u64,
    /// Searches that run.
    pub at_work: usize,
    /// Searches that wait.
    pub waiting: usize,
    /// Answers in the cache.
    pub cached_answers: usize,
    /// Approximate size of the cache.
    pub cached_bytes: usize,
    /// Segments of the index.
    pub segments: usize,
}
