//! Which documents of a segment match: the query tree as sets of bits.
//!
//! A phrase is looked for in the gram stream, where it is exact. A phrase that is
//! one word of the dictionary is taken from the word stream first: where the word
//! stands, the phrase stands, and only the few documents that have all its
//! characters but not the word need their positions read.

use std::io;
use std::sync::Arc;

use tantivy::postings::{Postings, SegmentPostings, TermInfo};
use tantivy::schema::{Field, IndexRecordOption, Term};
use tantivy::{DocSet, InvertedIndexReader, TERMINATED};

use super::bits::Bits;
use super::snapshot::Segment;
use crate::analysis::grams::{PhrasePlan, phrase};
use crate::analysis::{Analyzer, Fold, fold::fold};
use crate::backend::Budget;
use crate::error::Result;
use crate::query::{Clause, Phrase};
use crate::schema::TextField;

/// A query tree with its phrases planned: done once a query, used for every segment.
pub enum Plan {
    All,
    Text { fields: Vec<TextField>, phrase: PhrasePlan, words: Vec<String> },
    Key(String),
    And(Vec<Plan>),
    Or(Vec<Plan>),
    Not(Box<Plan>),
}

impl Plan {
    /// Plans a tree. A phrase of punctuation alone matches everything.
    pub fn new(clause: &Clause, analyzer: &Analyzer) -> Self {
        let several = |clauses: &[Clause]| clauses.iter().map(|c| Self::new(c, analyzer)).collect();
        match clause {
            Clause::All => Self::All,
            Clause::Text(text) => Self::text(text, analyzer),
            Clause::Key(key) => Self::Key(key.clone()),
            Clause::And(clauses) => Self::And(several(clauses)),
            Clause::Or(clauses) => Self::Or(several(clauses)),
            Clause::Not(clause) => Self::Not(Box::new(Self::new(clause, analyzer))),
        }
    }

    fn text(text: &Phrase, analyzer: &Analyzer) -> Self {
        let plan = phrase(&text.text);
        if plan.is_empty() {
            return Self::All;
        }
        let fields = text.field.map_or_else(|| TextField::ALL.to_vec(), |field| vec![field]);
        Self::Text { fields, phrase: plan, words: whole_words(&text.text, analyzer) }
    }
}

/// The tokens that stand for the whole text: the word itself if it is one, the ISO
/// form if it is a date.
fn whole_words(text: &str, analyzer: &Analyzer) -> Vec<String> {
    let folded = fold(text, Fold::Words);
    let whole = folded.text().trim();
    let start = folded.text().len() - folded.text().trim_start().len();
    let mut words = Vec::new();
    analyzer.each(folded.text(), &mut |word, range, _| {
        if range.start == start && range.len() == whole.len() {
            words.push(word.to_owned());
        }
    });
    words
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
                self.add_term(
                    &self.segment.key,
                    &Term::from_field_text(self.segment.fields.key, key),
                    &mut bits,
                )?;
                bits
            }
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
        })
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
                self.add_term(&streams.words, &Term::from_field_text(streams.fields.words, word), &mut bits)?;
            }
            self.add_phrase(&streams.grams, streams.fields.grams, phrase, within, &mut bits)?;
        }
        Ok(bits)
    }

    fn add_term(&self, index: &InvertedIndexReader, term: &Term, bits: &mut Bits) -> io::Result<()> {
        if let Some(info) = index.get_term_info(term)? {
            add_all(index, &info, bits)?;
        }
        Ok(())
    }

    /// Adds the documents in which the phrase stands; those in `found` already are passed over.
    fn add_phrase(
        &self,
        index: &Arc<InvertedIndexReader>,
        field: Field,
        phrase: &PhrasePlan,
        within: Option<&Bits>,
        found: &mut Bits,
    ) -> Result<()> {
        let info = |gram: &str| index.get_term_info(&Term::from_field_text(field, gram));
        let mut infos = Vec::with_capacity(phrase.placed.len() + phrase.anywhere.len());
        let placed = phrase.placed.iter().map(|(gram, offset)| (gram, Some(*offset)));
        for (gram, offset) in placed.chain(phrase.anywhere.iter().map(|gram| (gram, None))) {
            match info(gram)? {
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

/// How much reading a plan takes, roughly: sets first, positions later, everything last.
fn cost(plan: &Plan) -> usize {
    match plan {
        Plan::Key(_) => 0,
        Plan::Text { phrase, .. } => phrase.placed.len() + phrase.anywhere.len(),
        Plan::And(plans) | Plan::Or(plans) => 4 + plans.iter().map(cost).sum::<usize>(),
        Plan::Not(plan) => 64 + cost(plan),
        Plan::All => usize::MAX / 1024,
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
