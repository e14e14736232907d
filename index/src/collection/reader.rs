//! Reading one generation of a collection.

use std::sync::Arc;

use crate::analysis::Analyzer;
use crate::backend::{Budget, Snapshot};
use crate::collection::fetch::Fetcher;
use crate::collection::snapshot_facts::read_relations;
use crate::collection::{facets, masking, trend};
use crate::error::Result;
use crate::lexicon::LexiconSource;
use crate::official::privacy;
use crate::query::plan::SearchPlan;
use crate::query::{Clause, Query};
use crate::record::Record;
use crate::record::generation::Generation;
use crate::record::generation::SnapshotToken;
use crate::relations::facts::Facts;
use crate::relations::source::Relations;
use crate::results::{Ordered, SearchResults, Trend, TrendQuery};
use crate::schema::doc_ref::{DocRef, KeyField};

/// One generation of a collection, as readers see it. Clones share it; the generation is kept as
/// long as one of them exists.
#[derive(Clone)]
pub struct Reader {
    snapshot: Arc<dyn Snapshot>,
    analyzer: Analyzer,
    mask: bool,
}

impl Reader {
    pub(super) fn new(snapshot: Arc<dyn Snapshot>, analyzer: Analyzer, mask: bool) -> Self {
        Self { snapshot, analyzer, mask }
    }

    /// Returns the generation.
    pub fn generation(&self) -> Generation {
        self.snapshot.generation()
    }

    /// Returns the token by which a cursor finds this generation again.
    pub fn token(&self) -> SnapshotToken {
        self.snapshot.token()
    }

    /// Returns the analyzer of queries.
    pub fn analyzer(&self) -> &Analyzer {
        &self.analyzer
    }

    /// Counts the records.
    pub fn len(&self) -> u64 {
        self.snapshot.document_count()
    }

    /// Checks if there are no records.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Runs a query: hits, exact total, facets.
    ///
    /// # Errors
    /// [`crate::Error::Deadline`], [`crate::Error::Abandoned`], a failure of the backend.
    pub fn search(&self, query: &Query, budget: &Budget) -> Result<SearchResults> {
        let plan = SearchPlan::from_query(query);
        let matches = self.snapshot.search(&plan, budget)?;
        let fetcher = Fetcher { snapshot: &*self.snapshot, query, plan: &plan, mask: self.mask };
        let hits = fetcher.fetch(&matches.documents, budget)?;
        let listed = query.facets.iter().zip(matches.facets);
        let facets = listed.map(|((facet, limit), (_, values))| {
            facets::list_values(*facet, values, *limit, query.filters.get(facet))
        });
        Ok(SearchResults {
            generation: self.generation(),
            token: self.token(),
            total: matches.total,
            matched: matches.matched,
            hits,
            facets: facets.collect(),
            more: matches.more,
        })
    }

    /// Counts the records that match each clause.
    ///
    /// # Errors
    /// As [`Reader::search`].
    pub fn count(&self, clauses: &[Clause], budget: &Budget) -> Result<Vec<u64>> {
        self.snapshot.count(clauses, budget)
    }

    /// Lists all hits of a query in their order, as hashes of ids and contents.
    ///
    /// # Errors
    /// As [`Reader::search`].
    pub fn order(&self, query: &Query, budget: &Budget) -> Result<Ordered> {
        let entries = self.snapshot.order(&SearchPlan::from_query(query), budget)?;
        Ok(Ordered { generation: self.generation(), entries })
    }

    /// Counts the matches of a query over time.
    ///
    /// # Errors
    /// As [`Reader::search`].
    pub fn trend(&self, query: &Query, request: &TrendQuery, budget: &Budget) -> Result<Trend> {
        let counts = self.snapshot.trend(&SearchPlan::from_query(query), request, budget)?;
        Ok(trend::arrange_steps(self.generation(), &counts, request))
    }

    /// Returns, for each hash of a document number, whether a record may have it: always for 0, which
    /// stands for numbers that are not hashed.
    ///
    /// # Errors
    /// A failure of the backend.
    pub fn holds_numbers(&self, hashes: &[u64]) -> Result<Vec<bool>> {
        let found = self.snapshot.lookup(KeyField::Number, hashes, 1)?;
        Ok(hashes.iter().zip(found).map(|(hash, found)| *hash == 0 || !found.is_empty()).collect())
    }

    /// Reads the whole record of an id.
    ///
    /// # Errors
    /// A failure of the backend.
    pub fn record(&self, id: &str) -> Result<Option<Record>> {
        let Some(document) = self.snapshot.find(&[id])?.pop().flatten() else { return Ok(None) };
        let mut record = self.snapshot.fetch(&[document])?.pop();
        if self.mask {
            record.iter_mut().for_each(masking::mask_record);
        }
        Ok(record)
    }

    /// Visits every record, in no particular order.
    ///
    /// # Errors
    /// A failure of the backend.
    pub fn each_record(&self, visit: &mut dyn FnMut(&Record)) -> Result<()> {
        if !self.mask {
            return self.snapshot.scan(visit);
        }
        self.snapshot.scan(&mut |record| {
            let mut record = record.clone();
            masking::mask_record(&mut record);
            visit(&record);
        })
    }

    /// Reads links, copies, versions and validity.
    ///
    /// # Errors
    /// A failure of the backend.
    pub fn relations<T>(&self, read: impl FnOnce(&Relations<'_>) -> T) -> Result<T> {
        read_relations(&*self.snapshot, read)
    }

    /// Lists at most `limit` documents after one, in their order; from the first if `None`.
    ///
    /// # Errors
    /// A failure of the backend.
    pub fn documents(&self, after: Option<DocRef>, limit: usize) -> Result<Vec<DocRef>> {
        self.snapshot.documents(after, limit)
    }

    /// Returns the title of a record as readers may see it.
    pub fn visible_title(&self, facts: &Facts) -> String {
        match self.mask {
            true => privacy::mask(&facts.title).into_owned(),
            false => facts.title.clone(),
        }
    }
}

impl LexiconSource for Reader {
    fn generation(&self) -> Generation {
        self.snapshot.generation()
    }

    fn each_word(&self, visit: &mut dyn FnMut(&str, u32)) -> Result<()> {
        if !self.mask {
            return self.snapshot.scan_words(visit);
        }
        self.snapshot.scan_words(&mut |word, records| {
            if privacy::find_all(word).is_empty() {
                visit(word, records);
            }
        })
    }

    fn each_record(&self, visit: &mut dyn FnMut(&Record)) -> Result<()> {
        Reader::each_record(self, visit)
    }
}
