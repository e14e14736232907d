//! Citations: what a document names, and in what relation it stands to it.
//!
//! # Grammar
//!
//! ```text
//! citation   = 《 title 》 [number | ( number … ) ]       《…〈…〉…》（国发〔2015〕58号）
//!            | number
//! definition = (以下简称|以下统称|下称|简称) name          （以下简称《条例》）  （简称"23条"）
//! relation   = verb before (根据, 印发, 修改 …) or after (同时废止, 作如下修改)
//! ```
//!
//! A verb governs all titles of a row (`《甲》《乙》和《丙》同时废止`). A title that a
//! definition made short is given in full as well. Nothing is looked up: whether
//! the cited document exists is for the collection to say.

mod article;
mod definition;
mod relation;
#[cfg(test)]
mod tests;
mod title;

use std::ops::Range;

use super::document_number::{self, DocumentNumber};
pub use article::{Article, CitedArticle, Heading, articles, heading_before, headings};
pub use definition::{Definition, definitions};
pub use relation::{Relation, carried};
pub use title::{Title, titles};

/// Longest distance from a title to the number that belongs to it, in bytes.
const BESIDE: usize = 12;

/// A document named in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// Where it stands, in bytes: title with its brackets, number, or both.
    pub range: Range<usize>,
    /// The title without its outer brackets, as written.
    pub title: Option<String>,
    /// Titles inside that title.
    pub inner: Vec<String>,
    /// The number given with it.
    pub number: Option<DocumentNumber>,
    /// What the text does with it.
    pub relation: Relation,
    /// What the title stands for, when the text defined it as a short name.
    pub full_title: Option<String>,
}

/// All citations in a text, in order.
pub fn find_all(text: &str) -> Vec<Citation> {
    let definitions = definitions(text);
    let mut numbers = document_number::find_all(text).into_iter().peekable();
    let mut found: Vec<Citation> = Vec::new();
    for title in titles(text).into_iter().filter(|t| !is_being_defined(&definitions, t)) {
        while let Some(number) = numbers.next_if(|n| n.range.start < title.range.start) {
            found.push(of_number(number));
        }
        // A number between the brackets is part of the title.
        while numbers.next_if(|n| n.range.start < title.range.end).is_some() {}
        let number = numbers.next_if(|n| belongs(text, title.range.end, n.range.start));
        found.push(of_title(title, number, &definitions));
    }
    found.extend(numbers.map(of_number));
    relation::relate(text, &mut found);
    found
}

fn is_being_defined(definitions: &[Definition], title: &Title) -> bool {
    definitions.iter().any(|d| d.range.start <= title.range.start && title.range.end <= d.range.end)
}

/// Whether nothing but an opening bracket stands between a title and a number.
fn belongs(text: &str, title_end: usize, number_start: usize) -> bool {
    let between = text.get(title_end..number_start);
    between.is_some_and(|between| {
        between.len() <= BESIDE && between.chars().all(|c| c.is_whitespace() || "（([〔【，".contains(c))
    })
}

fn of_number(found: document_number::Found) -> Citation {
    Citation {
        range: found.range,
        title: None,
        inner: Vec::new(),
        number: Some(found.number),
        relation: Relation::Mentions,
        full_title: None,
    }
}

fn of_title(title: Title, number: Option<document_number::Found>, definitions: &[Definition]) -> Citation {
    let end = number.as_ref().map_or(title.range.end, |n| n.range.end);
    let before = definitions.iter().rev().filter(|d| d.range.end <= title.range.start);
    let full_title = before.filter(|d| d.short == title.text).map(|d| d.stands_for.clone()).next();
    Citation {
        range: title.range.start..end,
        title: Some(title.text),
        inner: title.inner,
        number: number.map(|n| n.number),
        relation: Relation::Mentions,
        full_title,
    }
}
