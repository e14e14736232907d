//! Page as it was read: title, stated facts, lines of the document.

use gongkai_index::official::date;
use gongkai_index::record::Date;

use crate::import::extraction::facts::Fact;
use crate::import::extraction::labels::Field;
use crate::import::extraction::line::Line;
use crate::import::removed::{RemovalReason, RemovedLine};

/// Page without the lines of its site.
#[derive(Debug, Default)]
pub struct Page {
    /// Title, if the page has one.
    pub title: Option<String>,
    /// Evidence for the title; empty when the page states it.
    pub title_from: &'static str,
    /// Stated facts: those that the page shows, then those of its markup.
    pub facts: Vec<Fact>,
    /// Lines of the document.
    pub lines: Vec<Line>,
    /// Lines of the document above its title.
    pub above_title: Vec<Line>,
    /// Set if the format has lines of a site around the text.
    pub has_site: bool,
    /// Lines that were taken away.
    pub removed: Vec<RemovedLine>,
    /// Document number, when it stands alone among the facts or on a line of the head.
    pub document_number: Option<String>,
    /// Day on which the site put the page there, as a line without a label says.
    pub posted_on: Option<(Date, String)>,
    /// Day in the head that has no label.
    pub head_date: Option<(date::Found, String)>,
    /// Lines of the site that may show the kind of site.
    pub site_lines: Vec<String>,
    /// Short lines between the title and the text.
    pub banner: Vec<String>,
    /// Sign that the site is a content farm.
    pub content_farm_sign: Option<&'static str>,
    /// Name that the site gives itself.
    pub site_name: Option<String>,
}

impl Page {
    /// Takes a line away, to the list of those.
    pub fn remove_line(&mut self, reason: RemovalReason, text: impl Into<String>) {
        self.removed.push(RemovedLine::new(reason, text));
    }

    /// Takes a line away that may show the kind of site.
    pub fn remove_site_line(&mut self, reason: RemovalReason, text: String) {
        self.removed.push(RemovedLine::new(reason, text.clone()));
        self.site_lines.push(text);
    }

    /// Returns the first value that the page states for a field.
    pub fn stated_fact(&self, field: Field) -> Option<&Fact> {
        self.facts.iter().find(|fact| fact.field == field)
    }
}
