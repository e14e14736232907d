//! Reading of records from JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::check::{Problem, RecordCheck};
use super::fields::Record;
use super::limits::{MAX_BODY_BYTES, MAX_LIST_VALUES};
use super::values::{Attachment, Inference, KINDS, Kind, Part, Provenance, VALIDITIES, ValidityEvidence};

impl Record {
    /// Reads and validates one JSON object.
    ///
    /// # Errors
    /// All problems of the record, or the one that stopped the reading.
    pub fn from_json(json: &[u8]) -> Result<Self, Vec<Problem>> {
        // A byte order mark is no part of the text (RFC 8259, section 8.1); files put together have several.
        let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
        match serde_json::from_slice::<RawRecord<'_>>(json) {
            Ok(raw) => raw.validate(),
            Err(_) => Err(vec![locate_problem(json)]),
        }
    }

    /// Reads a record from its body and the stored JSON without the body.
    ///
    /// # Errors
    /// As for [`Record::from_json`]; only a damaged store causes one.
    pub fn from_stored(card: &[u8], body: String) -> Result<Self, Vec<Problem>> {
        let raw: RawRecord<'_> = serde_json::from_slice(card).map_err(|_| vec![locate_problem(card)])?;
        raw.with_body(body).validate()
    }

    /// Reads a record without its body, and so without its parts, from the stored JSON.
    ///
    /// # Errors
    /// All problems of the record.
    pub fn from_card(card: &[u8]) -> Result<Self, Vec<Problem>> {
        let raw: RawRecord<'_> = serde_json::from_slice(card).map_err(|_| vec![locate_problem(card)])?;
        RawRecord { parts: None, ..raw }.with_body(String::new()).validate()
    }

    /// Validates a record that was built in memory by the same rules as one that is read.
    ///
    /// # Errors
    /// All problems of the record.
    pub fn validated(self) -> Result<Self, Vec<Problem>> {
        let json = serde_json::to_vec(&self)
            .map_err(|e| vec![Problem::new("", format!("cannot be written as JSON: {e}"))])?;
        Self::from_json(&json)
    }
}

/// A record as written in JSON, before validation. `null` is the same as absent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRecord<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    title: Cow<'a, str>,
    #[serde(borrow, default)]
    body: Option<Cow<'a, str>>,
    #[serde(default)]
    issuers: Option<Vec<String>>,
    #[serde(default)]
    document_number: Option<String>,
    #[serde(default)]
    index_number: Option<String>,
    #[serde(default)]
    categories: Option<Vec<String>>,
    #[serde(default)]
    genre: Option<String>,
    #[serde(default)]
    region: Option<String>,
    #[serde(default)]
    keywords: Option<Vec<String>>,
    #[serde(borrow, default)]
    written_on: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    published_on: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    effective_on: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    ends_on: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    validity: Option<Cow<'a, str>>,
    #[serde(default)]
    validity_evidence: Option<Vec<ValidityEvidence>>,
    #[serde(default)]
    source_url: Option<String>,
    #[serde(default)]
    source_name: Option<String>,
    #[serde(default)]
    interprets: Option<Vec<String>>,
    #[serde(default)]
    repeals: Option<Vec<String>>,
    #[serde(default)]
    amends: Option<Vec<String>>,
    #[serde(default)]
    attachments: Option<Vec<Attachment>>,
    #[serde(default)]
    provenance: Option<Provenance>,
    #[serde(default)]
    parts: Option<Vec<Part>>,
    #[serde(default)]
    inferred: Option<BTreeMap<String, Inference>>,
}

impl<'a> RawRecord<'a> {
    /// Replaces the body.
    fn with_body(self, body: String) -> Self {
        Self { body: Some(body.into()), ..self }
    }

    /// Validates all fields; returns the record, or all its problems.
    fn validate(self) -> Result<Record, Vec<Problem>> {
        let mut check = RecordCheck::default();
        let kind = check.name("kind", Some(self.kind), &KINDS);
        let validity = check.name("validity", self.validity, &VALIDITIES);
        let body = self.body.unwrap_or_default().into_owned();
        if body.len() > MAX_BODY_BYTES {
            check.fail("body", format!("has {} bytes, at most {MAX_BODY_BYTES} are taken", body.len()));
        }
        let parts = self.parts.unwrap_or_default();
        check.parts(&parts, &body);
        let attachments = self.attachments.unwrap_or_default();
        if attachments.len() > MAX_LIST_VALUES {
            check.fail(
                "attachments",
                format!("has {} values, at most {MAX_LIST_VALUES} are taken", attachments.len()),
            );
        }
        let record = Record {
            id: check.id(self.id),
            kind: kind.unwrap_or(Kind::Document),
            title: check.title(self.title),
            body,
            issuers: check.list("issuers", self.issuers),
            document_number: check.value("document_number", self.document_number),
            index_number: check.value("index_number", self.index_number),
            categories: check.list("categories", self.categories).into_iter().map(normalise_path).collect(),
            genre: check.value("genre", self.genre),
            region: check.value("region", self.region).map(normalise_path),
            keywords: check.list("keywords", self.keywords),
            written_on: check.date("written_on", self.written_on),
            published_on: check.date("published_on", self.published_on),
            effective_on: check.date("effective_on", self.effective_on),
            ends_on: check.date("ends_on", self.ends_on),
            validity,
            validity_evidence: check.evidence(self.validity_evidence),
            source_url: check.value("source_url", self.source_url),
            source_name: check.value("source_name", self.source_name),
            interprets: check.list("interprets", self.interprets),
            repeals: check.list("repeals", self.repeals),
            amends: check.list("amends", self.amends),
            attachments,
            provenance: self.provenance,
            parts,
            inferred: self.inferred.unwrap_or_default(),
        };
        if check.problems.is_empty() { Ok(record) } else { Err(check.problems) }
    }
}

/// Replaces the backslashes of a site's path by `/` and drops empty steps.
fn normalise_path(value: String) -> String {
    if !value.contains(['\\', '/']) {
        return value;
    }
    let steps: Vec<_> = value.split(['\\', '/']).map(str::trim).filter(|step| !step.is_empty()).collect();
    steps.join("/")
}

/// Reads the JSON again, slowly, to name the field that could not be read.
fn locate_problem(json: &[u8]) -> Problem {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let outcome = serde_path_to_error::deserialize::<_, RawRecord<'_>>(&mut reader);
    let (path, reason) = match outcome {
        Ok(_) => match reader.end() {
            Ok(()) => (String::new(), "cannot be read".to_owned()),
            Err(e) => (String::new(), e.to_string()),
        },
        Err(e) => (e.path().to_string(), e.inner().to_string()),
    };
    // The line is the whole record: "at line 1" would only confuse beside the file's own line.
    let reason = reason.replace(" at line 1 column ", ", at byte ");
    match reason.strip_prefix("missing field ") {
        Some(field) => {
            let name: String = field.chars().skip(1).take_while(|c| *c != '`').collect();
            Problem::new(name, "is required and missing")
        }
        None => Problem::new(if path == "." { String::new() } else { path }, reason),
    }
}
