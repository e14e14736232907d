//! Values of parameters: which there are, and how a part of a date is meant.

use gongkai_index::Validity;
use gongkai_index::query::MISSING;
use gongkai_index::record::{Date, parse_iso_date};
use gongkai_index::schema::fields::Facet;

/// Says to readers that a value does not exist.
pub fn not_known(value: &str) -> String {
    format!("没有“{value}”这个值")
}

/// What was expected, if a value of a closed facet is none of its values.
pub fn wrong_value(facet: Facet, value: &str) -> Option<&'static str> {
    if value == MISSING {
        return None;
    }
    let (known, expected) = match facet {
        Facet::Kind => {
            (["document", "policy", "interpretation"].contains(&value), "document, policy or interpretation")
        }
        Facet::Validity => (
            Validity::all().any(|state| state.name() == value),
            "in_force, amended, repealed, expired, not_yet_effective or unknown",
        ),
        Facet::Year => (value.len() == 4 && value.bytes().all(|b| b.is_ascii_digit()), "a year such as 2017"),
        _ => (true, ""),
    };
    (!known).then_some(expected)
}

/// The first or last day of what is written.
pub fn day_of(value: &str, last: bool) -> Option<Date> {
    let whole = match (value.len(), last) {
        (4, false) => format!("{value}-01-01"),
        (4, true) => format!("{value}-12-31"),
        (7, _) => format!("{value}-01"),
        _ => value.to_owned(),
    };
    let day = parse_iso_date(&whole)?;
    Some(if value.len() == 7 && last { day.last_of_month() } else { day })
}
