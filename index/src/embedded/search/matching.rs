//! Which documents of a segment match: the query tree as sets of bits.
//!
//! A phrase is looked for in the gram stream, where it is exact. A phrase that is
//! one word of the dictionary is taken from the word stream first: where the word
//! stands, the phrase stands, and only the few documents that have all its
//! characters but not the word need their positions read.

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

/// A query tree with its phrases planned: done once a query, used for every segment.
pub enum Plan {
    All,
    Text {
        fields: Vec<TextField>,
        phrase: PhrasePlan,
        words: Vec<String>,
    },
    Key(String),
    Year(i16),
    And(Vec<Plan>),
    Or(Vec<Plan>),
    Not(Box<Plan>),
    /// Each plan with how much it tells, and the least that must come together.
    Most {
        plans: Vec<(Plan, f32)>,
        least: f32,
    },
}

impl Plan {
    /// Plans a tree. A phrase of punctuation alone matches everything.
    pub fn new(clause: &Clause, analyzer: &Analyzer, snapshot: &IndexSnapshot) -> Result<Self> {
        let several = |clauses: &[Clause]| {
            clauses.iter().map(|c| Self::new(c, analyzer, snapshot)).collect::<Result<Vec<_>>>()
        };
        Ok(match clause {
            Clause::All => Self::All,
            Clause::Text(text) => Self::text(text, analyzer),
            Clause::Key(key) => Self::Key(key.clone()),
            Clause::Year(year) => Self::Year(*year),
            Clause::And(clauses) => Self::And(several(clauses)?),
            Clause::Or(clauses) => Self::Or(several(clauses)?),
            Clause::Not(clause) => Self::Not(Box::new(Self::new(clause, analyzer, snapshot)?)),
            Clause::MinimumShouldMatch { clauses, percent } => {
                Self::most(several(clauses)?, *percent, snapshot)?
            }
        })
    }

    fn most(plans: Vec<Self>, percent: u8, snapshot: &IndexSnapshot) -> Result<Self> {
        let total = u64::from(snapshot.segments.iter().map(Segment::len).sum::<u32>());
        let mut weighed = Vec::with_capacity(plans.len());
        for plan in plans {
            let frequency = plan.frequency(snapshot)?;
            // A word that no record has says nothing about the others.
            if frequency > 0 {
                weighed.push((plan, clause_weight(total, frequency)));
            }
        }
        let all: f32 = weighed.iter().map(|(_, weight)| weight).sum();
        Ok(Self::Most { plans: weighed, least: required_weight(all, percent) })
    }

    /// At most how many documents match, by the rarest gram of each phrase; over all
    /// segments, so that it does not depend on how documents are spread.
    fn frequency(&self, snapshot: &IndexSnapshot) -> Result<u64> {
        Ok(match self {
            Self::Text { fields, phrase, .. } => {
                let mut rarest = u64::MAX;
                for gram in phrase.placed.iter().map(|(gram, _)| gram).chain(&phrase.anywhere) {
                    rarest = rarest.min(gram_frequency(snapshot, fields, gram)?);
                }
                rarest
            }
            Self::And(plans) => least_or(plans, snapshot, u64::MAX, u64::min)?,
            Self::Or(plans) => least_or(plans, snapshot, 0, u64::saturating_add)?,
            Self::Year(year) => {
                let of = |segment: &Segment| year_of(segment, *year).count();
                snapshot.segments.iter().map(|segment| u64::from(of(segment))).sum()
            }
            Self::All | Self::Not(_) | Self::Most { .. } => u64::from(u32::MAX),
            Self::Key(_) => 1,
        })
    }

    fn text(text: &Phrase, analyzer: &Analyzer) -> Self {
        let plan = phrase(&text.text);
        if plan.is_empty() {
            return Self::All;
        }
        let fields = text.field.map_or_else(|| TextField::ALL.to_vec(), |field| vec![field]);
        Self::Text { fields, phrase: plan, words: analyzer.whole_words(&text.text) }
    }
}

