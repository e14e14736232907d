//! Dates of a document: written, published, in effect, ended. None ever stands in for
//! another.

use gongkai_index::official::{date, validity};
use gongkai_index::record::Date;

use crate::import::extraction::building::draft::RecordDraft;
use crate::import::extraction::labels::Field;
use crate::import::extraction::{promulgation_note, values};

impl RecordDraft<'_> {
    /// Fills in the four dates of the record.
    pub fn fill_dates(&mut self) {
        let own_text: String = self.own_lines.iter().flat_map(|line| [line.text.as_str(), "\n"]).collect();
        self.record.written_on = self.parse_stated(Field::WrittenOn, values::parse_date);
        self.record.published_on = self.parse_stated(Field::PublishedOn, values::parse_date);
        self.record.effective_on = self.parse_stated(Field::EffectiveOn, values::parse_date);
        self.record.ends_on = self.parse_stated(Field::EndsOn, values::parse_date);
        if let Some(stated) = self.stated_value(Field::ValidityPeriod) {
            let period = values::parse_validity_period(stated);
            self.record.effective_on = self.record.effective_on.or(period.first_day);
            self.record.ends_on = self.record.ends_on.or(period.ends_on(self.record.effective_on));
        }
        if self.record.written_on.is_none() {
            self.infer_written(&own_text);
        }
        if self.record.published_on.is_none() && self.is_only_document {
            self.infer_published();
        }
        let dated = date::roles(&own_text);
        let body_dated = if self.parts.is_empty() { Vec::new() } else { date::roles(&self.record.body) };
        let find_role = |role| {
            date::of_role(&dated, role)
                .map(|d| (d, &own_text))
                .or_else(|| date::of_role(&body_dated, role).map(|d| (d, &self.record.body)))
        };
        let effective =
            find_role(date::Role::Effective).map(|(d, text)| (d.date, text_around(text, &d.range)));
        let ended = find_role(date::Role::Ended).map(|(d, text)| (d.date, text_around(text, &d.range)));
        if let Some((day, evidence)) = effective.filter(|_| self.record.effective_on.is_none()) {
            self.record_inference("effective_on", "body", &evidence);
            self.record.effective_on = Some(day);
        }
        if self.record.effective_on.is_none()
            && let Some((day, evidence)) = promulgation_note::effective_line(&self.document.lines)
        {
            self.record_inference("effective_on", "note", &evidence);
            self.record.effective_on = Some(day);
        }
        self.infer_end_of_validity();
        // 有效期至 names the last day; the record has the first day after it.
        if let Some((day, evidence)) = ended.filter(|_| self.record.ends_on.is_none()) {
            self.record_inference("ends_on", "body", &evidence);
            self.record.ends_on = day.tomorrow().ok();
        }
    }

    /// Infers the end of a validity period, 有效期五年, from the day the document takes effect.
    fn infer_end_of_validity(&mut self) {
        let Some(from) = self.record.effective_on.filter(|_| self.record.ends_on.is_none()) else { return };
        let said = self.validity_period_lines().into_iter().find_map(|text| {
            validity::statements(text).into_iter().find_map(|said| match said.saying {
                validity::Saying::Term { months, .. } => Some((months, text_around(text, &said.range))),
                _ => None,
            })
        });
        if let Some((months, evidence)) = said
            && let Ok(day) = from.checked_add(jiff::Span::new().months(i64::from(months)))
        {
            self.record_inference("ends_on", "term", &evidence);
            self.record.ends_on = Some(day);
        }
    }

    /// Selects the lines that mention a validity period: only they are parsed.
    fn validity_period_lines(&self) -> Vec<&str> {
        let lines = self.document.lines.iter().map(|line| line.text.as_str());
        lines.filter(|text| text.contains("有效期") || text.contains("试行")).take(20).collect()
    }

    fn infer_written(&mut self, own_text: &str) {
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
            Some((written.date, "body", text_around(own_text, &written.range)))
        });
        if let Some((day, from, evidence)) = found {
            self.record_inference("written_on", from, &evidence);
            self.record.written_on = Some(day);
        }
    }

    /// Reads `（2009年3月23日）` under the title.
    fn written_in_head(&self) -> Option<(Date, &'static str, String)> {
        let first = &self.document.lines.first()?.text;
        let found =
            date::find_all(first.get(..first.char_indices().nth(40).map_or(first.len(), |(at, _)| at))?)
                .into_iter()
                .next()?;
        let before = first[..found.range.start].trim_end();
        let after = first[found.range.end..].trim_start();
        let bracketed = matches!(before, "(" | "（") && after.starts_with([')', '）']);
        bracketed.then(|| (found.date, "head", first[..found.range.end].to_owned() + ")"))
    }

    fn infer_published(&mut self) {
        let in_head = self.page.head_date.as_ref().filter(|(found, line)| {
            let written = &line[found.range.clone()];
            !written.contains('年') && self.record.written_on != Some(found.date)
        });
        let posted = self.page.posted_on.as_ref().map(|(day, line)| (*day, "head", line.clone()));
        let found = posted.or_else(|| in_head.map(|(found, line)| (found.date, "head", line.clone())));
        let updated = || {
            Some((
                self.parse_stated(Field::UpdatedOn, values::parse_date)?,
                "update_time",
                self.stated_value(Field::UpdatedOn)?.to_owned(),
            ))
        };
        let in_address = || {
            self.address
                .and_then(values::date_in_address)
                .map(|(day, words)| (day, "address", words.to_owned()))
        };
        if let Some((day, from, evidence)) = found.or_else(in_address).or_else(updated) {
            self.record_inference("published_on", from, &evidence);
            self.record.published_on = Some(day);
        }
    }
}

/// Quotes the words around a place in a text as evidence.
fn text_around(text: &str, range: &std::ops::Range<usize>) -> String {
    let start = text[..range.start].char_indices().rev().nth(30).map_or(0, |(at, _)| at);
    let end = text[range.end..].char_indices().nth(20).map_or(text.len(), |(at, _)| range.end + at);
    text[start..end].replace('\n', " ")
}
