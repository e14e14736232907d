//! Stopwords: words of a query with little or no weight.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Weight class of a query word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    /// No weight: the word only joins others.
    Nothing,
    /// Low weight.
    Little,
    /// Full weight, by its rarity.
    Fully,
}

static TELLING: LazyLock<HashMap<&str, Telling>> = LazyLock::new(|| {
    let pairs = include_str!("../../dictionary/stopwords.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'));
    let weight = |name: &str| if name.trim() == "drop" { Telling::Nothing } else { Telling::Little };
    pairs.map(|(word, name)| (word, weight(name))).collect()
});

/// Weight class of a word, by `index/dictionary/stopwords.txt`.
pub fn telling(word: &str) -> Telling {
    TELLING.get(word).copied().unwrap_or(Telling::Fully)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stopwords_table_is_read() {
        assert_eq!(telling("的"), Telling::Nothing);
        assert_eq!(telling("许可"), Telling::Fully);
    }
}
