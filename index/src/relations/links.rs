//! Links between records: from a citation to the record it means, and back.

use crate::keys::id::id_hash;
use crate::official::citation::Relation;
use crate::record::days::days_between;
use crate::record::{Date, Kind};
use crate::relations::cited::Cited;
use crate::relations::facts::Facts;
use crate::relations::place;
use crate::relations::source::Relations;
use crate::schema::doc_ref::{DocRef, KeyField};

/// Most records examined for citations of one record; with more, the list is not complete.
const MAX_CITING: usize = 50_000;
/// Most days by which a site may date a text late.
const MAX_LATE_DAYS: i64 = 93;
/// Days of a year.
const YEAR_DAYS: i64 = 366;

/// The record that a citation means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// This record, the canonical copy of its text.
    To(DocRef),
    /// One of these; nothing decides which.
    Ambiguous(Vec<DocRef>),
    /// The citing record itself.
    Own,
    /// No record of the collection.
    Absent,
}

/// A citation that leads to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The record at the other end.
    pub document: DocRef,
    /// Relation of the citing record to the cited one.
    pub relation: Relation,
    /// Range in the body of the citing record that names it, in bytes; both 0 outside the body.
    pub range: (u32, u32),
}

/// Records that cite a record.
#[derive(Debug, Clone, Default)]
pub struct CitedBy {
    /// Links from these records.
    pub links: Vec<Link>,
    /// True if all citing records were examined.
    pub complete: bool,
}

