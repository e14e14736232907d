//! Exact keys of a record.

use crate::analysis::{Fold, fold::fold};
use crate::keys::number::key_of_number;
use crate::keys::title::{original_key, short_key, title_key, without_revision};
use crate::official::document_number;

/// All exact keys of a record: its whole title, also without the name of the state and
/// without the brackets at its end, and its document number.
pub fn record_keys(title: &str, number: Option<&str>) -> Vec<String> {
    let whole = title_key(title);
    let bare = title_key(without_revision(title));
    let mut keys = vec![short_key(&bare), bare, short_key(&whole), whole];
    keys.extend(number.and_then(document_number::parse).map(|number| key_of_number(&number)));
    if !is_mirror(title) {
        keys.extend(keys.clone().iter().filter_map(|key| original_key(key)));
    }
    keys.sort();
    keys.dedup();
    keys
}

fn is_mirror(title: &str) -> bool {
    let han = |c: &char| ('\u{3400}'..='\u{9fff}').contains(c);
    let folded = fold(title, Fold::Grams);
    title.chars().filter(han).ne(folded.text().chars().filter(han))
}
