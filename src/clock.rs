//! Clock: the day that validity and dates are computed for.

/// Returns today's date in the time zone of the server.
pub fn today() -> gongkai_index::record::Date {
    jiff::Zoned::now().date()
}
