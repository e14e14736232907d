//! Counts of a search: total, matches, facets.
//!
//! An entry is a document, or the copies of one text where copies are one entry. An entry is
//! there if one of its copies is, and it has every value that one of its copies has: so the
//! count of a value is what choosing it gives.

use std::collections::{BTreeMap, BTreeSet};

use crate::memory::document::StoredDocument;
use crate::memory::document_set::{DerivedRow, DocumentSet};
use crate::memory::filters::{accepts, facet_values};
use crate::query::MISSING;
use crate::query::plan::SearchPlan;
use crate::schema::fields::Facet;

/// An entry: a document by its number, or a group of copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    Document(u32),
    Copies(u32),
}

/// Counts over the matches of one search.
#[derive(Debug, Default)]
pub struct Counts {
    /// Entries of which a document passes all filters, each with the document that is shown.
    pub shown: BTreeMap<Entry, u32>,
    values: BTreeMap<Facet, BTreeMap<String, BTreeSet<Entry>>>,
}

impl Counts {
    /// Counts documents that match and lie within the dates.
    pub fn new<'a>(
        plan: &SearchPlan,
        set: &DocumentSet,
        documents: impl Iterator<Item = (u32, &'a StoredDocument)>,
    ) -> Self {
        let mut counts = Self::default();
        let mut places: BTreeMap<Entry, u32> = BTreeMap::new();
        for (number, document) in documents {
            let derived = set.derived_row(number);
            let (entry, place) = match derived.copy {
                Some((group, place)) if plan.collapse => (Entry::Copies(group), place),
                _ => (Entry::Document(number), 0),
            };
            if counts.add(plan, set, document, &derived, entry)
                && places.get(&entry).is_none_or(|shown| place < *shown)
            {
                places.insert(entry, place);
                counts.shown.insert(entry, number);
            }
        }
        counts
    }

    /// Counts one document; returns whether it passes all filters. One that passes counts in
    /// every facet; one that fails a single filter counts in that facet alone, since the counts
    /// of a facet ignore its own filter.
    fn add(
        &mut self,
        plan: &SearchPlan,
        set: &DocumentSet,
        document: &StoredDocument,
        derived: &DerivedRow,
        entry: Entry,
    ) -> bool {
        let values = |facet: Facet| facet_values(plan, set, document, derived, facet);
        let fails = |facet: &Facet| {
            plan.filters.get(facet).is_some_and(|filter| !accepts(filter, *facet, &values(*facet)))
        };
        let failed: Vec<Facet> = Facet::ALL.into_iter().filter(fails).collect();
        for facet in Facet::ALL {
            if failed.iter().any(|failed| *failed != facet) {
                continue;
            }
            let mut values = values(facet);
            if values.is_empty() {
                values.push(MISSING.to_owned());
            }
            for value in values {
                self.values.entry(facet).or_default().entry(value).or_default().insert(entry);
            }
        }
        failed.is_empty()
    }

    /// Lists the counts of the facets asked for.
    pub fn facets(&self, facets: &[Facet]) -> Vec<(Facet, Vec<(String, u64)>)> {
        let count = |(value, entries): (&String, &BTreeSet<Entry>)| (value.clone(), entries.len() as u64);
        let counts = |facet: &Facet| {
            let values = self.values.get(facet);
            (*facet, values.into_iter().flatten().map(count).collect())
        };
        facets.iter().map(counts).collect()
    }
}
