//! Matching: evaluates the clause tree on a segment as bit sets.
//!
//! Phrases are matched in the gram stream, where they are exact. A phrase that is one word of the
//! dictionary is matched in the word stream first: a document with the word has the phrase, and only
//! the few documents that have all its characters but not the word need their positions read.

use std::io;

use tantivy::postings::{Postings, SegmentPostings, TermInfo};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, InvertedIndexReader, TERMINATED};

use crate::analysis::Analyzer;
use crate::analysis::grams::{PhrasePlan, phrase};
use crate::backend::Budget;
use crate::embedded::reader::segments::{IndexSnapshot, Segment};
use crate::embedded::reader::terms::Terms;
use crate::embedded::search::bits::Bits;
use crate::error::Result;
use crate::query::{Clause, Phrase};
use crate::ranking::should_match::{clause_weight, is_enough, required_weight};
use crate::schema::fields::{DateField, TextField};

/// A clause tree with its phrases planned: planned once for a query, evaluated on every segment.
pub enum MatchPlan {
    /// Every document.
    All,
    /// A phrase in one of the fields; `words` are the dictionary words that equal it.
    Text { fields: Vec<TextField>, phrase: PhrasePlan, words: Vec<String> },
    /// An exact key.
    Key(String),
    /// A year of writing or publication.
    Year(i16),
    /// All of the plans.
    And(Vec<MatchPlan>),
    /// One of the plans.
    Or(Vec<MatchPlan>),
    /// Not the plan.
    Not(Box<MatchPlan>),
    /// Plans with their weights, and the weight that matching plans must have together.
    MinimumShouldMatch { plans: Vec<(MatchPlan, f32)>, required: f32 },
}

impl MatchPlan {
    /// Plans a clause tree. A phrase of punctuation alone matches everything.
    pub fn new(clause: &Clause, analyzer: &Analyzer, snapshot: &IndexSnapshot) -> Result<Self> {
        let plan_all = |clauses: &[Clause]| {
            clauses.iter().map(|c| Self::new(c, analyzer, snapshot)).collect::<Result<Vec<_>>>()
        };
        Ok(match clause {
            Clause::All => Self::All,
            Clause::Text(text) => Self::plan_text(text, analyzer),
            Clause::Key(key) => Self::Key(key.clone()),
            Clause::Year(year) => Self::Year(*year),
            Clause::And(clauses) => Self::And(plan_all(clauses)?),
            Clause::Or(clauses) => Self::Or(plan_all(clauses)?),
            Clause::Not(clause) => Self::Not(Box::new(Self::new(clause, analyzer, snapshot)?)),
            Clause::MinimumShouldMatch { clauses, percent } => {
                Self::minimum_should_match(plan_all(clauses)?, *percent, snapshot)?
            }
        })
    }

    fn minimum_should_match(plans: Vec<Self>, percent: u8, snapshot: &IndexSnapshot) -> Result<Self> {
        let total = u64::from(snapshot.segments.iter().map(Segment::len).sum::<u32>());
        let mut weighted = Vec::with_capacity(plans.len());
        for plan in plans {
            let frequency = plan.max_frequency(snapshot)?;
            // A word that no record has is left out: it does not tell records apart.
            if frequency > 0 {
                weighted.push((plan, clause_weight(total, frequency)));
            }
        }
        let all: f32 = weighted.iter().map(|(_, weight)| weight).sum();
        Ok(Self::MinimumShouldMatch { plans: weighted, required: required_weight(all, percent) })
    }

    /// Returns an upper bound on the number of matches, by the rarest gram of each phrase; over all
    /// segments, so that it does not depend on the distribution of documents over segments.
    fn max_frequency(&self, snapshot: &IndexSnapshot) -> Result<u64> {
        Ok(match self {
            Self::Text { fields, phrase, .. } => {
                let mut rarest = u64::MAX;
                for gram in phrase.placed.iter().map(|(gram, _)| gram).chain(&phrase.anywhere) {
                    rarest = rarest.min(gram_frequency(snapshot, fields, gram)?);
                }
                rarest
            }
            Self::And(plans) => fold_frequencies(plans, snapshot, u64::MAX, u64::min)?,
            Self::Or(plans) => fold_frequencies(plans, snapshot, 0, u64::saturating_add)?,
            Self::Year(year) => {
                let count = |segment: &Segment| documents_of_year(segment, *year).count();
                snapshot.segments.iter().map(|segment| u64::from(count(segment))).sum()
            }
            Self::All | Self::Not(_) | Self::MinimumShouldMatch { .. } => u64::from(u32::MAX),
            Self::Key(_) => 1,
        })
    }

    fn plan_text(text: &Phrase, analyzer: &Analyzer) -> Self {
        let plan = phrase(&text.text);
        if plan.is_empty() {
            return Self::All;
        }
        let fields = text.field.map_or_else(|| TextField::ALL.to_vec(), |field| vec![field]);
        Self::Text { fields, phrase: plan, words: analyzer.whole_words(&text.text) }
    }
}

