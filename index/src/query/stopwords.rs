//! What the dictionary knows of the words of a query: which tell little, and which
//! official terms stand for everyday ones.

use std::collections::HashMap;
use std::sync::LazyLock;

/// How much a word of a query tells by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    /// Nothing: it only joins others.
    Nothing,
    /// Little.
    Little,
    /// As much as it is rare.
    Fully,
}

static TELLING: LazyLock<HashMap<&str, Telling>> = LazyLock::new(|| {
    let pairs =
        lines(include_str!("../../dictionary/stopwords.txt")).filter_map(|line| line.split_once('\t'));
    let weight = |name: &str| if name.trim() == "drop" { Telling::Nothing } else { Telling::Little };
    pairs.map(|(word, name)| (word, weight(name))).collect()
});

/// How much a word tells, by `index/dictionary/stopwords.txt`.
pub fn telling(word: &str) -> Telling {
    TELLING.get(word).copied().unwrap_or(Telling::Fully)
}

/// A term that may stand for another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Synonym<'a> {
    /// The term to look for as well.
    pub to: &'a str,
    /// The relation: everyday, abbreviation, variant, renamed, hypernym.
    pub kind: &'static str,
    /// How safely it means the same, up to 1.
    pub weight: f32,
}

static SYNONYMS: LazyLock<HashMap<String, Vec<Synonym<'static>>>> = LazyLock::new(|| {
    let mut table: HashMap<String, Vec<Synonym<'static>>> = HashMap::new();
    for line in lines(include_str!("../../dictionary/synonyms.tsv")) {
        let mut columns = line.split('\t');
        let (Some(from), Some(to), Some(kind), Some(weight)) =
            (columns.next(), columns.next(), columns.next(), columns.next())
        else {
            continue;
        };
        let weight = weight.trim().parse().unwrap_or(0.5);
        // Queries are folded before they are looked up here.
        let from = crate::analysis::fold::fold(from, crate::analysis::Fold::Grams).text().to_owned();
        table.entry(from).or_default().push(Synonym { to, kind, weight });
    }
    table
});

/// The synonyms of a folded word or phrase.
pub fn synonyms(folded: &str) -> &'static [Synonym<'static>] {
    SYNONYMS.get(folded).map_or(&[], Vec::as_slice)
}

fn lines(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_read() {
        assert_eq!(telling("的"), Telling::Nothing);
        assert_eq!(telling("许可"), Telling::Fully);
        assert!(synonyms("房产证").iter().any(|s| s.to.contains("不动产权证书")));
        assert!(SYNONYMS.len() > 1_000);
        assert!(SYNONYMS.values().flatten().all(|s| s.weight > 0.0 && s.weight <= 1.0));
    }
}
