//! Ranking that needs no index: weights, and the formulas that every backend ranks by.

pub mod best;
pub mod bm25;
pub mod boosts;
pub mod explanation;
pub mod key_boosts;
pub mod law_family;
pub mod lengths;
pub mod passages;
pub mod should_match;
pub mod sort_key;
pub mod weights;
