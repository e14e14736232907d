//! Draft of a record, with the page and the document that fill it in.

use gongkai_index::record::{Inference, Kind, MAX_TITLE_CHARS, Record};

use crate::import::extraction::enclosed::{self, EnclosedDocument};
use crate::import::extraction::labels::Field;
use crate::import::extraction::line::Line;
use crate::import::extraction::page::Page;
use crate::import::extraction::promulgation_note::{self, PromulgationNote};
use crate::import::extraction::signature::{self, Signature};
use crate::import::extraction::splitting::page_document::PageDocument;
use crate::import::extraction::values;

/// Length limit of quoted evidence, in characters.
const MAX_EVIDENCE_CHARS: usize = 120;

/// Draft of a record.
pub struct RecordDraft<'a> {
    /// Record as far as it is filled in.
    pub record: Record,
    /// Page that has the document.
    pub page: &'a Page,
    /// Document of the record.
    pub document: &'a PageDocument,
    /// Set if the page has no other document, so that its stated facts are of this one.
    pub is_only_document: bool,
    /// Documents enclosed in this one.
    pub parts: Vec<EnclosedDocument>,
    /// Lines before the first part: the notice itself.
    pub own_lines: &'a [Line],
    /// Signature of the notice, or of the whole document.
    pub signature: Option<Signature>,
    /// Promulgation note under the title.
    pub note: Option<PromulgationNote>,
    /// Address of the page.
    pub address: Option<&'a str>,
}

impl<'a> RecordDraft<'a> {
    /// Makes a draft with title and id and finds parts, signature and note of the document.
    pub fn new(
        id: String,
        page: &'a Page,
        document: &'a PageDocument,
        address: Option<&'a str>,
        is_only_document: bool,
    ) -> Self {
        let title: String = document.title.chars().take(MAX_TITLE_CHARS).collect();
        let parts = enclosed::find_enclosed(&title, &document.lines);
        let own_lines =
            &document.lines[..parts.first().map_or(document.lines.len(), |part| part.lines.start)];
        let signature =
            signature::find_signature(own_lines).or_else(|| signature::find_signature(&document.lines));
        let record = Record::new(id, Kind::Document, title);
        let note = promulgation_note::find_note(&document.lines);
        Self { record, page, document, is_only_document, parts, own_lines, signature, note, address }
    }

    /// Records the evidence of an inferred field.
    pub fn record_inference(&mut self, field: &str, from: &str, evidence: &str) {
        let evidence: String = evidence.trim().chars().take(MAX_EVIDENCE_CHARS).collect();
        self.record.inferred.insert(field.to_owned(), Inference { from: from.to_owned(), evidence });
    }

    /// Returns the stated value of a field, if the page has no other document.
    pub fn stated_value(&self, field: Field) -> Option<&'a str> {
        let facts = self.page.facts.iter().filter(|fact| self.is_only_document && fact.field == field);
        facts.map(|fact| fact.value.as_str()).find(|value| values::is_stated(value))
    }

    /// Parses the stated values of a field and returns the first valid one.
    pub fn parse_stated<T>(&self, field: Field, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let facts = self.page.facts.iter().filter(|fact| self.is_only_document && fact.field == field);
        facts.map(|fact| fact.value.as_str()).filter(|value| values::is_stated(value)).find_map(read)
    }
}

/// Shortens a value to 500 characters.
pub fn shorten(value: &str) -> String {
    value.trim().chars().take(500).collect()
}
