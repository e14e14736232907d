//! Validity of a document on a day, with its proofs.

use crate::official::citation::Relation;
use crate::record::days::day_number;
use crate::record::{Date, Validity};
use crate::relations::cited::Cited;
use crate::relations::facts::Facts;
use crate::relations::links::Resolved;
use crate::relations::source::Relations;
use crate::relations::validity_period::{ValidityPeriod, period_of};
use crate::schema::doc_ref::{DocRef, KeyField};

/// Documents that end another one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Endings {
    /// The document that repeals it, and the first day on which it is repealed.
    pub repealed: Option<(Date, DocRef)>,
    /// The next version, and its first day.
    pub superseded: Option<(Date, DocRef)>,
}

/// Proof of a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// State that the source gives.
    Stated(Validity),
    /// 施行日期, as a field or in its text.
    Effective {
        /// The day.
        on: Date,
        /// True if the text gives the day and no field does.
        in_text: bool,
    },
    /// 失效日期, as a field or in its text.
    Ends {
        /// The first day after.
        on: Date,
        /// True if the text gives the day and no field does.
        in_text: bool,
    },
    /// Mark 已废止 in the title.
    Marked,
    /// Repeal by another document.
    RepealedBy {
        /// The first day on which it is repealed.
        on: Date,
        /// The repealing document.
        by: DocRef,
    },
    /// Claim of a list or another record.
    Claimed {
        /// The state it claims.
        state: Validity,
        /// The first day of that state, if known.
        since: Option<Date>,
        /// The claiming record, if the collection has it.
        by: Option<DocRef>,
    },
    /// A later version.
    SupersededBy {
        /// The first day of that version.
        on: Date,
        /// The version.
        by: DocRef,
    },
}

/// A proof, and its part in the decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The proof.
    pub proof: Proof,
    /// True if the state follows from it.
    pub decides: bool,
}

/// State of a record on a day, with its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidityStatus {
    /// The state.
    pub state: Validity,
    /// The first day of that state, if known.
    pub since: Option<Date>,
    /// All evidence, the deciding first.
    pub evidence: Vec<Evidence>,
    /// True if the evidence contradicts itself.
    pub conflict: bool,
    /// True if this text applied on that day.
    pub applies: bool,
}

