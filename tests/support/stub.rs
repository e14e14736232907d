//! Searcher whose search is a function of the test and which holds no record.

use gongkai_index::query::Query;
use gongkai_index::record::generation::Generation;
use gongkai_index::results::{Ordered, SearchResults, Trend, TrendQuery};
use gongkai_index::{Budget, Error, Record, Result, Searcher};

/// Search of a test: it may wait, go on without end, or fail.
type Search = dyn Fn(&Query, &Budget) -> Result<SearchResults> + Send + Sync;

/// Searcher that searches by a function and may fail to read records.
pub struct Stub {
    search: Box<Search>,
    record_error: Option<&'static str>,
}

impl Stub {
    /// Makes a searcher that searches by `search` and holds no record.
    pub fn with_search(
        search: impl Fn(&Query, &Budget) -> Result<SearchResults> + Send + Sync + 'static,
    ) -> Self {
        Self { search: Box::new(search), record_error: None }
    }

    /// Fails with this message when a record is read.
    pub fn with_record_error(self, message: &'static str) -> Self {
        Self { record_error: Some(message), ..self }
    }

    /// Answer without hits.
    pub fn empty_results() -> SearchResults {
        SearchResults {
            generation: 1,
            total: 0,
            matched: 0,
            hits: Vec::new(),
            facets: Vec::new(),
            more: false,
        }
    }
}

impl Searcher for Stub {
    fn search(&self, query: &Query, _: Option<Generation>, budget: &Budget) -> Result<SearchResults> {
        (self.search)(query, budget)
    }

    fn order(&self, _: &Query, _: Option<Generation>, _: &Budget) -> Result<Ordered> {
        Ok(Ordered { generation: 1, entries: Vec::new() })
    }

    fn trend(&self, _: &Query, _: &TrendQuery, _: &Budget) -> Result<Trend> {
        Ok(Trend { generation: 1, total: 0, undated: 0, steps: Vec::new() })
    }

    fn record(&self, _: &str) -> Result<Option<Record>> {
        self.record_error.map_or(Ok(None), |message| Err(Error::Index(message.to_owned())))
    }

    fn each_record(&self, _: &mut dyn FnMut(&Record)) -> Result<()> {
        Ok(())
    }

    fn each_word(&self, _: &mut dyn FnMut(&str, u32)) -> Result<()> {
        Ok(())
    }

    fn generation(&self) -> Generation {
        1
    }

    fn len(&self) -> u64 {
        1
    }
}
