//! Document numbers near one that the collection does not have: the serials just
//! before and after it, and the same serial in other years. Never 8 for 138: numbers
//! are near by counting, not by similar digits.

use crate::keys::number::key_of_number;
use crate::official::document_number::DocumentNumber;
use crate::query::clause::Clause;
use crate::query::parsed::{KeyBoost, ParsedQuery};
use crate::query::search_query::Query;
use crate::record::Date;

/// Largest distance of serials that are offered.
const MAX_SERIAL_DISTANCE: u32 = 5;
/// Largest distance of years that are offered.
const MAX_YEAR_DISTANCE: u16 = 5;
/// Most records offered.
pub const MAX_NEAR_RECORDS: usize = 6;
/// Most readings whose neighbours are offered.
const MAX_READINGS: usize = 2;

/// Relation of a number to a near one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nearness {
    /// Same organ and year, a serial shortly before or after.
    Neighbour,
    /// Same organ and serial, another year.
    OtherYear,
}

impl Nearness {
    /// Name in API responses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Neighbour => "neighbour",
            Self::OtherYear => "other_year",
        }
    }
}

/// Relation of `other` to `number` and its distance, if the two are near.
pub fn nearness(number: &DocumentNumber, other: &DocumentNumber) -> Option<(Nearness, u32)> {
    let same_series = {
        let series_key = |n: &DocumentNumber| DocumentNumber { year: None, serial: 0, ..n.clone() }.key();
        series_key(number) == series_key(other)
    };
    let years = number.year.unwrap_or(0).abs_diff(other.year.unwrap_or(0));
    let counts = number.serial.abs_diff(other.serial);
    match (same_series, years, counts) {
        (true, 0, 1..=MAX_SERIAL_DISTANCE) => Some((Nearness::Neighbour, counts)),
        (true, 1..=MAX_YEAR_DISTANCE, 0) if number.year.is_some() && other.year.is_some() => {
            Some((Nearness::OtherYear, u32::from(years)))
        }
        _ => None,
    }
}

/// Returns the clause that matches records which bear one of these numbers.
pub fn held_clause(readings: &[DocumentNumber]) -> Clause {
    Clause::Or(readings.iter().map(|number| Clause::Key(key_of_number(number))).collect())
}

/// Query for the records whose numbers are near, the nearest first.
pub fn near(readings: &[DocumentNumber], today: Date) -> Query {
    let keys = neighbour_keys(readings).into_iter().map(|(_, key, boost)| (key, boost)).collect();
    Query { per_page: MAX_NEAR_RECORDS, ..query_by_keys(keys, today) }
}

/// Returns the numbers near the first readings, their keys, and boosts by which the nearest rank first.
pub fn neighbour_keys(readings: &[DocumentNumber]) -> Vec<(DocumentNumber, String, f32)> {
    let mut keys = Vec::new();
    for number in readings.iter().take(MAX_READINGS) {
        for other in numbers_around(number) {
            let (_, distance) =
                nearness(number, &other).unwrap_or((Nearness::Neighbour, MAX_SERIAL_DISTANCE));
            let key = key_of_number(&other);
            keys.push((other, key, 100.0 / (1.0 + distance as f32)));
        }
    }
    keys
}

fn numbers_around(number: &DocumentNumber) -> Vec<DocumentNumber> {
    let serials =
        (1..=MAX_SERIAL_DISTANCE).flat_map(|d| [number.serial.checked_sub(d), number.serial.checked_add(d)]);
    let mut others: Vec<DocumentNumber> = serials
        .flatten()
        .filter(|serial| *serial > 0)
        .map(|serial| DocumentNumber { serial, ..number.clone() })
        .collect();
    if let Some(year) = number.year {
        let years = (1..=MAX_YEAR_DISTANCE).flat_map(|d| [year.saturating_sub(d), year.saturating_add(d)]);
        others.extend(years.map(|year| DocumentNumber { year: Some(year), ..number.clone() }));
    }
    others
}

/// Query for records by their exact keys alone.
fn query_by_keys(keys: Vec<(String, f32)>, today: Date) -> Query {
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
    fn nearness_compares_serials_and_years() {
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
