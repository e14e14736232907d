//! From what a record names to the record that is meant, and back.

use crate::keys::id::id_hash;
use crate::official::citation::Relation;
use crate::record::days::days_between;
use crate::record::{Date, Kind};
use crate::relations::facts::{Cited, Facts};
use crate::relations::place;
use crate::relations::source::Relations;
use crate::schema::doc_ref::{DocRef, KeyField};

/// Records looked through for one that cites: beyond it a list is not complete.
const MOST_CITING: usize = 50_000;
/// Days by which a site may date a text late.
const LATE: i64 = 93;
/// Days of a year.
const YEAR_DAYS: i64 = 366;

/// What a citation leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// The record that is meant; the canonical copy of it.
    To(DocRef),
    /// One of these, and nothing says which.
    Ambiguous(Vec<DocRef>),
    /// The record itself.
    Own,
    /// Nothing that is held.
    Absent,
}

/// A citation that leads to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The record at the other end.
    pub document: DocRef,
    /// What the citing record does with the cited.
    pub relation: Relation,
    /// Where the body of the citing record names it, in bytes; both 0 outside the body.
    pub place: (u32, u32),
}

/// Who cites a record.
#[derive(Debug, Clone, Default)]
pub struct CitedBy {
    /// Those that were found.
    pub links: Vec<Link>,
    /// Whether all were looked at.
    pub complete: bool,
}

