//! Ranking that needs no index: weights and formulas.

pub mod weights;
