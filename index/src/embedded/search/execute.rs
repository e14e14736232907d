//! A query out: match, count, rank, cut the page, fetch and mark it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, TERMINATED};

use crate::analysis::Analyzer;
use crate::backend::Budget;
use crate::collection::highlight::Highlighter;
use crate::collection::masking;
use crate::collection::match_reasons::Why;
use crate::embedded::reader::columns::STATES;
use crate::embedded::reader::derived_columns::state_of;
use crate::embedded::reader::segments::{Segment, Snapshot};
use crate::embedded::reader::stored::Stored;
use crate::embedded::search::boosts::Factors;
use crate::embedded::search::collect::Collector;
use crate::embedded::search::law_family::{Scored, lift};
use crate::embedded::search::matching::{Matcher, Plan};
use crate::embedded::search::proximity;
use crate::embedded::search::scoring::Scorer;
use crate::error::{Error, Result};
use crate::query::{Position, Query, Sort, Start};
use crate::record::Record;
use crate::results::{Explanation, Highlights, Hit, Ordered, SearchResults};
use crate::schema::fields::TextField;

/// Runs a query on one generation.
pub fn run(
    snapshot: &Snapshot,
    query: &Query,
    analyzer: &Analyzer,
    budget: &Budget,
) -> Result<SearchResults> {
    let plan = Plan::new(&query.understanding.matching, analyzer, snapshot)?;
    let mut collector = Collector::new(query, &snapshot.dictionary, snapshot.groups);
    let scorer = match query.sort {
        Sort::Relevance => Some(Scorer::new(snapshot, &query.understanding)?),
        _ => None,
    };
    let page = page(snapshot, query, &plan, &mut collector, scorer.as_ref(), budget)?;
    let total = collector.total;
    let matched = collector.matched;
    let (entries, more) = page.cut(total);
    Ok(SearchResults {
        generation: snapshot.generation,
        total,
        matched,
        hits: Fetcher { snapshot, query, scorer: scorer.as_ref() }.run(&entries, budget)?,
        facets: collector.facets(),
        more,
    })
}

/// All hits of a query on one generation, without reading them.
pub fn order(snapshot: &Snapshot, query: &Query, analyzer: &Analyzer, budget: &Budget) -> Result<Ordered> {
    let whole = Query { start: Start::Offset(0), per_page: usize::MAX, ..query.clone() };
    let plan = Plan::new(&query.understanding.matching, analyzer, snapshot)?;
    let mut collector = Collector::new(query, &snapshot.dictionary, snapshot.groups);
    let scorer = match query.sort {
        Sort::Relevance => Some(Scorer::new(snapshot, &query.understanding)?),
        _ => None,
    };
    let page = page(snapshot, &whole, &plan, &mut collector, scorer.as_ref(), budget)?;
    let (entries, _) = page.cut(collector.total);
    let content = |entry: &Entry| Ok((entry.id_hash, snapshot.content_of(entry.segment, entry.doc)?));
    let entries = entries.iter().map(content).collect::<Result<_>>()?;
    Ok(Ordered { generation: snapshot.generation, entries })
}

/// Matches, counts and ranks. All segments are counted before any is ranked: which of the
/// copies of a text is shown depends on all that match.
fn page(
    snapshot: &Snapshot,
    query: &Query,
    plan: &Plan,
    collector: &mut Collector<'_>,
    scorer: Option<&Scorer>,
    budget: &Budget,
) -> Result<Page> {
    let mut counted = Vec::with_capacity(snapshot.segments.len());
    for (ordinal, segment) in snapshot.segments.iter().enumerate() {
        let matches = Matcher { segment, budget }.run(plan)?;
        counted.push(collector.segment(ordinal, segment, matches));
    }
    collector.finish(&snapshot.segments);
    let mut found = Vec::with_capacity(snapshot.segments.len());
    for ((ordinal, segment), hits) in snapshot.segments.iter().enumerate().zip(counted) {
        let hits = collector.shown(segment, hits);
        let factors = scorer.map(|_| Factors::new(query, segment, &snapshot.dictionary));
        let scores = match (scorer, &factors) {
            (Some(scorer), Some(factors)) => scorer.run(snapshot, ordinal, &hits, factors, budget)?,
            _ => Vec::new(),
        };
        found.push(Scored { segment, hits, scores });
    }
    if let Some(scorer) = scorer {
        if query.understanding.question {
            lift(&mut found);
        } else {
            proximity::lift(scorer, &query.understanding, &mut found, budget)?;
        }
        scorer.lift(query, &mut found)?;
    }
    let mut page = Page::new(query);
    for (ordinal, found) in found.iter().enumerate() {
        page.add(query, ordinal, found.segment, found.hits.iter(), &found.scores);
    }
    budget.check()?;
    Ok(page)
}

