//! Answers in memory and searches under way, by generation and query.
//!
//! A search that is asked again is answered from memory. One that is asked while an equal one runs
//! waits for that answer: the search is a future that all its requests poll, so it goes on as long
//! as one of them is there, and stops when the last client has gone.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt, Shared, WeakShared};
use gongkai_index::collection::rewrite::Answer;
use gongkai_index::query::{Mode, ParsedQuery, Query};
use gongkai_index::record::generation::Generation;
use gongkai_index::results::Hit;
use lru::LruCache;
use parking_lot::Mutex;

/// A search that several requests wait for; `None` if it failed.
pub(super) type SharedSearch = Shared<BoxFuture<'static, Option<Arc<Answer>>>>;

/// An answer takes at most this part of the memory, so that one does not displace all others.
const MAX_SHARE: usize = 8;

/// Answers bounded in bytes, and the searches that will add to them.
pub(super) struct AnswerCache {
    max_bytes: usize,
    contents: Mutex<Contents>,
}

struct Contents {
    /// Answers; those of old generations leave as the least recently asked.
    answers: LruCache<String, Arc<Answer>>,
    bytes: usize,
    running: HashMap<String, Running>,
    started: u64,
}

/// A search under way. The map holds it weakly: it belongs to the requests that wait for it.
struct Running {
    number: u64,
    search: WeakShared<BoxFuture<'static, Option<Arc<Answer>>>>,
}

/// Result of a look-up.
pub(super) enum Lookup {
    /// The answer is in memory.
    Found(Arc<Answer>),
    /// An equal search runs already.
    Joined(SharedSearch),
    /// The caller's search was started.
    Started(SharedSearch),
}

/// Registration of a running search; dropped when it ends or nobody waits for it any more.
struct Registration {
    cache: Arc<AnswerCache>,
    key: String,
    number: u64,
}

impl AnswerCache {
    /// Creates an empty cache. With 0 bytes, nothing is kept or shared.
    pub fn new(max_bytes: usize) -> Self {
        let contents =
            Contents { answers: LruCache::unbounded(), bytes: 0, running: HashMap::new(), started: 0 };
        Self { max_bytes, contents: Mutex::new(contents) }
    }

    /// True unless the settings switch the cache off.
    pub fn is_enabled(&self) -> bool {
        self.max_bytes > 0
    }

    /// Removes all answers; searches under way will neither be joined nor kept.
    pub fn clear(&self) {
        let mut contents = self.contents.lock();
        contents.answers.clear();
        contents.bytes = 0;
        contents.running.clear();
    }

    /// Number of answers and their approximate size in bytes.
    pub fn size(&self) -> (usize, usize) {
        let contents = self.contents.lock();
        (contents.answers.len(), contents.bytes)
    }

    /// Finds the answer, joins the search under way, or starts `search`.
    ///
    /// The answer is kept under `key` if it is of `generation`: the collection may have moved on
    /// between the look-up and the search.
    pub fn get_or_start(
        self: &Arc<Self>,
        key: String,
        generation: Generation,
        search: impl FnOnce() -> BoxFuture<'static, Option<Arc<Answer>>>,
    ) -> Lookup {
        let mut contents = self.contents.lock();
        if let Some(answer) = contents.answers.get(&key) {
            return Lookup::Found(answer.clone());
        }
        if let Some(search) = contents.running.get(&key).and_then(|running| running.search.upgrade()) {
            return Lookup::Joined(search);
        }
        contents.started += 1;
        let number = contents.started;
        let registration = Registration { cache: self.clone(), key: key.clone(), number };
        let search = search();
        let search = async move {
            let answer = search.await;
            registration.end(answer.as_ref().filter(|answer| answer.results.generation == generation));
            answer
        };
        let search = search.boxed().shared();
        if let Some(weak) = search.downgrade() {
            contents.running.insert(key, Running { number, search: weak });
        }
        Lookup::Started(search)
    }
}

