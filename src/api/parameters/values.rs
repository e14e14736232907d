//! Values of parameters: closed sets, and parts of dates.

use gongkai_index::Validity;
use gongkai_index::query::{MISSING, Mode};
use gongkai_index::record::{Date, parse_iso_date};
use gongkai_index::schema::fields::Facet;

/// Error text for readers: the value does not exist.
pub(super) fn unknown_value(value: &str) -> String {
    format!("没有“{value}”这个值")
}

/// Values expected, if a facet has a closed set of values and this is none of them.
pub(super) fn closed_facet_error(facet: Facet, value: &str) -> Option<&'static str> {
    if value == MISSING {
        return None;
    }
    let (is_valid, expected) = match facet {
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
    (!is_valid).then_some(expected)
}

/// Parses `YYYY`, `YYYY-MM` or `YYYY-MM-DD` as its first or its last day.
pub(super) fn parse_day(value: &str, last: bool) -> Option<Date> {
    let full = match (value.len(), last) {
        (4, false) => format!("{value}-01-01"),
        (4, true) => format!("{value}-12-31"),
        (7, _) => format!("{value}-01"),
        _ => value.to_owned(),
    };
    let day = parse_iso_date(&full)?;
    Some(if value.len() == 7 && last { day.last_of_month() } else { day })
}

/// Parses the value of `collapse`: true if the copies of a text are one entry.
pub(super) fn parse_collapse(name: &str) -> Option<bool> {
    match name {
        "reprints" => Some(true),
        "none" => Some(false),
        _ => None,
    }
}

/// Parses `true` or `false`.
pub(super) fn parse_bool(text: &str) -> Option<bool> {
    text.parse().ok()
}

/// Finds a mode by its name on the wire.
pub fn parse_mode(name: &str) -> Option<Mode> {
    match name {
        "smart" => Some(Mode::Smart),
        "literal" => Some(Mode::Literal),
        _ => None,
    }
}