/// A hit in the running for the page. Ordered so that the better one is smaller.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    key: Reverse<u64>,
    id_hash: u64,
    segment: usize,
    doc: u32,
}

/// The best hits so far.
struct Page {
    best: BinaryHeap<Entry>,
    skip: usize,
    size: usize,
    after: Option<(Reverse<u64>, u64)>,
    /// Hits behind `after`.
    remaining: u64,
}

impl Page {
    fn new(query: &Query) -> Self {
        let (skip, after) = match query.start {
            Start::Offset(skip) => (skip, None),
            Start::After(at) => (0, Some((Reverse(at.key), at.id_hash))),
        };
        Self { best: BinaryHeap::new(), skip, size: query.per_page, after, remaining: 0 }
    }

    fn add(
        &mut self,
        query: &Query,
        ordinal: usize,
        segment: &Segment,
        hits: impl Iterator<Item = u32>,
        scores: &[f32],
    ) {
        let columns = &segment.columns;
        let room = self.skip.saturating_add(self.size);
        let dates = match query.sort {
            Sort::Newest(field) | Sort::Oldest(field) => columns.dates(field),
            Sort::Relevance => &[],
        };
        for doc in hits {
            let at = doc as usize;
            let key = match query.sort {
                Sort::Newest(_) => u64::from(dates[at]),
                // Records without the date come last either way.
                Sort::Oldest(_) if dates[at] == 0 => 0,
                Sort::Oldest(_) => u64::from(u32::MAX - dates[at]),
                Sort::Relevance => score_key(scores[at]),
            };
            let entry = Entry { key: Reverse(key), id_hash: columns.id_hash[at], segment: ordinal, doc };
            if self.after.is_some_and(|after| (entry.key, entry.id_hash) <= after) {
                continue;
            }
            self.remaining += 1;
            if room == 0 {
                continue;
            }
            if self.best.len() < room {
                self.best.push(entry);
            } else if self.best.peek().is_some_and(|worst| entry < *worst) {
                self.best.pop();
                self.best.push(entry);
            }
        }
    }

    fn cut(self, total: u64) -> (Vec<Entry>, bool) {
        let mut entries = self.best.into_sorted_vec();
        let page: Vec<Entry> = entries.drain(self.skip.min(entries.len())..).collect();
        let behind = if self.after.is_some() { self.remaining } else { total };
        let more = (self.skip + page.len()) as u64 <= behind.saturating_sub(1) && !page.is_empty();
        (page, more)
    }
}

/// A score as a key that orders as scores do; scores are not negative.
fn score_key(score: f32) -> u64 {
    u64::from(score.max(0.0).to_bits())
}

/// Reads and marks the records of a page.
struct Fetcher<'a> {
    snapshot: &'a Snapshot,
    query: &'a Query,
    scorer: Option<&'a Scorer>,
}