fn least_or(plans: &[Plan], snapshot: &IndexSnapshot, start: u64, join: fn(u64, u64) -> u64) -> Result<u64> {
    plans.iter().try_fold(start, |sum, plan| Ok(join(sum, plan.frequency(snapshot)?)))
}

/// Documents with a gram in the field where most have it.
fn gram_frequency(snapshot: &IndexSnapshot, fields: &[TextField], gram: &str) -> Result<u64> {
    let mut most = 0;
    for field in fields {
        let mut sum = 0;
        for segment in &snapshot.segments {
            let info = segment.text(*field).grams.info(gram)?;
            sum += info.map_or(0, |info| u64::from(info.doc_freq));
        }
        most = most.max(sum);
    }
    Ok(most)
}

/// Evaluates plans on one segment.
pub struct Matcher<'a> {
    pub segment: &'a Segment,
    pub budget: &'a Budget,
}

impl Matcher<'_> {
    /// The documents that match, deleted ones included.
    pub fn run(&self, plan: &Plan) -> Result<Bits> {
        self.eval(plan, None)
    }

    /// Documents outside `within` do not matter to the caller and may be in or out.
    fn eval(&self, plan: &Plan, within: Option<&Bits>) -> Result<Bits> {
        self.budget.check()?;
        let len = self.segment.len();
        Ok(match plan {
            Plan::All => Bits::all(len),
            Plan::Key(key) => {
                let mut bits = Bits::none(len);
                add_term(&self.segment.key, key, &mut bits)?;
                bits
            }
            Plan::Year(year) => year_of(self.segment, *year),
            Plan::Text { fields, phrase, words } => self.text(fields, phrase, words, within)?,
            Plan::And(plans) => self.and(plans, within)?,
            Plan::Or(plans) => {
                let mut bits = Bits::none(len);
                for plan in plans {
                    bits.or(&self.eval(plan, within)?);
                }
                bits
            }
            Plan::Not(plan) => {
                let mut bits = Bits::all(len);
                bits.subtract(&self.eval(plan, within)?);
                bits
            }
            Plan::Most { plans, least } => self.most(plans, *least)?,
        })
    }

    /// Documents that match plans of enough weight together.
    fn most(&self, plans: &[(Plan, f32)], least: f32) -> Result<Bits> {
        let len = self.segment.len();
        let mut gained = vec![0.0_f32; len as usize];
        for (plan, weight) in plans {
            self.eval(plan, None)?.iter().for_each(|doc| gained[doc as usize] += weight);
        }
        let mut bits = Bits::none(len);
        let enough = gained.iter().zip(0..).filter(|(gain, _)| is_enough(**gain, least));
        enough.for_each(|(_, doc)| bits.insert(doc));
        Ok(bits)
    }

    fn and(&self, plans: &[Plan], within: Option<&Bits>) -> Result<Bits> {
        // Cheap sets first: they keep the dear ones from reading positions in vain.
        let mut order: Vec<&Plan> = plans.iter().collect();
        order.sort_by_key(|plan| cost(plan));
        let mut bits: Option<Bits> = None;
        for plan in order {
            let next = self.eval(plan, bits.as_ref().or(within))?;
            match &mut bits {
                None => bits = Some(next),
                Some(bits) => bits.and(&next),
            }
        }
        Ok(bits.unwrap_or_else(|| Bits::all(self.segment.len())))
    }

    fn text(
        &self,
        fields: &[TextField],
        phrase: &PhrasePlan,
        words: &[String],
        within: Option<&Bits>,
    ) -> Result<Bits> {
        let mut bits = Bits::none(self.segment.len());
        for field in fields {
            let streams = self.segment.text(*field);
            for word in words {
                add_term(&streams.words, word, &mut bits)?;
            }
            self.add_phrase(&streams.grams, phrase, within, &mut bits)?;
        }
        Ok(bits)
    }

    /// Adds the documents in which the phrase stands; those in `found` already are passed over.
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
            match grams.info(gram)? {
                Some(info) => infos.push((info, offset)),
                None => return Ok(()),
            }
        }
        if let [(info, _)] = infos.as_slice() {
            return Ok(add_all(index, info, found)?);
        }
        infos.sort_by_key(|(info, _)| info.doc_freq);
        let several = phrase.placed.len() > 1;
        let mut lists = Vec::with_capacity(infos.len());
        for (info, offset) in &infos {
            let positions = several && offset.is_some();
            let option =
                if positions { IndexRecordOption::WithFreqsAndPositions } else { IndexRecordOption::Basic };
            lists.push((index.read_postings_from_terminfo(info, option)?, *offset));
        }
        PhraseWalk { lists, several, starts: Vec::new(), positions: Vec::new() }.run(
            within,
            found,
            self.budget,
        )
    }
}

