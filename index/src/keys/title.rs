//! Keys of whole titles.

use crate::analysis::{Class, Fold, class, fold::fold, numeral};
use crate::keys::hash::hash_key;

/// Key of a whole title: only its folded letters and characters, articles in one form.
pub fn title_key(title: &str) -> String {
    let folded = fold(title, Fold::Grams);
    let folded = folded.text();
    let mut key = String::with_capacity(folded.len() + 2);
    key.push_str("t:");
    let mut offset = 0;
    while let Some(c) = folded[offset..].chars().next() {
        match numeral::article(&folded[offset..]).filter(|_| c == '第') {
            Some((form, length)) => {
                key.push_str(&form);
                offset += length;
            }
            None => {
                if matches!(class(c), Class::Han | Class::Letter) {
                    key.push(c);
                }
                offset += c.len_utf8();
            }
        }
    }
    key
}

/// Key of a title in simplified characters, in which documents are issued: a mirror
/// in traditional ones is found by the other keys, and does not rank above its original.
pub(crate) fn original_key(key: &str) -> Option<String> {
    key.strip_prefix("t:").map(|letters| format!("o:{letters}"))
}

/// Key without the name of the state: people type 公司法.
pub(crate) fn short_key(key: &str) -> String {
    key.replacen("t:中华人民共和国", "t:", 1)
}

/// Hash of a title without the name of the state, in folded characters.
pub fn title_hash(title: &str) -> u64 {
    hash_key(&short_key(&title_key(title)))
}

/// Title without all brackets at its end that name its revision; （二） is kept, because it
/// names one of several documents.
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
