//! Keys of whole titles.

use crate::analysis::{Class, Fold, class, fold::fold, numeral};
use crate::keys::hash::hash_key;

/// The key under which a whole title is found: its folded letters and characters
/// alone, articles in one form.
pub fn title_key(title: &str) -> String {
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

/// The key without the name of the state: people say 公司法.
pub(crate) fn short_key(key: &str) -> String {
    key.replacen("t:中华人民共和国", "t:", 1)
}

/// The key of a title: without the name of the state, in folded characters.
pub fn title_hash(title: &str) -> u64 {
    hash_key(&short_key(&title_key(title)))
}

/// The title without all brackets at its end that say which edition it is; （二） says
/// which of several documents.
pub fn without_revision(title: &str) -> &str {
    let mut bare = title.trim();
    while let Some(open) = bare.ends_with([')', '）']).then(|| bare.rfind(['(', '（'])).flatten() {
        let shorter = bare[..open].trim_end();
        let inside = bare[open..].trim_matches(['（', '(', '）', ')', ' ']);
        let ordinal = inside.chars().all(|c| "一二三四五六七八九十".contains(c));
        if shorter.is_empty() || ordinal {
            break;
        }
        bare = shorter;
    }
    bare
}
