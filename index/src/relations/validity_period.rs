//! How long a record holds: its own dates, what ends it from outside, and the state on
//! a day that follows from both, with the proof.

use crate::official::citation::Relation;
use crate::record::{Date, Validity};
use crate::relations::Relations;
use crate::relations::facts::Facts;
use crate::relations::key_index::Slot;
use crate::relations::links::Resolved;

/// What ends a record from outside.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Ended {
    /// A document that repeals it, and the first day on which it is repealed.
    repealed: Option<(Date, Slot)>,
    /// The next version of it, and its first day.
    superseded: Option<(Date, Slot)>,
}

/// The days that decide the state of a record, as numbers yyyymmdd; 0 for none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Term {
    /// What its source states.
    pub stated: Option<Validity>,
    /// Since when there is such a document.
    pub exists: u32,
    /// Its first day.
    pub effective: u32,
    /// The first day after its term.
    pub ends: u32,
    /// The first day on which another document has repealed it.
    pub repealed: u32,
    /// The first day of its next version.
    pub superseded: u32,
}

/// A date as the number yyyymmdd.
pub fn day_number(date: Date) -> u32 {
    date.year().max(0) as u32 * 10_000 + date.month() as u32 * 100 + date.day() as u32
}

/// A date as a number that counts days, for distances.
pub(super) fn ordinal(date: Date) -> i32 {
    i32::from(date.year()) * 372 + i32::from(date.month()) * 31 + i32::from(date.day())
}

impl Term {
    /// The state on a day.
    pub fn state(&self, day: u32) -> Validity {
        use Validity::{Amended, Expired, InForce, NotYetEffective, Repealed, Unknown};
        let come = |date: u32| date != 0 && date <= day;
        let ahead = |date: u32| date > day;
        let ending = ahead(self.ends) || ahead(self.repealed) || ahead(self.superseded);
        if come(self.repealed) {
            return Repealed;
        }
        if come(self.ends) {
            return if self.stated == Some(Repealed) { Repealed } else { Expired };
        }
        if ahead(self.effective) || self.effective == 0 && ahead(self.exists) {
            return NotYetEffective;
        }
        match self.stated {
            Some(Repealed | Expired) if !ending => self.stated.unwrap_or(Unknown),
            _ if come(self.superseded) => Amended,
            Some(Repealed | Expired) => InForce,
            Some(Amended) if ahead(self.superseded) => InForce,
            Some(NotYetEffective) if self.effective != 0 => InForce,
            Some(Unknown) | None if self.effective != 0 && ending => InForce,
            stated => stated.unwrap_or(Unknown),
        }
    }

    /// Whether this text is what applied on a day: in force, and no later version of it was.
    pub fn applies(&self, day: u32) -> bool {
        let superseded = self.superseded != 0 && self.superseded <= day;
        matches!(self.state(day), Validity::InForce | Validity::Amended) && !superseded
    }
}

/// What proves a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// The word of its source.
    Stated(Validity),
    /// 施行日期, as a field or in its text.
    Effective {
        /// The day.
        on: Date,
        /// Whether the text says so and no field.
        in_text: bool,
    },
    /// 失效日期, as a field or in its text.
    Ends {
        /// The first day after.
        on: Date,
        /// Whether the text says so and no field.
        in_text: bool,
    },
    /// Its title bears the mark 已废止.
    Marked,
    /// Another document repeals it.
    RepealedBy {
        /// Since when.
        on: Date,
        /// The document.
        by: Slot,
    },
    /// A list or another record says so.
    Claimed {
        /// The state it claims.
        state: Validity,
        /// Since when, if that is known.
        since: Option<Date>,
        /// The record that says it, if it is held.
        by: Option<Slot>,
    },
    /// A later version.
    SupersededBy {
        /// Since when.
        on: Date,
        /// The version.
        by: Slot,
    },
}

/// A proof with whether it decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What is known.
    pub proof: Proof,
    /// Whether the state follows from it.
    pub decides: bool,
}

/// The state of a record on a day, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The state.
    pub state: Validity,
    /// Since when, if that is known.
    pub since: Option<Date>,
    /// All that is known, what decides first.
    pub evidence: Vec<Evidence>,
    /// Whether what is known contradicts itself.
    pub conflict: bool,
    /// Whether this text is what applied on that day.
    pub applies: bool,
}

