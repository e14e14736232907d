//! Search for all citations in a text.

use super::definition::{Definition, definitions};
use super::reference::{Citation, Relation};
use super::relation;
use super::title::{Title, titles};
use crate::official::document_number;

/// Longest distance from a title to the number that belongs to it, in bytes.
const MAX_NUMBER_DISTANCE: usize = 12;

/// All citations in a text, in order.
pub fn find_all(text: &str) -> Vec<Citation> {
    let definitions = definitions(text);
    let mut numbers = document_number::find_all(text).into_iter().peekable();
    let mut found: Vec<Citation> = Vec::new();
    for title in titles(text).into_iter().filter(|t| !is_short_name_definition(&definitions, t)) {
        while let Some(number) = numbers.next_if(|n| n.range.start < title.range.start) {
            found.push(citation_of_number(number));
        }
        // A number between the brackets is part of the title.
        while numbers.next_if(|n| n.range.start < title.range.end).is_some() {}
        let number = numbers.next_if(|n| belongs_together(text, title.range.end, n.range.start));
        found.push(citation_of_title(title, number, &definitions));
    }
    found.extend(numbers.map(citation_of_number));
    relation::assign_relations(text, &mut found);
    found
}

/// Checks if a title is the short name in a definition.
fn is_short_name_definition(definitions: &[Definition], title: &Title) -> bool {
    definitions.iter().any(|d| d.range.start <= title.range.start && title.range.end <= d.range.end)
}

/// Checks if nothing but an opening bracket stands between a title and a number.
fn belongs_together(text: &str, title_end: usize, number_start: usize) -> bool {
    let between = text.get(title_end..number_start);
    between.is_some_and(|between| {
        between.len() <= MAX_NUMBER_DISTANCE
            && between.chars().all(|c| c.is_whitespace() || "（([〔【，".contains(c))
    })
}

fn citation_of_number(found: document_number::Found) -> Citation {
    Citation {
        range: found.range,
        title: None,
        inner: Vec::new(),
        number: Some(found.number),
        relation: Relation::Mentions,
        full_title: None,
    }
}

fn citation_of_title(
    title: Title,
    number: Option<document_number::Found>,
    definitions: &[Definition],
) -> Citation {
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
