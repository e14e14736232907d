//! Weights of the clauses of which most must match ([`crate::query::Clause::MinimumShouldMatch`]).

/// Least weight of a clause that nearly every document matches.
const MIN_WEIGHT: f64 = 0.05;

/// Weighs a clause that at most `frequency` of `total` documents match.
pub fn clause_weight(total: u64, frequency: u64) -> f32 {
    ((total as f64 + 1.0) / (frequency as f64 + 0.5)).ln().max(MIN_WEIGHT) as f32
}

/// Returns the weight that must come together, of the weights of all clauses.
pub fn required_weight(all: f32, percent: u8) -> f32 {
    all * f32::from(percent) / 100.0
}

/// Returns whether the clauses that a document matches are enough; it must match one.
#[inline]
pub fn is_enough(gained: f32, required: f32) -> bool {
    gained > 0.0 && gained >= required
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_clause_weighs_more_and_common_one_has_the_least_weight() {
        assert!(clause_weight(100, 1) > clause_weight(100, 50));
        assert_eq!(clause_weight(100, 1_000), 0.05);
        assert_eq!(required_weight(8.0, 25), 2.0);
        assert!(is_enough(2.0, 2.0) && !is_enough(1.9, 2.0) && !is_enough(0.0, 0.0));
    }
}
