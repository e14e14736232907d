//! Review by an operator: documents without an interpretation, without a known validity, with
//! contradictory validity, with citations of absent documents, with personal data.

use crate::official::citation::Relation;
use crate::record::days::day_number;
use crate::record::{Date, Kind, Validity};
use crate::relations::cited::Cited;
use crate::relations::links::Resolved;
use crate::relations::source::Relations;
use crate::schema::doc_ref::DocRef;

/// An issue to review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Issue {
    /// A policy that no interpretation explains.
    WithoutInterpretation,
    /// An interpretation and its policy, to compare the days of publication.
    Interpretation,
    /// Neither a state nor a validity period is known.
    WithoutValidity,
    /// The evidence on its validity contradicts itself.
    Conflict,
    /// Citations of documents that the collection does not have.
    Dangling,
    /// A document on which it is based has ended.
    LapsedBasis,
    /// Private numbers of persons in its text.
    PersonalData,
}

impl Issue {
    /// All issues, in the order in which they are shown.
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

/// A record with an issue to review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The record.
    pub document: DocRef,
    /// The other record, for issues of two records.
    pub other: Option<DocRef>,
    /// Citations of documents that the collection does not have.
    pub cited: Vec<Cited>,
}

impl Finding {
    fn new(document: DocRef) -> Self {
        Self { document, other: None, cited: Vec::new() }
    }
}

impl Relations<'_> {
    /// Returns the findings of an issue on a day among these documents. Of the copies of a text
    /// only the canonical one is examined.
    pub fn findings(&self, issue: Issue, day: Date, documents: &[DocRef]) -> Vec<Finding> {
        let canonical = documents.iter().copied().filter(|document| self.canonical(*document) == *document);
        canonical.flat_map(|document| self.finding(issue, document, day)).collect()
    }

    fn finding(&self, issue: Issue, document: DocRef, day: Date) -> Vec<Finding> {
        let Some(facts) = self.facts(document) else { return Vec::new() };
        let finding_if = |found: bool| if found { vec![Finding::new(document)] } else { Vec::new() };
        match issue {
            Issue::WithoutInterpretation => {
                finding_if(facts.kind == Kind::Policy && self.interpretations(document).is_empty())
            }
            Issue::Interpretation => {
                let explained = self.explains(document).into_iter();
                explained.map(|other| Finding { other: Some(other), ..Finding::new(document) }).collect()
            }
            Issue::WithoutValidity => {
                let unknown = self.validity_period(document).state(day_number(day)) == Validity::Unknown;
                finding_if(facts.kind == Kind::Policy && unknown)
            }
            Issue::Conflict => finding_if(self.is_contradicted(document, day)),
            Issue::Dangling => {
                let cited = self.dangling_citations(document);
                if cited.is_empty() { Vec::new() } else { vec![Finding { cited, ..Finding::new(document) }] }
            }
            Issue::LapsedBasis => {
                let lapsed = self.lapsed_bases(document, day).into_iter();
                lapsed.map(|other| Finding { other: Some(other), ..Finding::new(document) }).collect()
            }
            Issue::PersonalData => finding_if(facts.has_private_numbers),
        }
    }

    /// Lists the citations of a record that mean no document of the collection.
    pub fn dangling_citations(&self, document: DocRef) -> Vec<Cited> {
        self.cites(document)
            .into_iter()
            .filter(|(_, resolved)| *resolved == Resolved::Absent)
            .map(|(cited, _)| cited)
            .collect()
    }

    /// Lists the documents on which a record is based and that were repealed or have expired by a
    /// day. A later version of them does not count as their end.
    pub fn lapsed_bases(&self, document: DocRef, day: Date) -> Vec<DocRef> {
        let based =
            self.cites(document).into_iter().filter(|(cited, _)| cited.relation() == Relation::BasedOn);
        let mut lapsed: Vec<DocRef> = based
            .filter_map(|(_, to)| if let Resolved::To(basis) = to { Some(basis) } else { None })
            .filter(|basis| {
                let newest = self.versions(*basis).last().copied().unwrap_or(*basis);
                let state = |document| self.validity_period(document).state(day_number(day));
                let is_end = |state| matches!(state, Validity::Repealed | Validity::Expired);
                is_end(state(*basis)) && is_end(state(newest))
            })
            .collect();
        lapsed.sort_unstable();
        lapsed.dedup();
        lapsed
    }
}
