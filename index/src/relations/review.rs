//! What an operator should look at: documents without an interpretation, without a
//! stated validity, in conflict, with citations of what is not held, with personal data.

use crate::official::citation::Relation;
use crate::record::{Date, Kind, Validity};
use crate::relations::key_index::Slot;
use crate::relations::links::Resolved;
use crate::relations::{Cited, Relations};

/// Something to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Issue {
    /// A policy that no interpretation explains.
    WithoutInterpretation,
    /// An interpretation, and when its policy was published before it.
    Interpretation,
    /// Neither status nor term is known.
    WithoutValidity,
    /// What is known of its validity contradicts itself.
    Conflict,
    /// It cites what the collection does not hold.
    Dangling,
    /// What it rests on has ended.
    LapsedBasis,
    /// Numbers of persons stand in it.
    PersonalData,
}

impl Issue {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::WithoutInterpretation,
        Self::Interpretation,
        Self::WithoutValidity,
        Self::Conflict,
        Self::Dangling,
        Self::LapsedBasis,
        Self::PersonalData,
    ];
}

/// A record with what is to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The record.
    pub slot: Slot,
    /// The other record, where two are concerned.
    pub other: Option<Slot>,
    /// What it cites in vain.
    pub cited: Vec<Cited>,
}

impl Finding {
    fn of(slot: Slot) -> Self {
        Self { slot, other: None, cited: Vec::new() }
    }
}

impl Relations {
    /// All findings of a kind on a day among the records at these places. Of copies of one
    /// text the canonical alone is looked at.
    pub fn findings(&self, issue: Issue, day: Date, places: std::ops::Range<Slot>) -> Vec<Finding> {
        let held = places.filter(|slot| self.entry(*slot).is_some());
        let canonical = held.filter(|slot| self.canonical(*slot) == *slot);
        canonical.flat_map(|slot| self.finding(issue, slot, day)).collect()
    }

    fn finding(&self, issue: Issue, slot: Slot, day: Date) -> Vec<Finding> {
        let Some(facts) = self.facts(slot) else { return Vec::new() };
        let one = |found: bool| if found { vec![Finding::of(slot)] } else { Vec::new() };
        match issue {
            Issue::WithoutInterpretation => {
                one(facts.kind == Kind::Policy && self.interpretations(slot).is_empty())
            }
            Issue::Interpretation => {
                let explained = self.explains(slot).into_iter();
                explained.map(|other| Finding { other: Some(other), ..Finding::of(slot) }).collect()
            }
            Issue::WithoutValidity => {
                let unknown = self.term(slot).state(crate::relations::validity_period::day_number(day))
                    == Validity::Unknown;
                one(facts.kind == Kind::Policy && unknown)
            }
            Issue::Conflict => one(self.is_contradicted(slot, day)),
            Issue::Dangling => {
                let cited = self.dangling(slot);
                if cited.is_empty() { Vec::new() } else { vec![Finding { cited, ..Finding::of(slot) }] }
            }
            Issue::LapsedBasis => {
                let lapsed = self.lapsed_bases(slot, day).into_iter();
                lapsed.map(|other| Finding { other: Some(other), ..Finding::of(slot) }).collect()
            }
            Issue::PersonalData => one(facts.private),
        }
    }

    /// What a record cites and the collection does not hold.
    pub fn dangling(&self, slot: Slot) -> Vec<Cited> {
        self.cites(slot)
            .into_iter()
            .filter(|(_, to)| *to == Resolved::Absent)
            .map(|(cited, _)| cited)
            .collect()
    }

    /// Documents that a record rests on and that have been repealed or have expired by a
    /// day. A later version of them is no end.
    pub fn lapsed_bases(&self, slot: Slot, day: Date) -> Vec<Slot> {
        let based = self.cites(slot).into_iter().filter(|(cited, _)| cited.relation() == Relation::BasedOn);
        let mut lapsed: Vec<Slot> = based
            .filter_map(|(_, to)| if let Resolved::To(basis) = to { Some(basis) } else { None })
            .filter(|basis| {
                let newest = self.versions(*basis).last().copied().unwrap_or(*basis);
                let state = |slot| self.term(slot).state(crate::relations::validity_period::day_number(day));
                let ended = |state| matches!(state, Validity::Repealed | Validity::Expired);
                ended(state(*basis)) && ended(state(newest))
            })
            .collect();
        lapsed.sort_unstable();
        lapsed.dedup();
        lapsed
    }
}
