//! Outline of a record on the wire: its sections; see docs/API.md.

use gongkai_index::Record;
use gongkai_index::official::structure;
use gongkai_index::official::structure::{Level, Section};
use serde::Serialize;
use utoipa::ToSchema;

use crate::links::section_url;

/// Section of a record's text.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SectionReply {
    /// enclosed, book (编), chapter (章), division (节) or article (条).
    pub level: &'static str,
    /// Label: 第三章, 第五条, or the title of an enclosed document.
    pub label: String,
    /// Heading beside the label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Anchor, unique in the record; the id of the section on the record's page.
    pub anchor: String,
    /// Address of the section on the record's page.
    pub url: String,
    /// Start in the body, in bytes of UTF-8.
    pub start: usize,
    /// End in the body, in bytes of UTF-8, exclusive; subsections are included.
    pub end: usize,
}

impl SectionReply {
    fn new(section: Section, record_url: &str) -> Self {
        let level = match section.level {
            Level::Enclosed => "enclosed",
            Level::Book => "book",
            Level::Chapter => "chapter",
            Level::Division => "division",
            Level::Article => "article",
        };
        Self {
            level,
            label: section.label,
            title: section.title,
            url: section_url(record_url, &section.anchor),
            anchor: section.anchor,
            start: section.range.start,
            end: section.range.end,
        }
    }
}

/// Builds the outline of a record whose page has this address.
pub fn outline(record: &Record, record_url: &str) -> Vec<SectionReply> {
    let enclosed = record.parts.iter().map(|part| (part.title.as_str(), part.start..part.end));
    let sections = structure::sections(&record.body, enclosed);
    sections.into_iter().map(|section| SectionReply::new(section, record_url)).collect()
}
