//! From what a record names to the record that is meant, and back.

use crate::official::citation::Relation;
use crate::record::{Date, Kind};
use crate::relations::facts::{Cited, Facts};
use crate::relations::key_index::Slot;
use crate::relations::validity_period::ordinal;
use crate::relations::{Relations, place};

/// Records looked through for one that cites: beyond it a list is not complete.
const MOST_CITING: usize = 50_000;
/// Days by which a site may date a text late.
const LATE: i64 = 93;
/// Days of a year, as [`ordinal`] counts them.
const YEAR: i64 = 372;

/// What a citation leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// The record that is meant; the canonical copy of it.
    To(Slot),
    /// One of these, and nothing says which.
    Ambiguous(Vec<Slot>),
    /// The record itself.
    Own,
    /// Nothing that is held.
    Absent,
}

/// A citation that leads to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The record at the other end.
    pub slot: Slot,
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

impl Relations {
    /// What a citation of a record means.
    pub fn resolve(&self, from: Slot, cited: &Cited) -> Resolved {
        if let Some(slot) = self.by_id.get(&cited.id).filter(|_| cited.id != 0) {
            return if *slot == from { Resolved::Own } else { Resolved::To(self.canonical(*slot)) };
        }
        let Some(source) = self.facts(from) else { return Resolved::Absent };
        let mut own = false;
        for candidates in self.candidate_sets(cited) {
            let others: Vec<Slot> =
                candidates.iter().copied().filter(|slot| !self.is_same_text(*slot, from)).collect();
            own |= others.len() < candidates.len();
            let fitting = self.fitting(source, cited, others);
            if !fitting.is_empty() {
                return self.own_history(from, cited, self.choose(source, cited, fitting));
            }
        }
        if own { Resolved::Own } else { Resolved::Absent }
    }

    /// A text that names its own earlier versions, or by number itself, tells its history.
    fn own_history(&self, from: Slot, cited: &Cited, resolved: Resolved) -> Resolved {
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
    fn candidate_sets<'a>(&'a self, cited: &'a Cited) -> impl Iterator<Item = Vec<Slot>> {
        let numbered = std::iter::once_with(|| self.numbers.get(cited.number).collect::<Vec<_>>());
        let titled = cited.titles.iter().flat_map(|key| {
            let own: Vec<Slot> = self.titles.get(*key).collect();
            let carried: Vec<Slot> = self.carried.get(*key).collect();
            [own, carried]
        });
        numbered.chain(titled).filter(|set| !set.is_empty())
    }

    fn is_same_text(&self, a: Slot, b: Slot) -> bool {
        let group = |slot| self.entry(slot).map_or(0, |entry| entry.group);
        a == b || group(a) != 0 && group(a) == group(b)
    }

    /// Those that the citation can mean.
    fn fitting(&self, source: &Facts, cited: &Cited, candidates: Vec<Slot>) -> Vec<Slot> {
        let numbered = |facts: &Facts| cited.number != 0 && facts.number == cited.number;
        let fits = |facts: &Facts| {
            let number = cited.number == 0 || facts.number == 0 || numbered(facts);
            let place = numbered(facts) || place::compatible(&facts.place, &source.place);
            let time = numbered(facts) || fits_in_time(source, cited, facts);
            facts.kind != Kind::Interpretation && number && place && time
        };
        candidates.into_iter().filter(|slot| self.facts(*slot).is_some_and(fits)).collect()
    }

