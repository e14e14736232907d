//! Explanations of scores: the parts that are known only beside the other hits.

use crate::query::plan::Rescoring;
use crate::results::Explanation;

/// Most terms that an explanation lists; the others are told as one sum. A long query has hundreds in
/// each document, which nobody reads and which cost more than the search.
pub const MAX_TERMS: usize = 24;

/// Sorts parts by what they add, the largest first, and cuts them; returns the sum of the others too.
pub fn largest_parts<T>(mut parts: Vec<T>, adds: impl Fn(&T) -> f32) -> (Vec<T>, f32) {
    parts.sort_by(|a, b| adds(b).total_cmp(&adds(a)));
    let rest = parts.iter().skip(MAX_TERMS).map(adds).sum();
    parts.truncate(MAX_TERMS);
    (parts, rest)
}

/// Completes the parts of a score that a document has by itself, so that they come to its score
/// among the other hits: what the law of an article or proximity adds, and what a title loses
/// that another document has as well.
pub fn complete_to_score(mut parts: Explanation, score: f32, rescoring: Rescoring) -> Explanation {
    let alone = parts.score();
    if parts.boost > 0.0 {
        parts.boost += score - alone;
    } else if alone > 0.0 {
        let name = if rescoring == Rescoring::LawFamily { "family" } else { "passage" };
        parts.factors.push((name, score / alone));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smallest_parts_are_told_as_their_sum() {
        let (few, nothing) = largest_parts(vec![1.0, 3.0, 2.0], |part| *part);
        assert_eq!((few, nothing), (vec![3.0, 2.0, 1.0], 0.0));
        let (most, rest) = largest_parts((0..100).map(|n| n as f32).collect(), |part| *part);
        assert_eq!((most.len(), most[0], rest), (MAX_TERMS, 99.0, (0..76).sum::<i32>() as f32));
    }

    #[test]
    fn rest_goes_to_boost_if_there_is_one_else_to_a_factor() {
        let boosted = Explanation { boost: 100.0, ..Explanation::default() };
        assert_eq!(complete_to_score(boosted, 90.0, Rescoring::Proximity).boost, 90.0);
        let parts = Explanation::default();
        assert_eq!(complete_to_score(parts.clone(), 0.0, Rescoring::LawFamily), parts);
    }
}
