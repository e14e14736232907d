//! Working days in China: an interpretation is due within three of them.
//!
//! The days off and the weekends worked are set each autumn for the year after, by notice
//! of the State Council's general office; the file has the years whose notices are known.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use gongkai_index::record::{Date, parse_iso_date};
use jiff::civil::Weekday;

/// Days off and days worked, from the file.
struct Calendar {
    off: BTreeSet<Date>,
    worked: BTreeSet<Date>,
    years: BTreeSet<i16>,
}

static CALENDAR: LazyLock<Calendar> = LazyLock::new(|| {
    let mut calendar = Calendar { off: BTreeSet::new(), worked: BTreeSet::new(), years: BTreeSet::new() };
    let lines = include_str!("workdays.tsv").lines().filter(|line| !line.starts_with('#'));
    for line in lines {
        let mut fields = line.split('\t');
        let (Some(kind), Some(first), Some(last)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        let (Some(first), Some(last)) = (parse_iso_date(first), parse_iso_date(last)) else { continue };
        let days = first.series(jiff::Span::new().days(1)).take_while(|day| *day <= last);
        calendar.years.insert(first.year());
        if kind == "off" { calendar.off.extend(days) } else { calendar.worked.extend(days) }
    }
    calendar
});

/// Whether a day is worked; `None` for years whose days off are not in the file.
pub fn is_workday(day: Date) -> Option<bool> {
    let calendar = &*CALENDAR;
    if !calendar.years.contains(&day.year()) {
        return None;
    }
    let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    Some(calendar.worked.contains(&day) || !weekend && !calendar.off.contains(&day))
}

/// How many working days after `from` the day `to` is: 0 for the same day or before;
/// `None` where the file lacks a year between, or they are years apart.
pub fn between(from: Date, to: Date) -> Option<u32> {
    let days = from.series(jiff::Span::new().days(1)).skip(1).take_while(|day| *day <= to).take(4_000);
    let worked: Option<Vec<bool>> = days.map(is_workday).collect();
    Some(worked?.into_iter().filter(|worked| *worked).count() as u32)
}

/// The years in the file.
pub fn years() -> Option<(i16, i16)> {
    let years = &CALENDAR.years;
    years.first().copied().zip(years.last().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        parse_iso_date(text).unwrap()
    }

    #[test]
    fn weekends_holidays_and_weekends_that_are_worked() {
        assert_eq!(between(day("2024-03-01"), day("2024-03-06")), Some(3));
        // 国庆 2023: from 29 September to 6 October off, 7 and 8 October worked.
        assert_eq!(between(day("2023-09-28"), day("2023-10-07")), Some(1));
        assert_eq!(between(day("2023-09-28"), day("2023-10-08")), Some(2));
        assert_eq!(between(day("2024-03-06"), day("2024-03-01")), Some(0));
        assert_eq!(between(day("1998-03-06"), day("1998-03-08")), None);
    }

    #[test]
    fn every_line_is_read_and_days_worked_are_weekends() {
        for worked in &CALENDAR.worked {
            assert!(matches!(worked.weekday(), Weekday::Saturday | Weekday::Sunday), "{worked}");
            assert!(!CALENDAR.off.contains(worked), "{worked}");
        }
        assert!(CALENDAR.off.len() > 300 && CALENDAR.years.len() >= 13);
    }
}