/// Joins the bounds of several plans.
fn fold_frequencies(
    plans: &[MatchPlan],
    snapshot: &IndexSnapshot,
    start: u64,
    join: fn(u64, u64) -> u64,
) -> Result<u64> {
    plans.iter().try_fold(start, |sum, plan| Ok(join(sum, plan.max_frequency(snapshot)?)))
}

/// Counts the documents with a gram in the field where it is most frequent.
fn gram_frequency(snapshot: &IndexSnapshot, fields: &[TextField], gram: &str) -> Result<u64> {
    let mut largest = 0;
    for field in fields {
        let mut sum = 0;
        for segment in &snapshot.segments {
            let info = segment.text(*field).grams.find(gram)?;
            sum += info.map_or(0, |info| u64::from(info.doc_freq));
        }
        largest = largest.max(sum);
    }
    Ok(largest)
}

/// Evaluates plans on one segment.
pub struct Matcher<'a> {
    /// The segment.
    pub segment: &'a Segment,
    /// Time that the search may take.
    pub budget: &'a Budget,
}

impl Matcher<'_> {
    /// Returns the documents that match, deleted ones included.
    pub fn evaluate(&self, plan: &MatchPlan) -> Result<Bits> {
        self.evaluate_within(plan, None)
    }

    /// Evaluates a plan for the documents in `within`; others may be in the result or not.
    fn evaluate_within(&self, plan: &MatchPlan, within: Option<&Bits>) -> Result<Bits> {
        self.budget.check()?;
        let len = self.segment.len();
        Ok(match plan {
            MatchPlan::All => Bits::full(len),
            MatchPlan::Key(key) => {
                let mut bits = Bits::empty(len);
                add_term(&self.segment.keys, key, &mut bits)?;
                bits
            }
            MatchPlan::Year(year) => documents_of_year(self.segment, *year),
            MatchPlan::Text { fields, phrase, words } => {
                self.documents_with_phrase(fields, phrase, words, within)?
            }
            MatchPlan::And(plans) => self.intersection(plans, within)?,
            MatchPlan::Or(plans) => {
                let mut bits = Bits::empty(len);
                for plan in plans {
                    bits.unite(&self.evaluate_within(plan, within)?);
                }
                bits
            }
            MatchPlan::Not(plan) => {
                let mut bits = Bits::full(len);
                bits.subtract(&self.evaluate_within(plan, within)?);
                bits
            }
            MatchPlan::MinimumShouldMatch { plans, required } => {
                self.minimum_should_match(plans, *required)?
            }
        })
    }

    /// Returns the documents that match plans of the required weight together.
    fn minimum_should_match(&self, plans: &[(MatchPlan, f32)], required: f32) -> Result<Bits> {
        let len = self.segment.len();
        let mut weights = vec![0.0_f32; len as usize];
        for (plan, weight) in plans {
            self.evaluate_within(plan, None)?.iter().for_each(|doc| weights[doc as usize] += weight);
        }
        let mut bits = Bits::empty(len);
        let enough = weights.iter().zip(0..).filter(|(weight, _)| is_enough(**weight, required));
        enough.for_each(|(_, doc)| bits.insert(doc));
        Ok(bits)
    }

    fn intersection(&self, plans: &[MatchPlan], within: Option<&Bits>) -> Result<Bits> {
        // Cheap sets first: they spare expensive ones from reading positions in vain.
        let mut order: Vec<&MatchPlan> = plans.iter().collect();
        order.sort_by_key(|plan| cost(plan));
        let mut bits: Option<Bits> = None;
        for plan in order {
            let next = self.evaluate_within(plan, bits.as_ref().or(within))?;
            match &mut bits {
                None => bits = Some(next),
                Some(bits) => bits.intersect(&next),
            }
        }
        Ok(bits.unwrap_or_else(|| Bits::full(self.segment.len())))
    }

    fn documents_with_phrase(
        &self,
        fields: &[TextField],
        phrase: &PhrasePlan,
        words: &[String],
        within: Option<&Bits>,
    ) -> Result<Bits> {
        let mut bits = Bits::empty(self.segment.len());
        for field in fields {
            let streams = self.segment.text(*field);
            for word in words {
                add_term(&streams.words, word, &mut bits)?;
            }
            self.add_phrase(&streams.grams, phrase, within, &mut bits)?;
        }
        Ok(bits)
    }

    /// Adds the documents that have the phrase; those in `found` already are skipped.
    fn add_phrase(
        &self,
        grams: &Terms,
        phrase: &PhrasePlan,
        within: Option<&Bits>,
        found: &mut Bits,
    ) -> Result<()> {
        let index = &grams.lists;
        let mut infos = Vec::with_capacity(phrase.placed.len() + phrase.anywhere.len());
        let placed = phrase.placed.iter().map(|(gram, offset)| (gram, Some(*offset)));
        for (gram, offset) in placed.chain(phrase.anywhere.iter().map(|gram| (gram, None))) {
            match grams.find(gram)? {
                Some(info) => infos.push((info, offset)),
                None => return Ok(()),
            }
        }
        if let [(info, _)] = infos.as_slice() {
            return Ok(add_postings(index, info, found)?);
        }
        infos.sort_by_key(|(info, _)| info.doc_freq);
        let needs_positions = phrase.placed.len() > 1;
        let mut lists = Vec::with_capacity(infos.len());
        for (info, offset) in &infos {
            let positions = needs_positions && offset.is_some();
            let option =
                if positions { IndexRecordOption::WithFreqsAndPositions } else { IndexRecordOption::Basic };
            lists.push((index.read_postings_from_terminfo(info, option)?, *offset));
        }
        PhraseWalk { lists, needs_positions, starts: Vec::new(), positions: Vec::new() }.add_matches(
            within,
            found,
            self.budget,
        )
    }
}

