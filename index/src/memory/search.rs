//! A search plan on the documents of one generation: match, count, order, cut the page.

use std::cmp::Reverse;

use crate::analysis::Analyzer;
use crate::backend::Budget;
use crate::error::Result;
use crate::memory::counting::Counts;
use crate::memory::document::StoredDocument;
use crate::memory::document_set::DocumentSet;
use crate::memory::filters::is_within_dates;
use crate::memory::matching::Matching;
use crate::memory::scoring::Scorer;
use crate::query::plan::SearchPlan;
use crate::query::{Position, Sort, Start};
use crate::ranking::sort_key::{day_key, score_key};
use crate::record::days::day_number;
use crate::results::{Matches, RankedDocument};
use crate::schema::doc_ref::DocRef;

/// Documents looked at between two looks at the budget.
const BUDGET_STEP: u32 = 64;

/// One search with its matches counted.
pub struct Search<'a> {
    set: &'a DocumentSet,
    plan: &'a SearchPlan,
    matched: u64,
    counts: Counts,
}

impl<'a> Search<'a> {
    /// Matches and counts.
    ///
    /// # Errors
    /// A spent budget.
    pub fn new(
        set: &'a DocumentSet,
        analyzer: &Analyzer,
        plan: &'a SearchPlan,
        budget: &Budget,
    ) -> Result<Self> {
        budget.check()?;
        let matching = Matching::new(&plan.matching, set, analyzer);
        let mut matched: Vec<(u32, &StoredDocument)> = Vec::new();
        for (number, document) in set.numbered() {
            if number % BUDGET_STEP == 0 {
                budget.check()?;
            }
            if matching.matches(document) {
                matched.push((number, document));
            }
        }
        let within = |(number, document): &(u32, &StoredDocument)| {
            is_within_dates(plan, document, &set.derived_row(*number))
        };
        let number = matched.len() as u64;
        let counts = Counts::new(plan, set, matched.into_iter().filter(within));
        budget.check()?;
        Ok(Self { set, plan, matched: number, counts })
    }

    /// Iterates over the documents that are shown, one of each entry.
    pub fn shown(&self) -> impl Iterator<Item = u32> {
        self.counts.shown.values().copied()
    }

    /// Returns the page with its counts.
    ///
    /// # Errors
    /// A document that cannot be read.
    pub fn matches(&self) -> Result<Matches> {
        let mut ranked = self.ranked()?;
        let skipped = match self.plan.start {
            Start::Offset(offset) => offset,
            Start::After(after) => {
                let after = (Reverse(after.key), after.id_hash);
                ranked.retain(|(position, _)| (Reverse(position.key), position.id_hash) > after);
                0
            }
        };
        let page: Vec<_> = ranked.iter().skip(skipped).take(self.plan.size).copied().collect();
        let more = !page.is_empty() && skipped + page.len() < ranked.len();
        let day = day_number(self.plan.day);
        let document = |(position, number): (Position, u32)| RankedDocument {
            document: DocRef::new(number),
            position,
            validity: self.set.derived_row(number).period.state(day),
        };
        Ok(Matches {
            total: self.counts.shown.len() as u64,
            matched: self.matched,
            documents: page.into_iter().map(document).collect(),
            facets: self.counts.facets(&self.plan.facets),
            more,
        })
    }

    /// Lists all hits in their order, as hashes of ids and contents.
    ///
    /// # Errors
    /// A document that cannot be read.
    pub fn order(&self) -> Result<Vec<(u64, u128)>> {
        let content = |(position, number): (Position, u32)| {
            Ok((position.id_hash, self.set.document(number)?.source.content))
        };
        self.ranked()?.into_iter().map(content).collect()
    }

    /// Lists all hits with their positions, in order.
    fn ranked(&self) -> Result<Vec<(Position, u32)>> {
        let keys: Vec<(u32, u64)> = match self.plan.sort {
            Sort::Relevance => {
                let scores = Scorer::new(self.set, self.plan).score(self.shown())?;
                scores.into_iter().map(|(number, score)| (number, score_key(score))).collect()
            }
            sort @ (Sort::Newest(field) | Sort::Oldest(field)) => {
                let key = |number: u32| Ok((number, day_key(sort, self.set.document(number)?.day(field))));
                self.shown().map(key).collect::<Result<_>>()?
            }
        };
        let mut ranked = Vec::with_capacity(keys.len());
        for (number, key) in keys {
            let id_hash = self.set.document(number)?.source.id_hash;
            ranked.push((Position { key, id_hash }, number));
        }
        ranked.sort_by_key(|(position, _)| (Reverse(position.key), position.id_hash));
        Ok(ranked)
    }
}