/// Documents written or published in a year.
fn year_of(segment: &Segment, year: i16) -> Bits {
    let mut bits = Bits::none(segment.len());
    for field in [DateField::WrittenOn, DateField::PublishedOn] {
        let days = segment.columns.dates(field).iter().zip(0..);
        days.filter(|(day, _)| **day / 10_000 == year as u32).for_each(|(_, doc)| bits.insert(doc));
    }
    bits
}

/// How much reading a plan takes, roughly: sets first, positions later, everything last.
fn cost(plan: &Plan) -> usize {
    match plan {
        Plan::Key(_) => 0,
        Plan::Year(_) => 16,
        Plan::Text { phrase, .. } => phrase.placed.len() + phrase.anywhere.len(),
        Plan::And(plans) | Plan::Or(plans) => 4 + plans.iter().map(cost).sum::<usize>(),
        Plan::Not(plan) => 64 + cost(plan),
        Plan::Most { plans, .. } => 32 + plans.iter().map(|(plan, _)| cost(plan)).sum::<usize>(),
        Plan::All => usize::MAX / 1024,
    }
}

fn add_term(terms: &Terms, term: &str, bits: &mut Bits) -> io::Result<()> {
    match terms.info(term)? {
        Some(info) => add_all(&terms.lists, &info, bits),
        None => Ok(()),
    }
}

fn add_all(index: &InvertedIndexReader, info: &TermInfo, bits: &mut Bits) -> io::Result<()> {
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

struct PhraseWalk {
    /// Rarest first; with the offset in the phrase for those whose place matters.
    lists: Vec<(SegmentPostings, Option<u32>)>,
    several: bool,
    starts: Vec<u32>,
    positions: Vec<u32>,
}

impl PhraseWalk {
    fn run(mut self, within: Option<&Bits>, found: &mut Bits, budget: &Budget) -> Result<()> {
        let mut doc = self.lists[0].0.doc();
        let mut steps = 0_u32;
        while doc != TERMINATED {
            steps += 1;
            if steps.is_multiple_of(4096) {
                budget.check()?;
            }
            let wanted = !found.contains(doc) && within.is_none_or(|within| within.contains(doc));
            if wanted && self.all_at(doc) && (!self.several || self.in_place()) {
                found.insert(doc);
            }
            doc = self.lists[0].0.advance();
        }
        Ok(())
    }

    fn all_at(&mut self, doc: u32) -> bool {
        self.lists[1..].iter_mut().all(|(list, _)| {
            let at = list.doc();
            at == doc || (at < doc && list.seek(doc) == doc)
        })
    }

    /// Whether the placed grams stand at their offsets from one start.
    fn in_place(&mut self) -> bool {
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

/// Keeps those starts that `positions`, moved back by `offset`, hold too. Both are sorted.
fn keep_common(starts: &mut Vec<u32>, positions: &[u32], offset: u32) {
    let mut at = 0;
    starts.retain(|start| {
        let wanted = start + offset;
        while positions.get(at).is_some_and(|position| *position < wanted) {
            at += 1;
        }
        positions.get(at) == Some(&wanted)
    });
}
