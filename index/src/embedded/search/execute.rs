//! Execution of a search plan on one snapshot: match, count, rank, cut the page.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::analysis::Analyzer;
use crate::backend::Budget;
use crate::embedded::reader::columns::STATES;
use crate::embedded::reader::derived_columns::state_number_of;
use crate::embedded::reader::segments::{IndexSnapshot, Segment};
use crate::embedded::search::boosts::Boosts;
use crate::embedded::search::collect::Collector;
use crate::embedded::search::matching::{MatchPlan, Matcher};
use crate::embedded::search::proximity;
use crate::embedded::search::scored::Scored;
use crate::embedded::search::scoring::Scorer;
use crate::error::Result;
use crate::query::plan::{Rescoring, SearchPlan};
use crate::query::{Clause, Position, Sort, Start};
use crate::ranking::explanation::complete_to_score;
use crate::ranking::law_family;
use crate::ranking::sort_key::{day_key, score_key};
use crate::results::{Explanation, Matches, RankedDocument};

/// Searches a snapshot.
pub fn search(
    snapshot: &IndexSnapshot,
    plan: &SearchPlan,
    analyzer: &Analyzer,
    budget: &Budget,
) -> Result<Matches> {
    let mut collector = Collector::new(plan, &snapshot.dictionary, snapshot.facts.groups_end());
    let scorer = scorer_if_ranked(snapshot, plan)?;
    let page = collect_page(snapshot, plan, analyzer, &mut collector, scorer.as_ref(), budget)?;
    let (entries, more) = page.cut(collector.total);
    Ok(Matches {
        total: collector.total,
        matched: collector.matched,
        documents: entries.iter().map(|entry| ranked_document(snapshot, plan, entry)).collect(),
        facets: collector.facets(snapshot),
        more,
    })
}

/// Lists all hits of a plan in their order, as hashes of ids and contents.
pub fn order(
    snapshot: &IndexSnapshot,
    plan: &SearchPlan,
    analyzer: &Analyzer,
    budget: &Budget,
) -> Result<Vec<(u64, u128)>> {
    let unlimited = SearchPlan { start: Start::Offset(0), size: usize::MAX, ..plan.clone() };
    let mut collector = Collector::new(&unlimited, &snapshot.dictionary, snapshot.facts.groups_end());
    let scorer = scorer_if_ranked(snapshot, &unlimited)?;
    let page = collect_page(snapshot, &unlimited, analyzer, &mut collector, scorer.as_ref(), budget)?;
    let (entries, _) = page.cut(collector.total);
    let content = |entry: &Entry| Ok((entry.id_hash, snapshot.content_of(entry.segment, entry.doc)?));
    entries.iter().map(content).collect()
}

/// Counts the documents that match each clause, deleted ones left out.
pub fn count(
    snapshot: &IndexSnapshot,
    clauses: &[Clause],
    analyzer: &Analyzer,
    budget: &Budget,
) -> Result<Vec<u64>> {
    let count = |clause: &Clause| {
        let plan = MatchPlan::new(clause, analyzer, snapshot)?;
        let mut total = 0;
        for segment in &snapshot.segments {
            total += Matcher { segment, budget }.evaluate(&plan)?.count_alive(segment.reader.alive_bitset());
        }
        Ok(total)
    };
    clauses.iter().map(count).collect()
}

/// Returns the parts of the scores of ranked documents. Those of a segment are explained together, so
/// that each list of postings is read once for all of them.
pub fn explain(
    snapshot: &IndexSnapshot,
    plan: &SearchPlan,
    documents: &[RankedDocument],
) -> Result<Vec<Explanation>> {
    let scorer = Scorer::new(snapshot, plan)?;
    let mut explanations = vec![Explanation::default(); documents.len()];
    let mut places = Vec::with_capacity(documents.len());
    for (at, ranked) in documents.iter().enumerate() {
        let (ordinal, doc) = snapshot.locate(ranked.document)?;
        places.push((ordinal, doc, at));
    }
    places.sort_unstable();
    for places in places.chunk_by(|(a, ..), (b, ..)| a == b) {
        let ordinal = places[0].0;
        let boosts = Boosts::new(plan, &snapshot.segments[ordinal], &snapshot.dictionary);
        let docs: Vec<u32> = places.iter().map(|(_, doc, _)| *doc).collect();
        let parts = scorer.explain(snapshot, ordinal, &docs, &boosts)?;
        for ((_, _, at), parts) in places.iter().zip(parts) {
            let score = f32::from_bits(documents[*at].position.key as u32);
            explanations[*at] = complete_to_score(parts, score, plan.rescoring);
        }
    }
    Ok(explanations)
}

