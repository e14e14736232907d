//! Hits of a page: records fetched, masked, highlighted and related.

use crate::backend::{Budget, Snapshot};
use crate::collection::highlight::Highlighter;
use crate::collection::masking;
use crate::collection::match_reasons::MatchReasons;
use crate::collection::snapshot_facts::read_relations;
use crate::error::Result;
use crate::query::plan::SearchPlan;
use crate::query::{Query, Sort};
use crate::record::Record;
use crate::relations::source::Relations;
use crate::results::{Highlights, Hit, RankedDocument};
use crate::schema::doc_ref::DocRef;

/// Fetches the hits of one search.
pub struct Fetcher<'a> {
    /// The snapshot that was searched.
    pub snapshot: &'a dyn Snapshot,
    /// The query.
    pub query: &'a Query,
    /// The plan that was run.
    pub plan: &'a SearchPlan,
    /// True if private numbers are masked.
    pub mask: bool,
}

impl Fetcher<'_> {
    /// Fetches the hits of a page.
    ///
    /// # Errors
    /// A spent budget, a failure of the backend.
    pub fn fetch(&self, ranked: &[RankedDocument], budget: &Budget) -> Result<Vec<Hit>> {
        let documents: Vec<DocRef> = ranked.iter().map(|ranked| ranked.document).collect();
        budget.check()?;
        let records = match self.query.highlight {
            true => self.snapshot.fetch(&documents)?,
            false => self.snapshot.fetch_cards(&documents)?,
        };
        let (highlighter, reasons) =
            (Highlighter::new(&self.query.parsed.marks), MatchReasons::new(&self.query.parsed));
        let mut hits = Vec::with_capacity(ranked.len());
        for (ranked, record) in ranked.iter().zip(records) {
            budget.check()?;
            hits.push(self.make_hit(ranked, record, &highlighter, &reasons));
        }
        self.add_explanations(ranked, &mut hits)?;
        read_relations(self.snapshot, |relations| {
            documents
                .iter()
                .zip(&mut hits)
                .for_each(|(document, hit)| count_related(relations, *document, hit));
        })?;
        Ok(hits)
    }

    fn make_hit(
        &self,
        ranked: &RankedDocument,
        mut record: Record,
        highlighter: &Highlighter,
        reasons: &MatchReasons<'_>,
    ) -> Hit {
        if self.mask {
            masking::mask_record(&mut record);
        }
        let matched_on = if self.query.highlight { reasons.find(&record) } else { Vec::new() };
        let body = std::mem::take(&mut record.body);
        let highlights = match self.query.highlight {
            true => highlighter.highlight(&record.title, &body),
            false => Highlights::default(),
        };
        let by_score = self.plan.sort == Sort::Relevance;
        Hit {
            validity: ranked.validity,
            score: if by_score { f32::from_bits(ranked.position.key as u32) } else { 0.0 },
            position: ranked.position,
            highlights,
            matched_on,
            explanation: None,
            record,
            reprints: 0,
            interpretations: 0,
            versions: 0,
        }
    }

    fn add_explanations(&self, ranked: &[RankedDocument], hits: &mut [Hit]) -> Result<()> {
        if !self.query.explain || self.plan.sort != Sort::Relevance {
            return Ok(());
        }
        let explanations = self.snapshot.explain(self.plan, ranked)?;
        for (hit, explanation) in hits.iter_mut().zip(explanations) {
            hit.explanation = Some(explanation);
        }
        Ok(())
    }
}

/// Counts the copies, interpretations and versions of a hit.
fn count_related(relations: &Relations<'_>, document: DocRef, hit: &mut Hit) {
    hit.reprints = relations.reprints(document);
    hit.interpretations = relations.interpretations(document).len();
    hit.versions = relations.versions(document).len().saturating_sub(1);
}
