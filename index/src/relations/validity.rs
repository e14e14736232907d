//! The validity of a document on a day, with what proves it.

use crate::official::citation::Relation;
use crate::record::days::day_number;
use crate::record::{Date, Validity};
use crate::relations::facts::{Cited, Facts};
use crate::relations::links::Resolved;
use crate::relations::source::Relations;
use crate::relations::validity_period::{ValidityPeriod, period_of};
use crate::schema::doc_ref::{DocRef, KeyField};

/// What ends a document from outside.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Endings {
    /// The document that repeals it, and the first day on which it is repealed.
    pub repealed: Option<(Date, DocRef)>,
    /// Its next version, and the first day of that.
    pub superseded: Option<(Date, DocRef)>,
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
        by: DocRef,
    },
    /// A list or another record says so.
    Claimed {
        /// The state it claims.
        state: Validity,
        /// Since when, if that is known.
        since: Option<Date>,
        /// The record that says it, if it is held.
        by: Option<DocRef>,
    },
    /// A later version.
    SupersededBy {
        /// Since when.
        on: Date,
        /// The version.
        by: DocRef,
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
pub struct ValidityStatus {
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

impl Relations<'_> {
    /// Returns the days that decide the validity of a document.
    pub fn validity_period(&self, document: DocRef) -> ValidityPeriod {
        let facts = self.facts(document);
        facts.map_or_else(ValidityPeriod::default, |facts| period_of(&facts, &self.derived(document)))
    }

    /// Works out what ends a document from outside: see [`Derived`].
    pub(super) fn endings(&self, document: DocRef) -> Endings {
        Endings { repealed: self.repealing(document), superseded: self.superseding(document) }
    }

    /// The document that repeals a record first.
    fn repealing(&self, document: DocRef) -> Option<(Date, DocRef)> {
        let facts = self.facts(document)?;
        let begun = facts.begins();
        let sources = self.keys_of(document).into_iter().flat_map(|key| self.lookup(KeyField::Repeals, key));
        let mut found: Vec<(Date, DocRef)> =
            sources.filter_map(|source| self.repeals(source, document)).collect();
        // What repeals comes after what it repeals.
        found.retain(|(on, _)| begun.is_none_or(|begun| begun < *on));
        found.into_iter().min_by_key(|(on, by)| (*on, self.rank(*by)))
    }

    fn repeals(&self, source: DocRef, target: DocRef) -> Option<(Date, DocRef)> {
        let by = self.facts(source)?;
        // A later version still says what the first one repealed, in the same name.
        if by.family != 0 && by.family == self.facts(target)?.family {
            return None;
        }
        // What the congress made, only the congress ends.
        let of_congress = |facts: &Facts| facts.issuers.iter().any(|i| i.starts_with("全国人民代表大会"));
        if of_congress(&*self.facts(target)?) && !of_congress(&by) {
            return None;
        }
        let target_text = self.canonical(target);
        let ends = |cited: &&Cited| {
            cited.relation() == Relation::Repeals && self.resolve(source, cited) == Resolved::To(target_text)
        };
        by.cited.iter().find(ends)?;
        Some((by.begins()?, source))
    }

    /// The next version of a record, with the day on which it begins.
    fn superseding(&self, document: DocRef) -> Option<(Date, DocRef)> {
        let begun = self.begins(document)?;
        let later =
            self.versions(document).into_iter().filter_map(|other| Some((self.begins(other)?, other)));
        later.filter(|(on, _)| *on > begun).min_by_key(|(on, _)| *on)
    }

    /// The state of a record on a day, and why.
    pub fn validity_on(&self, document: DocRef, day: Date) -> ValidityStatus {
        use Validity::{Amended, Expired, InForce, NotYetEffective, Repealed};
        let term = self.validity_period(document);
        let state = term.state(day_number(day));
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
        let conflict = self.contradicts(document, &proofs, day);
        let mut evidence: Vec<Evidence> =
            proofs.into_iter().map(|proof| Evidence { decides: decides(&proof), proof }).collect();
        evidence.sort_by_key(|evidence| !evidence.decides);
        let since = if state == NotYetEffective { None } else { since };
        ValidityStatus { state, since, evidence, conflict, applies: term.applies(day_number(day)) }
    }

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
        proofs.extend(facts.said[1].map(|on| Proof::Ends { on, in_text: true }));
        proofs.extend(facts.marked.then_some(Proof::Marked));
        proofs.extend(derived.superseded.map(|(on, by)| Proof::SupersededBy { on, by }));
        proofs.extend(facts.dates[2].map(|on| Proof::Effective { on, in_text: false }));
        proofs.extend(facts.said[0].map(|on| Proof::Effective { on, in_text: true }));
        proofs.extend(facts.stated.map(Proof::Stated));
        proofs
    }

    /// Whether the source says that a record holds while something else has ended it; or
    /// that two texts of one document hold.
    fn contradicts(&self, document: DocRef, proofs: &[Proof], day: Date) -> bool {
        let Some(facts) = self.facts(document) else { return false };
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
                holds(&facts) && *on <= day && self.facts(*by).is_some_and(|facts| holds(&facts))
            }
            _ => false,
        })
    }

    /// Whether a record stands in conflict with what else is known, on a day.
    pub fn is_contradicted(&self, document: DocRef, day: Date) -> bool {
        self.contradicts(document, &self.proofs(document), day)
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
