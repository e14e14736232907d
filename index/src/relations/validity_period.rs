//! The days that decide the validity of a document, and its state on a day.

use crate::record::days::day_number;
use crate::record::{Date, Validity};
use crate::relations::facts::Facts;
use crate::relations::source::Derived;

/// The days that decide the state of a record, as numbers yyyymmdd; 0 for none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ValidityPeriod {
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

impl ValidityPeriod {
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

/// Works out the days that decide the validity of a document: its own, and those that follow
/// from other documents.
pub fn period_of(facts: &Facts, derived: &Derived) -> ValidityPeriod {
    let number = |date: Option<Date>| date.map_or(0, day_number);
    let [written, published, effective, ends] = facts.dates;
    let ends_it = |state: Validity| matches!(state, Validity::Repealed | Validity::Expired);
    let claimed =
        facts.claims.iter().filter(|(state, ..)| ends_it(*state)).filter_map(|(_, since, _)| *since);
    let exists = [written, published].into_iter().flatten().min();
    ValidityPeriod {
        stated: stated(facts),
        exists: number(exists),
        effective: number(effective.or(facts.said[0])),
        ends: number(ends.or(facts.said[1])),
        repealed: number(derived.repealed.map(|(on, _)| on).into_iter().chain(claimed).min()),
        superseded: number(derived.superseded.map(|(on, _)| on)),
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

    fn state(term: ValidityPeriod, day: u32) -> &'static str {
        term.state(day).name()
    }

    #[test]
    fn the_state_follows_the_calendar() {
        let old = ValidityPeriod {
            stated: Some(Validity::Amended),
            effective: 20040701,
            superseded: 20190423,
            ..ValidityPeriod::default()
        };
        assert_eq!(state(old, 20030101), "not_yet_effective");
        assert_eq!(state(old, 20100101), "in_force");
        assert_eq!(state(old, 20200101), "amended");
        assert!(old.applies(20190422) && !old.applies(20190423));
    }

    #[test]
    fn silence_stays_unknown() {
        let silent = ValidityPeriod { effective: 20100101, ..ValidityPeriod::default() };
        assert_eq!(state(silent, 20200101), "unknown");
        let term = ValidityPeriod { ends: 20150101, ..silent };
        assert_eq!((state(term, 20141231), state(term, 20150101)), ("in_force", "expired"));
        let gone = ValidityPeriod { stated: Some(Validity::Repealed), ..silent };
        assert_eq!(state(gone, 20120101), "repealed", "nobody knows since when");
        let known = ValidityPeriod { repealed: 20150101, ..gone };
        assert_eq!((state(known, 20120101), state(known, 20160101)), ("in_force", "repealed"));
    }
}
