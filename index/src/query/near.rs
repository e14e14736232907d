//! Document numbers near one that the collection does not hold: those counted just
//! before and after it, and the same count in other years. Never 8 for 138: a number
//! is near by counting, not by looking alike.

use crate::keys::number::key_of_number;
use crate::official::document_number::DocumentNumber;
use crate::query::clause::Clause;
use crate::query::parsed::{KeyBoost, ParsedQuery};
use crate::query::search_query::Query;
use crate::record::Date;

/// How far before and after the number others are offered.
const NEIGHBOURS: u32 = 5;
/// How many years before and after.
const YEARS: u16 = 5;
/// Most records offered.
const MOST: usize = 6;
/// Most readings whose neighbours are offered.
const READINGS: usize = 2;

/// How a number is near another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nearness {
    /// Of the same organ and year, counted shortly before or after.
    Neighbour,
    /// Of the same organ and count, in another year.
    OtherYear,
}

impl Nearness {
    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Neighbour => "neighbour",
            Self::OtherYear => "other_year",
        }
    }
}

/// How `other` is near `number`, and how far away, if it is.
pub fn nearness(number: &DocumentNumber, other: &DocumentNumber) -> Option<(Nearness, u32)> {
    let same_series = {
        let of = |n: &DocumentNumber| DocumentNumber { year: None, serial: 0, ..n.clone() }.key();
        of(number) == of(other)
    };
    let years = number.year.unwrap_or(0).abs_diff(other.year.unwrap_or(0));
    let counts = number.serial.abs_diff(other.serial);
    match (same_series, years, counts) {
        (true, 0, 1..=NEIGHBOURS) => Some((Nearness::Neighbour, counts)),
        (true, 1..=YEARS, 0) if number.year.is_some() && other.year.is_some() => {
            Some((Nearness::OtherYear, u32::from(years)))
        }
        _ => None,
    }
}

/// Returns the clause that matches records which bear one of these numbers.
pub fn held_clause(readings: &[DocumentNumber]) -> Clause {
    Clause::Or(readings.iter().map(|number| Clause::Key(key_of_number(number))).collect())
}

/// The records whose numbers are near, the nearest first.
pub fn near(readings: &[DocumentNumber], today: Date) -> Query {
    let mut keys = Vec::new();
    for number in readings.iter().take(READINGS) {
        for other in around(number) {
            let (_, distance) = nearness(number, &other).unwrap_or((Nearness::Neighbour, NEIGHBOURS));
            keys.push((key_of_number(&other), 100.0 / (1.0 + distance as f32)));
        }
    }
    Query { per_page: MOST, ..keyed(keys, today) }
}

fn around(number: &DocumentNumber) -> Vec<DocumentNumber> {
    let serials = (1..=NEIGHBOURS).flat_map(|d| [number.serial.checked_sub(d), number.serial.checked_add(d)]);
    let mut others: Vec<DocumentNumber> = serials
        .flatten()
        .filter(|serial| *serial > 0)
        .map(|serial| DocumentNumber { serial, ..number.clone() })
        .collect();
    if let Some(year) = number.year {
        let years = (1..=YEARS).flat_map(|d| [year.saturating_sub(d), year.saturating_add(d)]);
        others.extend(years.map(|year| DocumentNumber { year: Some(year), ..number.clone() }));
    }
    others
}

/// Records by their exact keys alone.
fn keyed(keys: Vec<(String, f32)>, today: Date) -> Query {
    let matching = Clause::Or(keys.iter().map(|(key, _)| Clause::Key(key.clone())).collect());
    let mut parsed = ParsedQuery::from_clause(matching);
    parsed.keys = keys.into_iter().map(|(key, boost)| KeyBoost { key, boost }).collect();
    Query { highlight: false, ..Query::new(parsed, today) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::official::document_number::parse as number;

    #[test]
    fn near_is_near_by_counting() {
        let near = |a: &str, b: &str| nearness(&number(a).unwrap(), &number(b).unwrap()).map(|(how, _)| how);
        assert_eq!(near("国发〔2015〕58号", "国发〔2015〕59号"), Some(Nearness::Neighbour));
        assert_eq!(near("国发〔2015〕58号", "国发〔2014〕58号"), Some(Nearness::OtherYear));
        assert_eq!(near("国务院令第711号", "国务院令第712号"), Some(Nearness::Neighbour));
        for other in ["国发〔2015〕8号", "国发〔2015〕158号", "国办发〔2015〕59号", "国发〔2014〕57号"]
        {
            assert_eq!(near("国发〔2015〕58号", other), None, "{other}");
        }
        assert_eq!(near("锦政办发〔2016〕138号", "锦政办发〔2016〕8号"), None);
    }
}
