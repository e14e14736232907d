//! Backend whose search is a function of the test and which holds no record.

use std::sync::Arc;

use gongkai_index::backend::{Backend, Capabilities, Health, Journal, Load, Snapshot, Writer};
use gongkai_index::query::Clause;
use gongkai_index::query::plan::SearchPlan;
use gongkai_index::record::commit::Commit;
use gongkai_index::record::generation::{Generation, SnapshotToken};
use gongkai_index::relations::facts::Facts;
use gongkai_index::relations::source::Derived;
use gongkai_index::results::{Explanation, Matches, RankedDocument, TrendCounts, TrendQuery};
use gongkai_index::schema::doc_ref::{DocRef, KeyField};
use gongkai_index::{Budget, Collection, Error, Record, Result};

/// Search of a test: it may wait, go on without end, or fail.
type Search = dyn Fn(&SearchPlan, &Budget) -> Result<Matches> + Send + Sync;

/// Backend that searches by a function and may fail to find records. Its only generation is 1.
#[derive(Clone)]
pub struct Stub {
    search: Arc<Search>,
    record_error: Option<&'static str>,
}

impl Stub {
    /// Makes a backend that searches by `search` and holds no record.
    pub fn with_search(
        search: impl Fn(&SearchPlan, &Budget) -> Result<Matches> + Send + Sync + 'static,
    ) -> Self {
        Self { search: Arc::new(search), record_error: None }
    }

    /// Fails with this message when a record is looked for.
    pub fn with_record_error(self, message: &'static str) -> Self {
        Self { record_error: Some(message), ..self }
    }

    /// The collection that it holds.
    pub fn collection(self) -> Collection {
        Collection::new(Arc::new(self), false)
    }

    /// Matches of a search that finds nothing.
    pub fn no_matches() -> Matches {
        Matches { total: 0, matched: 0, documents: Vec::new(), facets: Vec::new(), more: false }
    }
}

impl Backend for Stub {
    fn snapshot(&self) -> Arc<dyn Snapshot> {
        Arc::new(self.clone())
    }

    fn snapshot_at(&self, _: &SnapshotToken) -> Result<Arc<dyn Snapshot>> {
        Ok(Arc::new(self.clone()))
    }

    fn refresh(&self) -> Result<bool> {
        Ok(false)
    }

    fn writer(&self, _: Load) -> Result<Box<dyn Writer>> {
        Err(Error::Index("the stub does not write".into()))
    }

    fn is_handing_over(&self) -> bool {
        false
    }

    fn wait_for_handover(&self) {}

    fn journal(&self) -> Box<dyn Journal> {
        Box::new(NoJournal)
    }

    fn health(&self) -> Result<Health> {
        Ok(Health::default())
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { explain: false, local_files: false }
    }
}

impl Snapshot for Stub {
    fn generation(&self) -> Generation {
        1
    }

    fn token(&self) -> SnapshotToken {
        SnapshotToken::of_generation(1)
    }

    fn document_count(&self) -> u64 {
        1
    }

    fn digest(&self) -> u128 {
        0
    }

    fn search(&self, plan: &SearchPlan, budget: &Budget) -> Result<Matches> {
        (self.search)(plan, budget)
    }

    fn count(&self, clauses: &[Clause], _: &Budget) -> Result<Vec<u64>> {
        Ok(vec![0; clauses.len()])
    }

    fn trend(&self, _: &SearchPlan, _: &TrendQuery, _: &Budget) -> Result<TrendCounts> {
        Ok(TrendCounts::default())
    }

    fn order(&self, _: &SearchPlan, _: &Budget) -> Result<Vec<(u64, u128)>> {
        Ok(Vec::new())
    }

    fn explain(&self, _: &SearchPlan, _: &[RankedDocument]) -> Result<Vec<Explanation>> {
        Ok(Vec::new())
    }

    fn fetch_cards(&self, documents: &[DocRef]) -> Result<Vec<Record>> {
        self.fetch(documents)
    }

    fn fetch(&self, _: &[DocRef]) -> Result<Vec<Record>> {
        Ok(Vec::new())
    }

    fn find(&self, ids: &[&str]) -> Result<Vec<Option<DocRef>>> {
        match self.record_error {
            None => Ok(vec![None; ids.len()]),
            Some(message) => Err(Error::Index(message.to_owned())),
        }
    }

    fn lookup(&self, _: KeyField, keys: &[u64], _: usize) -> Result<Vec<Vec<DocRef>>> {
        Ok(vec![Vec::new(); keys.len()])
    }

    fn facts(&self, documents: &[DocRef]) -> Result<Vec<Option<Arc<Facts>>>> {
        Ok(vec![None; documents.len()])
    }

    fn derived(&self, documents: &[DocRef]) -> Result<Vec<Derived>> {
        Ok(vec![Derived::default(); documents.len()])
    }

    fn documents(&self, _: Option<DocRef>, _: usize) -> Result<Vec<DocRef>> {
        Ok(Vec::new())
    }

    fn scan(&self, _: &mut dyn FnMut(&Record)) -> Result<()> {
        Ok(())
    }

    fn scan_words(&self, _: &mut dyn FnMut(&str, u32)) -> Result<()> {
        Ok(())
    }
}

/// Journal that keeps nothing.
struct NoJournal;

impl Journal for NoJournal {
    fn read(&mut self, _: Generation) -> Result<Option<Vec<Commit>>> {
        Ok(Some(Vec::new()))
    }

    fn append(&mut self, _: &Commit) -> Result<()> {
        Ok(())
    }

    fn rewrite(&mut self, _: &[Commit]) -> Result<()> {
        Ok(())
    }

    fn is_corrupt(&self) -> bool {
        false
    }

    fn quarantine(&mut self) -> Result<()> {
        Ok(())
    }
}
