//! Lengths as rankings see them: rounded down to one of 256 values, so that a byte holds one.
//!
//! The values are those of Lucene, which tantivy and clusters built on Lucene share: exact up to
//! 40, with four significant bits above (`SmallFloat.intToByte4`).

/// Lengths below this have a value each.
const EXACT: u32 = 24;
/// Bits behind the first one that are kept of the rest.
const KEPT_BITS: u32 = 3;

/// Rounds a length, in tokens, down to the next value that is held.
pub fn rounded_length(length: u32) -> u32 {
    let Some(rest) = length.checked_sub(EXACT).filter(|rest| *rest > 0) else { return length };
    let dropped = rest.ilog2().saturating_sub(KEPT_BITS);
    EXACT + (rest >> dropped << dropped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_exact_when_short_and_rounded_down_when_long() {
        for length in 0..=40 {
            assert_eq!(rounded_length(length), length);
        }
        let rounded = [41, 42, 59, 60, 87, 95, 167, 1_000_000].map(rounded_length);
        assert_eq!(rounded, [40, 42, 56, 60, 84, 88, 152, 983_064]);
    }
}