impl Relations {
    /// Finds anew what ends these records from outside.
    pub(super) fn end_anew(&mut self, slots: &[Slot]) {
        for slot in slots {
            let ended = Ended { repealed: self.repealing(*slot), superseded: self.superseding(*slot) };
            if let Some(entry) = self.entries.get_mut(*slot as usize).and_then(Option::as_mut) {
                entry.ended = ended;
            }
        }
    }

    /// The document that repeals a record first.
    fn repealing(&self, slot: Slot) -> Option<(Date, Slot)> {
        let facts = self.facts(slot)?;
        let begun = facts.begins();
        let sources = self.keys_of(slot).into_iter().flat_map(|key| self.ending.get(key));
        let mut found: Vec<(Date, Slot)> = sources.filter_map(|source| self.repeals(source, slot)).collect();
        // What repeals comes after what it repeals.
        found.retain(|(on, _)| begun.is_none_or(|begun| begun < *on));
        found.into_iter().min_by_key(|(on, by)| (*on, self.rank(*by)))
    }

    fn repeals(&self, source: Slot, target: Slot) -> Option<(Date, Slot)> {
        let by = self.facts(source)?;
        // A later version still says what the first one repealed, in the same name.
        if by.family != 0 && by.family == self.facts(target)?.family {
            return None;
        }
        // What the congress made, only the congress ends.
        let of_congress = |facts: &Facts| facts.issuers.iter().any(|i| i.starts_with("全国人民代表大会"));
        if of_congress(self.facts(target)?) && !of_congress(by) {
            return None;
        }
        let target_text = self.canonical(target);
        let ends = |cited: &&crate::relations::Cited| {
            cited.relation() == Relation::Repeals && self.resolve(source, cited) == Resolved::To(target_text)
        };
        by.cited.iter().find(ends)?;
        Some((by.begins()?, source))
    }

    /// The next version of a record, with the day on which it begins.
    fn superseding(&self, slot: Slot) -> Option<(Date, Slot)> {
        let begun = self.begins(slot)?;
        let later = self.versions(slot).into_iter().filter_map(|other| Some((self.begins(other)?, other)));
        later.filter(|(on, _)| *on > begun).min_by_key(|(on, _)| *on)
    }

    /// The days that decide the state of a record.
    pub fn term(&self, slot: Slot) -> Term {
        let Some(entry) = self.entry(slot) else { return Term::default() };
        let facts = &entry.facts;
        let number = |date: Option<Date>| date.map_or(0, day_number);
        let [written, published, effective, ends] = facts.dates;
        let ends_it = |state: Validity| matches!(state, Validity::Repealed | Validity::Expired);
        let claimed =
            facts.claims.iter().filter(|(state, ..)| ends_it(*state)).filter_map(|(_, since, _)| *since);
        let exists = [written, published].into_iter().flatten().min();
        Term {
            stated: stated(facts),
            exists: number(exists),
            effective: number(effective.or(facts.said[0])),
            ends: number(ends.or(facts.said[1])),
            repealed: number(entry.ended.repealed.map(|(on, _)| on).into_iter().chain(claimed).min()),
            superseded: number(entry.ended.superseded.map(|(on, _)| on)),
        }
    }

    /// The state of a record on a day, and why.
    pub fn standing(&self, slot: Slot, day: Date) -> Standing {
        use Validity::{Amended, Expired, InForce, NotYetEffective, Repealed};
        let term = self.term(slot);
        let state = term.state(day_number(day));
        let proofs = self.proofs(slot);
        let decides = |proof: &Proof| match (state, proof) {
            (Repealed, Proof::RepealedBy { on, .. }) => *on <= day,
            (Expired | Repealed, Proof::Ends { on, .. }) => *on <= day,
            (Repealed, Proof::Marked) => true,
            (state, Proof::Claimed { state: claimed, since, .. }) => {
                state == *claimed && since.is_none_or(|since| since <= day)
            }
            (Amended, Proof::SupersededBy { on, .. }) => *on <= day,
            (InForce, Proof::Effective { on, .. }) => *on <= day,
            (NotYetEffective, Proof::Effective { on, .. }) => *on > day,
            (state, Proof::Stated(stated)) => state == *stated,
            _ => false,
        };
        let since = proofs.iter().filter(|proof| decides(proof)).find_map(Proof::since);
        let conflict = self.contradicts(slot, &proofs, day);
        let mut evidence: Vec<Evidence> =
            proofs.into_iter().map(|proof| Evidence { decides: decides(&proof), proof }).collect();
        evidence.sort_by_key(|evidence| !evidence.decides);
        let since = if state == NotYetEffective { None } else { since };
        Standing { state, since, evidence, conflict, applies: term.applies(day_number(day)) }
    }

