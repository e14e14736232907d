//! Versions of one document: the same title of the same organ, another date.

use crate::official::lineage;
use crate::record::Date;
use crate::relations::facts::Facts;
use crate::relations::place;
use crate::relations::source::Relations;
use crate::schema::doc_ref::{DocRef, KeyField};

/// Records of one title that are looked at; a title that more bear is nobody's.
const MOST: usize = 400;

impl Relations<'_> {
    /// All versions of a document, this one among them, in order of the day on which they
    /// begin; one record for each text. Only this one if there is no other.
    pub fn versions(&self, document: DocRef) -> Vec<DocRef> {
        let own = self.canonical(document);
        let Some(facts) = self.facts(document).filter(|facts| facts.family != 0) else { return vec![own] };
        let mut found: Vec<DocRef> = self
            .lookup_some(KeyField::Family, facts.family, MOST)
            .into_iter()
            .filter(|other| self.same_line(document, *other))
            .map(|other| self.canonical(other))
            .collect();
        found.push(own);
        found.sort_unstable();
        found.dedup();
        found.sort_by_cached_key(|document| (self.begins(*document), self.rank(*document)));
        found
    }

    /// How records of one day are ordered: by how near to the issuer they are and how much they
    /// say of themselves, not by when they came.
    pub(super) fn rank(&self, document: DocRef) -> (u8, bool, bool, String) {
        self.facts(document).map_or((u8::MAX, true, true, String::new()), |facts| {
            (facts.source_rank, facts.stated.is_none(), facts.number == 0, facts.id.clone())
        })
    }

    /// The first day of the text of a version, as far as any copy of it says.
    pub fn begins(&self, document: DocRef) -> Option<Date> {
        let copies =
            self.copies(document).into_iter().filter_map(|document| self.facts(document)?.text_begins());
        self.facts(document).and_then(|facts| facts.text_begins()).or_else(|| copies.min())
    }

    /// Whether two records of one title are of one line: issued for one place by the same
    /// organ, its predecessor or the organ it is part of, or bearing the name of the place:
    /// sites give the organ that drafted a rule for the government that issued it.
    pub(super) fn same_line(&self, a: DocRef, b: DocRef) -> bool {
        let (Some(a), Some(b)) = (self.facts(a), self.facts(b)) else { return false };
        if !place::compatible(&a.place, &b.place) || a.place.is_empty() != b.place.is_empty() {
            return false;
        }
        let one = |x: &String, y: &String| {
            x == y
                || x.starts_with(y.as_str())
                || y.starts_with(x.as_str())
                || lineage::also_known_as(x).contains(y)
        };
        let shared = || a.issuers.iter().any(|x| b.issuers.iter().any(|y| one(x, y)));
        a.issuers.is_empty() || b.issuers.is_empty() || shared() || of_one_place(&a, &b)
    }
}

/// Whether both titles name the place that both are of.
fn of_one_place(a: &Facts, b: &Facts) -> bool {
    let name = a.place.rsplit('/').next().unwrap_or_default();
    let named = |facts: &Facts| !name.is_empty() && without_organ(&facts.title).starts_with(name);
    a.place == b.place && a.family != 0 && a.family == b.family && named(a) && named(b)
}

/// What stands within the first brackets, else the title: 关于印发《河北省…》的通知.
fn without_organ(title: &str) -> &str {
    title.split_once('《').map_or(title, |(_, inner)| inner)
}
