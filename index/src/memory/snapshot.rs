//! A snapshot in memory as a [`Snapshot`].

use std::sync::Arc;

use crate::analysis::Analyzer;
use crate::backend::{Budget, Snapshot};
use crate::error::Result;
use crate::keys::id::id_hash;
use crate::memory::document_set::DocumentSet;
use crate::memory::matching::Matching;
use crate::memory::scoring::Scorer;
use crate::memory::search::Search;
use crate::memory::trend::count_over_time;
use crate::query::plan::SearchPlan;
use crate::query::{Clause, Stream};
use crate::ranking::explanation::complete_to_score;
use crate::record::Record;
use crate::record::generation::Generation;
use crate::record::generation::SnapshotToken;
use crate::relations::facts::Facts;
use crate::relations::source::{Derived, FactSource};
use crate::results::{Explanation, Matches, RankedDocument, TrendCounts, TrendQuery};
use crate::schema::doc_ref::{DocRef, KeyField};
use crate::schema::fields::TextField;

/// One generation of the documents in memory.
pub struct MemorySnapshot {
    set: Arc<DocumentSet>,
    analyzer: Analyzer,
}

impl MemorySnapshot {
    /// Reads a set of documents.
    pub fn new(set: Arc<DocumentSet>, analyzer: Analyzer) -> Self {
        Self { set, analyzer }
    }
}

impl Snapshot for MemorySnapshot {
    fn generation(&self) -> Generation {
        self.set.generation
    }

    fn token(&self) -> SnapshotToken {
        SnapshotToken::of_generation(self.set.generation)
    }

    fn document_count(&self) -> u64 {
        self.set.facts.len() as u64
    }

    fn digest(&self) -> u128 {
        self.set.facts.digest
    }

    fn search(&self, plan: &SearchPlan, budget: &Budget) -> Result<Matches> {
        Search::new(&self.set, &self.analyzer, plan, budget)?.matches()
    }

    fn count(&self, clauses: &[Clause], budget: &Budget) -> Result<Vec<u64>> {
        let count = |clause: &Clause| {
            budget.check()?;
            let matching = Matching::new(clause, &self.set, &self.analyzer);
            Ok(self.set.numbered().filter(|(_, document)| matching.matches(document)).count() as u64)
        };
        clauses.iter().map(count).collect()
    }

    fn trend(&self, plan: &SearchPlan, request: &TrendQuery, budget: &Budget) -> Result<TrendCounts> {
        count_over_time(&self.set, &self.analyzer, plan, request, budget)
    }

    fn order(&self, plan: &SearchPlan, budget: &Budget) -> Result<Vec<(u64, u128)>> {
        Search::new(&self.set, &self.analyzer, plan, budget)?.order()
    }

    fn explain(&self, plan: &SearchPlan, documents: &[RankedDocument]) -> Result<Vec<Explanation>> {
        let scorer = Scorer::new(&self.set, plan);
        let explain = |ranked: &RankedDocument| {
            let number = ranked.document.number;
            let parts = scorer.explain(number, self.set.document(number)?);
            Ok(complete_to_score(parts, f32::from_bits(ranked.position.key as u32), plan.rescoring))
        };
        documents.iter().map(explain).collect()
    }

    fn fetch(&self, documents: &[DocRef]) -> Result<Vec<Record>> {
        documents.iter().map(|document| self.set.document(document.number)?.to_record()).collect()
    }

    fn fetch_cards(&self, documents: &[DocRef]) -> Result<Vec<Record>> {
        let without_body = |record: Record| Record { body: String::new(), parts: Vec::new(), ..record };
        Ok(self.fetch(documents)?.into_iter().map(without_body).collect())
    }

    fn find(&self, ids: &[&str]) -> Result<Vec<Option<DocRef>>> {
        let find = |id: &&str| self.set.facts.lookup(KeyField::Id, id_hash(id), 1).first().copied();
        Ok(ids.iter().map(find).collect())
    }

    fn lookup(&self, field: KeyField, keys: &[u64], limit: usize) -> Result<Vec<Vec<DocRef>>> {
        Ok(keys.iter().map(|key| self.set.facts.lookup(field, *key, limit)).collect())
    }

    fn facts(&self, documents: &[DocRef]) -> Result<Vec<Option<Arc<Facts>>>> {
        Ok(documents.iter().map(|document| self.set.facts.facts(*document)).collect())
    }

    fn derived(&self, documents: &[DocRef]) -> Result<Vec<Derived>> {
        Ok(documents.iter().map(|document| self.set.facts.derived(*document)).collect())
    }

    fn documents(&self, after: Option<DocRef>, limit: usize) -> Result<Vec<DocRef>> {
        Ok(self.set.facts.documents_after(after, limit))
    }

    fn scan(&self, visit: &mut dyn FnMut(&Record)) -> Result<()> {
        self.set.numbered().try_for_each(|(_, document)| {
            visit(&document.to_record()?);
            Ok(())
        })
    }

    fn scan_words(&self, visit: &mut dyn FnMut(&str, u32)) -> Result<()> {
        for (_, document) in self.set.numbered() {
            let texts = [TextField::Title, TextField::Body].into_iter().filter_map(|f| document.text(f));
            texts.for_each(|text| text.stream(Stream::Words).tokens().for_each(|word| visit(word, 1)));
        }
        Ok(())
    }
}
