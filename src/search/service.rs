//! Searching on behalf of requests: off the async threads, a few at a time, in
//! bounded time, and not twice.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use gongkai_index::analysis::Analyzer;
use gongkai_index::collection::rewrite::{Answer, Asker};
use gongkai_index::lexicon::Lexicon;
use gongkai_index::query::{Mode, ParsedQuery, Query};
use gongkai_index::record::generation::Generation;
use gongkai_index::{Budget, Error, Hold, Record, Searcher};
use lru::LruCache;
use tokio::sync::OwnedSemaphorePermit;

use crate::config;
use crate::links;
use crate::search::admission::Queue;
use crate::search::writes::Writing;

/// Why a request gets no answer.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// More wait already than can be served in time.
    #[error("too many searches are waiting")]
    Overloaded,
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] Error),
    /// The search ended in a defect.
    #[error("the search was lost")]
    Lost,
}

/// Handle of the service that every request handler gets.
pub type SharedService = Arc<Service>;

/// Shared by all requests.
pub struct Service {
    searcher: Arc<dyn Searcher>,
    analyzer: Analyzer,
    queue: Queue,
    figures: Figures,
    /// Held while a probe runs.
    probed: tokio::sync::Mutex<()>,
    settings: config::Search,
    cache: Mutex<Cache>,
    typing: RwLock<Option<Arc<Lexicon>>>,
    writing: Writing,
}

impl Service {
    /// Serves a collection.
    pub fn new(searcher: Arc<dyn Searcher>, settings: config::Search) -> Self {
        Self {
            searcher,
            analyzer: Analyzer::shared(),
            queue: Queue::new(settings.permits(), settings.queue),
            figures: Figures::default(),
            probed: tokio::sync::Mutex::default(),
            cache: Mutex::new(Cache::new(settings.cache_mib << 20)),
            typing: RwLock::new(None),
            writing: Writing::default(),
            settings,
        }
    }

    /// The same with a writer, which commits less often while others search.
    pub fn with_writing(mut self, writing: Writing) -> Self {
        writing.throttle_by(self.queue.let_in());
        self.writing = writing;
        self
    }

    /// The writer.
    pub fn writing(&self) -> &Writing {
        &self.writing
    }

    /// The analyzer of the collection.
    pub fn analyzer(&self) -> &Analyzer {
        &self.analyzer
    }

    /// The newest generation.
    pub fn generation(&self) -> Generation {
        self.searcher.generation()
    }

    /// How many records the collection holds.
    pub fn len(&self) -> u64 {
        self.searcher.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the collection knows of typing, once it is made.
    pub fn typing(&self) -> Option<Arc<Lexicon>> {
        self.typing.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces what is known of typing; answers of before may be corrected otherwise now.
    pub fn learn(&self, typing: Arc<Lexicon>) {
        *self.typing.write().unwrap_or_else(PoisonError::into_inner) = Some(typing);
        self.cache().clear();
    }

    /// Answers a query, from memory if it was asked before on this generation.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn search(
        self: &Arc<Self>,
        query: Query,
        mode: Mode,
        at: Option<Generation>,
    ) -> Result<Arc<Answer>, Refusal> {
        let generation = at.unwrap_or_else(|| self.generation());
        let key = cache_key(generation, mode, &query);
        if let Some(known) = self.cache().get(&key) {
            self.figures.from_cache.fetch_add(1, Ordering::Relaxed);
            return Ok(known);
        }
        let answer = Arc::new(self.search_anew(query, mode, at).await?);
        // The generation may have moved on meanwhile: file the answer under what it saw.
        if answer.results.generation == generation {
            self.cache().put(key, answer.clone());
        }
        Ok(answer)
    }

    /// Keeps a generation open for searches that go on.
    ///
    /// # Errors
    /// One that is no longer held.
    pub fn hold(&self, generation: Option<Generation>) -> Result<Hold, Refusal> {
        Ok(self.searcher.hold(generation)?)
    }

    /// Answers a query that will not be asked again, such as a piece of an export: it would
    /// only push out of memory what will be.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn search_anew(
        self: &Arc<Self>,
        query: Query,
        mode: Mode,
        at: Option<Generation>,
    ) -> Result<Answer, Refusal> {
        let (analyzer, typing) = (self.analyzer.clone(), self.typing());
        self.run(move |searcher, budget| {
            Asker { searcher, analyzer: &analyzer, typing: typing.as_deref(), budget }.ask(&query, mode, at)
        })
        .await
    }