impl Registration {
    /// Ends the search; its answer is kept in the same step, so nobody can miss both.
    fn end(self, answer: Option<&Arc<Answer>>) {
        let mut contents = self.cache.contents.lock();
        // Cleared meanwhile: what the answer followed from has changed.
        let is_current = contents.running.get(&self.key).is_some_and(|running| running.number == self.number);
        if let Some(answer) = answer.filter(|_| is_current) {
            contents.keep(self.key.clone(), answer.clone(), self.cache.max_bytes);
        }
        drop(contents);
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut contents = self.cache.contents.lock();
        // Another request may have started the search anew since the last one went away.
        if contents.running.get(&self.key).is_some_and(|running| running.number == self.number) {
            contents.running.remove(&self.key);
        }
    }
}

impl Contents {
    fn keep(&mut self, key: String, answer: Arc<Answer>, max_bytes: usize) {
        let size = key.len() + approximate_bytes(&answer);
        if size > max_bytes / MAX_SHARE {
            return;
        }
        if let Some((key, replaced)) = self.answers.push(key, answer) {
            self.bytes -= key.len() + approximate_bytes(&replaced);
        }
        self.bytes += size;
        while self.bytes > max_bytes {
            let Some((key, oldest)) = self.answers.pop_lru() else { break };
            self.bytes -= key.len() + approximate_bytes(&oldest);
        }
    }
}

/// Key of a search: everything that its answer depends on, as text.
///
/// The parsed query stands there as its words and a hash of their meaning: written out it is longer
/// than all else together, and that would be done also for requests that are refused.
pub(super) fn cache_key(generation: Generation, mode: Mode, query: &Query) -> String {
    // Every field is named, so that a new one is not forgotten.
    let Query {
        parsed,
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
    } = query;
    let which = (filters, date_field, range, today, as_of, collapse, sort, ignored);
    let what = (start, per_page, facets, highlight, explain);
    // The rest of it follows from these.
    let ParsedQuery { text, matching, keys, warnings, .. } = parsed;
    let mut meaning = DefaultHasher::new();
    (matching, warnings).hash(&mut meaning);
    keys.iter().for_each(|wanted| (&wanted.key, wanted.boost.to_bits()).hash(&mut meaning));
    format!("{generation} {mode:?} {which:?} {what:?} {:x} {text}", meaning.finish())
}

/// Approximate size of an answer in memory: its texts, and a fixed part for each hit and value.
fn approximate_bytes(answer: &Answer) -> usize {
    let results = &answer.results;
    let hit = |hit: &Hit| {
        let snippets: usize = hit.highlights.body.iter().map(|s| s.html.len() + 64).sum();
        let lists = [&hit.record.issuers, &hit.record.categories, &hit.record.keywords];
        let texts: usize = lists.iter().flat_map(|list| list.iter()).map(|text| text.len() + 24).sum();
        let why = hit.matched_on.len() * 128;
        let parts = hit.explanation.as_ref().map_or(0, |explanation| explanation.terms.len() * 96);
        1_024 + why + parts + hit.record.title.len() + hit.highlights.title.len() + snippets + texts
    };
    let facets: usize = results.facets.iter().flat_map(|f| &f.values).map(|v| v.value.len() + 48).sum();
    // The parsed query: its words, its terms, its synonyms.
    let parsed = 2_048 + answer.parsed.scoring.len() * 96;
    let near: usize = answer.near.iter().map(|near| hit(&near.hit)).sum();
    parsed + near + results.hits.iter().map(hit).sum::<usize>() + facets
}

#[cfg(test)]
mod tests {
    use gongkai_index::analysis::Analyzer;
    use gongkai_index::query::parse::{MAX_CHARS, parse};
    use gongkai_index::query::{Clause, KeyBoost};
    use gongkai_index::record::generation::SnapshotToken;
    use gongkai_index::results::SearchResults;

    use super::*;

    fn answer(total: u64) -> Arc<Answer> {
        let parsed = parse("", Mode::Literal, &Analyzer::shared());
        let results = SearchResults {
            generation: 1,
            token: SnapshotToken::of_generation(1),
            total,
            matched: total,
            hits: Vec::new(),
            facets: Vec::new(),
            more: false,
        };
        Arc::new(Answer { results, parsed, corrected: None, relaxed: false, near: Vec::new() })
    }

