//! Explanations of scores: the parts that are known only beside the other hits.

use crate::query::plan::Rescoring;
use crate::results::Explanation;

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
    fn rest_goes_to_boost_if_there_is_one_else_to_a_factor() {
        let boosted = Explanation { boost: 100.0, ..Explanation::default() };
        assert_eq!(complete_to_score(boosted, 90.0, Rescoring::Proximity).boost, 90.0);
        let parts = Explanation::default();
        assert_eq!(complete_to_score(parts.clone(), 0.0, Rescoring::LawFamily), parts);
    }
}
