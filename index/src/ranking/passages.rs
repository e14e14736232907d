//! Rescoring by passages. Words together in one passage (an article of a law, a paragraph of a
//! notice, the title) mean more than the same words scattered over a long text.
//!
//! Measured on the best hits only, by the positions of the query's character pairs. The best
//! hits stay above the others, so pages and cursors agree.

use crate::query::Preference;
use crate::ranking::weights;

/// Character pairs of a query that passages are looked for by, each with its idf.
#[derive(Debug, Clone, PartialEq)]
pub struct PassagePairs<'a> {
    /// The pairs, the most telling first.
    pub pairs: Vec<(&'a str, f32)>,
    whole: f32,
}

impl<'a> PassagePairs<'a> {
    /// Selects the most telling pairs, at most [`weights::PASSAGE_PAIRS`]; `None` if there are
    /// fewer than two. Who and when have columns of their own; a text seldom repeats them beside
    /// its matter.
    pub fn select(pairs: impl Iterator<Item = (&'a str, f32)>, preferences: &[Preference]) -> Option<Self> {
        let is_preference = |pair: &str| preferences.iter().any(|p| p.text.contains(pair));
        let mut pairs: Vec<(&str, f32)> = pairs.filter(|(pair, _)| !is_preference(pair)).collect();
        // A query may be a page long; its rarest pairs are enough to tell a passage by.
        pairs.sort_by(|(a, x), (b, y)| y.total_cmp(x).then(a.cmp(b)));
        pairs.truncate(weights::PASSAGE_PAIRS);
        let whole = pairs.iter().map(|(_, idf)| idf).sum();
        (pairs.len() >= 2).then_some(Self { pairs, whole })
    }

    /// Returns the sum of the idfs of the pairs in the best passage of a text, each counted once.
    /// `places` are the positions in the text with the number of the pair that stands there.
    pub fn best_passage(&self, mut places: Vec<(u32, usize)>) -> f32 {
        places.sort_unstable();
        let mut inside = vec![0_usize; self.pairs.len()];
        let (mut sum, mut best, mut from) = (0.0_f32, 0.0_f32, 0);
        for (at, number) in &places {
            inside[*number] += 1;
            if inside[*number] == 1 {
                sum += self.pairs[*number].1;
            }
            while places[from].0 + weights::PASSAGE_LENGTH < *at {
                let left = places[from].1;
                from += 1;
                inside[left] -= 1;
                if inside[left] == 0 {
                    sum -= self.pairs[left].1;
                }
            }
            best = best.max(sum);
        }
        best
    }

    /// Returns the factor of a document by its best passage.
    pub fn factor(&self, best_passage: f32) -> f32 {
        1.0 + weights::PASSAGE * best_passage / self.whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::PreferenceKind;

    #[test]
    fn best_passage_counts_each_pair_once() {
        let told = [("甲乙", 2.0), ("丙丁", 3.0), ("戊己", 4.0)];
        let pairs = PassagePairs { pairs: told.to_vec(), whole: 9.0 };
        assert_eq!(pairs.best_passage(Vec::new()), 0.0);
        let scattered = vec![(500, 2), (0, 0), (100, 1), (8, 0)];
        assert_eq!(pairs.best_passage(scattered), 4.0);
        let together = vec![(0, 0), (200, 1), (210, 1), (230, 0), (900, 2)];
        assert_eq!(pairs.best_passage(together), 5.0);
        assert_eq!(pairs.factor(9.0), 1.0 + weights::PASSAGE);
    }

    #[test]
    fn pairs_are_selected_by_idf_without_those_of_preferences() {
        let preference =
            Preference { text: "财政部".into(), kind: PreferenceKind::Issuer, value: "财政部".into() };
        let all = [("财政", 9.0), ("补贴", 1.0), ("标准", 3.0)];
        let selected = PassagePairs::select(all.into_iter(), &[preference]).unwrap();
        assert_eq!(selected.pairs, [("标准", 3.0), ("补贴", 1.0)]);
        assert_eq!(PassagePairs::select(all[..1].iter().copied(), &[]), None);
        let many = vec![("甲乙", 1.0); 2 * weights::PASSAGE_PAIRS];
        assert_eq!(PassagePairs::select(many.into_iter(), &[]).unwrap().pairs.len(), weights::PASSAGE_PAIRS);
    }
}