impl Relations<'_> {
    /// Returns the days that decide the validity of a document.
    pub fn validity_period(&self, document: DocRef) -> ValidityPeriod {
        let facts = self.facts(document);
        facts.map_or_else(ValidityPeriod::default, |facts| period_of(&facts, &self.derived(document)))
    }

    /// Finds the documents that end another one; [`Derived`] stores them.
    pub(super) fn endings(&self, document: DocRef) -> Endings {
        Endings { repealed: self.find_repeal(document), superseded: self.find_next_version(document) }
    }

    /// Finds the document that repeals a record first.
    fn find_repeal(&self, document: DocRef) -> Option<(Date, DocRef)> {
        let facts = self.facts(document)?;
        let first_day = facts.first_day();
        let sources = self.keys_of(document).into_iter().flat_map(|key| self.lookup(KeyField::Repeals, key));
        let mut found: Vec<(Date, DocRef)> =
            sources.filter_map(|source| self.repeal_by(source, document)).collect();
        // A document repeals only earlier ones.
        found.retain(|(on, _)| first_day.is_none_or(|first_day| first_day < *on));
        found.into_iter().min_by_key(|(on, by)| (*on, self.source_order(*by)))
    }

    /// Returns the day on which one document repeals another, with the repealing one, if it does.
    fn repeal_by(&self, source: DocRef, target: DocRef) -> Option<(Date, DocRef)> {
        let by = self.facts(source)?;
        // A later version repeats the repeal of the first version, which has the same title.
        if by.family != 0 && by.family == self.facts(target)?.family {
            return None;
        }
        // Only the congress repeals documents of the congress.
        let of_congress = |facts: &Facts| facts.issuers.iter().any(|i| i.starts_with("全国人民代表大会"));
        if of_congress(&*self.facts(target)?) && !of_congress(&by) {
            return None;
        }
        let target_text = self.canonical(target);
        let is_repeal = |cited: &&Cited| {
            cited.relation() == Relation::Repeals && self.resolve(source, cited) == Resolved::To(target_text)
        };
        by.cited.iter().find(is_repeal)?;
        Some((by.first_day()?, source))
    }

    /// Finds the next version of a record, with its first day.
    fn find_next_version(&self, document: DocRef) -> Option<(Date, DocRef)> {
        let first_day = self.first_day(document)?;
        let later =
            self.versions(document).into_iter().filter_map(|other| Some((self.first_day(other)?, other)));
        later.filter(|(on, _)| *on > first_day).min_by_key(|(on, _)| *on)
    }

    /// Works out the state of a record on a day, with its evidence.
    pub fn validity_on(&self, document: DocRef, day: Date) -> ValidityStatus {
        use Validity::{Amended, Expired, InForce, NotYetEffective, Repealed};
        let period = self.validity_period(document);
        let state = period.state(day_number(day));
        let proofs = self.proofs(document);
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
        let conflict = self.has_conflict(document, &proofs, day);
        let mut evidence: Vec<Evidence> =
            proofs.into_iter().map(|proof| Evidence { decides: decides(&proof), proof }).collect();
        evidence.sort_by_key(|evidence| !evidence.decides);
        let since = if state == NotYetEffective { None } else { since };
        ValidityStatus { state, since, evidence, conflict, applies: period.applies(day_number(day)) }
    }

    /// Lists all proofs, the strongest kinds first.
    fn proofs(&self, document: DocRef) -> Vec<Proof> {
        let Some(facts) = self.facts(document) else { return Vec::new() };
        let derived = self.derived(document);
        let mut proofs = Vec::new();
        proofs.extend(derived.repealed.map(|(on, by)| Proof::RepealedBy { on, by }));
        proofs.extend(facts.claims.iter().map(|(state, since, by)| Proof::Claimed {
            state: *state,
            since: *since,
            by: self.find_by_hash(*by),
        }));
        proofs.extend(facts.dates[3].map(|on| Proof::Ends { on, in_text: false }));
        proofs.extend(facts.period_in_text[1].map(|on| Proof::Ends { on, in_text: true }));
        proofs.extend(facts.is_marked_ended.then_some(Proof::Marked));
        proofs.extend(derived.superseded.map(|(on, by)| Proof::SupersededBy { on, by }));
        proofs.extend(facts.dates[2].map(|on| Proof::Effective { on, in_text: false }));
        proofs.extend(facts.period_in_text[0].map(|on| Proof::Effective { on, in_text: true }));
        proofs.extend(facts.stated.map(Proof::Stated));
        proofs
    }

    /// Checks if the source states that a record is in force while other evidence has ended it, or
    /// if two texts of one document are stated to be in force.
    fn has_conflict(&self, document: DocRef, proofs: &[Proof], day: Date) -> bool {
        let Some(facts) = self.facts(document) else { return false };
        let is_in_force = |facts: &Facts| matches!(facts.stated, Some(Validity::InForce));
        let is_stated_valid = matches!(facts.stated, Some(Validity::InForce | Validity::Amended));
        proofs.iter().any(|proof| match proof {
            Proof::RepealedBy { on, .. } => is_stated_valid && *on <= day,
            Proof::Ends { on, .. } => is_stated_valid && *on <= day,
            Proof::Marked => is_stated_valid,
            Proof::Claimed { state, since, .. } => {
                let is_end = matches!(state, Validity::Repealed | Validity::Expired);
                let has_begun = since.is_none_or(|since| since <= day);
                let is_kept = *state == Validity::InForce;
                is_stated_valid && is_end && has_begun
                    || is_kept && matches!(facts.stated, Some(Validity::Repealed | Validity::Expired))
            }
            Proof::SupersededBy { on, by } => {
                is_in_force(&facts) && *on <= day && self.facts(*by).is_some_and(|facts| is_in_force(&facts))
            }
            _ => false,
        })
    }

    /// Checks if the evidence on a record's validity contradicts itself on a day.
    pub fn is_contradicted(&self, document: DocRef, day: Date) -> bool {
        self.has_conflict(document, &self.proofs(document), day)
    }
}

impl Proof {
    /// Returns the first day of the state it proves.
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
