//! Articles as people type them: 民法典1079条 and 民法典第1079条第2款 mean 民法典第1079条.
//!
//! Texts number paragraphs (款) and items (项) by their place only, so these are left out of the search.

use crate::analysis::numeral::{self, is_numeral_character};

/// Last characters of names of laws and rules.
const NAME_ENDS: &str = "法典例定则释程》〉）)";
/// Words in which 条 counts no article: 3条例, 5条件.
const OTHER_WORDS: [&str; 9] = ["例", "件", "目", "约", "线", "形", "纹", "文", "款"];
/// Parts of an article.
const PARTS: [char; 3] = ['款', '项', '目'];

/// A query with its articles in full.
pub(super) struct SpelledQuery {
    /// The characters.
    pub chars: Vec<char>,
    /// Offset of each character in the typed text, and that of the end.
    origins: Vec<usize>,
    /// Offsets of the parts of articles that were left out, with their text.
    pub left_out: Vec<(usize, String)>,
}

impl SpelledQuery {
    /// Spells the articles of a typed text.
    pub fn new(typed: &[char]) -> Self {
        let mut query =
            Self { chars: Vec::with_capacity(typed.len()), origins: Vec::new(), left_out: Vec::new() };
        let mut position = 0;
        while position < typed.len() {
            let Some(article) = article_at(typed, position) else {
                query.push(typed[position], position);
                position += 1;
                continue;
            };
            if typed[position] != '第' {
                query.push('第', position);
            }
            (position..article.end).for_each(|i| query.push(typed[i], i));
            if article.parts_end > article.end {
                let parts = typed[article.end..article.parts_end].iter().collect();
                query.left_out.push((article.end, parts));
            }
            position = article.parts_end;
        }
        query.origins.push(typed.len());
        query
    }

    fn push(&mut self, c: char, origin: usize) {
        self.chars.push(c);
        self.origins.push(origin);
    }

    /// Offset in the typed text of an offset in the spelled one.
    pub fn origin(&self, offset: usize) -> usize {
        self.origins.get(offset).or(self.origins.last()).copied().unwrap_or(offset)
    }
}

/// An article after the name of a law: its end, and that of the parts after it.
struct TypedArticle {
    end: usize,
    parts_end: usize,
}

fn article_at(typed: &[char], start: usize) -> Option<TypedArticle> {
    let before = typed[..start].iter().rev().find(|c| !c.is_whitespace())?;
    let begins = typed[start] == '第' || is_numeral(typed[start]);
    if !begins || !NAME_ENDS.contains(*before) {
        return None;
    }
    let end = numbered_end(typed, start, &['条'])?;
    let rest: String = typed[end..].iter().take(2).collect();
    if OTHER_WORDS.iter().any(|word| rest.starts_with(word)) {
        return None;
    }
    // 第十二条之一
    let sub_end = typed.get(end).filter(|c| **c == '之').map_or(end, |_| numerals_end(typed, end + 1));
    let end = if sub_end > end + 1 { sub_end } else { end };
    let mut parts_end = end;
    while let Some(next) = numbered_end(typed, parts_end, &PARTS) {
        parts_end = next;
    }
    Some(TypedArticle { end, parts_end })
}

/// End of `[第]number` and one of the units, with or without brackets around the number.
fn numbered_end(typed: &[char], start: usize, units: &[char]) -> Option<usize> {
    let skip = |at: usize, marks: &str| at + usize::from(typed.get(at).is_some_and(|c| marks.contains(*c)));
    let number = skip(skip(start, "第"), "（(");
    let number_end = numerals_end(typed, number);
    let unit = skip(number_end, "）)");
    let text: String = typed[number..number_end].iter().map(|c| to_ascii_digit(*c)).collect();
    let valid = numeral::parse_number(&text).is_some_and(|number| number > 0);
    (valid && typed.get(unit).is_some_and(|c| units.contains(&simplified_unit(*c)))).then_some(unit + 1)
}

fn numerals_end(typed: &[char], start: usize) -> usize {
    let numerals = typed.get(start..).unwrap_or_default().iter().take_while(|c| is_numeral(**c));
    start + numerals.count()
}

fn is_numeral(c: char) -> bool {
    is_numeral_character(to_ascii_digit(c))
}

fn to_ascii_digit(c: char) -> char {
    match c {
        '０'..='９' => char::from_u32(c as u32 - '０' as u32 + '0' as u32).unwrap_or(c),
        _ => c,
    }
}

fn simplified_unit(c: char) -> char {
    match c {
        '條' => '条',
        '項' => '项',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(text: &str) -> String {
        SpelledQuery::new(&text.chars().collect::<Vec<_>>()).chars.into_iter().collect()
    }

    #[test]
    fn articles_after_names_of_laws_are_spelled_in_full() {
        for (typed, expected) in [
            ("民法典1079条", "民法典第1079条"),
            ("民法典 1079条", "民法典 第1079条"),
            ("民法典一千零七十九条", "民法典第一千零七十九条"),
            ("民法典第1079条第1款", "民法典第1079条"),
            ("劳动合同法第三十九条第（二）项 解除", "劳动合同法第三十九条 解除"),
            ("《公司法》１２条2款3项", "《公司法》第１２条"),
            ("刑法第133条之一第1款", "刑法第133条之一"),
            ("民法典第１０７９條", "民法典第１０７９條"),
        ] {
            assert_eq!(spelled(typed), expected, "{typed}");
        }
    }

    #[test]
    fn other_numbers_are_left_as_typed() {
        for typed in [
            "3条措施",
            "办法3条例",
            "二十条",
            "公司法第三章",
            "新规10条",
            "第三十三条第三款",
            "条例5条件",
            "民法典条",
            "",
        ] {
            assert_eq!(spelled(typed), typed);
        }
    }

    #[test]
    fn offsets_of_the_spelled_text_lead_back_to_the_typed_one() {
        let query = SpelledQuery::new(&"法1条2款 [".chars().collect::<Vec<_>>());
        assert_eq!(query.chars.iter().collect::<String>(), "法第1条 [");
        assert_eq!([0, 1, 2, 3, 4, 5, 6, 9].map(|offset| query.origin(offset)), [0, 1, 1, 2, 5, 6, 7, 7]);
        assert_eq!(query.left_out, [(3, "2款".to_owned())]);
    }
}
