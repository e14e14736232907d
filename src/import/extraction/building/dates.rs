//! The days of a document: written, published, in effect, ended. One never
//! stands in for another.

use gongkai_index::official::{date, validity};
use gongkai_index::record::Date;

use crate::import::extraction::building::draft::Builder;
use crate::import::extraction::labels::Field;
use crate::import::extraction::values;

impl Builder<'_> {
    pub fn dates(&mut self) {
        let own_text: String = self.own.iter().flat_map(|line| [line.text.as_str(), "\n"]).collect();
        self.record.written_on = self.stated_as(Field::WrittenOn, values::day);
        self.record.published_on = self.stated_as(Field::PublishedOn, values::day);
        self.record.effective_on = self.stated_as(Field::EffectiveOn, values::day);
        self.record.ends_on = self.stated_as(Field::EndsOn, values::day);
        if let Some(stated) = self.stated(Field::Term) {
            let term = values::term(stated);
            self.record.effective_on = self.record.effective_on.or(term.from);
            self.record.ends_on = self.record.ends_on.or(term.ends_on(self.record.effective_on));
        }
        if self.record.written_on.is_none() {
            self.infer_written(&own_text);
        }
        if self.record.published_on.is_none() && self.alone {
            self.infer_published();
        }
        let dated = date::roles(&own_text);
        let body_dated = if self.parts.is_empty() { Vec::new() } else { date::roles(&self.record.body) };
        let of = |role| {
            date::of_role(&dated, role)
                .map(|d| (d, &own_text))
                .or_else(|| date::of_role(&body_dated, role).map(|d| (d, &self.record.body)))
        };
        let effective = of(date::Role::Effective).map(|(d, text)| (d.date, around(text, &d.range)));
        let ended = of(date::Role::Ended).map(|(d, text)| (d.date, around(text, &d.range)));
        if let Some((day, evidence)) = effective.filter(|_| self.record.effective_on.is_none()) {
            self.infer("effective_on", "body", &evidence);
            self.record.effective_on = Some(day);
        }
        self.infer_end_of_term();
        // 有效期至 names the last day; the record has the first day on which it is over.
        if let Some((day, evidence)) = ended.filter(|_| self.record.ends_on.is_none()) {
            self.infer("ends_on", "body", &evidence);
            self.record.ends_on = day.tomorrow().ok();
        }
    }

    /// 有效期五年: counted from the day it takes effect.
    pub fn infer_end_of_term(&mut self) {
        let Some(from) = self.record.effective_on.filter(|_| self.record.ends_on.is_none()) else { return };
        let said = self.sentences_about_terms().into_iter().find_map(|text| {
            validity::statements(text).into_iter().find_map(|said| match said.saying {
                validity::Saying::Term { months, .. } => Some((months, around(text, &said.range))),
                _ => None,
            })
        });
        if let Some((months, evidence)) = said
            && let Ok(day) = from.checked_add(jiff::Span::new().months(i64::from(months)))
        {
            self.infer("ends_on", "term", &evidence);
            self.record.ends_on = Some(day);
        }
    }

    /// The lines that speak of a term: only they are read closely.
    pub fn sentences_about_terms(&self) -> Vec<&str> {
        let lines = self.piece.lines.iter().map(|line| line.text.as_str());
        lines.filter(|text| text.contains("有效期") || text.contains("试行")).take(20).collect()
    }

    pub fn infer_written(&mut self, own_text: &str) {
        let found = self.written_in_head().or_else(|| {
            let signed = self.signature.as_ref()?;
            Some((signed.date.date, "signature", signed.evidence.clone()))
        });
        let noted = || {
            let note = self.note.as_ref()?;
            Some((note.passed_on?, "note", note.evidence.clone()))
        };
        let found = noted().or(found).or_else(|| {
            let dated = date::roles(own_text);
            let written = date::of_role(&dated, date::Role::Written)?;
            Some((written.date, "body", around(own_text, &written.range)))
        });
        if let Some((day, from, evidence)) = found {
            self.infer("written_on", from, &evidence);
            self.record.written_on = Some(day);
        }
    }

    /// `（2009年3月23日）` under the title.
    pub fn written_in_head(&self) -> Option<(Date, &'static str, String)> {
        let first = &self.piece.lines.first()?.text;
        let found =
            date::find_all(first.get(..first.char_indices().nth(40).map_or(first.len(), |(at, _)| at))?)
                .into_iter()
                .next()?;
        let before = first[..found.range.start].trim_end();
        let after = first[found.range.end..].trim_start();
        let bracketed = matches!(before, "(" | "（") && after.starts_with([')', '）']);
        bracketed.then(|| (found.date, "head", first[..found.range.end].to_owned() + ")"))
    }

    pub fn infer_published(&mut self) {
        let in_head = self.page.head_date.as_ref().filter(|(found, line)| {
            let written = &line[found.range.clone()];
            !written.contains('年') && self.record.written_on != Some(found.date)
        });
        let posted = self.page.posted.as_ref().map(|(day, line)| (*day, "head", line.clone()));
        let found = posted.or_else(|| in_head.map(|(found, line)| (found.date, "head", line.clone())));
        let updated = || {
            Some((
                self.stated_as(Field::UpdatedOn, values::day)?,
                "update_time",
                self.stated(Field::UpdatedOn)?.to_owned(),
            ))
        };
        let in_address = || {
            self.address
                .and_then(values::day_in_address)
                .map(|(day, words)| (day, "address", words.to_owned()))
        };
        if let Some((day, from, evidence)) = found.or_else(in_address).or_else(updated) {
            self.infer("published_on", from, &evidence);
            self.record.published_on = Some(day);
        }
    }
}

/// The words around a place in a text, as evidence.
fn around(text: &str, range: &std::ops::Range<usize>) -> String {
    let start = text[..range.start].char_indices().rev().nth(30).map_or(0, |(at, _)| at);
    let end = text[range.end..].char_indices().nth(20).map_or(text.len(), |(at, _)| range.end + at);
    text[start..end].replace('\n', " ")
}
