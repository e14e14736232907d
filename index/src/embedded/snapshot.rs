//! A snapshot of the embedded index as a [`Snapshot`].

use std::sync::Arc;

use crate::analysis::Analyzer;
use crate::backend::{Budget, Snapshot};
use crate::embedded::reader::segments::IndexSnapshot;
use crate::embedded::search::{execute, trend};
use crate::error::Result;
use crate::keys::id::id_hash;
use crate::query::Clause;
use crate::query::plan::SearchPlan;
use crate::record::Record;
use crate::record::generation::Generation;
use crate::record::generation::SnapshotToken;
use crate::relations::facts::Facts;
use crate::relations::source::{Derived, FactSource};
use crate::results::{Explanation, Matches, RankedDocument, TrendCounts, TrendQuery};
use crate::schema::doc_ref::{DocRef, KeyField};

/// One generation of the embedded index.
pub struct EmbeddedSnapshot {
    index: Arc<IndexSnapshot>,
    analyzer: Analyzer,
}

impl EmbeddedSnapshot {
    /// Pins a snapshot of the index.
    pub fn new(index: Arc<IndexSnapshot>, analyzer: Analyzer) -> Self {
        Self { index, analyzer }
    }
}

impl Snapshot for EmbeddedSnapshot {
    fn generation(&self) -> Generation {
        self.index.generation
    }

    fn token(&self) -> SnapshotToken {
        SnapshotToken::of_generation(self.index.generation)
    }

    fn document_count(&self) -> u64 {
        self.index.document_count()
    }

    fn digest(&self) -> u128 {
        self.index.facts.digest
    }

    fn search(&self, plan: &SearchPlan, budget: &Budget) -> Result<Matches> {
        execute::search(&self.index, plan, &self.analyzer, budget)
    }

    fn count(&self, clauses: &[Clause], budget: &Budget) -> Result<Vec<u64>> {
        execute::count(&self.index, clauses, &self.analyzer, budget)
    }

    fn trend(&self, plan: &SearchPlan, request: &TrendQuery, budget: &Budget) -> Result<TrendCounts> {
        trend::count_over_time(&self.index, plan, request, &self.analyzer, budget)
    }

    fn order(&self, plan: &SearchPlan, budget: &Budget) -> Result<Vec<(u64, u128)>> {
        execute::order(&self.index, plan, &self.analyzer, budget)
    }

    fn explain(&self, plan: &SearchPlan, documents: &[RankedDocument]) -> Result<Vec<Explanation>> {
        execute::explain(&self.index, plan, documents)
    }

    fn fetch(&self, documents: &[DocRef]) -> Result<Vec<Record>> {
        let read = |document: &DocRef| {
            let (segment, doc) = self.index.locate(*document)?;
            self.index.stored_record(segment, doc)
        };
        documents.iter().map(read).collect()
    }

    fn fetch_cards(&self, documents: &[DocRef]) -> Result<Vec<Record>> {
        let read = |document: &DocRef| {
            let (segment, doc) = self.index.locate(*document)?;
            self.index.stored_card(segment, doc)
        };
        documents.iter().map(read).collect()
    }

    fn find(&self, ids: &[&str]) -> Result<Vec<Option<DocRef>>> {
        let find = |id: &&str| self.index.facts.lookup(KeyField::Id, id_hash(id), 1).first().copied();
        Ok(ids.iter().map(find).collect())
    }

    fn lookup(&self, field: KeyField, keys: &[u64], limit: usize) -> Result<Vec<Vec<DocRef>>> {
        Ok(keys.iter().map(|key| self.index.facts.lookup(field, *key, limit)).collect())
    }

    fn facts(&self, documents: &[DocRef]) -> Result<Vec<Option<Arc<Facts>>>> {
        Ok(documents.iter().map(|document| self.index.facts.facts(*document)).collect())
    }

    fn derived(&self, documents: &[DocRef]) -> Result<Vec<Derived>> {
        Ok(documents.iter().map(|document| self.index.facts.derived(*document)).collect())
    }

    fn documents(&self, after: Option<DocRef>, limit: usize) -> Result<Vec<DocRef>> {
        Ok(self.index.facts.documents_after(after, limit))
    }

    fn scan(&self, visit: &mut dyn FnMut(&Record)) -> Result<()> {
        self.index.each_record(visit)
    }

    fn scan_words(&self, visit: &mut dyn FnMut(&str, u32)) -> Result<()> {
        self.index.each_word(visit)
    }
}
