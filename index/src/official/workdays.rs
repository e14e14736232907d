//! Working days in China: an interpretation is due within three of them.
//!
//! Days off and weekends worked are set each autumn for the year after, by a notice of the State
//! Council's general office. `workdays.tsv` has the years whose notices are known, with the number
//! of each notice; other years have no working days here.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::record::{Date, parse_iso_date};
use jiff::civil::Weekday;

/// Longest span whose working days are counted, in days.
const MAX_SPAN_DAYS: usize = 4_000;

/// Days off and weekends worked, from `workdays.tsv`.
struct Calendar {
    off: BTreeSet<Date>,
    worked: BTreeSet<Date>,
    years: BTreeSet<i16>,
}

static CALENDAR: LazyLock<Calendar> = LazyLock::new(|| {
    let mut calendar = Calendar { off: BTreeSet::new(), worked: BTreeSet::new(), years: BTreeSet::new() };
    let lines = include_str!("../../dictionary/workdays.tsv").lines().filter(|line| !line.starts_with('#'));
    for line in lines {
        let mut fields = line.split('\t');
        let (Some(kind), Some(first), Some(last)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        if kind == "notice" {
            calendar.years.extend(first.parse::<i16>());
            continue;
        }
        let (Some(first), Some(last)) = (parse_iso_date(first), parse_iso_date(last)) else { continue };
        let days = first.series(jiff::Span::new().days(1)).take_while(|day| *day <= last);
        if kind == "off" { calendar.off.extend(days) } else { calendar.worked.extend(days) }
    }
    calendar
});

/// Checks that a day is worked; `None` for years that are not in `workdays.tsv`.
pub fn is_workday(day: Date) -> Option<bool> {
    let calendar = &*CALENDAR;
    if !calendar.years.contains(&day.year()) {
        return None;
    }
    let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    Some(calendar.worked.contains(&day) || !weekend && !calendar.off.contains(&day))
}

/// Counts the working days after `from` up to and including `to`: 0 for the same day or an earlier one;
/// `None` where `workdays.tsv` lacks a year between. Looks at most 4,000 days ahead.
pub fn workdays_between(from: Date, to: Date) -> Option<u32> {
    let days =
        from.series(jiff::Span::new().days(1)).skip(1).take_while(|day| *day <= to).take(MAX_SPAN_DAYS);
    let worked: Option<Vec<bool>> = days.map(is_workday).collect();
    Some(worked?.into_iter().filter(|worked| *worked).count() as u32)
}

/// First and last year in `workdays.tsv`.
pub fn first_and_last_year() -> Option<(i16, i16)> {
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
    fn workdays_between_counts_weekends_worked_and_skips_holidays() {
        assert_eq!(workdays_between(day("2024-03-01"), day("2024-03-06")), Some(3));
        // 国庆 2023: from 29 September to 6 October off, 7 and 8 October worked.
        assert_eq!(workdays_between(day("2023-09-28"), day("2023-10-07")), Some(1));
        assert_eq!(workdays_between(day("2023-09-28"), day("2023-10-08")), Some(2));
        assert_eq!(workdays_between(day("2024-03-06"), day("2024-03-01")), Some(0));
        assert_eq!(workdays_between(day("1998-03-06"), day("1998-03-08")), None);
    }

    /// Year, its days off, weekends worked for them, and all days worked.
    const SUMS: [(i16, usize, usize, usize); 17] = [
        (2010, 29, 8, 250),
        (2011, 29, 6, 250),
        (2012, 27, 6, 249),
        (2013, 29, 12, 250),
        (2014, 27, 5, 250),
        (2015, 31, 5, 249),
        (2016, 29, 6, 250),
        (2017, 26, 5, 249),
        (2018, 29, 7, 250),
        (2019, 28, 6, 250),
        (2020, 30, 6, 249),
        (2021, 31, 7, 250),
        (2022, 32, 7, 249),
        (2023, 28, 7, 249),
        (2024, 30, 8, 251),
        (2025, 28, 5, 248),
        (2026, 33, 6, 248),
    ];

    #[test]
    fn each_year_has_notice_and_expected_sums() {
        let years: Vec<i16> = CALENDAR.years.iter().copied().collect();
        assert_eq!(years, SUMS.map(|(year, ..)| year));
        for (year, off, worked, all) in SUMS {
            let count_in_year = |days: &BTreeSet<Date>| days.iter().filter(|day| day.year() == year).count();
            let first = Date::constant(year, 1, 1);
            let days = first.series(jiff::Span::new().days(1)).take_while(|day| day.year() == year);
            let found = days.filter(|day| is_workday(*day) == Some(true)).count();
            assert_eq!(
                (count_in_year(&CALENDAR.off), count_in_year(&CALENDAR.worked), found),
                (off, worked, all),
                "{year}"
            );
        }
    }

    #[test]
    fn data_lines_are_valid_and_days_worked_are_weekends() {
        let lines =
            include_str!("../../dictionary/workdays.tsv").lines().filter(|line| !line.starts_with('#'));
        for line in lines {
            let fields: Vec<&str> = line.split('\t').collect();
            let [kind, first, last] = fields[..] else { panic!("three fields: {line}") };
            match kind {
                "notice" => assert!(last.contains("发明电〔") && last.ends_with('号'), "{line}"),
                "off" | "worked" => assert!(day(first) <= day(last), "{line}"),
                _ => panic!("{line}"),
            }
        }
        for worked in &CALENDAR.worked {
            assert!(matches!(worked.weekday(), Weekday::Saturday | Weekday::Sunday), "{worked}");
            assert!(!CALENDAR.off.contains(worked), "{worked}");
        }
        // 国庆 is always off, if not its last day, and 1 May and 1 January.
        for year in CALENDAR.years.iter() {
            for (month, first, last) in [(10, 1, 6), (5, 1, 1), (1, 1, 1)] {
                let days = (first..=last).map(|day| Date::constant(*year, month, day));
                assert!(days.into_iter().all(|day| is_workday(day) == Some(false)), "{year}-{month}");
            }
        }
    }

    #[test]
    fn years_without_notice_have_no_workdays() {
        assert_eq!(is_workday(day("2009-12-31")), None);
        assert_eq!(is_workday(day("2027-01-04")), None);
        assert_eq!(workdays_between(day("2026-12-30"), day("2027-01-04")), None);
        assert_eq!(workdays_between(day("2011-12-30"), day("2012-01-04")), Some(2), "31 December was worked");
    }
}
