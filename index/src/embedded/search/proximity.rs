//! Words that stand together in one passage say more than the same words scattered over
//! a long text: an article of a law, a paragraph of a notice, or the title.
//!
//! Measured on the best hits only, by the positions of the query's character pairs. The best
//! hits stay above the others, so pages and cursors agree.

use tantivy::DocSet;
use tantivy::postings::{Postings, TermInfo};
use tantivy::schema::IndexRecordOption;

use crate::backend::Budget;
use crate::embedded::reader::segments::Segment;
use crate::embedded::search::law_family::{Scored, best};
use crate::embedded::search::scoring::Scorer;
use crate::error::Result;
use crate::query::plan::SearchPlan;
use crate::ranking::weights;
use crate::schema::fields::TextField;

/// Lifts those of the best hits that have much of the query in one passage.
///
/// # Errors
/// A failure of the index, a spent budget.
pub fn rescore(scorer: &Scorer, plan: &SearchPlan, found: &mut [Scored<'_>], budget: &Budget) -> Result<()> {
    // Who and when have columns of their own; a text seldom repeats them beside its matter.
    let of_columns = |pair: &str| plan.preferences.iter().any(|p| p.text.contains(pair));
    let mut told: Vec<(&str, f32)> = scorer.pairs().filter(|(pair, _)| !of_columns(pair)).collect();
    // A query may be a page long; its rarest pairs are enough to tell a passage by.
    told.sort_by(|(a, x), (b, y)| y.total_cmp(x).then(a.cmp(b)));
    told.truncate(weights::PASSAGE_PAIRS);
    if told.len() < 2 {
        return Ok(());
    }
    let whole: f32 = told.iter().map(|(_, told)| told).sum();
    let mut leaders = best(found, weights::PASSAGES);
    leaders.sort_by_key(|(at, doc, _)| (*at, *doc));
    for of_segment in leaders.chunk_by(|(a, ..), (b, ..)| a == b) {
        budget.check()?;
        let at = of_segment[0].0;
        let docs: Vec<u32> = of_segment.iter().map(|(_, doc, _)| *doc).collect();
        let mut most = vec![0.0_f32; docs.len()];
        for field in [TextField::Title, TextField::Body] {
            let infos: Vec<_> = told.iter().map(|(pair, _)| scorer.pair(pair, field, at)).collect();
            for (most, places) in most.iter_mut().zip(places(found[at].segment, field, &infos, &docs)?) {
                *most = most.max(most_in_a_passage(places, &told));
            }
        }
        for (doc, most) in docs.iter().zip(most) {
            found[at].scores[*doc as usize] *= 1.0 + weights::PASSAGE * most / whole;
        }
    }
    Ok(())
}

/// Where the pairs stand in each document: position and number of the pair.
fn places(
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
                places.extend(positions.iter().take(weights::PLACES).map(|at| (*at, number)));
            }
        }
    }
    Ok(places)
}

/// How much the pairs in the best passage tell.
fn most_in_a_passage(mut places: Vec<(u32, usize)>, told: &[(&str, f32)]) -> f32 {
    places.sort_unstable();
    let mut inside = vec![0_usize; told.len()];
    let (mut sum, mut most, mut from) = (0.0_f32, 0.0_f32, 0);
    for (at, number) in &places {
        inside[*number] += 1;
        if inside[*number] == 1 {
            sum += told[*number].1;
        }
        while places[from].0 + weights::PASSAGE_LENGTH < *at {
            let left = places[from].1;
            from += 1;
            inside[left] -= 1;
            if inside[left] == 0 {
                sum -= told[left].1;
            }
        }
        most = most.max(sum);
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_passage_counts_each_pair_once() {
        let told = [("甲乙", 2.0), ("丙丁", 3.0), ("戊己", 4.0)];
        assert_eq!(most_in_a_passage(Vec::new(), &told), 0.0);
        let scattered = vec![(500, 2), (0, 0), (100, 1), (8, 0)];
        assert_eq!(most_in_a_passage(scattered, &told), 4.0);
        let together = vec![(0, 0), (200, 1), (210, 1), (230, 0), (900, 2)];
        assert_eq!(most_in_a_passage(together, &told), 5.0);
    }
}
