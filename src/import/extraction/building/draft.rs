//! A record being filled in, with what it is filled from.

use gongkai_index::record::{Inference, Kind, MAX_TITLE_CHARS, Record};

use crate::import::extraction::enclosed::{self, EnclosedDocument};
use crate::import::extraction::labels::Field;
use crate::import::extraction::line::Line;
use crate::import::extraction::page::Page;
use crate::import::extraction::promulgation_note::{self, PromulgationNote};
use crate::import::extraction::signature::{self, Signature};
use crate::import::extraction::splitting::page_document::PageDocument;
use crate::import::extraction::values;

/// Longest quotation as evidence, in characters.
const EVIDENCE_CHARS: usize = 120;

pub struct RecordDraft<'a> {
    pub record: Record,
    pub page: &'a Page,
    pub document: &'a PageDocument,
    /// The page has no other document: what it states is said of this one.
    pub is_only_document: bool,
    pub parts: Vec<EnclosedDocument>,
    /// The lines before the first part: the notice itself.
    pub own_lines: &'a [Line],
    pub signature: Option<Signature>,
    /// The note under the title.
    pub note: Option<PromulgationNote>,
    pub address: Option<&'a str>,
}

impl<'a> RecordDraft<'a> {
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

    pub fn record_inference(&mut self, field: &str, from: &str, evidence: &str) {
        let evidence: String = evidence.trim().chars().take(EVIDENCE_CHARS).collect();
        self.record.inferred.insert(field.to_owned(), Inference { from: from.to_owned(), evidence });
    }

    /// What the page states, if the page is about this document alone.
    pub fn stated_value(&self, field: Field) -> Option<&'a str> {
        let facts = self.page.facts.iter().filter(|fact| self.is_only_document && fact.field == field);
        facts.map(|fact| fact.value.as_str()).find(|value| values::is_stated(value))
    }

    /// The first value stated for a field that is one.
    pub fn parse_stated<T>(&self, field: Field, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let facts = self.page.facts.iter().filter(|fact| self.is_only_document && fact.field == field);
        facts.map(|fact| fact.value.as_str()).filter(|value| values::is_stated(value)).find_map(read)
    }
}

pub fn shorten(value: &str) -> String {
    value.trim().chars().take(500).collect()
}
