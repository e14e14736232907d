//! The clock of the server: the day that validity and dates are computed for.

/// Returns today's date where the server stands.
pub fn today() -> gongkai_index::record::Date {
    jiff::Zoned::now().date()
}
