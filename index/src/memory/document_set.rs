//! The documents of one generation, shared with the generations that have them too.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use crate::error::{Error, Result};
use crate::memory::document::StoredDocument;
use crate::record::generation::Generation;
use crate::relations::fact_table::FactTable;
use crate::relations::validity_period::ValidityPeriod;
use crate::schema::doc_ref::DocRef;
use crate::schema::fields::Facet;
use crate::schema::issuer_name::{issuer_key, shown_spelling};

/// Values of a document that follow from other documents.
#[derive(Debug, Clone, Copy, Default)]
pub struct DerivedRow {
    /// The group of copies and the place in it, the canonical copy having 0; `None` if there is
    /// no copy.
    pub copy: Option<(u32, u32)>,
    /// The days that decide the validity.
    pub period: ValidityPeriod,
}

/// The documents of one generation with their facts.
pub struct DocumentSet {
    /// The generation.
    pub generation: Generation,
    /// Documents by number.
    pub documents: Vec<Option<Arc<StoredDocument>>>,
    /// Their facts.
    pub facts: Arc<FactTable>,
    derived: OnceLock<Vec<DerivedRow>>,
    issuer_names: OnceLock<HashMap<String, String>>,
}

impl DocumentSet {
    /// Makes the set of documents whose numbers are those of the table.
    pub fn new(
        generation: Generation,
        documents: Vec<Option<Arc<StoredDocument>>>,
        facts: Arc<FactTable>,
    ) -> Self {
        Self { generation, documents, facts, derived: OnceLock::new(), issuer_names: OnceLock::new() }
    }

    /// Iterates over the documents with their numbers.
    pub fn numbered(&self) -> impl Iterator<Item = (u32, &StoredDocument)> {
        self.documents.iter().zip(0..).filter_map(|(held, number)| Some((number, held.as_deref()?)))
    }

    /// Returns a document.
    ///
    /// # Errors
    /// A document that is not of this snapshot.
    pub fn document(&self, number: u32) -> Result<&StoredDocument> {
        let held = self.documents.get(number as usize).and_then(Option::as_deref);
        held.ok_or_else(|| Error::Index("a document is not of this snapshot".into()))
    }

    /// Returns the name of an issuer with a key: its most frequent spelling.
    pub fn issuer_name(&self, key: &str) -> String {
        let names = self.issuer_names.get_or_init(|| {
            let mut counts: BTreeMap<String, BTreeMap<&str, u64>> = BTreeMap::new();
            for spelling in self.numbered().flat_map(|(_, document)| document.values(Facet::Issuer)) {
                *counts.entry(issuer_key(spelling)).or_default().entry(spelling).or_default() += 1;
            }
            let shown = |(key, spellings): (String, BTreeMap<&str, u64>)| {
                let shown = shown_spelling(&key, spellings.into_iter())?.to_owned();
                Some((key, shown))
            };
            counts.into_iter().filter_map(shown).collect()
        });
        names.get(key).map_or_else(|| key.to_owned(), Clone::clone)
    }

    /// Returns the derived values of a document; worked out for all at the first question.
    pub fn derived_row(&self, number: u32) -> DerivedRow {
        let relations = self.facts.relations();
        let row = |number: u32| DerivedRow {
            copy: relations.rank_in_group(DocRef::new(number)),
            period: relations.validity_period(DocRef::new(number)),
        };
        let rows = self.derived.get_or_init(|| (0..self.documents.len() as u32).map(row).collect());
        rows.get(number as usize).copied().unwrap_or_default()
    }
}
