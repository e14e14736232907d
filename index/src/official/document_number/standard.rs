//! Numbers of standards, identities like a 文号: `GB/T 9704-2012`, `DB62/T 1234-2020`, `T/ABC 5-2021`.

use super::number::DocumentNumber;

/// Longest text that is read as the number of a standard, in characters.
const MAX_CHARS: usize = 40;

/// Parses a text that is the number of a standard, in any width, case and spacing. The year is required:
/// without it a standard has several editions.
pub(super) fn parse_standard(text: &str) -> Option<DocumentNumber> {
    if text.chars().count() > MAX_CHARS {
        return None;
    }
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).map(to_plain).collect();
    let (code, year) = plain.rsplit_once('-')?;
    let bare = code.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let (prefix, number) = (standard_prefix(bare)?, &code[bare.len()..]);
    let year = match year.len() {
        4 => year.parse().ok().filter(|year| (1949..2100).contains(year))?,
        2 => 1900 + year.parse::<u16>().ok().filter(|year| *year >= 50)?,
        _ => return None,
    };
    // The part of a standard counts within it: GB/T 20984.1.
    let (series, serial) = match number.split_once('.') {
        None => (prefix, number),
        Some((main, part)) if is_count(main) => (format!("{prefix} {main}."), part),
        Some(_) => return None,
    };
    let serial = is_count(serial).then(|| serial.parse().ok())?.filter(|serial| *serial > 0)?;
    Some(DocumentNumber { series, year: Some(year), serial })
}

fn is_count(digits: &str) -> bool {
    (1..=6).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Half-width upper-case form of a character; all dashes are one.
fn to_plain(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c).to_ascii_uppercase(),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{2215}' | '\u{2044}' => '/',
        c => c.to_ascii_uppercase(),
    }
}

/// Prefix of a standard in normal form: national and of branches (GB, GB/T, HJ), of places (DB62/T), of
/// associations (T/ABC).
fn standard_prefix(prefix: &str) -> Option<String> {
    let letters = |text: &str, most: usize| {
        (2..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase())
    };
    if prefix == "GBT" {
        return Some("GB/T".to_owned());
    }
    let (code, kind) = prefix.split_once('/').unwrap_or((prefix, ""));
    let place =
        code.strip_prefix("DB").filter(|digits| [2, 4, 6].contains(&digits.len()) && is_count(digits));
    let is_known = match (code, kind) {
        ("T", association) => letters(association, 8),
        (_, "T" | "Z") => letters(code, 3) || place.is_some(),
        (_, "") => letters(code, 3) && !prefix.contains('/'),
        _ => false,
    };
    is_known.then(|| prefix.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_standard_have_one_key() {
        let normal = parse_standard("GB/T 9704-2012").unwrap();
        assert_eq!(normal.to_string(), "GB/T 9704-2012");
        for spelling in [
            "GB/T9704-2012",
            "gb/t 9704—2012",
            "ＧＢ／Ｔ　９７０４－２０１２",
            "GBT 9704–2012",
            "GB／T 9704 - 2012",
        ] {
            assert_eq!(parse_standard(spelling).map(|number| number.key()), Some(normal.key()), "{spelling}");
        }
        for number in ["GB 5749-1985", "GB/T 20984.1-2022", "DB62/T 1234-2020", "T/ABC 5-2021", "HJ 212-2017"]
        {
            assert_eq!(parse_standard(number).map(|number| number.to_string()).as_deref(), Some(number));
        }
        assert_eq!(parse_standard("GB 5749-85"), parse_standard("GB5749-1985"));
        assert_ne!(parse_standard("GB 9704-2012"), Some(normal));
    }

    #[test]
    fn other_texts_are_no_standards() {
        for text in [
            "",
            "-",
            "2012-2013",
            "GB/T 9704",
            "A4-2012",
            "国发-2012",
            "国发9-2012",
            "GB/T-2012",
            "GB/T 9704-12",
            "GB 1.2.3-2012",
            "/1-2012",
        ] {
            assert_eq!(parse_standard(text), None, "{text}");
        }
    }
}
