//! Issuers of a document: stated, in its title, under its text.

use gongkai_index::official::issuer;

use crate::import::extraction::building::draft::RecordDraft;
use crate::import::extraction::labels::Field;
use crate::import::extraction::splitting::main_place::most_named_place;
use crate::import::extraction::{organs, signature};

impl RecordDraft<'_> {
    /// Fills in the issuers of the record.
    pub fn fill_issuers(&mut self) {
        let stated = self.stated_value(Field::Issuers).map(organs::split_organs).unwrap_or_default();
        let publisher = self.stated_value(Field::Publisher).map(organs::split_organs).unwrap_or_default();
        let own = self.own_issuers();
        let vague = |names: &[String]| names.iter().any(|name| organs::starts_with_level(name));
        let fuller = vague(&stated) && own.as_ref().is_some_and(|(own, ..)| own.len() >= stated.len());
        if !stated.is_empty() && !fuller {
            self.record.issuers = stated;
        } else if let Some((names, from, evidence)) =
            own.filter(|(own, from, _)| outranks_publisher(own, from, &publisher))
        {
            self.record_inference("issuers", from, &evidence);
            self.record.issuers = names;
        } else {
            self.record.issuers = publisher;
        }
        self.place_vague_issuers();
    }

    /// Finds the issuers in the document's own words, with kind of evidence and quotation.
    fn own_issuers(&self) -> Option<(Vec<String>, &'static str, String)> {
        let in_title = organs::organs_in_title(&self.record.title);
        let signed = self.signature.as_ref().filter(|signature| !signature.organs.is_empty());
        let full = |names: &[String]| names.iter().all(|name| organs::has_place(name));
        match (in_title, signed) {
            (Some((names, words)), signed)
                if full(&names)
                    && signed.is_none_or(|s| s.organs.len() <= names.len() || !full(&s.organs)) =>
            {
                Some((names, "title", words.to_owned()))
            }
            (_, Some(signed)) => Some((signed.organs.clone(), "signature", signed.evidence.clone())),
            (Some((names, words)), None) => Some((names, "title", words.to_owned())),
            (None, None) => {
                let number = self.record.document_number.as_deref().unwrap_or_default();
                let ordering = organs::organs_in_number(number);
                if !ordering.is_empty() {
                    return Some((ordering, "document_number", number.to_owned()));
                }
                if let Some(note) = self.note.as_ref().filter(|note| !note.issuers.is_empty()) {
                    return Some((note.issuers.clone(), "note", note.evidence.clone()));
                }
                if let Some((organ, evidence)) = signature::signature_in_run_on_text(self.own_lines) {
                    return Some((vec![organ], "signature", evidence));
                }
                let name = signature::full_name_in_text(&self.record.title, &self.document.lines)?;
                Some((vec![name.clone()], "body", name))
            }
        }
    }

    /// Adds the place that the rest of the page shows to a vague name like `市政府办公室`.
    fn place_vague_issuers(&mut self) {
        if !self.record.issuers.iter().any(|name| organs::starts_with_level(name)) {
            return;
        }
        let around = [
            self.stated_value(Field::SourceName),
            self.stated_value(Field::SiteName),
            self.stated_value(Field::Publisher),
        ];
        let around = around.into_iter().flatten().chain(self.page.site_name.as_deref());
        let place = around.clone().find_map(issuer::region).map(str::to_owned);
        let place = place.or_else(|| around.clone().find_map(organs::place_prefix).map(str::to_owned));
        let Some(path) = place.or_else(|| most_named_place(&self.document.lines).map(str::to_owned)) else {
            return;
        };
        let placed = |name: &String| organs::with_place(name, &path).unwrap_or_else(|| name.clone());
        let names: Vec<String> = self.record.issuers.iter().map(placed).collect();
        if names != self.record.issuers {
            let evidence = format!("{}（{path}）", self.record.issuers.join(" "));
            self.record_inference("issuers", "region", &evidence);
            self.record.issuers = names;
        }
    }

    /// Infers the issuer of an interpretation from the source that the page names.
    pub fn infer_issuer_from_source(&mut self) {
        let Some(source) = self.stated_value(Field::SourceName).filter(|_| self.record.issuers.is_empty())
        else {
            return;
        };
        let names = organs::organs_on_line(source);
        if !names.is_empty() {
            self.record_inference("issuers", "source", source);
            self.record.issuers = names;
            self.place_vague_issuers();
        }
    }
}

/// Decides between the document's own words and the publisher that a site names: a signature
/// wins, and so does a title that names more organs or the same.
fn outranks_publisher(own: &[String], from: &str, publisher: &[String]) -> bool {
    publisher.is_empty()
        || from == "signature"
        || own.len() > publisher.len()
        || publisher.iter().any(|name| organs::starts_with_level(name))
        || !publisher.iter().any(|name| issuer::is_organ(name))
}
