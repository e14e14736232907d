//! Corrections of a query, and the runs of characters in which they are made.

use std::ops::Range;

use crate::lexicon::vocabulary::units::{Unit, char_from_unit, is_han, unit_from_char};

/// Most characters of a query that are checked.
const MAX_CHECKED_CHARS: usize = 60;

/// One change of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Range in the query, in bytes.
    pub range: Range<usize>,
    /// Text as typed.
    pub from: String,
    /// Text as corrected.
    pub to: String,
}

/// A corrected query.
#[derive(Debug, Clone, PartialEq)]
pub struct Correction {
    /// Query with all changes made.
    pub text: String,
    /// Changes in order.
    pub edits: Vec<Edit>,
    /// Confidence from 0 to 1.
    pub confidence: f32,
}

/// Counts of phrases in the collection, exactly as written.
pub type Evidence<'a> = &'a dyn Fn(&[&str]) -> Vec<u64>;

/// A run of characters of the query without spaces or punctuation.
pub(super) struct QueryRun {
    pub(super) units: Vec<Unit>,
    starts: Vec<usize>,
}

impl QueryRun {
    pub(super) fn edits(&self, meant: &[Unit], query: &str) -> Vec<Edit> {
        if meant.len() == self.units.len() {
            let changed = (0..meant.len()).filter(|i| self.units[*i] != meant[*i]);
            return changed.map(|i| self.edit(i, i + 1, &meant[i..=i], query)).collect();
        }
        let same = |(a, b): &(&Unit, &Unit)| a == b;
        let start = self.units.iter().zip(meant).take_while(same).count();
        let shorter = self.units.len().min(meant.len()) - start;
        let end = self.units.iter().rev().zip(meant.iter().rev()).take_while(same).count().min(shorter);
        vec![self.edit(start, self.units.len() - end, &meant[start..meant.len() - end], query)]
    }

    /// Edit that replaces the units `from..to`.
    fn edit(&self, from: usize, to: usize, meant: &[Unit], query: &str) -> Edit {
        let start = self.starts.get(from).copied().unwrap_or_else(|| self.end(query));
        let end =
            if from == to { start } else { self.starts.get(to).copied().unwrap_or_else(|| self.end(query)) };
        Edit { range: start..end, from: query[start..end].to_owned(), to: text_of(meant) }
    }

    /// End of the run, in bytes.
    fn end(&self, query: &str) -> usize {
        let last = self.starts.last().copied().unwrap_or(0);
        last + query[last..].chars().next().map_or(0, char::len_utf8)
    }
}

/// All runs of the query with Chinese characters, as far as it is checked.
pub(super) fn query_runs(query: &str) -> Vec<QueryRun> {
    let mut runs = vec![QueryRun { units: Vec::new(), starts: Vec::new() }];
    let mut chars = query.char_indices();
    for (start, c) in chars.by_ref().take(MAX_CHECKED_CHARS) {
        match (unit_from_char(c), runs.last_mut()) {
            (Some(unit), Some(run)) => {
                run.units.push(unit);
                run.starts.push(start);
            }
            _ => runs.push(QueryRun { units: Vec::new(), starts: Vec::new() }),
        }
    }
    if chars.next().is_some_and(|(_, c)| unit_from_char(c).is_some()) {
        // The run was cut in two: the rest of it would seem to be missing.
        runs.pop();
    }
    runs.retain(|run| run.units.iter().filter(|u| is_han(**u)).count() > 1);
    runs
}

pub(super) fn apply_edits(query: &str, edits: &[Edit]) -> String {
    let mut text = String::with_capacity(query.len());
    let mut copied = 0;
    for edit in edits {
        text.push_str(&query[copied..edit.range.start]);
        text.push_str(&edit.to);
        copied = edit.range.end;
    }
    text + &query[copied..]
}
pub(super) fn text_of(units: &[Unit]) -> String {
    units.iter().map(|u| char_from_unit(*u)).collect()
}
