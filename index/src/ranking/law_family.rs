//! Rescoring of the articles of one law. A question is answered by a few rules that
//! mostly stand in one law. If many of its articles match well, its other articles are
//! more likely to be meant than those of a law of which one article matches by chance.
//!
//! Only for whole questions, and only for records that are articles of a law. The first
//! hits are boosted a little, the hits after them much: the first hits are good by
//! their own text.

use std::collections::HashMap;

use crate::ranking::weights;

/// The scored hits of a search, wherever a backend has them.
pub trait ScoredHits {
    /// Names a hit.
    type Place: Copy;

    /// Returns the best hits with their scores, the best first: see
    /// [`crate::ranking::best::best_documents`].
    fn best(&self, count: usize) -> Vec<(Self::Place, f32)>;

    /// Returns the hash of the law of a hit; 0 for what is no article.
    fn law_family(&self, hit: Self::Place) -> u64;

    /// Sets the score of a hit.
    fn set_score(&mut self, hit: Self::Place, score: f32);

    /// Multiplies the scores of all hits by a factor of their laws.
    fn multiply(&mut self, factor: impl Fn(u64) -> f32);
}

/// Raises articles by the strength of their law. Two passes over the hits, one look-up each.
pub fn rescore<H: ScoredHits + ?Sized>(hits: &mut H) {
    let strengths = strengths(hits);
    if strengths.is_empty() {
        return;
    }
    let strength = |family: u64| strengths.get(&family).copied().unwrap_or(0.0);
    hits.multiply(|family| head_factor(strength(family)));
    let head = hits.best(weights::HEAD);
    head.iter().for_each(|(hit, _)| hits.set_score(*hit, 0.0));
    hits.multiply(|family| tail_factor(strength(family)));
    // The head stays above all that was lifted behind it, in its own order.
    let above = hits.best(1).first().map_or(0.0, |(_, score)| *score);
    head.into_iter().for_each(|(hit, score)| hits.set_score(hit, score + above));
}

fn head_factor(strength: f32) -> f32 {
    1.0 + weights::FAMILY_HEAD * strength
}

/// Returns the factor of a hit behind the head, which has [`head_factor`] already.
fn tail_factor(strength: f32) -> f32 {
    let more = weights::FAMILY_TAIL - weights::FAMILY_HEAD;
    1.0 + more * strength / head_factor(strength)
}

/// Returns the strength of each law, from 0 to 1: its articles among the best, each the more the
/// nearer it is to the best.
fn strengths<H: ScoredHits + ?Sized>(hits: &H) -> HashMap<u64, f32> {
    let leaders = hits.best(weights::LEADERS);
    let mut gathered: HashMap<u64, f32> = HashMap::new();
    let Some((_, first)) = leaders.first().copied().filter(|(_, score)| *score > 0.0) else {
        return gathered;
    };
    for (hit, score) in leaders {
        let family = hits.law_family(hit);
        if family != 0 {
            *gathered.entry(family).or_default() += (score / first).powi(4);
        }
    }
    let most = gathered.values().copied().fold(f32::MIN_POSITIVE, f32::max);
    gathered.values_mut().for_each(|value| *value = (*value / most).sqrt());
    gathered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ranking::best::best_documents;

    /// Law and score of each hit.
    struct Hits(Vec<(u64, f32)>);

    impl ScoredHits for Hits {
        type Place = usize;

        fn best(&self, count: usize) -> Vec<(usize, f32)> {
            best_documents(self.0.iter().enumerate().map(|(at, (_, score))| (*score, at as u64, at)), count)
        }

        fn law_family(&self, hit: usize) -> u64 {
            self.0[hit].0
        }

        fn set_score(&mut self, hit: usize, score: f32) {
            self.0[hit].1 = score;
        }

        fn multiply(&mut self, factor: impl Fn(u64) -> f32) {
            self.0.iter_mut().for_each(|(family, score)| *score *= factor(*family));
        }
    }

    #[test]
    fn articles_of_the_strongest_law_pass_others_that_match_as_well() {
        let mut hits = Hits(vec![(7, 9.0), (7, 8.0), (7, 8.0), (5, 4.0), (7, 3.9), (0, 3.8)]);
        rescore(&mut hits);
        let score = |at: usize| hits.0[at].1;
        assert!(score(4) > score(3), "the law with more articles passes the one with few");
        assert!(score(3) > score(5));
        assert!(score(0) > score(1));
    }

    #[test]
    fn hits_without_articles_keep_their_scores() {
        let mut hits = Hits(vec![(0, 2.0), (0, 1.0)]);
        rescore(&mut hits);
        assert_eq!(hits.0, [(0, 2.0), (0, 1.0)]);
    }

    #[test]
    fn tail_of_a_strong_law_is_raised_but_stays_behind_the_head() {
        let many = (0..30).map(|at| (if at % 2 == 0 { 1 } else { 2 }, 100.0 - at as f32));
        let mut hits = Hits(many.collect());
        rescore(&mut hits);
        let best: Vec<usize> = hits.best(30).into_iter().map(|(hit, _)| hit).collect();
        assert!(best[..weights::HEAD].iter().all(|hit| *hit < 20), "{best:?}");
        assert_eq!(hits.best(1)[0].0, 0);
    }
}
