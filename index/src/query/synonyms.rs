//! Synonyms: official terms for everyday ones.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::analysis::{Fold, fold::fold};

/// A term that may replace another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Synonym<'a> {
    /// Term to search as well.
    pub to: &'a str,
    /// Relation: everyday, abbreviation, variant, renamed, hypernym.
    pub kind: &'static str,
    /// Certainty that it means the same, up to 1.
    pub weight: f32,
}

static SYNONYMS: LazyLock<HashMap<String, Vec<Synonym<'static>>>> = LazyLock::new(|| {
    let mut table: HashMap<String, Vec<Synonym<'static>>> = HashMap::new();
    for line in include_str!("../../dictionary/synonyms.tsv")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let mut columns = line.split('\t');
        let (Some(from), Some(to), Some(kind), Some(weight)) =
            (columns.next(), columns.next(), columns.next(), columns.next())
        else {
            continue;
        };
        let weight = weight.trim().parse().unwrap_or(0.5);
        // Queries are folded before they are looked up here.
        let from = fold(from, Fold::Grams).text().to_owned();
        table.entry(from).or_default().push(Synonym { to, kind, weight });
    }
    table
});

/// All synonyms of a folded word or phrase.
pub fn synonyms(folded: &str) -> &'static [Synonym<'static>] {
    SYNONYMS.get(folded).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn synonyms_table_is_read() {
        assert!(synonyms("房产证").iter().any(|s| s.to.contains("不动产权证书")));
        assert!(SYNONYMS.len() > 1_000);
        assert!(SYNONYMS.values().flatten().all(|s| s.weight > 0.0 && s.weight <= 1.0));
    }
}
