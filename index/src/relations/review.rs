//! What an operator should look at: documents without an interpretation, without a
//! stated validity, in conflict, with citations of what is not held, with personal data.

use crate::official::citation::Relation;
use crate::record::days::day_number;
use crate::record::{Date, Kind, Validity};
use crate::relations::facts::Cited;
use crate::relations::links::Resolved;
use crate::relations::source::Relations;
use crate::schema::doc_ref::DocRef;

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
    pub document: DocRef,
    /// The other record, where two are concerned.
    pub other: Option<DocRef>,
    /// What it cites in vain.
    pub cited: Vec<Cited>,
}

impl Finding {
    fn of(document: DocRef) -> Self {
        Self { document, other: None, cited: Vec::new() }
    }
}

impl Relations<'_> {
    /// Returns the findings of a kind on a day among these documents. Of copies of one text only
    /// the canonical is looked at.
    pub fn findings(&self, issue: Issue, day: Date, documents: &[DocRef]) -> Vec<Finding> {
        let canonical = documents.iter().copied().filter(|document| self.canonical(*document) == *document);
        canonical.flat_map(|document| self.finding(issue, document, day)).collect()
    }

    fn finding(&self, issue: Issue, document: DocRef, day: Date) -> Vec<Finding> {
        let Some(facts) = self.facts(document) else { return Vec::new() };
        let one = |found: bool| if found { vec![Finding::of(document)] } else { Vec::new() };
        match issue {
            Issue::WithoutInterpretation => {
                one(facts.kind == Kind::Policy && self.interpretations(document).is_empty())
            }
            Issue::Interpretation => {
                let explained = self.explains(document).into_iter();
                explained.map(|other| Finding { other: Some(other), ..Finding::of(document) }).collect()
            }
            Issue::WithoutValidity => {
                let unknown = self.validity_period(document).state(day_number(day)) == Validity::Unknown;
                one(facts.kind == Kind::Policy && unknown)
            }
            Issue::Conflict => one(self.is_contradicted(document, day)),
            Issue::Dangling => {
                let cited = self.dangling(document);
                if cited.is_empty() { Vec::new() } else { vec![Finding { cited, ..Finding::of(document) }] }
            }
            Issue::LapsedBasis => {
                let lapsed = self.lapsed_bases(document, day).into_iter();
                lapsed.map(|other| Finding { other: Some(other), ..Finding::of(document) }).collect()
            }
            Issue::PersonalData => one(facts.private),
        }
    }

    /// What a record cites and the collection does not hold.
    pub fn dangling(&self, document: DocRef) -> Vec<Cited> {
        self.cites(document)
            .into_iter()
            .filter(|(_, to)| *to == Resolved::Absent)
            .map(|(cited, _)| cited)
            .collect()
    }

    /// Documents that a record rests on and that have been repealed or have expired by a
    /// day. A later version of them is no end.
    pub fn lapsed_bases(&self, document: DocRef, day: Date) -> Vec<DocRef> {
        let based =
            self.cites(document).into_iter().filter(|(cited, _)| cited.relation() == Relation::BasedOn);
        let mut lapsed: Vec<DocRef> = based
            .filter_map(|(_, to)| if let Resolved::To(basis) = to { Some(basis) } else { None })
            .filter(|basis| {
                let newest = self.versions(*basis).last().copied().unwrap_or(*basis);
                let state = |document| self.validity_period(document).state(day_number(day));
                let ended = |state| matches!(state, Validity::Repealed | Validity::Expired);
                ended(state(*basis)) && ended(state(newest))
            })
            .collect();
        lapsed.sort_unstable();
        lapsed.dedup();
        lapsed
    }
}
