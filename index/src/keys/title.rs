//! Keys of whole titles.

use crate::keys::number::key_of_number;
use crate::official::document_number;

/// The keys of a record: its whole title, also without the name of the state and
/// without what stands in brackets at its end, and its document number.
pub fn keys(title: &str, number: Option<&str>) -> Vec<String> {
    let whole = title_key(title);
    let bare = title_key(without_edition(title));
    let mut keys = vec![short_key(&bare), bare, short_key(&whole), whole];
    keys.extend(number.and_then(document_number::parse).map(|number| key_of_number(&number)));
    if !is_mirror(title) {
        keys.extend(keys.clone().iter().filter_map(|key| original_key(key)));
    }
    keys.sort();
    keys.dedup();
    keys
}

/// The key under which a whole title is found: its folded letters and characters
/// alone, articles in one form.
pub fn title_key(title: &str) -> String {
    use crate::analysis::{Class, Fold, class, fold::fold, numeral};
    let folded = fold(title, Fold::Grams);
    let folded = folded.text();
    let mut key = String::with_capacity(folded.len() + 2);
    key.push_str("t:");
    let mut at = 0;
    while let Some(c) = folded[at..].chars().next() {
        match numeral::article(&folded[at..]).filter(|_| c == '第') {
            Some((form, length)) => {
                key.push_str(&form);
                at += length;
            }
            None => {
                if matches!(class(c), Class::Han | Class::Letter) {
                    key.push(c);
                }
                at += c.len_utf8();
            }
        }
    }
    key
}

/// The key of a title that stands in simplified characters, as documents are made: a mirror
/// in traditional ones is found by the other keys, and does not stand above its original.
pub(crate) fn original_key(key: &str) -> Option<String> {
    key.strip_prefix("t:").map(|letters| format!("o:{letters}"))
}

fn is_mirror(title: &str) -> bool {
    use crate::analysis::{Fold, fold::fold};
    let han = |c: &char| ('\u{3400}'..='\u{9fff}').contains(c);
    let folded = fold(title, Fold::Grams);
    title.chars().filter(han).ne(folded.text().chars().filter(han))
}

/// The key without the name of the state: people say 公司法.
pub(crate) fn short_key(key: &str) -> String {
    key.replacen("t:中华人民共和国", "t:", 1)
}

/// The title without `（2019年修订）` and the like at its end.
pub(crate) fn without_edition(title: &str) -> &str {
    let trimmed = title.trim_end();
    let open = trimmed.ends_with([')', '）']).then(|| trimmed.rfind(['(', '（'])).flatten();
    open.filter(|at| *at > 0).map_or(trimmed, |at| &trimmed[..at])
}
