//! A searcher that searches as a test says and has nothing else to give.

use gongkai_index::query::Query;
use gongkai_index::record::generation::Generation;
use gongkai_index::results::{Ordered, SearchResults, Trend, TrendQuery};
use gongkai_index::{Budget, Error, Record, Result, Searcher};

/// What a search does: it may wait, go on without end, or fail.
type Search = dyn Fn(&Query, &Budget) -> Result<SearchResults> + Send + Sync;

/// Searches by a function; asked for a record, it fails as told.
pub struct Stub {
    search: Box<Search>,
    record: Option<&'static str>,
}

impl Stub {
    /// Searches by `search`, and holds no record.
    pub fn searching(
        search: impl Fn(&Query, &Budget) -> Result<SearchResults> + Send + Sync + 'static,
    ) -> Self {
        Self { search: Box::new(search), record: None }
    }

    /// Asked for a record, the index is broken in these words.
    pub fn broken(self, words: &'static str) -> Self {
        Self { record: Some(words), ..self }
    }

    /// The answer that holds nothing.
    pub fn nothing() -> SearchResults {
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
        self.record.map_or(Ok(None), |words| Err(Error::Index(words.to_owned())))
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
