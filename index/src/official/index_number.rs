//! 索引号, the number of an entry in a disclosure catalogue.
//!
//! ```text
//! dated = code / year - serial       000014349/2017-00110
//! code  = 18 letters and digits      an organ's code with a serial inside
//! ```
//!
//! People search by the whole number or by its tail, so a number has a reversed key, of which
//! a tail is a prefix.

use std::fmt;

use super::scan::digit;

/// A parsed index number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum IndexNumber {
    /// `000014349/2017-00110`.
    Dated {
        /// Code of the organ.
        code: String,
        /// Year of the entry.
        year: u16,
        /// Serial with its leading zeros, which are part of it.
        serial: String,
    },
    /// Code of 18 letters and digits.
    Code(String),
}

/// Fewest digits of a tail that can be searched by.
const MIN_TAIL_DIGITS: usize = 4;

/// Parses a text that is one index number.
pub fn parse(text: &str) -> Option<IndexNumber> {
    let text = normalise_characters(text.trim_start_matches("索引号").trim_start_matches([':', '：']));
    if let Some((code, rest)) = text.split_once('/') {
        let (year, serial) = rest.split_once('-')?;
        let year = year.parse().ok().filter(|y| year.len() == 4 && (1900..2200).contains(y))?;
        let is_well_formed = (5..=18).contains(&code.len())
            && (1..=8).contains(&serial.len())
            && is_code(code)
            && is_digits(serial);
        return is_well_formed.then(|| IndexNumber::Dated {
            code: code.to_owned(),
            year,
            serial: serial.to_owned(),
        });
    }
    let has_enough_digits = text.bytes().filter(u8::is_ascii_digit).count() >= 8;
    (text.len() == 18 && is_code(&text) && has_enough_digits).then_some(IndexNumber::Code(text))
}

impl IndexNumber {
    /// The whole number reversed: a number ends in a typed tail if its key begins with the
    /// [`tail_key`] of that tail.
    pub fn tail_key(&self) -> String {
        self.to_string().chars().rev().collect()
    }
}

impl fmt::Display for IndexNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dated { code, year, serial } => write!(f, "{code}/{year}-{serial}"),
            Self::Code(code) => f.write_str(code),
        }
    }
}

/// Reversed key of a typed text, if it can be a whole number or the tail of one.
pub fn tail_key(typed: &str) -> Option<String> {
    let typed = normalise_characters(typed);
    let is_well_formed = typed.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'/' || b == b'-');
    let digits = typed.bytes().filter(u8::is_ascii_digit).count();
    let fits = is_well_formed && digits >= MIN_TAIL_DIGITS && typed.len() <= 32;
    fits.then(|| typed.chars().rev().collect())
}

/// Folds to half width, upper case, no whitespace, one kind of dash and slash.
fn normalise_characters(text: &str) -> String {
    let fold = |c: char| match c {
        '／' | '\\' => '/',
        '－' | '—' | '–' | '﹣' => '-',
        'Ａ'..='Ｚ' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        _ => digit(c).and_then(|d| char::from_digit(d, 10)).unwrap_or(c.to_ascii_uppercase()),
    };
    text.chars().filter(|c| !c.is_whitespace()).take(64).map(fold).collect()
}

fn is_code(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parse_dated_number_and_code_succeeds() {
        let number = parse("000014349/2017-00110").unwrap();
        assert_eq!(
            number,
            IndexNumber::Dated { code: "000014349".into(), year: 2017, serial: "00110".into() }
        );
        assert_eq!(parse("索引号：０００014349／2017－00110").unwrap(), number);
        assert_eq!(parse("11620900MB0001234K").unwrap().to_string(), "11620900MB0001234K");
    }

    #[test]
    fn parse_other_numbers_is_none() {
        for text in [
            "",
            "国办发〔2017〕47号",
            "2017-05-15",
            "000014349/2017",
            "000014349/20170-1",
            "12345",
            "abcdefghijklmnopqr",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn tail_key_of_tail_is_prefix_of_whole_key() {
        let key = parse("000014349/2017-00110").unwrap().tail_key();
        for tail in ["00110", "2017-00110", "000014349/2017-00110", "２０１７－００１１０"] {
            assert!(key.starts_with(&tail_key(tail).unwrap()), "{tail}");
        }
        assert!(!key.starts_with(&tail_key("00111").unwrap()));
        assert_eq!(tail_key("110"), None);
        assert_eq!(tail_key("政务公开"), None);
    }

    proptest! {
        #[test]
        fn displayed_number_parses_back(code in "[0-9]{9}", year in 1980u16..2100, serial in "[0-9]{5}") {
            let number = IndexNumber::Dated { code, year, serial };
            prop_assert_eq!(parse(&number.to_string()), Some(number));
        }

        #[test]
        fn parse_any_text_does_not_panic(text in "\\PC{0,40}|[0-9A-Z/－-]{0,24}") {
            parse(&text);
            tail_key(&text);
        }
    }
}