/// Returns the documents written or published in a year.
fn documents_of_year(segment: &Segment, year: i16) -> Bits {
    let mut bits = Bits::empty(segment.len());
    for field in [DateField::WrittenOn, DateField::PublishedOn] {
        let days = segment.columns.dates(field).iter().zip(0..);
        days.filter(|(day, _)| **day / 10_000 == year as u32).for_each(|(_, doc)| bits.insert(doc));
    }
    bits
}

/// Estimates the cost of reading a plan: sets first, positions later, everything last.
fn cost(plan: &MatchPlan) -> usize {
    match plan {
        MatchPlan::Key(_) => 0,
        MatchPlan::Year(_) => 16,
        MatchPlan::Text { phrase, .. } => phrase.placed.len() + phrase.anywhere.len(),
        MatchPlan::And(plans) | MatchPlan::Or(plans) => 4 + plans.iter().map(cost).sum::<usize>(),
        MatchPlan::Not(plan) => 64 + cost(plan),
        MatchPlan::MinimumShouldMatch { plans, .. } => {
            32 + plans.iter().map(|(plan, _)| cost(plan)).sum::<usize>()
        }
        MatchPlan::All => usize::MAX / 1024,
    }
}

fn add_term(terms: &Terms, term: &str, bits: &mut Bits) -> io::Result<()> {
    match terms.find(term)? {
        Some(info) => add_postings(&terms.lists, &info, bits),
        None => Ok(()),
    }
}

fn add_postings(index: &InvertedIndexReader, info: &TermInfo, bits: &mut Bits) -> io::Result<()> {
    let mut blocks = index.read_block_postings_from_terminfo(info, IndexRecordOption::Basic)?;
    loop {
        let docs = blocks.docs();
        if docs.is_empty() {
            return Ok(());
        }
        docs.iter().for_each(|doc| bits.insert(*doc));
        blocks.advance();
    }
}

/// A walk through the postings of a phrase's grams.
struct PhraseWalk {
    /// Postings, the rarest first, with the offset in the phrase if the position matters.
    lists: Vec<(SegmentPostings, Option<u32>)>,
    needs_positions: bool,
    starts: Vec<u32>,
    positions: Vec<u32>,
}

impl PhraseWalk {
    fn add_matches(mut self, within: Option<&Bits>, found: &mut Bits, budget: &Budget) -> Result<()> {
        let mut doc = self.lists[0].0.doc();
        let mut steps = 0_u32;
        while doc != TERMINATED {
            steps += 1;
            if steps.is_multiple_of(4096) {
                budget.check()?;
            }
            let wanted = !found.contains(doc) && within.is_none_or(|within| within.contains(doc));
            if wanted && self.all_contain(doc) && (!self.needs_positions || self.has_phrase()) {
                found.insert(doc);
            }
            doc = self.lists[0].0.advance();
        }
        Ok(())
    }

    fn all_contain(&mut self, doc: u32) -> bool {
        self.lists[1..].iter_mut().all(|(list, _)| {
            let current = list.doc();
            current == doc || (current < doc && list.seek(doc) == doc)
        })
    }

    /// Checks if the grams with offsets stand at these from a common start.
    fn has_phrase(&mut self) -> bool {
        let Self { lists, starts, positions, .. } = self;
        let mut first = true;
        for (list, offset) in lists.iter_mut() {
            let Some(offset) = *offset else { continue };
            list.positions(positions);
            if first {
                starts.clear();
                starts.extend(positions.iter().filter_map(|position| position.checked_sub(offset)));
                first = false;
            } else {
                keep_common(starts, positions, offset);
            }
            if starts.is_empty() {
                return false;
            }
        }
        true
    }
}

/// Keeps the starts that are also in `positions` moved back by `offset`. Both are sorted.
fn keep_common(starts: &mut Vec<u32>, positions: &[u32], offset: u32) {
    let mut next = 0;
    starts.retain(|start| {
        let wanted = start + offset;
        while positions.get(next).is_some_and(|position| *position < wanted) {
            next += 1;
        }
        positions.get(next) == Some(&wanted)
    });
}