/// Returns the scorer of a plan that ranks by relevance.
fn scorer_if_ranked(snapshot: &IndexSnapshot, plan: &SearchPlan) -> Result<Option<Scorer>> {
    let ranks = plan.sort == Sort::Relevance;
    ranks.then(|| Scorer::new(snapshot, plan)).transpose()
}

fn ranked_document(snapshot: &IndexSnapshot, plan: &SearchPlan, entry: &Entry) -> RankedDocument {
    let states = snapshot.segments[entry.segment].derived.states(plan.day);
    RankedDocument {
        document: snapshot.document_at(entry.segment, entry.doc, entry.id_hash),
        position: Position { key: entry.key.0, id_hash: entry.id_hash },
        validity: STATES[state_number_of(states[entry.doc as usize])],
    }
}

/// Matches, counts and ranks. All segments are counted before any is ranked, because the copy of a
/// text that is shown depends on all that match.
fn collect_page(
    snapshot: &IndexSnapshot,
    plan: &SearchPlan,
    analyzer: &Analyzer,
    collector: &mut Collector<'_>,
    scorer: Option<&Scorer>,
    budget: &Budget,
) -> Result<Page> {
    let matching = MatchPlan::new(&plan.matching, analyzer, snapshot)?;
    let mut hits_by_segment = Vec::with_capacity(snapshot.segments.len());
    for (ordinal, segment) in snapshot.segments.iter().enumerate() {
        let matches = Matcher { segment, budget }.evaluate(&matching)?;
        hits_by_segment.push(collector.collect_segment(ordinal, segment, matches));
    }
    collector.finish(&snapshot.segments);
    let mut found = Vec::with_capacity(snapshot.segments.len());
    for ((ordinal, segment), hits) in snapshot.segments.iter().enumerate().zip(hits_by_segment) {
        let hits = collector.shown_hits(segment, hits);
        let boosts = scorer.map(|_| Boosts::new(plan, segment, &snapshot.dictionary));
        let scores = match (scorer, &boosts) {
            (Some(scorer), Some(boosts)) => scorer.score_hits(snapshot, ordinal, &hits, boosts, budget)?,
            _ => Vec::new(),
        };
        found.push(Scored { segment, hits, scores });
    }
    if let Some(scorer) = scorer {
        match plan.rescoring {
            Rescoring::LawFamily => law_family::rescore(&mut found[..]),
            Rescoring::Proximity => proximity::rescore(scorer, plan, &mut found, budget)?,
        }
        scorer.add_key_boosts(plan, &mut found)?;
    }
    let mut page = Page::new(plan);
    for (ordinal, found) in found.iter().enumerate() {
        page.add(plan, ordinal, found.segment, found.hits.iter(), &found.scores);
    }
    budget.check()?;
    Ok(page)
}

/// A candidate for the page. Ordered so that the better one is smaller.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    key: Reverse<u64>,
    id_hash: u64,
    segment: usize,
    doc: u32,
}

/// The best hits found so far.
struct Page {
    best: BinaryHeap<Entry>,
    skip: usize,
    size: usize,
    after: Option<(Reverse<u64>, u64)>,
    /// Number of hits behind `after`.
    remaining: u64,
}

impl Page {
    fn new(plan: &SearchPlan) -> Self {
        let (skip, after) = match plan.start {
            Start::Offset(skip) => (skip, None),
            Start::After(position) => (0, Some((Reverse(position.key), position.id_hash))),
        };
        Self { best: BinaryHeap::new(), skip, size: plan.size, after, remaining: 0 }
    }

    fn add(
        &mut self,
        plan: &SearchPlan,
        ordinal: usize,
        segment: &Segment,
        hits: impl Iterator<Item = u32>,
        scores: &[f32],
    ) {
        let columns = &segment.columns;
        let room = self.skip.saturating_add(self.size);
        let dates = match plan.sort {
            Sort::Newest(field) | Sort::Oldest(field) => columns.dates(field),
            Sort::Relevance => &[],
        };
        for doc in hits {
            let index = doc as usize;
            let key = match plan.sort {
                Sort::Relevance => score_key(scores[index]),
                by_day => day_key(by_day, dates[index]),
            };
            let entry = Entry { key: Reverse(key), id_hash: columns.id_hash[index], segment: ordinal, doc };
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

    /// Returns the entries of the page, and whether hits follow them.
    fn cut(self, total: u64) -> (Vec<Entry>, bool) {
        let mut entries = self.best.into_sorted_vec();
        let page: Vec<Entry> = entries.drain(self.skip.min(entries.len())..).collect();
        let behind = if self.after.is_some() { self.remaining } else { total };
        let more = (self.skip + page.len()) as u64 <= behind.saturating_sub(1) && !page.is_empty();
        (page, more)
    }
}
