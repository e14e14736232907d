//! The scored hits of all segments.

use crate::embedded::reader::segments::Segment;
use crate::embedded::search::bits::Bits;
use crate::ranking::best::best_documents;
use crate::ranking::law_family::ScoredHits;

/// The hits of one segment with their scores by document.
pub struct Scored<'a> {
    /// Segment of the hits.
    pub segment: &'a Segment,
    /// Hits.
    pub hits: Bits,
    /// Scores by document; 0 for other documents.
    pub scores: Vec<f32>,
}

impl ScoredHits for [Scored<'_>] {
    /// Segment and document.
    type Place = (usize, u32);

    fn best(&self, count: usize) -> Vec<((usize, u32), f32)> {
        let scored = self.iter().enumerate().flat_map(|(ordinal, Scored { segment, hits, scores })| {
            let ids = &segment.columns.id_hash;
            hits.iter().map(move |doc| (scores[doc as usize], ids[doc as usize], (ordinal, doc)))
        });
        best_documents(scored, count)
    }

    fn law_family(&self, (ordinal, doc): (usize, u32)) -> u64 {
        self[ordinal].segment.columns.family[doc as usize]
    }

    fn set_score(&mut self, (ordinal, doc): (usize, u32), score: f32) {
        self[ordinal].scores[doc as usize] = score;
    }

    fn multiply(&mut self, factor: impl Fn(u64) -> f32) {
        for Scored { segment, hits, scores } in self {
            let families = &segment.columns.family;
            hits.iter().for_each(|doc| scores[doc as usize] *= factor(families[doc as usize]));
        }
    }
}