impl Fetcher<'_> {
    fn run(&self, entries: &[Entry], budget: &Budget) -> Result<Vec<Hit>> {
        let query = self.query;
        let highlighter = Highlighter::new(&query.understanding.marks);
        let why = Why::new(&query.understanding);
        let mut hits = Vec::with_capacity(entries.len());
        for entry in entries {
            budget.check()?;
            let segment = &self.snapshot.segments[entry.segment];
            let mut record = self.snapshot.stored_record(entry.segment, entry.doc)?;
            if query.masked {
                masking::hide(&mut record);
            }
            let reasons = if query.highlight { why.reasons(&record) } else { Vec::new() };
            let body = std::mem::take(&mut record.body);
            let state = state_of(segment.overlay.states(query.today)[entry.doc as usize]);
            let highlights = match query.highlight {
                true => highlighter.highlight(&record.title, &body),
                false => Highlights::default(),
            };
            hits.push(Hit {
                validity: STATES[state],
                score: if query.sort == Sort::Relevance { f32::from_bits(entry.key.0 as u32) } else { 0.0 },
                position: Position { key: entry.key.0, id_hash: entry.id_hash },
                highlights,
                why: reasons,
                explanation: self.explanation(entry)?,
                record,
                reprints: 0,
                interpretations: 0,
                versions: 0,
            });
        }
        Ok(hits)
    }

    fn explanation(&self, entry: &Entry) -> Result<Option<Explanation>> {
        let Some(scorer) = self.scorer.filter(|_| self.query.explain) else { return Ok(None) };
        let segment = &self.snapshot.segments[entry.segment];
        let factors = Factors::new(self.query, segment, &self.snapshot.dictionary);
        let mut parts = scorer.explain(self.snapshot, entry.segment, entry.doc, &factors)?;
        // Some parts are known only beside the other hits and are what is left: what the law of an
        // article or a passage adds, and what the title loses that another record has as well.
        let (score, alone) = (f32::from_bits(entry.key.0 as u32), parts.score());
        if parts.boost > 0.0 {
            parts.boost += score - alone;
        } else if alone > 0.0 {
            let name = if self.query.understanding.question { "family" } else { "passage" };
            parts.factors.push((name, score / alone));
        }
        Ok(Some(parts))
    }
}

impl Snapshot {
    /// The whole record of that id.
    pub fn record(&self, id: &str) -> Result<Option<Record>> {
        let Some((segment, doc)) = self.locate(id)? else { return Ok(None) };
        self.stored_record(segment, doc).map(Some)
    }

    /// The content hash of the record of that id.
    pub fn content(&self, id: &str) -> Result<Option<u128>> {
        let Some((segment, doc)) = self.locate(id)? else { return Ok(None) };
        self.content_of(segment, doc).map(Some)
    }

    /// The content hash of a document.
    fn content_of(&self, segment: usize, doc: u32) -> Result<u128> {
        let fast = self.segments[segment].reader.fast_fields();
        let half = |name: &str| -> Result<u128> { Ok(u128::from(fast.u64(name)?.first(doc).unwrap_or(0))) };
        Ok(half("content_high")? << 64 | half("content_low")?)
    }

    /// Visits every record.
    pub fn each_record(&self, visit: &mut dyn FnMut(&Record)) -> Result<()> {
        for (ordinal, segment) in self.segments.iter().enumerate() {
            for doc in segment.reader.doc_ids_alive() {
                visit(&self.stored_record(ordinal, doc)?);
            }
        }
        Ok(())
    }

    /// Visits the words of titles and bodies with the number of records that hold them.
    pub fn each_word(&self, visit: &mut dyn FnMut(&str, u32)) -> Result<()> {
        for segment in &self.segments {
            for field in [TextField::Title, TextField::Body] {
                let mut terms = segment.text(field).words.lists.terms().stream()?;
                while let Some((term, info)) = terms.next() {
                    if let Ok(word) = std::str::from_utf8(term) {
                        visit(word, info.doc_freq);
                    }
                }
            }
        }
        Ok(())
    }

    fn locate(&self, id: &str) -> Result<Option<(usize, u32)>> {
        for (ordinal, segment) in self.segments.iter().enumerate() {
            let Some(info) = segment.id.info(id)? else { continue };
            let mut list = segment.id.lists.read_postings_from_terminfo(&info, IndexRecordOption::Basic)?;
            while list.doc() != TERMINATED {
                if !segment.reader.is_deleted(list.doc()) {
                    return Ok(Some((ordinal, list.doc())));
                }
                list.advance();
            }
        }
        Ok(None)
    }

    /// The stored record, whole.
    pub fn stored_record(&self, segment: usize, doc: u32) -> Result<Record> {
        let stored: Stored = self.segments[segment].store.get(doc)?;
        Record::from_stored(&stored.card, stored.body).map_err(|problems| {
            let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
            Error::Index(format!("a stored record cannot be read: {}", told.join("; ")))
        })
    }
}
