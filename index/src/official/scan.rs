//! Backward reading of text, and the classes of characters that official numbers and dates
//! are written with.
//!
//! A number or a date is recognised from its end (号, 日), where it is
//! unmistakable, towards its beginning, where it is glued to what stands before.

/// A position in a text from which characters are read backwards.
#[derive(Clone, Copy)]
pub(crate) struct ReverseCursor<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> ReverseCursor<'a> {
    /// Starts before the byte `position`, which is a character boundary.
    pub(crate) fn new(text: &'a str, position: usize) -> Self {
        Self { text, position }
    }

    /// Byte position: everything from here on has been read.
    pub(crate) fn position(&self) -> usize {
        self.position
    }

    /// The text before the position, not read yet.
    pub(crate) fn remaining(&self) -> &'a str {
        &self.text[..self.position]
    }

    /// The text that was read since the cursor was at the byte `end`.
    pub(crate) fn taken_until(&self, end: usize) -> &'a str {
        &self.text[self.position..end]
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.remaining().chars().next_back()
    }

    pub(crate) fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.position -= c.len_utf8();
        Some(c)
    }

    /// Reads one character if the predicate accepts it.
    pub(crate) fn eat_if(&mut self, wanted: impl Fn(char) -> bool) -> Option<char> {
        let c = self.peek().filter(|c| wanted(*c))?;
        self.position -= c.len_utf8();
        Some(c)
    }

    pub(crate) fn eat(&mut self, wanted: char) -> bool {
        self.eat_if(|c| c == wanted).is_some()
    }

    /// Skips up to eight spaces or line breaks.
    pub(crate) fn skip_whitespace(&mut self) {
        for _ in 0..8 {
            if self.eat_if(char::is_whitespace).is_none() {
                break;
            }
        }
    }

    /// Reads decimal digits of any width, at most `limit`; empty when there are none or more
    /// than that, because half a number means nothing.
    pub(crate) fn eat_digits(&mut self, limit: usize) -> String {
        let mut found = String::new();
        let mut probe = *self;
        while let Some(c) = probe.eat_if(|c| digit(c).is_some()) {
            if found.len() == limit {
                return String::new();
            }
            found.insert(0, ascii_digit(c));
        }
        *self = probe;
        found
    }
}

fn ascii_digit(c: char) -> char {
    digit(c).and_then(|d| char::from_digit(d, 10)).unwrap_or('0')
}

/// The last bytes of a text, cut at a character boundary. The text that is searched backwards
/// must not grow with the document, or a hostile page makes the work quadratic.
pub(crate) fn tail(text: &str, bytes: usize) -> &str {
    let from = text.len().saturating_sub(bytes);
    let from = (from..=text.len()).find(|position| text.is_char_boundary(*position)).unwrap_or(text.len());
    &text[from..]
}

/// The first bytes of a text, cut at a character boundary.
pub(crate) fn head(text: &str, bytes: usize) -> &str {
    let to = bytes.min(text.len());
    let to = (0..=to).rev().find(|position| text.is_char_boundary(*position)).unwrap_or(0);
    &text[..to]
}

/// Value of a decimal digit, half or full width.
pub(crate) fn digit(c: char) -> Option<u32> {
    match c {
        '0'..='9' => Some(u32::from(c) - u32::from('0')),
        '０'..='９' => Some(u32::from(c) - u32::from('０')),
        _ => None,
    }
}

/// Value of a Chinese digit. The zero of 二〇〇七 is typed in a dozen ways.
pub(crate) fn chinese_digit(c: char) -> Option<u32> {
    Some(match c {
        '一' | '壹' => 1,
        '二' | '贰' => 2,
        '三' | '叁' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ if is_chinese_zero(c) => 0,
        _ => return None,
    })
}

/// Characters that people type where 〇 belongs: circles, letters O of three scripts, zeros.
pub(crate) fn is_chinese_zero(c: char) -> bool {
    matches!(c, '〇' | '○' | '◯' | '零' | '0' | '０' | 'O' | 'o' | 'Ｏ' | 'ｏ' | 'Ο' | 'ο' | 'О' | 'о')
}

/// Value of a Chinese numeral under ten thousand: 七十八, 一百二十, 二〇.
pub(crate) fn chinese_number(text: &str) -> Option<u32> {
    let mut total = 0;
    let mut pending = None;
    let mut positional = String::new();
    for c in text.chars() {
        let unit = match c {
            '十' => 10,
            '百' => 100,
            '千' => 1000,
            _ => {
                let value = chinese_digit(c)?;
                positional.push(char::from_digit(value, 10)?);
                pending = Some(value);
                continue;
            }
        };
        total += pending.take().unwrap_or(1) * unit;
    }
    if positional.is_empty() && total == 0 || text.chars().count() > 8 {
        return None;
    }
    if total == 0 { positional.parse().ok() } else { Some(total + pending.unwrap_or(0)) }
}

/// A character of a Chinese numeral.
pub(crate) fn is_chinese_numeral(c: char) -> bool {
    "〇零一二三四五六七八九十百千".contains(c)
}

/// A Han character, the zero 〇 not among them.
pub(crate) fn is_han(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}')
}

/// Closing brackets in which a year is written.
pub(crate) fn is_closing_bracket(c: char) -> bool {
    matches!(
        c,
        '〕' | ']' | ')' | '）' | '】' | '］' | '〉' | '>' | '》' | '}' | '｝' | '﹞' | '﹚' | '」' | '』'
    )
}

/// Opening brackets in which a year is written.
pub(crate) fn is_opening_bracket(c: char) -> bool {
    matches!(
        c,
        '〔' | '[' | '(' | '（' | '【' | '［' | '〈' | '<' | '《' | '{' | '｛' | '﹝' | '﹙' | '「' | '『'
    )
}
