//! The record: what comes in, and the rules it must satisfy.
//!
//! A record is one published document, policy or interpretation. This module
//! reads it from JSON, says everything that is wrong with it at once (field and
//! expectation; the caller adds file and line), and gives it a content hash by
//! which an unchanged record is recognised.
//!
//! It does not complete a record: what can be read out of a text (numbers,
//! dates, issuers) is the work of [`crate::official`].

mod check;
pub mod generation;
mod read;
#[cfg(test)]
mod tests;
mod values;

use std::collections::BTreeMap;

pub use jiff::civil::Date;
use serde::Serialize;

pub use self::check::{Problem, parse_iso_date};
use self::read::{RawRecord, locate};
pub use self::values::{
    Attachment, EvidenceSource, Inference, Kind, Origin, Part, Provenance, Validity, ValidityEvidence,
};

/// Longest `id`, in bytes.
pub const MAX_ID_BYTES: usize = 256;
/// Longest `title`, in characters.
pub const MAX_TITLE_CHARS: usize = 2_000;
/// Longest `body`, in bytes.
pub const MAX_BODY_BYTES: usize = 8 << 20;
/// Most values in a list field.
pub const MAX_LIST_VALUES: usize = 200;
/// Longest single value of any field but title and body, in characters.
pub const MAX_VALUE_CHARS: usize = 2_000;
/// One record, valid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Record {
    /// Unique; `put` replaces by it.
    pub id: String,
    /// Document, policy or interpretation.
    pub kind: Kind,
    /// The title as published.
    pub title: String,
    /// The text; paragraphs are separated by line breaks.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// 发布机构, the leading organ (牵头机关) first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub issuers: Vec<String>,
    /// 文号 as published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_number: Option<String>,
    /// 索引号.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index_number: Option<String>,
    /// Paths with `/`, for example `综合政务/政务公开`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// 文种.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub genre: Option<String>,
    /// Path with `/`: province, city, county.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// 主题词.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// 成文日期.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written_on: Option<Date>,
    /// 发布日期.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_on: Option<Date>,
    /// 施行日期.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_on: Option<Date>,
    /// 失效 or 废止日期: the first day it no longer applies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_on: Option<Date>,
    /// As the source states it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validity: Option<Validity>,
    /// What is said of its validity beside that, by others and by its text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub validity_evidence: Vec<ValidityEvidence>,
    /// Where the text was taken from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    /// The site it was taken from: not necessarily the issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_name: Option<String>,
    /// What it interprets: ids, document numbers or titles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub interprets: Vec<String>,
    /// What it repeals: ids, document numbers or titles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub repeals: Vec<String>,
    /// What it amends: ids, document numbers or titles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amends: Vec<String>,
    /// Files that belong to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// Whether it is an original, a reprint, or nobody's document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provenance: Option<Provenance>,
    /// Documents inside this one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// For each field that the source did not state: how it was found.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub inferred: BTreeMap<String, Inference>,
}
impl Record {
    /// An empty record, to be filled by importers and tests.
    pub fn new(id: impl Into<String>, kind: Kind, title: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            kind,
            title: title.into(),
            body: String::new(),
            issuers: Vec::new(),
            document_number: None,
            index_number: None,
            categories: Vec::new(),
            genre: None,
            region: None,
            keywords: Vec::new(),
            written_on: None,
            published_on: None,
            effective_on: None,
            ends_on: None,
            validity: None,
            validity_evidence: Vec::new(),
            source_url: None,
            source_name: None,
            interprets: Vec::new(),
            repeals: Vec::new(),
            amends: Vec::new(),
            attachments: Vec::new(),
            provenance: None,
            parts: Vec::new(),
            inferred: BTreeMap::new(),
        }
    }

    /// Reads and validates one JSON object.
    ///
    /// # Errors
    /// Everything that is wrong with it, or the one thing that stopped the reading.
    pub fn from_json(json: &[u8]) -> Result<Self, Vec<Problem>> {
        match serde_json::from_slice::<RawRecord<'_>>(json) {
            Ok(raw) => raw.validate(),
            Err(_) => Err(vec![locate(json)]),
        }
    }

    /// Reads a record that was stored as JSON without its body, and the body.
    ///
    /// # Errors
    /// As [`Record::from_json`]; only a damaged store gives any.
    pub fn from_stored(card: &[u8], body: String) -> Result<Self, Vec<Problem>> {
        let raw: RawRecord<'_> = serde_json::from_slice(card).map_err(|_| vec![locate(card)])?;
        raw.with_body(body).validate()
    }

    /// Checks a record that was built in memory by the rules for one that is read.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn validated(self) -> Result<Self, Vec<Problem>> {
        let json = serde_json::to_vec(&self)
            .map_err(|e| vec![Problem::new("", format!("cannot be written as JSON: {e}"))])?;
        Self::from_json(&json)
    }

    /// The stated validity with what other documents say since: an end that a list
    /// pronounces is stronger than the word of a site, which was true on some day nobody knows.
    pub fn weighed_validity(&self) -> Option<Validity> {
        let of_others = self.validity_evidence.iter().filter(|evidence| evidence.is_of_another());
        let newest = of_others.max_by_key(|evidence| (evidence.since, evidence.state.strength()));
        let Some(newest) = newest else { return self.validity };
        match self.validity {
            Some(stated) if stated.strength() >= newest.state.strength() => Some(stated),
            _ => Some(newest.state),
        }
    }

    /// Identifies the content: equal records have equal hashes, whatever the
    /// order of keys or the spacing of the JSON they came from (BLAKE3, first 128 bits).
    ///
    /// What other records of the collection say of this one is no content of its own: it
    /// comes and goes with them, and the record that is read again has not changed by it.
    pub fn content_hash(&self) -> u128 {
        if self.validity_evidence.iter().any(ValidityEvidence::is_of_another) {
            let mut own = self.clone();
            own.validity_evidence.retain(|evidence| !evidence.is_of_another());
            return own.content_hash();
        }
        // Writing a record as JSON cannot fail: it has no map with non-string keys.
        let json = serde_json::to_vec(self).unwrap_or_default();
        let mut first = [0; 16];
        first.copy_from_slice(&blake3::hash(&json).as_bytes()[..16]);
        u128::from_le_bytes(first)
    }
}
