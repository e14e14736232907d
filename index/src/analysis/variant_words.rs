//! Variant words: characters that stand for another one in some words only, as 覆 does for 复 in
//! 答覆 and not in 覆盖. The table is `index/dictionary/variant_words.tsv`.

use std::collections::HashMap;

/// Most characters beside one that decide what it stands for.
pub(super) const MAX_CONTEXT_CHARS: usize = 3;

/// Text of the table.
pub(super) const TABLE: &str = include_str!("../../dictionary/variant_words.tsv");

/// Rules of all such characters.
pub(super) struct VariantWords {
    rules: HashMap<char, Rule>,
}

/// Rule of one character.
struct Rule {
    target: char,
    /// Words in which the character is replaced; `None` for all.
    replaced: Option<Vec<Word>>,
    /// Words in which the character stays.
    kept: Vec<Word>,
}

/// A word around a character: what stands before it, the nearest first, and after it.
struct Word {
    before: Vec<char>,
    after: Vec<char>,
}

impl VariantWords {
    /// Reads the table.
    pub(super) fn load() -> Self {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
        Self { rules: lines.filter_map(Rule::from_line).collect() }
    }

    /// Checks if a folded character has a rule.
    pub(super) fn has_rule(&self, c: char) -> bool {
        self.rules.contains_key(&c)
    }

    /// Returns the character that `c` stands for between folded Han characters, the nearest of
    /// each side first.
    pub(super) fn resolve(&self, c: char, before: &[char], after: &[char]) -> char {
        let Some(rule) = self.rules.get(&c) else { return c };
        let is_in = |words: &[Word]| words.iter().any(|word| word.is_around(before, after));
        let is_replaced = match &rule.replaced {
            None => !(before.is_empty() && after.is_empty()),
            Some(words) => is_in(words),
        };
        if is_replaced && !is_in(&rule.kept) { rule.target } else { c }
    }
}

impl Rule {
    fn from_line(line: &str) -> Option<(char, Self)> {
        let mut columns = line.split('\t');
        let mut character = || columns.next()?.chars().next();
        let (c, target) = (character()?, character()?);
        let (replaced, kept) = (columns.next()?, columns.next()?);
        let words = |list: &str| list.split_whitespace().filter_map(|word| Word::around(word, c)).collect();
        let replaced = (replaced != "*").then(|| words(replaced));
        Some((c, Self { target, replaced, kept: words(kept) }))
    }
}

impl Word {
    fn around(word: &str, c: char) -> Option<Self> {
        let (before, after) = word.split_once(c)?;
        Some(Self { before: before.chars().rev().collect(), after: after.chars().collect() })
    }

    fn is_around(&self, before: &[char], after: &[char]) -> bool {
        before.starts_with(&self.before) && after.starts_with(&self.after)
    }
}