    fn proofs(&self, slot: Slot) -> Vec<Proof> {
        let Some(entry) = self.entry(slot) else { return Vec::new() };
        let facts = &entry.facts;
        let mut proofs = Vec::new();
        proofs.extend(entry.ended.repealed.map(|(on, by)| Proof::RepealedBy { on, by }));
        proofs.extend(facts.claims.iter().map(|(state, since, by)| Proof::Claimed {
            state: *state,
            since: *since,
            by: self.by_id.get(by).copied(),
        }));
        proofs.extend(facts.dates[3].map(|on| Proof::Ends { on, in_text: false }));
        proofs.extend(facts.said[1].map(|on| Proof::Ends { on, in_text: true }));
        proofs.extend(facts.marked.then_some(Proof::Marked));
        proofs.extend(entry.ended.superseded.map(|(on, by)| Proof::SupersededBy { on, by }));
        proofs.extend(facts.dates[2].map(|on| Proof::Effective { on, in_text: false }));
        proofs.extend(facts.said[0].map(|on| Proof::Effective { on, in_text: true }));
        proofs.extend(facts.stated.map(Proof::Stated));
        proofs
    }

    /// Whether the source says that a record holds while something else has ended it; or
    /// that two texts of one document hold.
    fn contradicts(&self, slot: Slot, proofs: &[Proof], day: Date) -> bool {
        let Some(facts) = self.facts(slot) else { return false };
        let holds = |facts: &Facts| matches!(facts.stated, Some(Validity::InForce));
        let claimed = matches!(facts.stated, Some(Validity::InForce | Validity::Amended));
        proofs.iter().any(|proof| match proof {
            Proof::RepealedBy { on, .. } => claimed && *on <= day,
            Proof::Ends { on, .. } => claimed && *on <= day,
            Proof::Marked => claimed,
            Proof::Claimed { state, since, .. } => {
                let ended = matches!(state, Validity::Repealed | Validity::Expired);
                let come = since.is_none_or(|since| since <= day);
                let kept = *state == Validity::InForce;
                claimed && ended && come
                    || kept && matches!(facts.stated, Some(Validity::Repealed | Validity::Expired))
            }
            Proof::SupersededBy { on, by } => {
                holds(facts) && *on <= day && self.facts(*by).is_some_and(holds)
            }
            _ => false,
        })
    }

    /// Whether a record stands in conflict with what else is known, on a day.
    pub fn is_contradicted(&self, slot: Slot, day: Date) -> bool {
        self.contradicts(slot, &self.proofs(slot), day)
    }
}

impl Proof {
    fn since(&self) -> Option<Date> {
        match self {
            Self::Effective { on, .. }
            | Self::Ends { on, .. }
            | Self::RepealedBy { on, .. }
            | Self::SupersededBy { on, .. } => Some(*on),
            Self::Claimed { since, .. } => *since,
            Self::Stated(_) | Self::Marked => None,
        }
    }
}

/// The source's word; a mark in the title is its word too.
fn stated(facts: &Facts) -> Option<Validity> {
    match facts.weighed {
        None | Some(Validity::Unknown) if facts.marked => Some(Validity::Repealed),
        stated => stated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(term: Term, day: u32) -> &'static str {
        term.state(day).name()
    }

    #[test]
    fn the_state_follows_the_calendar() {
        let old = Term {
            stated: Some(Validity::Amended),
            effective: 20040701,
            superseded: 20190423,
            ..Term::default()
        };
        assert_eq!(state(old, 20030101), "not_yet_effective");
        assert_eq!(state(old, 20100101), "in_force");
        assert_eq!(state(old, 20200101), "amended");
        assert!(old.applies(20190422) && !old.applies(20190423));
    }

    #[test]
    fn silence_stays_unknown() {
        let silent = Term { effective: 20100101, ..Term::default() };
        assert_eq!(state(silent, 20200101), "unknown");
        let term = Term { ends: 20150101, ..silent };
        assert_eq!((state(term, 20141231), state(term, 20150101)), ("in_force", "expired"));
        let gone = Term { stated: Some(Validity::Repealed), ..silent };
        assert_eq!(state(gone, 20120101), "repealed", "nobody knows since when");
        let known = Term { repealed: 20150101, ..gone };
        assert_eq!((state(known, 20120101), state(known, 20160101)), ("in_force", "repealed"));
    }
}
