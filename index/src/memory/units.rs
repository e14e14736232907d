//! Texts as rows of units: Han characters one by one, letters and digits in runs, and a gap
//! wherever punctuation stands. A phrase stands in a text where its row stands in the row of the
//! text.

use crate::analysis::characters::letter_unit_end;
use crate::analysis::fold::fold;
use crate::analysis::{Class, Fold, class};

/// Stands before, between and behind units. Control characters are punctuation, so no unit has
/// one.
const SEPARATOR: char = '\u{1e}';
/// The unit of a gap, however much punctuation stands in it.
const GAP: &str = "\u{1f}";

/// Cuts a text into units.
fn units(text: &str) -> Vec<String> {
    let folded = fold(text, Fold::Grams);
    let folded = folded.text();
    let mut units: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(c) = folded[at..].chars().next() {
        let end = match class(c) {
            Class::Letter => letter_unit_end(folded, at),
            _ => at + c.len_utf8(),
        };
        match class(c) {
            Class::Han | Class::Letter => units.push(folded[at..end].to_owned()),
            Class::Break if units.last().is_some_and(|last| last != GAP) => units.push(GAP.to_owned()),
            Class::Break | Class::Skip => {}
        }
        at = end;
    }
    units
}

fn join(units: &[String]) -> String {
    let mut row = String::from(SEPARATOR);
    for unit in units {
        row.push_str(unit);
        row.push(SEPARATOR);
    }
    row
}

/// Writes the row of a text.
pub fn row_of_text(text: &str) -> String {
    join(&units(text))
}

/// Writes the row of a phrase: gaps at its ends say nothing. `None` if nothing is left, so that
/// it stands everywhere.
pub fn row_of_phrase(phrase: &str) -> Option<String> {
    let units = units(phrase);
    let first = units.iter().position(|unit| unit != GAP)?;
    let last = units.iter().rposition(|unit| unit != GAP)?;
    Some(join(&units[first..=last]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stands_in(phrase: &str, text: &str) -> bool {
        row_of_phrase(phrase).is_none_or(|phrase| row_of_text(text).contains(&phrase))
    }

    #[test]
    fn phrase_is_found_across_quotes_and_not_across_punctuation() {
        assert!(stands_in("三公经费", "关于“三公”经费的通知"));
        assert!(stands_in("電子 政務", "推进电子政务建设"));
        assert!(!stands_in("水电", "水、电、气"));
        assert!(stands_in("水，电", "供水、电力"));
        assert!(!stands_in("水，电", "水力发电"));
    }

    #[test]
    fn unit_of_letters_and_digits_is_found_whole() {
        assert!(stands_in("11号", "国发〔2016〕11号文件"));
        assert!(!stands_in("1号", "国发〔2016〕11号文件"));
        assert!(stands_in("12.5％", "增长12.5%左右"));
        assert!(!stands_in("12", "增长12.5%左右"));
        assert!(stands_in("25,984", "共25,984户"));
    }

    #[test]
    fn phrase_of_punctuation_stands_everywhere() {
        assert!(stands_in("，。", "任何文字") && stands_in("", ""));
        assert!(stands_in("，公开。", "政府信息公开"));
    }
}
