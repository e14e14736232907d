//! The days that decide the validity of a document, and its state on a day.

use crate::record::days::day_number;
use crate::record::{Date, Validity};
use crate::relations::facts::Facts;
use crate::relations::source::Derived;

/// The days that decide the state of a record, as numbers yyyymmdd; 0 for none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ValidityPeriod {
    /// State that its source gives, as weighed against the claims of other records.
    pub stated: Option<Validity>,
    /// First day on which the document exists.
    pub exists: u32,
    /// First day on which it is in force.
    pub effective: u32,
    /// First day after its period.
    pub ends: u32,
    /// First day on which another document has repealed it.
    pub repealed: u32,
    /// First day of its next version.
    pub superseded: u32,
}

impl ValidityPeriod {
    /// Returns the state on a day.
    pub fn state(&self, day: u32) -> Validity {
        use Validity::{Amended, Expired, InForce, NotYetEffective, Repealed, Unknown};
        let is_past = |date: u32| date != 0 && date <= day;
        let is_ahead = |date: u32| date > day;
        let ends_later = is_ahead(self.ends) || is_ahead(self.repealed) || is_ahead(self.superseded);
        if is_past(self.repealed) {
            return Repealed;
        }
        if is_past(self.ends) {
            return if self.stated == Some(Repealed) { Repealed } else { Expired };
        }
        if is_ahead(self.effective) || self.effective == 0 && is_ahead(self.exists) {
            return NotYetEffective;
        }
        match self.stated {
            Some(Repealed | Expired) if !ends_later => self.stated.unwrap_or(Unknown),
            _ if is_past(self.superseded) => Amended,
            Some(Repealed | Expired) => InForce,
            Some(Amended) if is_ahead(self.superseded) => InForce,
            Some(NotYetEffective) if self.effective != 0 => InForce,
            Some(Unknown) | None if self.effective != 0 && ends_later => InForce,
            stated => stated.unwrap_or(Unknown),
        }
    }

    /// Checks if this text applied on a day: the document was in force, and this was its version.
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
    let is_end = |state: Validity| matches!(state, Validity::Repealed | Validity::Expired);
    let claimed_ends =
        facts.claims.iter().filter(|(state, ..)| is_end(*state)).filter_map(|(_, since, _)| *since);
    let exists = [written, published].into_iter().flatten().min();
    ValidityPeriod {
        stated: stated_validity(facts),
        exists: number(exists),
        effective: number(effective.or(facts.period_in_text[0])),
        ends: number(ends.or(facts.period_in_text[1])),
        repealed: number(derived.repealed.map(|(on, _)| on).into_iter().chain(claimed_ends).min()),
        superseded: number(derived.superseded.map(|(on, _)| on)),
    }
}

/// Returns the state that the source gives; the mark 已废止 in the title is one too.
fn stated_validity(facts: &Facts) -> Option<Validity> {
    match facts.weighed {
        None | Some(Validity::Unknown) if facts.is_marked_ended => Some(Validity::Repealed),
        stated => stated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(period: ValidityPeriod, day: u32) -> &'static str {
        period.state(day).name()
    }

    #[test]
    fn state_follows_the_days_of_the_period() {
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
    fn state_without_evidence_is_unknown() {
        let unstated = ValidityPeriod { effective: 20100101, ..ValidityPeriod::default() };
        assert_eq!(state(unstated, 20200101), "unknown");
        let ended = ValidityPeriod { ends: 20150101, ..unstated };
        assert_eq!((state(ended, 20141231), state(ended, 20150101)), ("in_force", "expired"));
        let repealed = ValidityPeriod { stated: Some(Validity::Repealed), ..unstated };
        assert_eq!(state(repealed, 20120101), "repealed", "the day of the repeal is unknown");
        let dated = ValidityPeriod { repealed: 20150101, ..repealed };
        assert_eq!((state(dated, 20120101), state(dated, 20160101)), ("in_force", "repealed"));
    }
}
