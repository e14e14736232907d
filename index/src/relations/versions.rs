//! Versions of one document: the same title and organ, another date.

use crate::official::lineage;
use crate::record::Date;
use crate::relations::facts::Facts;
use crate::relations::place;
use crate::relations::source::Relations;
use crate::schema::doc_ref::{DocRef, KeyField};

/// Most records of one title that are compared; a title of more records names no document.
const MAX_OF_ONE_TITLE: usize = 400;

impl Relations<'_> {
    /// Lists all versions of a document, itself included, in order of their first days; one
    /// record for each text. Only the document itself if there is no other.
    pub fn versions(&self, document: DocRef) -> Vec<DocRef> {
        let own = self.canonical(document);
        let Some(facts) = self.facts(document).filter(|facts| facts.family != 0) else { return vec![own] };
        let mut found: Vec<DocRef> = self
            .lookup_some(KeyField::Family, facts.family, MAX_OF_ONE_TITLE)
            .into_iter()
            .filter(|other| self.are_versions(document, *other))
            .map(|other| self.canonical(other))
            .collect();
        found.push(own);
        found.sort_unstable();
        found.dedup();
        found.sort_by_cached_key(|document| (self.first_day(*document), self.source_order(*document)));
        found
    }

    /// Returns the sort key of records of one day: the nearest source first, then those with a
    /// stated validity and a number, whatever the order in which they arrived.
    pub(super) fn source_order(&self, document: DocRef) -> (u8, bool, bool, String) {
        self.facts(document).map_or((u8::MAX, true, true, String::new()), |facts| {
            (facts.source_rank, facts.stated.is_none(), facts.number == 0, facts.id.clone())
        })
    }

    /// Returns the first day of the text of a version, if it or a copy of it gives one.
    pub fn first_day(&self, document: DocRef) -> Option<Date> {
        let copies =
            self.copies(document).into_iter().filter_map(|document| self.facts(document)?.text_first_day());
        self.facts(document).and_then(|facts| facts.text_first_day()).or_else(|| copies.min())
    }

    /// Checks if two records of one title are versions of one document: issued for one place by
    /// the same organ, its predecessor or the organ it is part of; or with the name of the place
    /// in the title, because sites name the organ that drafted a rule instead of the government
    /// that issued it.
    pub(super) fn are_versions(&self, a: DocRef, b: DocRef) -> bool {
        let (Some(a), Some(b)) = (self.facts(a), self.facts(b)) else { return false };
        if !place::are_compatible(&a.place, &b.place) || a.place.is_empty() != b.place.is_empty() {
            return false;
        }
        let is_same_organ = |x: &String, y: &String| {
            x == y
                || x.starts_with(y.as_str())
                || y.starts_with(x.as_str())
                || lineage::also_known_as(x).contains(y)
        };
        let shared = || a.issuers.iter().any(|x| b.issuers.iter().any(|y| is_same_organ(x, y)));
        a.issuers.is_empty() || b.issuers.is_empty() || shared() || name_their_place(&a, &b)
    }
}

/// Checks if both titles begin with the name of the place in which both hold.
fn name_their_place(a: &Facts, b: &Facts) -> bool {
    let name = a.place.rsplit('/').next().unwrap_or_default();
    let named = |facts: &Facts| !name.is_empty() && without_organ(&facts.title).starts_with(name);
    a.place == b.place && a.family != 0 && a.family == b.family && named(a) && named(b)
}

/// Returns the title from its first bracket on, else all of it: 关于印发《河北省…》的通知.
fn without_organ(title: &str) -> &str {
    title.split_once('《').map_or(title, |(_, inner)| inner)
}
