//! Names of issuers as values of a facet: one organ is one value in whatever spelling.

use crate::analysis::{Class, Fold, class, fold::fold};
use crate::official::issuer;

/// Key of an issuer: equal for spellings that differ in width, blanks, brackets, invisible characters
/// or script, and for the full and short names of an organ that the dictionary knows.
pub fn issuer_key(name: &str) -> String {
    let folded = fold(name, Fold::Grams);
    let is_letter = |c: &char| matches!(class(*c), Class::Han | Class::Letter);
    let letters: String = folded.text().chars().filter(is_letter).collect();
    if letters.is_empty() { name.trim().to_owned() } else { issuer::normalise(&letters) }
}

/// Spelling that is shown of those with one key: the most frequent one, the key itself or else the first
/// of equally frequent ones.
pub fn shown_spelling<'a>(key: &str, spellings: impl Iterator<Item = (&'a str, u64)>) -> Option<&'a str> {
    let order = |(spelling, count): &(&'a str, u64)| (*count, *spelling == key, std::cmp::Reverse(*spelling));
    spellings.filter(|(_, count)| *count > 0).max_by_key(order).map(|(spelling, _)| spelling)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_organ_have_one_key() {
        for spelling in
            ["云州省财政厅", "云州省财政厅 ", "云州省　财政厅", "云州省财政厅\u{200b}", "雲州省財政廳"]
        {
            assert_eq!(issuer_key(spelling), "云州省财政厅", "{spelling:?}");
        }
        assert_eq!(issuer_key("中华人民共和国国务院"), issuer_key("国务院"));
        assert_eq!(issuer_key("国家发改委"), issuer_key("国家发展和改革委员会"));
        assert_eq!(issuer_key("云州省税务局（筹备组）"), issuer_key("云州省税务局(筹备组)"));
        assert_ne!(issuer_key("国务院"), issuer_key("国务院办公厅"));
        assert_ne!(issuer_key("国土资源部"), issuer_key("自然资源部"), "renamed organs stay apart");
        assert_eq!(issuer_key("·"), "·");
    }

    #[test]
    fn key_of_a_key_is_itself() {
        for (name, full) in issuer::national_names() {
            assert_eq!(issuer_key(&issuer_key(name)), issuer_key(full), "{name}");
        }
        for name in ["酒泉市住建局", "省财政厅", "第十四届全国人民代表大会"] {
            assert_eq!(issuer_key(&issuer_key(name)), issuer_key(name));
        }
    }

    #[test]
    fn most_frequent_spelling_is_shown() {
        let shown = |spellings: &[(&'static str, u64)]| shown_spelling("乙", spellings.iter().copied());
        assert_eq!(shown(&[("甲", 1), ("丙", 2)]), Some("丙"));
        assert_eq!(shown(&[("甲", 2), ("乙", 2)]), Some("乙"));
        assert_eq!(shown(&[("b", 2), ("a", 2), ("c", 0)]), Some("a"));
        assert_eq!(shown(&[("a", 0)]), None);
    }
}
