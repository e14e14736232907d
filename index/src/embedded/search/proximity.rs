//! Rescoring by proximity: passages of the best hits, found by the positions of character pairs.

use tantivy::DocSet;
use tantivy::postings::{Postings, TermInfo};
use tantivy::schema::IndexRecordOption;

use crate::backend::Budget;
use crate::embedded::reader::segments::Segment;
use crate::embedded::search::scored::Scored;
use crate::embedded::search::scoring::Scorer;
use crate::error::Result;
use crate::query::plan::SearchPlan;
use crate::ranking::law_family::ScoredHits;
use crate::ranking::passages::PassagePairs;
use crate::ranking::weights;
use crate::schema::fields::TextField;

/// Raises the scores of those best hits that have much of the query in one passage.
///
/// # Errors
/// A failure of the index, a spent budget.
pub fn rescore(scorer: &Scorer, plan: &SearchPlan, found: &mut [Scored<'_>], budget: &Budget) -> Result<()> {
    let Some(pairs) = PassagePairs::select(scorer.body_pairs(), &plan.preferences) else { return Ok(()) };
    let mut best_hits = found.best(weights::PASSAGES);
    best_hits.sort_by_key(|(place, _)| *place);
    for segment_hits in best_hits.chunk_by(|((a, _), _), ((b, _), _)| a == b) {
        budget.check()?;
        let ordinal = segment_hits[0].0.0;
        let docs: Vec<u32> = segment_hits.iter().map(|((_, doc), _)| *doc).collect();
        let mut best = vec![0.0_f32; docs.len()];
        for field in [TextField::Title, TextField::Body] {
            let infos: Vec<_> =
                pairs.pairs.iter().map(|(pair, _)| scorer.pair_info(pair, field, ordinal)).collect();
            for (best, places) in
                best.iter_mut().zip(pair_positions(found[ordinal].segment, field, &infos, &docs)?)
            {
                *best = best.max(pairs.best_passage(places));
            }
        }
        for (doc, best) in docs.iter().zip(best) {
            found[ordinal].scores[*doc as usize] *= pairs.factor(best);
        }
    }
    Ok(())
}

/// Returns the positions of the pairs in each document, each with the number of the pair.
fn pair_positions(
    segment: &Segment,
    field: TextField,
    infos: &[Option<&TermInfo>],
    docs: &[u32],
) -> Result<Vec<Vec<(u32, usize)>>> {
    let mut places = vec![Vec::new(); docs.len()];
    let index = &segment.text(field).grams.lists;
    let mut positions = Vec::new();
    for (number, info) in infos.iter().enumerate() {
        let Some(info) = info else { continue };
        let mut list = index.read_postings_from_terminfo(info, IndexRecordOption::WithFreqsAndPositions)?;
        for (doc, places) in docs.iter().zip(&mut places) {
            if list.doc() < *doc {
                list.seek(*doc);
            }
            if list.doc() == *doc {
                list.positions(&mut positions);
                places.extend(positions.iter().take(weights::PLACES).map(|position| (*position, number)));
            }
        }
    }
    Ok(places)
}