    /// Looks a key up with a search that answers at once.
    fn total(cache: &Arc<AnswerCache>, key: &str, total: u64) -> u64 {
        let ready = || async move { Some(answer(total)) }.boxed();
        let answer = match cache.get_or_start(key.into(), 1, ready) {
            Lookup::Found(answer) => Some(answer),
            Lookup::Joined(search) | Lookup::Started(search) => search.now_or_never().flatten(),
        };
        answer.expect("an answer").results.total
    }

    #[test]
    fn cache_key_differs_wherever_the_answer_may() {
        let today = gongkai_index::record::parse_iso_date("2026-01-02").expect("a date");
        let query = |text: &str| Query::new(parse(text, Mode::Literal, &Analyzer::shared()), today);
        let longest = "甲".repeat(MAX_CHARS);
        let (mut boosted, mut matching, mut page) = (query("a"), query("a"), query("a"));
        let boost = |boost| KeyBoost { key: "k".into(), boost };
        boosted.parsed.keys = vec![boost(1.0)];
        let mut more = boosted.clone();
        more.parsed.keys = vec![boost(2.0)];
        matching.parsed.matching = Clause::All;
        page.per_page += 1;
        // The last two match the same; one of them says that it was cut.
        let queries =
            [query("a"), query("b"), query("\"a\""), boosted, more, matching, page, query(&longest)]
                .into_iter()
                .chain([query(&format!("{longest}甲"))]);
        let keys: Vec<String> = queries.map(|query| cache_key(1, Mode::Literal, &query)).collect();
        let different: std::collections::HashSet<&String> = keys.iter().collect();
        assert_eq!(different.len(), keys.len());
        assert_eq!(keys[0], cache_key(1, Mode::Literal, &query("a")));
        assert_ne!(keys[0], cache_key(2, Mode::Literal, &query("a")));
        assert_ne!(keys[0], cache_key(1, Mode::Smart, &query("a")));
    }

    #[test]
    fn cache_over_its_bytes_drops_the_least_recent() {
        let cache = Arc::new(AnswerCache::new(40_000));
        for i in 0..1_000 {
            assert_eq!(total(&cache, &i.to_string(), i), i);
            assert!(cache.size().1 <= 40_000);
        }
        assert_eq!(total(&cache, "999", 0), 999);
        let (kept, bytes) = cache.size();
        assert_eq!(total(&cache, "0", 7), 7);
        assert!(kept > 1 && cache.size().0 <= kept && bytes > 30_000);
        assert!(cache.contents.lock().running.is_empty());
    }

    #[test]
    fn search_of_cleared_cache_is_neither_joined_nor_kept() {
        let cache = Arc::new(AnswerCache::new(1 << 20));
        let started = |cache: &Arc<AnswerCache>, total| {
            let ready = move || async move { Some(answer(total)) }.boxed();
            match cache.get_or_start("a".into(), 1, ready) {
                Lookup::Started(search) => search,
                Lookup::Found(_) | Lookup::Joined(_) => panic!("not started"),
            }
        };
        let before = started(&cache, 1);
        cache.clear();
        let after = started(&cache, 2);
        assert!(before.now_or_never().flatten().is_some());
        assert_eq!(cache.size().0, 0, "the earlier answer is not kept");
        assert!(after.now_or_never().flatten().is_some());
        assert_eq!(total(&cache, "a", 3), 2);
    }

    #[test]
    fn search_that_nobody_waits_for_leaves_nothing() {
        let cache = Arc::new(AnswerCache::new(1 << 20));
        for _ in 0..2 {
            let endless = || std::future::pending().boxed();
            let Lookup::Started(search) = cache.get_or_start("a".into(), 1, endless) else {
                panic!("not started");
            };
            assert!(matches!(cache.get_or_start("a".into(), 1, endless), Lookup::Joined(_)));
            drop(search);
            assert!(cache.contents.lock().running.is_empty());
        }
    }
}
