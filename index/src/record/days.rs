//! Dates as numbers, and distances between them.

use crate::record::Date;

/// Converts a date to the number yyyymmdd, which orders as dates do; 0 stands for no date.
pub fn day_number(date: Date) -> u32 {
    date.year().max(0) as u32 * 10_000 + date.month() as u32 * 100 + date.day() as u32
}

/// Converts a number of [`day_number`] back to a date; `None` for no date.
pub fn date_of_number(number: u32) -> Option<Date> {
    let part = |value: u32| i8::try_from(value).ok();
    Date::new(i16::try_from(number / 10_000).ok()?, part(number / 100 % 100)?, part(number % 100)?).ok()
}

/// Counts the days from one date to another; negative if the other comes before.
pub fn days_between(from: Date, to: Date) -> i64 {
    i64::from(from.until(to).map_or(0, |span| span.get_days()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_between_counts_calendar_days() {
        let day = |text: &str| text.parse().unwrap();
        assert_eq!(days_between(day("2023-12-31"), day("2024-01-01")), 1);
        assert_eq!(days_between(day("2024-02-01"), day("2024-03-01")), 29);
        assert_eq!(days_between(day("2024-03-01"), day("2023-03-01")), -366);
    }
}