    fn choose(&self, source: &Facts, cited: &Cited, fitting: Vec<Slot>) -> Resolved {
        let mut texts: Vec<Slot> = fitting.into_iter().map(|slot| self.canonical(slot)).collect();
        texts.sort_unstable();
        texts.dedup();
        if texts.len() > 1 {
            texts = self.nearest_place(source, texts);
        }
        if let [one] = texts[..] {
            return Resolved::To(one);
        }
        let titled = |slot: &Slot| {
            self.facts(*slot)
                .is_some_and(|f| cited.titles.iter().any(|key| *key != 0 && f.titles.contains(key)))
        };
        if cited.number != 0 && texts.iter().any(titled) {
            texts.retain(titled);
        }
        let of_year = |slot: &Slot| {
            let day = self.facts(*slot).and_then(Facts::text_day);
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
    fn one_document(&self, a: Slot, b: Slot) -> bool {
        let number =
            |slot| self.facts(slot).filter(|facts| facts.family != 0).map_or(0, |facts| facts.number);
        self.same_line(a, b) || number(a) != 0 && number(a) == number(b)
    }

    /// Those of the citing record's own place, else of the place next above it.
    fn nearest_place(&self, source: &Facts, texts: Vec<Slot>) -> Vec<Slot> {
        let depth = |slot: &Slot| {
            let at = self.facts(*slot).map(|f| f.place.as_str()).unwrap_or_default();
            if place::governs(at, &source.place) { at.len() + 1 } else { 0 }
        };
        let deepest = texts.iter().map(depth).max().unwrap_or(0);
        texts.into_iter().filter(|slot| depth(slot) == deepest).collect()
    }

    /// Of the versions of one document, the one that a record of that day speaks of.
    fn version_on(&self, day: Option<Date>, relation: Relation, texts: &[Slot]) -> Option<Slot> {
        let mut dated: Vec<(Date, Slot)> =
            texts.iter().filter_map(|slot| Some((self.facts(*slot)?.text_day()?, *slot))).collect();
        if dated.len() < texts.len() || dated.is_empty() {
            return if texts.len() == 1 { texts.first().copied() } else { None };
        }
        dated.sort_unstable();
        let (first, last) = (dated.first()?.0, dated.last()?.0);
        let Some(day) = day else { return self.best_of(last, &dated) };
        if [Relation::Interprets, Relation::Encloses].contains(&relation) {
            let far = |of: &Date| (i64::from(ordinal(*of)) - i64::from(ordinal(day))).abs();
            let nearest = dated.iter().map(|(of, _)| *of).min_by_key(far)?;
            return self.best_of(nearest, &dated);
        }
        let before = |of: &Date| if relation == Relation::Repeals { *of < day } else { *of <= day };
        let latest = dated.iter().rev().map(|(of, _)| *of).find(before);
        self.best_of(latest.unwrap_or(first), &dated)
    }

    /// Of versions of one day the one to lead with, in whatever order they came.
    fn best_of(&self, day: Date, dated: &[(Date, Slot)]) -> Option<Slot> {
        let of_day = dated.iter().filter(|(of, _)| *of == day).map(|(_, slot)| *slot);
        of_day.min_by_key(|slot| self.rank(*slot))
    }

    /// What a record cites, in the order of its text, each with what it leads to.
    pub fn cites(&self, slot: Slot) -> Vec<(Cited, Resolved)> {
        let Some(facts) = self.facts(slot) else { return Vec::new() };
        facts.cited.iter().map(|cited| (*cited, self.resolve(slot, cited))).collect()
    }

    /// Who cites a record or a copy of it.
    pub fn cited_by(&self, slot: Slot) -> CitedBy {
        let keys = self.keys_of(slot);
        let target = self.canonical(slot);
        let mut sources: Vec<Slot> = keys.iter().flat_map(|key| self.citing.get(*key)).collect();
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
    fn citation_of(&self, source: Slot, target: Slot, keys: &[u64]) -> Option<Link> {
        let facts = self.facts(source)?;
        let named = facts.cited.iter().filter(|cited| cited.keys().any(|key| keys.contains(&key)));
        let meant = named.filter(|cited| self.resolve(source, cited) == Resolved::To(target));
        let told = meant.max_by_key(|cited| {
            (cited.relation() != Relation::Mentions, cited.relation() == Relation::Repeals)
        })?;
        Some(Link { slot: source, relation: told.relation(), place: told.place })
    }

    /// Every key by which a record or a copy of it may be named.
    pub(super) fn keys_of(&self, slot: Slot) -> Vec<u64> {
        let mut all = self.copies(slot);
        if all.is_empty() {
            all.push(slot);
        }
        let mut keys: Vec<u64> = Vec::new();
        for facts in all.iter().filter_map(|slot| self.facts(*slot)) {
            keys.extend(facts.titles.iter().chain(&facts.carried));
            keys.extend([facts.number, crate::relations::facts::key(&facts.id)]);
        }
        keys.sort_unstable();
        keys.dedup();
        keys.retain(|key| *key != 0);
        keys
    }

    /// What an interpretation explains.
    pub fn explains(&self, slot: Slot) -> Vec<Slot> {
        let Some(facts) = self.facts(slot) else { return Vec::new() };
        let mut found: Vec<Slot> = Vec::new();
        for cited in &facts.explains {
            // What the text opens with counts where the title leads nowhere.
            if cited.place != (0, 0) && !found.is_empty() {
                continue;
            }
            match self.resolve(slot, cited) {
                Resolved::To(target) if !found.contains(&target) => found.push(target),
                _ => {}
            }
        }
        found
    }

    /// The interpretations of a record or a copy of it, the earliest first.
    pub fn interpretations(&self, slot: Slot) -> Vec<Slot> {
        let target = self.canonical(slot);
        let mut sources: Vec<Slot> =
            self.keys_of(slot).iter().flat_map(|key| self.explaining.get(*key)).collect();
        sources.sort_unstable();
        sources.dedup();
        sources.retain(|source| self.explains(*source).contains(&target));
        sources.sort_by_key(|source| self.facts(*source).and_then(Facts::day));
        sources
    }
}

/// Whether a record can be meant by the days alone: its own, that of the citing text, and
/// what the citation says.
fn fits_in_time(source: &Facts, cited: &Cited, facts: &Facts) -> bool {
    let Some(day) = facts.text_day() else { return true };
    let after = |other: Date| i64::from(ordinal(day)) - i64::from(ordinal(other));
    let later = source.text_day().map_or(0, after);
    // Each decision bears the title anew, unless this one was revised and so was there before.
    let anew = facts.family == 0 && facts.edition.is_none();
    let once = anew && cited.relation() != Relation::Interprets;
    let stated = cited.on.filter(|_| anew).map_or(0, after);
    let in_time = match cited.relation() {
        // What is ended was there before; what is enclosed comes with what encloses it.
        Relation::Repeals => later <= LATE,
        Relation::Encloses => later.abs() <= YEAR,
        _ => !(once && later > LATE),
    };
    // A text is not older than the number by which it is named.
    let young = cited.year == 0 || u16::try_from(day.year()).is_ok_and(|year| year >= cited.year);
    in_time && young && (-LATE..=YEAR).contains(&stated)
}
