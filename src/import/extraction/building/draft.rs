//! A record being filled in, with what it is filled from.

use gongkai_index::record::{Inference, Kind, MAX_TITLE_CHARS, Record};

use crate::import::extraction::enclosed::{self, Enclosed};
use crate::import::extraction::labels::Field;
use crate::import::extraction::line::Line;
use crate::import::extraction::page::Page;
use crate::import::extraction::promulgation_note::{self, Note};
use crate::import::extraction::signature::{self, Signature};
use crate::import::extraction::splitting::piece::Piece;
use crate::import::extraction::values;

/// Longest quotation as evidence, in characters.
const EVIDENCE_CHARS: usize = 120;

pub struct Builder<'a> {
    pub record: Record,
    pub page: &'a Page,
    pub piece: &'a Piece,
    /// The page has no other document: what it states is said of this one.
    pub alone: bool,
    pub parts: Vec<Enclosed>,
    /// The lines before the first part: the notice itself.
    pub own: &'a [Line],
    pub signature: Option<Signature>,
    /// The note under the title.
    pub note: Option<Note>,
    pub address: Option<&'a str>,
}

impl<'a> Builder<'a> {
    pub fn new(id: String, page: &'a Page, piece: &'a Piece, address: Option<&'a str>, alone: bool) -> Self {
        let title: String = piece.title.chars().take(MAX_TITLE_CHARS).collect();
        let parts = enclosed::find(&title, &piece.lines);
        let own = &piece.lines[..parts.first().map_or(piece.lines.len(), |part| part.lines.start)];
        let signature = signature::find(own).or_else(|| signature::find(&piece.lines));
        let record = Record::new(id, Kind::Document, title);
        let note = promulgation_note::find(&piece.lines);
        Self { record, page, piece, alone, parts, own, signature, note, address }
    }

    pub fn infer(&mut self, field: &str, from: &str, evidence: &str) {
        let evidence: String = evidence.trim().chars().take(EVIDENCE_CHARS).collect();
        self.record.inferred.insert(field.to_owned(), Inference { from: from.to_owned(), evidence });
    }

    /// What the page states, if the page is about this document alone.
    pub fn stated(&self, field: Field) -> Option<&'a str> {
        let facts = self.page.facts.iter().filter(|fact| self.alone && fact.field == field);
        facts.map(|fact| fact.value.as_str()).find(|value| values::is_said(value))
    }

    /// The first value stated for a field that is one.
    pub fn stated_as<T>(&self, field: Field, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let facts = self.page.facts.iter().filter(|fact| self.alone && fact.field == field);
        facts.map(|fact| fact.value.as_str()).filter(|value| values::is_said(value)).find_map(read)
    }
}

pub fn short(value: &str) -> String {
    value.trim().chars().take(500).collect()
}
