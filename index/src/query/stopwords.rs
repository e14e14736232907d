//! Stopwords: words of a query with little or no weight.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Weight class of a query word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopwordClass {
    /// No weight: the word only joins others.
    Dropped,
    /// Low weight.
    Weak,
    /// Full weight, by its rarity.
    Content,
}

static CLASSES: LazyLock<HashMap<&str, StopwordClass>> = LazyLock::new(|| {
    let pairs = include_str!("../../dictionary/stopwords.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'));
    let weight =
        |name: &str| if name.trim() == "drop" { StopwordClass::Dropped } else { StopwordClass::Weak };
    pairs.map(|(word, name)| (word, weight(name))).collect()
});

/// Weight class of a word, by `index/dictionary/stopwords.txt`.
pub fn stopword_class(word: &str) -> StopwordClass {
    CLASSES.get(word).copied().unwrap_or(StopwordClass::Content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stopwords_table_is_read() {
        assert_eq!(stopword_class("的"), StopwordClass::Dropped);
        assert_eq!(stopword_class("许可"), StopwordClass::Content);
    }
}