impl Relations<'_> {
    /// What a citation of a record means.
    pub fn resolve(&self, from: DocRef, cited: &Cited) -> Resolved {
        if let Some(named) = self.find_by_hash(cited.id) {
            return if named == from { Resolved::Own } else { Resolved::To(self.canonical(named)) };
        }
        let Some(source) = self.facts(from) else { return Resolved::Absent };
        let mut own = false;
        for candidates in self.candidate_sets(cited) {
            let others: Vec<DocRef> =
                candidates.iter().copied().filter(|document| !self.is_same_text(*document, from)).collect();
            own |= others.len() < candidates.len();
            let fitting = self.fitting(&source, cited, others);
            if !fitting.is_empty() {
                return self.own_history(from, cited, self.choose(&source, cited, fitting));
            }
        }
        if own { Resolved::Own } else { Resolved::Absent }
    }

    /// A text that names its own earlier versions, or by number itself, tells its history.
    fn own_history(&self, from: DocRef, cited: &Cited, resolved: Resolved) -> Resolved {
        match resolved {
            Resolved::To(to)
                if cited.relation() == Relation::Mentions && self.versions(from).contains(&to) =>
            {
                Resolved::Own
            }
            resolved => resolved,
        }
    }

    /// Records that bear the number; those of that title; those that carry it.
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

    /// Those that the citation can mean.
    fn fitting(&self, source: &Facts, cited: &Cited, candidates: Vec<DocRef>) -> Vec<DocRef> {
        let numbered = |facts: &Facts| cited.number != 0 && facts.number == cited.number;
        let fits = |facts: &Facts| {
            let number = cited.number == 0 || facts.number == 0 || numbered(facts);
            let place = numbered(facts) || place::compatible(&facts.place, &source.place);
            let time = numbered(facts) || fits_in_time(source, cited, facts);
            facts.kind != Kind::Interpretation && number && place && time
        };
        candidates
            .into_iter()
            .filter(|document| self.facts(*document).is_some_and(|facts| fits(&facts)))
            .collect()
    }

    fn choose(&self, source: &Facts, cited: &Cited, fitting: Vec<DocRef>) -> Resolved {
        let mut texts: Vec<DocRef> = fitting.into_iter().map(|document| self.canonical(document)).collect();
        texts.sort_unstable();
        texts.dedup();
        if texts.len() > 1 {
            texts = self.nearest_place(source, texts);
        }
        if let [one] = texts[..] {
            return Resolved::To(one);
        }
        let titled = |document: &DocRef| {
            self.facts(*document)
                .is_some_and(|f| cited.titles.iter().any(|key| *key != 0 && f.titles.contains(key)))
        };
        if cited.number != 0 && texts.iter().any(titled) {
            texts.retain(titled);
        }
        let of_year = |document: &DocRef| {
            let day = self.facts(*document).and_then(|facts| facts.text_day());
            day.is_some_and(|day| u16::try_from(day.year()) == Ok(cited.year))
        };
        if cited.year != 0 && texts.iter().any(of_year) {
            texts.retain(of_year);
        }
        let one_line = texts.windows(2).all(|pair| self.one_document(pair[0], pair[1]));
        let day = cited.on.or(source.text_day());
        match self.version_on(day, cited.relation(), &texts).filter(|_| one_line) {
            Some(version) => Resolved::To(version),
            None => Resolved::Ambiguous(texts),
        }
    }

    /// Whether two records are versions of one document: of one line, or under one number.
    fn one_document(&self, a: DocRef, b: DocRef) -> bool {
        let number =
            |document| self.facts(document).filter(|facts| facts.family != 0).map_or(0, |facts| facts.number);
        self.same_line(a, b) || number(a) != 0 && number(a) == number(b)
    }

    /// Those of the citing record's own place, else of the place next above it.
    fn nearest_place(&self, source: &Facts, texts: Vec<DocRef>) -> Vec<DocRef> {
        let depth = |document: &DocRef| {
            let at = self.facts(*document).map(|facts| facts.place.clone()).unwrap_or_default();
            if place::governs(&at, &source.place) { at.len() + 1 } else { 0 }
        };
        let deepest = texts.iter().map(depth).max().unwrap_or(0);
        texts.into_iter().filter(|document| depth(document) == deepest).collect()
    }

    /// Of the versions of one document, the one that a record of that day speaks of.
    fn version_on(&self, day: Option<Date>, relation: Relation, texts: &[DocRef]) -> Option<DocRef> {
        let mut dated: Vec<(Date, DocRef)> = texts
            .iter()
            .filter_map(|document| Some((self.facts(*document)?.text_day()?, *document)))
            .collect();
        if dated.len() < texts.len() || dated.is_empty() {
            return if texts.len() == 1 { texts.first().copied() } else { None };
        }
        dated.sort_unstable();
        let (first, last) = (dated.first()?.0, dated.last()?.0);
        let Some(day) = day else { return self.best_of(last, &dated) };
        if [Relation::Interprets, Relation::Encloses].contains(&relation) {
            let far = |of: &Date| days_between(day, *of).abs();
            let nearest = dated.iter().map(|(of, _)| *of).min_by_key(far)?;
            return self.best_of(nearest, &dated);
        }
        let before = |of: &Date| if relation == Relation::Repeals { *of < day } else { *of <= day };
        let latest = dated.iter().rev().map(|(of, _)| *of).find(before);
        self.best_of(latest.unwrap_or(first), &dated)
    }

    /// Of versions of one day the one to lead with, in whatever order they came.
    fn best_of(&self, day: Date, dated: &[(Date, DocRef)]) -> Option<DocRef> {
        let of_day = dated.iter().filter(|(of, _)| *of == day).map(|(_, document)| *document);
        of_day.min_by_key(|document| self.rank(*document))
    }

    /// What a record cites, in the order of its text, each with what it leads to.
    pub fn cites(&self, document: DocRef) -> Vec<(Cited, Resolved)> {
        let Some(facts) = self.facts(document) else { return Vec::new() };
        facts.cited.iter().map(|cited| (*cited, self.resolve(document, cited))).collect()
    }

    /// Who cites a record or a copy of it.
    pub fn cited_by(&self, document: DocRef) -> CitedBy {
        let keys = self.keys_of(document);
        let target = self.canonical(document);
        let mut sources: Vec<DocRef> =
            keys.iter().flat_map(|key| self.lookup(KeyField::Cites, *key)).collect();
        sources.sort_unstable();
        sources.dedup();
        let complete = sources.len() <= MOST_CITING;
        let mut links = Vec::new();
        for source in sources.into_iter().take(MOST_CITING) {
            links.extend(self.citation_of(source, target, &keys));
        }
        CitedBy { links, complete }
    }

    /// The first citation by which a record names another.
    fn citation_of(&self, source: DocRef, target: DocRef, keys: &[u64]) -> Option<Link> {
        let facts = self.facts(source)?;
        let named = facts.cited.iter().filter(|cited| cited.keys().any(|key| keys.contains(&key)));
        let meant = named.filter(|cited| self.resolve(source, cited) == Resolved::To(target));
        let told = meant.max_by_key(|cited| {
            (cited.relation() != Relation::Mentions, cited.relation() == Relation::Repeals)
        })?;
        Some(Link { document: source, relation: told.relation(), place: told.place })
    }

    /// Every key by which a record or a copy of it may be named.
    pub(super) fn keys_of(&self, document: DocRef) -> Vec<u64> {
        let mut all = self.copies(document);
        if all.is_empty() {
            all.push(document);
        }
        let mut keys: Vec<u64> = Vec::new();
        for facts in all.iter().filter_map(|document| self.facts(*document)) {
            keys.extend(facts.titles.iter().chain(&facts.carried));
            keys.extend([facts.number, id_hash(&facts.id)]);
        }
        keys.sort_unstable();
        keys.dedup();
        keys.retain(|key| *key != 0);
        keys
    }

    /// What an interpretation explains.
    pub fn explains(&self, document: DocRef) -> Vec<DocRef> {
        let Some(facts) = self.facts(document) else { return Vec::new() };
        let mut found: Vec<DocRef> = Vec::new();
        for cited in &facts.explains {
            // What the text opens with counts where the title leads nowhere.
            if cited.place != (0, 0) && !found.is_empty() {
                continue;
            }
            match self.resolve(document, cited) {
                Resolved::To(target) if !found.contains(&target) => found.push(target),
                _ => {}
            }
        }
        found
    }

    /// The interpretations of a record or a copy of it, the earliest first.
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

/// Whether a record can be meant by the days alone: its own, that of the citing text, and
/// what the citation says.
fn fits_in_time(source: &Facts, cited: &Cited, facts: &Facts) -> bool {
    let Some(day) = facts.text_day() else { return true };
    let after = |other: Date| days_between(other, day);
    let later = source.text_day().map_or(0, after);
    // Each decision bears the title anew, unless this one was revised and so was there before.
    let anew = facts.family == 0 && facts.revised.is_none();
    let once = anew && cited.relation() != Relation::Interprets;
    let stated = cited.on.filter(|_| anew).map_or(0, after);
    let in_time = match cited.relation() {
        // What is ended was there before; what is enclosed comes with what encloses it.
        Relation::Repeals => later <= LATE,
        Relation::Encloses => later.abs() <= YEAR_DAYS,
        _ => !(once && later > LATE),
    };
    // A text is not older than the number by which it is named.
    let young = cited.year == 0 || u16::try_from(day.year()).is_ok_and(|year| year >= cited.year);
    in_time && young && (-LATE..=YEAR_DAYS).contains(&stated)
}
