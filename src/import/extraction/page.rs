//! A page as it was read: title, stated facts, lines.

use gongkai_index::official::date;
use gongkai_index::record::Date;

use crate::import::extraction::facts::Fact;
use crate::import::extraction::labels::Field;
use crate::import::extraction::line::Line;

/// A page, read.
#[derive(Debug, Default)]
pub struct Page {
    /// The title, if the page has one.
    pub title: Option<String>,
    /// Where the title was found, when the page did not state it.
    pub title_from: &'static str,
    /// What the page states, what it shows before what only its markup says.
    pub facts: Vec<Fact>,
    /// The document.
    pub lines: Vec<Line>,
    /// Its number, when it stands alone among the facts or on a line of the head.
    pub document_number: Option<String>,
    /// The day on which the site says, without a label, that it put the page there.
    pub posted_on: Option<(Date, String)>,
    /// A day in the head that nothing labels.
    pub head_date: Option<(date::Found, String)>,
    /// Lines of the site that may tell what kind of site it is.
    pub site_lines: Vec<String>,
    /// Short lines between the title and the text.
    pub banner: Vec<String>,
    /// A sign that the site collects texts.
    pub content_farm_sign: Option<&'static str>,
    /// The name the site gives itself.
    pub site_name: Option<String>,
}

impl Page {
    /// The first value that the page states for a field.
    pub fn stated_fact(&self, field: Field) -> Option<&Fact> {
        self.facts.iter().find(|fact| fact.field == field)
    }
}
