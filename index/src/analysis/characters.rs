//! Classes of characters, and units of letters and digits.

/// Class of a folded character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// A Han character: a unit of its own.
    Han,
    /// A letter or digit of any other script: a part of a longer unit.
    Letter,
    /// Quotes, brackets and spaces: they separate nothing in the gram stream, so that
    /// `“三公”经费` and `三公经费` are the same phrase.
    Skip,
    /// All other punctuation and line ends: no phrase crosses them.
    Break,
}

/// Classifies a folded character.
#[inline]
pub fn class(c: char) -> Class {
    match c {
        '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '〇' | '\u{20000}'..='\u{3ffff}' => Class::Han,
        'a'..='z' | '0'..='9' | 'A'..='Z' => Class::Letter,
        ' ' | '\t' | '\u{a0}' | '\u{3000}' | '\u{2002}'..='\u{200a}' => Class::Skip,
        '"' | '\'' | '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' => Class::Skip,
        '“' | '”' | '‘' | '’' | '「' | '」' | '『' | '』' | '《' | '》' | '〈' | '〉' => {
            Class::Skip
        }
        '〔' | '〕' | '【' | '】' | '（' | '）' | '［' | '］' | '｛' | '｝' | '＜' | '＞' => {
            Class::Skip
        }
        '〖' | '〗' | '﹝' | '﹞' | '＂' | '＇' | '｢' | '｣' | '﹁' | '﹂' | '﹃' | '﹄' | '﹙' | '﹚' => {
            Class::Skip
        }
        // Common punctuation, before the slow test for letters below.
        '\u{2010}'..='\u{2027}'
        | '\u{3001}'..='\u{3003}'
        | '\u{ff01}'..='\u{ff0f}'
        | '\u{ff1a}'..='\u{ff20}' => Class::Break,
        c if c.is_ascii() => Class::Break,
        c if c.is_alphanumeric() => Class::Letter,
        _ => Class::Break,
    }
}

/// Longest unit of letters and digits, in characters; longer ones are cut.
pub const MAX_UNIT_CHARS: usize = 64;

/// End of the unit of letters and digits that begins at `start`: letters and
/// digits, `.` and `,` between digits (`12.5`, `25,984`), and a closing `%` after a digit.
pub(crate) fn letter_unit_end(text: &str, start: usize) -> usize {
    let mut end = start;
    let mut digit_before = false;
    let mut chars = text[start..].char_indices().peekable();
    let mut length = 0;
    while let Some((offset, c)) = chars.next() {
        match class(c) {
            Class::Letter if length < MAX_UNIT_CHARS => {
                digit_before = c.is_ascii_digit();
                length += 1;
                end = start + offset + c.len_utf8();
            }
            _ if (c == '.' || c == ',')
                && digit_before
                && chars.peek().is_some_and(|(_, next)| next.is_ascii_digit()) =>
            {
                digit_before = false;
            }
            _ => {
                if c == '%' && digit_before {
                    end = start + offset + 1;
                }
                break;
            }
        }
    }
    end
}
