//! What is compared when something typed is looked up: letters, digits and
//! characters, one number each, without width, case, spaces or punctuation.
//!
//! 《政府信息公开条例》 and 政府信息公开条例 are the same row of units. Everything
//! outside the basic plane is one and the same unit: it is never typed.

/// One letter, digit or character. 0 ends a row of them.
pub type Unit = u16;

/// The unit that ends a row.
pub const END: Unit = 0;

/// Stands for everything outside the basic plane.
const RARE: Unit = 0xFFFD;

/// The unit of a character, or none for spaces and punctuation.
pub fn unit_of(c: char) -> Option<Unit> {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric().then(|| c.to_ascii_lowercase() as Unit);
    }
    let code = u32::from(c);
    match code {
        0x3007 | 0x3400..=0x4DBF | 0x4E00..=0x9FFF => Some(code as Unit),
        // Full-width letters and digits.
        0xFF10..=0xFF19 | 0xFF21..=0xFF3A | 0xFF41..=0xFF5A => unit_of(char::from((code - 0xFEE0) as u8)),
        _ if !c.is_alphanumeric() => None,
        _ => Some(Unit::try_from(code).unwrap_or(RARE)),
    }
}

/// The units of a text.
pub fn units_of(text: &str) -> impl Iterator<Item = Unit> + '_ {
    text.chars().filter_map(unit_of)
}

/// Whether it is a Chinese character.
pub fn is_han(unit: Unit) -> bool {
    matches!(unit, 0x3007 | 0x3400..=0x4DBF | 0x4E00..=0x9FFF)
}

/// The character of a unit.
pub fn char_of(unit: Unit) -> char {
    char::from_u32(u32::from(unit)).unwrap_or('\u{FFFD}')
}

/// The bytes of `text` that its units `from..to` came from, punctuation between them included.
pub fn bytes_of(text: &str, from: usize, to: usize) -> std::ops::Range<usize> {
    let mut places = text.char_indices().filter(|(_, c)| unit_of(*c).is_some());
    let start = places.by_ref().nth(from).map_or(text.len(), |(at, _)| at);
    if to <= from + 1 {
        let width = text[start..].chars().next().map_or(0, char::len_utf8);
        return start..start + width;
    }
    let end = places.nth(to - from - 2).map_or(text.len(), |(at, c)| at + c.len_utf8());
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punctuation_width_and_case_do_not_count() {
        assert!(units_of("《ＰＰＰ 项目》（2017）").eq(units_of("ppp项目2017")));
        assert!(units_of("、。“”〔〕 \u{0}").next().is_none());
        assert_eq!(units_of("𠮷😀").collect::<Vec<_>>(), [RARE]);
    }

    #[test]
    fn units_point_back_to_their_bytes() {
        let text = "关于印发《条例》的通知";
        assert_eq!(&text[bytes_of(text, 4, 6)], "条例");
        assert_eq!(&text[bytes_of(text, 3, 7)], "发《条例》的");
        assert_eq!(&text[bytes_of(text, 0, 1)], "关");
        assert_eq!(&text[bytes_of(text, 8, 99)], "知");
        assert_eq!(&text[bytes_of(text, 50, 60)], "");
    }
}