    /// Runs a search beside the queue, never from memory: whether it works, not whether
    /// there is much to do. One probe at a time.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn probe(self: &Arc<Self>, query: Query) -> Result<u64, Refusal> {
        let deadline = Instant::now() + self.settings.deadline();
        let one = tokio::time::timeout_at(deadline.into(), self.probed.lock()).await;
        let _one = one.map_err(|_| Refusal::Engine(Error::Deadline))?;
        let work = move |searcher: &dyn Searcher, budget: &Budget| searcher.search(&query, None, budget);
        Ok(self.off_the_async_threads(deadline, None, work).await?.total)
    }

    /// The whole record of that id.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn record(self: &Arc<Self>, id: String) -> Result<Option<Record>, Refusal> {
        self.run(move |searcher, _| searcher.record(&id)).await
    }

    /// Works on the collection as a search does: off the async threads, a few at a time,
    /// in bounded time.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn consult<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&dyn Searcher, &Budget) -> gongkai_index::Result<T> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.run(work).await
    }

    async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&dyn Searcher, &Budget) -> gongkai_index::Result<T> + Send + 'static,
    ) -> Result<T, Refusal> {
        let deadline = Instant::now() + self.settings.deadline();
        let mut place = self.queue.enter().ok_or(Refusal::Overloaded)?;
        let permit = place.turn(deadline).await.ok_or(Refusal::Overloaded)?;
        self.off_the_async_threads(deadline, Some(permit), work).await
    }

    async fn off_the_async_threads<T: Send + 'static>(
        &self,
        deadline: Instant,
        permit: Option<OwnedSemaphorePermit>,
        work: impl FnOnce(&dyn Searcher, &Budget) -> gongkai_index::Result<T> + Send + 'static,
    ) -> Result<T, Refusal> {
        let searcher = self.searcher.clone();
        let waiting = Awaited(Arc::default());
        let budget = Budget { deadline: Some(deadline), abandoned: Some(waiting.0.clone()) };
        let figures = &self.figures;
        figures.searched.fetch_add(1, Ordering::Relaxed);
        let abandoned = figures.abandoned.clone();
        let task = tokio::task::spawn_blocking(links::carried(move || {
            // Held until the work ends, even if the client is gone by then.
            let _permit = permit;
            let done = work(&*searcher, &budget);
            if matches!(done, Err(Error::Abandoned)) {
                abandoned.fetch_add(1, Ordering::Relaxed);
            }
            done
        }));
        Ok(task.await.map_err(|_| Refusal::Lost)??)
    }

    /// What it has done and holds.
    pub fn figures(&self) -> ServiceFigures {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (cached_answers, cached_bytes) = {
            let cache = self.cache();
            (cache.entries.len(), cache.bytes)
        };
        ServiceFigures {
            searched: count(&self.figures.searched),
            from_cache: count(&self.figures.from_cache),
            abandoned: count(&self.figures.abandoned),
            turned_away: self.queue.turned_away(),
            at_work: self.queue.at_work(),
            waiting: self.queue.inside().saturating_sub(self.queue.at_work()),
            cached_answers,
            cached_bytes,
            segments: self.searcher.segments(),
        }
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Dropped when the answer is there or its client went away; the search that runs looks at
/// it and ends.
struct Awaited(Arc<AtomicBool>);

impl Drop for Awaited {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[derive(Default)]
struct Figures {
    searched: AtomicU64,
    from_cache: AtomicU64,
    /// Shared with searches that may outlive their request.
    abandoned: Arc<AtomicU64>,
}

/// What the service has done since it began, and holds now.
#[derive(Debug, Clone, Copy)]
pub struct ServiceFigures {
    /// Searches and look-ups that the engine ran.
    pub searched: u64,
    /// Searches answered from memory.
    pub from_cache: u64,
    /// Searches stopped because their client had gone.
    pub abandoned: u64,
    /// Searches refused because too many waited.
    pub turned_away: u64,
    /// Searches that run.
    pub at_work: usize,
    /// Searches that wait.
    pub waiting: usize,
    /// Answers in memory.
    pub cached_answers: usize,
    /// What they take, about.
    pub cached_bytes: usize,
    /// Pieces of the index.
    pub segments: usize,
}

/// Everything that an answer depends on, as text. What was understood stands there as the words
/// and a hash of what they came to: written out it is longer than all else together, and that
/// would be done also for those who are sent away.
fn cache_key(generation: Generation, mode: Mode, query: &Query) -> String {
    // Every field is named, so that a new one is not forgotten.
    let Query {
        understanding,
        filters,
        date_field,
        range,
        today,
        as_of,
        collapse,
        sort,
        start,
        per_page,
        facets,
        highlight,
        explain,
        ignored,
        masked,
    } = query;
    let which = (filters, date_field, range, today, as_of, collapse, sort, ignored);
    let what = (start, per_page, facets, highlight, explain, masked);
    // The rest of it follows from these.
    let ParsedQuery { text, matching, keys, warnings, .. } = understanding;
    let mut understood = DefaultHasher::new();
    (matching, warnings).hash(&mut understood);
    keys.iter().for_each(|wanted| (&wanted.key, wanted.boost.to_bits()).hash(&mut understood));
    format!("{generation} {mode:?} {which:?} {what:?} {:x} {text}", understood.finish())
}

/// Answers by generation and query, bounded in bytes. Old generations fall out as
/// the least recently asked.
struct Cache {
    entries: LruCache<String, Arc<Answer>>,
    bytes: usize,
    most: usize,
}

impl Cache {
    fn new(most: usize) -> Self {
        Self { entries: LruCache::unbounded(), bytes: 0, most }
    }

    fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
    }

    fn get(&mut self, key: &str) -> Option<Arc<Answer>> {
        self.entries.get(key).cloned()
    }

    fn put(&mut self, key: String, answer: Arc<Answer>) {
        let size = key.len() + weight(&answer);
        if size > self.most / 8 {
            return;
        }
        if let Some((key, old)) = self.entries.push(key, answer) {
            self.bytes -= key.len() + weight(&old);
        }
        self.bytes += size;
        while self.bytes > self.most {
            let Some((key, old)) = self.entries.pop_lru() else { break };
            self.bytes -= key.len() + weight(&old);
        }
    }
}

/// What an answer takes in memory, roughly: its texts, and a fixed part for each hit and value.
fn weight(answer: &Answer) -> usize {
    let results = &answer.results;
    let hit = |hit: &gongkai_index::results::Hit| {
        let snippets: usize = hit.highlights.body.iter().map(|s| s.html.len() + 64).sum();
        let lists = [&hit.record.issuers, &hit.record.categories, &hit.record.keywords];
        let texts: usize = lists.iter().flat_map(|list| list.iter()).map(|text| text.len() + 24).sum();
        let why = hit.why.len() * 128;
        let parts = hit.explanation.as_ref().map_or(0, |explanation| explanation.terms.len() * 96);
        1_024 + why + parts + hit.record.title.len() + hit.highlights.title.len() + snippets + texts
    };
    let facets: usize = results.facets.iter().flat_map(|f| &f.values).map(|v| v.value.len() + 48).sum();
    // The understanding: its words, its terms, its synonyms.
    let understanding = 2_048 + answer.understanding.scoring.len() * 96;
    let near: usize = answer.near.iter().map(|near| hit(&near.hit)).sum();
    understanding + near + results.hits.iter().map(hit).sum::<usize>() + facets
}

#[cfg(test)]
mod tests {
    use gongkai_index::query::parse::{MAX_CHARS, parse};
    use gongkai_index::query::{Clause, KeyBoost};

    use super::*;

    fn answer(total: u64) -> Arc<Answer> {
        let understanding = parse("", Mode::Literal, &Analyzer::shared());
        let results = gongkai_index::results::SearchResults {
            generation: 1,
            total,
            matched: total,
            hits: Vec::new(),
            facets: Vec::new(),
            more: false,
        };
        Arc::new(Answer { results, understanding, instead: None, relaxed: false, near: Vec::new() })
    }

    #[test]
    fn queries_that_may_be_answered_otherwise_are_kept_apart() {
        let today = gongkai_index::record::parse_iso_date("2026-01-02").expect("a date");
        let of = |text: &str| Query::new(parse(text, Mode::Literal, &Analyzer::shared()), today);
        let longest = "甲".repeat(MAX_CHARS);
        let (mut boosted, mut matching, mut page, mut masked) = (of("a"), of("a"), of("a"), of("a"));
        let boost = |boost| KeyBoost { key: "k".into(), boost };
        boosted.understanding.keys = vec![boost(1.0)];
        let mut more = boosted.clone();
        more.understanding.keys = vec![boost(2.0)];
        matching.understanding.matching = Clause::All;
        page.per_page += 1;
        masked.masked = !masked.masked;
        // The last two match the same; one of them says that it was cut.
        let queries = [of("a"), of("b"), of("\"a\""), boosted, more, matching, page, masked, of(&longest)]
            .into_iter()
            .chain([of(&format!("{longest}甲"))]);
        let keys: Vec<String> = queries.map(|query| cache_key(1, Mode::Literal, &query)).collect();
        let different: std::collections::HashSet<&String> = keys.iter().collect();
        assert_eq!(different.len(), keys.len());
        assert_eq!(keys[0], cache_key(1, Mode::Literal, &of("a")));
        assert_ne!(keys[0], cache_key(2, Mode::Literal, &of("a")));
        assert_ne!(keys[0], cache_key(1, Mode::Smart, &of("a")));
    }

    #[test]
    fn the_cache_is_bounded_in_bytes() {
        let mut cache = Cache::new(40_000);
        for i in 0..1_000 {
            cache.put(format!("{i}"), answer(i));
            assert!(cache.bytes <= 40_000);
        }
        assert_eq!(cache.get("999").map(|a| a.results.total), Some(999));
        assert!(cache.get("0").is_none());
        let kept = cache.entries.len();
        cache.put("999".into(), answer(1));
        assert_eq!(cache.entries.len(), kept);
    }
}
