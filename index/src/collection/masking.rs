//! A collection whose private numbers are hidden in everything it gives.
//!
//! The records stay as they were published; identity numbers, mobile numbers and bank
//! cards lose their inner digits on the way out, before anything is marked or cut, so
//! that no piece of a text shows more than the whole. What must keep the records (a
//! copy, a rebuilt index) reads the collection itself and not through this.

use std::borrow::Cow;

use crate::backend::{Budget, Hold, Searcher};
use crate::error::Result;
use crate::official::privacy;
use crate::query::Query;
use crate::record::Record;
use crate::record::generation::Generation;
use crate::relations::{Commit, Relations};
use crate::results::{Ordered, SearchResults, Trend, TrendQuery};

/// A searcher that hides private numbers.
pub struct Masked<S>(pub S);

impl<S: Searcher> Searcher for Masked<S> {
    fn search(&self, query: &Query, at: Option<Generation>, budget: &Budget) -> Result<SearchResults> {
        self.0.search(&Query { masked: true, ..query.clone() }, at, budget)
    }

    fn record(&self, id: &str) -> Result<Option<Record>> {
        let mut record = self.0.record(id)?;
        record.iter_mut().for_each(hide);
        Ok(record)
    }

    fn order(&self, query: &Query, at: Option<Generation>, budget: &Budget) -> Result<Ordered> {
        self.0.order(query, at, budget)
    }

    fn trend(&self, query: &Query, asked: &TrendQuery, budget: &Budget) -> Result<Trend> {
        self.0.trend(query, asked, budget)
    }

    fn relations(&self, read: &mut dyn FnMut(&Relations)) {
        self.0.relations(read);
    }

    fn commits(&self) -> Result<Vec<Commit>> {
        self.0.commits()
    }

    fn each_record(&self, visit: &mut dyn FnMut(&Record)) -> Result<()> {
        self.0.each_record(&mut |record| {
            let mut record = record.clone();
            hide(&mut record);
            visit(&record);
        })
    }

    fn each_word(&self, visit: &mut dyn FnMut(&str, u32)) -> Result<()> {
        self.0.each_word(&mut |word, records| {
            if privacy::find_all(word).is_empty() {
                visit(word, records);
            }
        })
    }

    fn generation(&self) -> Generation {
        self.0.generation()
    }

    fn hold(&self, generation: Option<Generation>) -> Result<Hold> {
        self.0.hold(generation)
    }

    fn len(&self) -> u64 {
        self.0.len()
    }
}

/// Hides the private numbers in every text of a record. Its texts keep their lengths.
pub fn hide(record: &mut Record) {
    let lists = record.keywords.iter_mut().chain(&mut record.interprets);
    let parts = record.parts.iter_mut().map(|part| &mut part.title);
    let files = record.attachments.iter_mut().map(|file| &mut file.name);
    let said = record.validity_evidence.iter_mut().flat_map(|e| e.title.iter_mut().chain([&mut e.quote]));
    let read = record.inferred.values_mut().map(|inference| &mut inference.evidence);
    let reason = record.provenance.iter_mut().map(|provenance| &mut provenance.reason);
    let own = [&mut record.title, &mut record.body].into_iter();
    for text in own.chain(lists).chain(parts).chain(files).chain(said).chain(read).chain(reason) {
        if let Cow::Owned(masked) = privacy::mask(text) {
            *text = masked;
        }
    }
}