impl Relations<'_> {
    /// Finds the record that a citation means.
    pub fn resolve(&self, from: DocRef, cited: &Cited) -> Resolved {
        if let Some(named) = self.find_by_hash(cited.id) {
            return if named == from { Resolved::Own } else { Resolved::To(self.canonical(named)) };
        }
        let Some(source) = self.facts(from) else { return Resolved::Absent };
        let mut names_itself = false;
        for candidates in self.candidate_sets(cited) {
            let others: Vec<DocRef> =
                candidates.iter().copied().filter(|document| !self.is_same_text(*document, from)).collect();
            names_itself |= others.len() < candidates.len();
            let plausible = self.filter_plausible(&source, cited, others);
            if !plausible.is_empty() {
                let resolved = self.choose_candidate(&source, cited, plausible);
                return self.without_own_history(from, cited, resolved);
            }
        }
        if names_itself { Resolved::Own } else { Resolved::Absent }
    }

    /// Replaces a mention of an earlier version of the citing document by the document itself: it
    /// gives its own history.
    fn without_own_history(&self, from: DocRef, cited: &Cited, resolved: Resolved) -> Resolved {
        match resolved {
            Resolved::To(to)
                if cited.relation() == Relation::Mentions && self.versions(from).contains(&to) =>
            {
                Resolved::Own
            }
            resolved => resolved,
        }
    }

    /// Iterates over sets of candidates, the best first: records of that number, of that title,
    /// and those that enclose it.
    fn candidate_sets<'b>(&'b self, cited: &'b Cited) -> impl Iterator<Item = Vec<DocRef>> {
        let numbered = std::iter::once((KeyField::Number, cited.number));
        let titled =
            cited.titles.iter().flat_map(|key| [(KeyField::Title, *key), (KeyField::Enclosed, *key)]);
        numbered.chain(titled).map(|(field, key)| self.lookup(field, key)).filter(|set| !set.is_empty())
    }

    fn is_same_text(&self, a: DocRef, b: DocRef) -> bool {
        let group = self.derived(a).group;
        a == b || group != 0 && group == self.derived(b).group
    }

    /// Keeps the candidates that the citation can mean.
    fn filter_plausible(&self, source: &Facts, cited: &Cited, candidates: Vec<DocRef>) -> Vec<DocRef> {
        let has_number = |facts: &Facts| cited.number != 0 && facts.number == cited.number;
        let is_plausible = |facts: &Facts| {
            let number = cited.number == 0 || facts.number == 0 || has_number(facts);
            let place = has_number(facts) || place::are_compatible(&facts.place, &source.place);
            let time = has_number(facts) || fits_in_time(source, cited, facts);
            facts.kind != Kind::Interpretation && number && place && time
        };
        candidates
            .into_iter()
            .filter(|document| self.facts(*document).is_some_and(|facts| is_plausible(&facts)))
            .collect()
    }

    /// Chooses among the plausible candidates: by place, title, year and day.
    fn choose_candidate(&self, source: &Facts, cited: &Cited, candidates: Vec<DocRef>) -> Resolved {
        let mut texts: Vec<DocRef> =
            candidates.into_iter().map(|document| self.canonical(document)).collect();
        texts.sort_unstable();
        texts.dedup();
        if texts.len() > 1 {
            texts = self.filter_nearest_place(source, texts);
        }
        if let [one] = texts[..] {
            return Resolved::To(one);
        }
        let has_title = |document: &DocRef| {
            self.facts(*document)
                .is_some_and(|f| cited.titles.iter().any(|key| *key != 0 && f.titles.contains(key)))
        };
        if cited.number != 0 && texts.iter().any(has_title) {
            texts.retain(has_title);
        }
        let of_year = |document: &DocRef| {
            let day = self.facts(*document).and_then(|facts| facts.text_day());
            day.is_some_and(|day| u16::try_from(day.year()) == Ok(cited.year))
        };
        if cited.year != 0 && texts.iter().any(of_year) {
            texts.retain(of_year);
        }
        let is_one_document = texts.windows(2).all(|pair| self.are_one_document(pair[0], pair[1]));
        let day = cited.decided_on.or(source.text_day());
        match self.version_of_day(day, cited.relation(), &texts).filter(|_| is_one_document) {
            Some(version) => Resolved::To(version),
            None => Resolved::Ambiguous(texts),
        }
    }

    /// Checks if two records are versions of one document, or have versions and one number.
    fn are_one_document(&self, a: DocRef, b: DocRef) -> bool {
        let number =
            |document| self.facts(document).filter(|facts| facts.family != 0).map_or(0, |facts| facts.number);
        self.are_versions(a, b) || number(a) != 0 && number(a) == number(b)
    }

    /// Keeps the records of the citing record's own place, else of the nearest place above it.
    fn filter_nearest_place(&self, source: &Facts, texts: Vec<DocRef>) -> Vec<DocRef> {
        let depth = |document: &DocRef| {
            let place = self.facts(*document).map(|facts| facts.place.clone()).unwrap_or_default();
            if place::governs(&place, &source.place) { place.len() + 1 } else { 0 }
        };
        let deepest = texts.iter().map(depth).max().unwrap_or(0);
        texts.into_iter().filter(|document| depth(document) == deepest).collect()
    }

    /// Chooses the version of a document that a record of that day cites.
    fn version_of_day(&self, day: Option<Date>, relation: Relation, texts: &[DocRef]) -> Option<DocRef> {
        let mut dated: Vec<(Date, DocRef)> = texts
            .iter()
            .filter_map(|document| Some((self.facts(*document)?.text_day()?, *document)))
            .collect();
        if dated.len() < texts.len() || dated.is_empty() {
            return if texts.len() == 1 { texts.first().copied() } else { None };
        }
        dated.sort_unstable();
        let (first, last) = (dated.first()?.0, dated.last()?.0);
        let Some(day) = day else { return self.preferred_of_day(last, &dated) };
        if [Relation::Interprets, Relation::Encloses].contains(&relation) {
            let distance = |version: &Date| days_between(day, *version).abs();
            let nearest = dated.iter().map(|(version, _)| *version).min_by_key(distance)?;
            return self.preferred_of_day(nearest, &dated);
        }
        let is_before =
            |version: &Date| if relation == Relation::Repeals { *version < day } else { *version <= day };
        let latest = dated.iter().rev().map(|(version, _)| *version).find(is_before);
        self.preferred_of_day(latest.unwrap_or(first), &dated)
    }

    /// Chooses among the versions of one day, whatever the order in which they arrived.
    fn preferred_of_day(&self, day: Date, dated: &[(Date, DocRef)]) -> Option<DocRef> {
        let of_day = dated.iter().filter(|(version, _)| *version == day).map(|(_, document)| *document);
        of_day.min_by_key(|document| self.source_order(*document))
    }

    /// Lists the citations of a record in the order of its text, each with the record it means.
    pub fn cites(&self, document: DocRef) -> Vec<(Cited, Resolved)> {
        let Some(facts) = self.facts(document) else { return Vec::new() };
        facts.cited.iter().map(|cited| (*cited, self.resolve(document, cited))).collect()
    }

    /// Finds the records that cite a record or a copy of it.
    pub fn cited_by(&self, document: DocRef) -> CitedBy {
        let keys = self.keys_of(document);
        let target = self.canonical(document);
        let mut sources: Vec<DocRef> =
            keys.iter().flat_map(|key| self.lookup(KeyField::Cites, *key)).collect();
        sources.sort_unstable();
        sources.dedup();
        let complete = sources.len() <= MAX_CITING;
        let mut links = Vec::new();
        for source in sources.into_iter().take(MAX_CITING) {
            links.extend(self.citation_of(source, target, &keys));
        }
        CitedBy { links, complete }
    }

    /// Finds the citation by which a record names another: the last of the strongest
    /// relation.
    fn citation_of(&self, source: DocRef, target: DocRef, keys: &[u64]) -> Option<Link> {
        let facts = self.facts(source)?;
        let possible = facts.cited.iter().filter(|cited| cited.keys().any(|key| keys.contains(&key)));
        let meant = possible.filter(|cited| self.resolve(source, cited) == Resolved::To(target));
        let strongest = meant.max_by_key(|cited| {
            (cited.relation() != Relation::Mentions, cited.relation() == Relation::Repeals)
        })?;
        Some(Link { document: source, relation: strongest.relation(), range: strongest.range })
    }

    /// Lists all keys by which a record or a copy of it may be named.
    pub(super) fn keys_of(&self, document: DocRef) -> Vec<u64> {
        let mut copies = self.copies(document);
        if copies.is_empty() {
            copies.push(document);
        }
        let mut keys: Vec<u64> = Vec::new();
        for facts in copies.iter().filter_map(|document| self.facts(*document)) {
            keys.extend(facts.titles.iter().chain(&facts.enclosed));
            keys.extend([facts.number, id_hash(&facts.id)]);
        }
        keys.sort_unstable();
        keys.dedup();
        keys.retain(|key| *key != 0);
        keys
    }

    /// Lists the documents that an interpretation explains.
    pub fn explains(&self, document: DocRef) -> Vec<DocRef> {
        let Some(facts) = self.facts(document) else { return Vec::new() };
        let mut found: Vec<DocRef> = Vec::new();
        for cited in &facts.explains {
            // The opening of the text counts only where the title means no record.
            if cited.range != (0, 0) && !found.is_empty() {
                continue;
            }
            match self.resolve(document, cited) {
                Resolved::To(target) if !found.contains(&target) => found.push(target),
                _ => {}
            }
        }
        found
    }

    /// Lists the interpretations of a record or a copy of it, the earliest first.
    pub fn interpretations(&self, document: DocRef) -> Vec<DocRef> {
        let target = self.canonical(document);
        let mut sources: Vec<DocRef> =
            self.keys_of(document).iter().flat_map(|key| self.lookup(KeyField::Explains, *key)).collect();
        sources.sort_unstable();
        sources.dedup();
        sources.retain(|source| self.explains(*source).contains(&target));
        sources.sort_by_key(|source| self.facts(*source).and_then(|facts| facts.day()));
        sources
    }
}

/// Checks if a citation can mean a record by the days alone: that of the record, that of the
/// citing text, and those in the citation.
fn fits_in_time(source: &Facts, cited: &Cited, facts: &Facts) -> bool {
    let Some(day) = facts.text_day() else { return true };
    let days_after = |other: Date| days_between(other, day);
    let later = source.text_day().map_or(0, days_after);
    // Several decisions bear one title, unless this one was revised and so existed before.
    let is_recurring = facts.family == 0 && facts.revised.is_none();
    let is_single = is_recurring && cited.relation() != Relation::Interprets;
    let stated = cited.decided_on.filter(|_| is_recurring).map_or(0, days_after);
    let in_time = match cited.relation() {
        // A repealed document existed before; an enclosed one appears with the document around it.
        Relation::Repeals => later <= MAX_LATE_DAYS,
        Relation::Encloses => later.abs() <= YEAR_DAYS,
        _ => !(is_single && later > MAX_LATE_DAYS),
    };
    // A text is not older than the number by which it is named.
    let is_young_enough = cited.year == 0 || u16::try_from(day.year()).is_ok_and(|year| year >= cited.year);
    in_time && is_young_enough && (-MAX_LATE_DAYS..=YEAR_DAYS).contains(&stated)
}
