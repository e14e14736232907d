//! Validation of a record: reports all problems at once.

use std::borrow::Cow;
use std::fmt;

use jiff::civil::Date;

use super::limits::{MAX_ID_BYTES, MAX_LIST_VALUES, MAX_TITLE_CHARS, MAX_VALUE_CHARS};
use super::values::{Part, ValidityEvidence};

/// A problem of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Field, with a position in lists: `issuers[2]`; empty for the whole record.
    pub field: String,
    /// The value found and the value expected.
    pub reason: String,
}

impl Problem {
    pub(super) fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { field: field.into(), reason: reason.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field.as_str() {
            "" => f.write_str(&self.reason),
            field => write!(f, "{field}: {}", self.reason),
        }
    }
}

/// Collector of the problems of one record, so that all are reported at once.
#[derive(Default)]
pub(super) struct RecordCheck {
    pub(super) problems: Vec<Problem>,
}

impl RecordCheck {
    pub(super) fn fail(&mut self, field: impl Into<String>, reason: impl Into<String>) {
        self.problems.push(Problem::new(field, reason));
    }

    pub(super) fn id(&mut self, id: Cow<'_, str>) -> String {
        if id.trim().is_empty() {
            self.fail("id", "is empty, expected a unique name");
        } else if id.len() > MAX_ID_BYTES {
            self.fail("id", format!("has {} bytes, at most {MAX_ID_BYTES} are taken", id.len()));
        } else if id.chars().any(char::is_control) {
            self.fail("id", "has control characters, expected printable text");
        }
        id.into_owned()
    }

    pub(super) fn title(&mut self, title: Cow<'_, str>) -> String {
        let length = title.chars().count();
        if title.trim().is_empty() {
            self.fail("title", "is empty, expected the title as published");
        } else if length > MAX_TITLE_CHARS {
            self.fail("title", format!("has {length} characters, at most {MAX_TITLE_CHARS} are taken"));
        }
        title.into_owned()
    }

    pub(super) fn value(&mut self, field: &str, value: Option<String>) -> Option<String> {
        let value = value?;
        if value.trim().is_empty() {
            self.fail(field, "is empty, expected a value or no field at all");
        } else if value.chars().count() > MAX_VALUE_CHARS {
            self.fail(field, format!("is longer than {MAX_VALUE_CHARS} characters"));
        }
        Some(value)
    }

    pub(super) fn list(&mut self, field: &str, values: Option<Vec<String>>) -> Vec<String> {
        let values = values.unwrap_or_default();
        if values.len() > MAX_LIST_VALUES {
            self.fail(field, format!("has {} values, at most {MAX_LIST_VALUES} are taken", values.len()));
            return Vec::new();
        }
        let mut kept: Vec<String> = Vec::with_capacity(values.len());
        for (i, value) in values.into_iter().enumerate() {
            if let Some(value) = self.value(&format!("{field}[{i}]"), Some(value))
                && !kept.contains(&value)
            {
                kept.push(value);
            }
        }
        kept
    }

    pub(super) fn date(&mut self, field: &str, value: Option<Cow<'_, str>>) -> Option<Date> {
        let value = value?;
        let date = parse_iso_date(&value);
        if date.is_none() {
            self.fail(field, format!("“{value}” is not a date, expected YYYY-MM-DD such as 2017-05-15"));
        }
        date
    }

    pub(super) fn name<T: Copy>(
        &mut self,
        field: &str,
        value: Option<Cow<'_, str>>,
        names: &[(&str, T)],
    ) -> Option<T> {
        let value = value?;
        let found = names.iter().find(|(name, _)| *name == value).map(|(_, found)| *found);
        if found.is_none() {
            let expected: Vec<_> = names.iter().map(|(name, _)| *name).collect();
            self.fail(field, format!("“{value}” is unknown, expected one of {}", expected.join(", ")));
        }
        found
    }

    pub(super) fn evidence(&mut self, evidence: Option<Vec<ValidityEvidence>>) -> Vec<ValidityEvidence> {
        let evidence = evidence.unwrap_or_default();
        if evidence.len() > MAX_LIST_VALUES {
            let reason = format!("has {} values, at most {MAX_LIST_VALUES} are taken", evidence.len());
            self.fail("validity_evidence", reason);
        }
        for (i, piece) in evidence.iter().enumerate() {
            let longest = [Some(&piece.quote), piece.record.as_ref(), piece.title.as_ref()];
            if longest.into_iter().flatten().any(|text| text.chars().count() > MAX_VALUE_CHARS) {
                let reason = format!("has a text longer than {MAX_VALUE_CHARS} characters");
                self.fail(format!("validity_evidence[{i}]"), reason);
            }
        }
        evidence
    }

    pub(super) fn parts(&mut self, parts: &[Part], body: &str) {
        for (i, part) in parts.iter().enumerate() {
            if body.get(part.start..part.end).is_none() {
                self.fail(
                    format!("parts[{i}]"),
                    format!("{}..{} does not cut the body at character boundaries", part.start, part.end),
                );
            }
        }
    }
}

/// Parses a date written `YYYY-MM-DD`, and no other notation.
pub fn parse_iso_date(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 10
        && bytes
            .iter()
            .enumerate()
            .all(|(i, b)| if i == 4 || i == 7 { *b == b'-' } else { b.is_ascii_digit() });
    if shaped { text.parse().ok() } else { None }
}
