//! Units by which typed text is looked up: letters, digits and characters, one number each,
//! without width, case, spaces or punctuation.
//!
//! 《政府信息公开条例》 and 政府信息公开条例 are the same row of units. Everything
//! outside the basic plane is one and the same unit: it is never typed.

/// A letter, digit or character. 0 ends a row of them.
pub type Unit = u16;

/// Unit that ends a row.
pub const END: Unit = 0;

/// Unit for everything outside the basic plane.
const RARE: Unit = 0xFFFD;

/// Unit of a character, or none for spaces and punctuation.
pub fn unit_from_char(c: char) -> Option<Unit> {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric().then(|| c.to_ascii_lowercase() as Unit);
    }
    let code = u32::from(c);
    match code {
        0x3007 | 0x3400..=0x4DBF | 0x4E00..=0x9FFF => Some(code as Unit),
        // Full-width letters and digits.
        0xFF10..=0xFF19 | 0xFF21..=0xFF3A | 0xFF41..=0xFF5A => {
            unit_from_char(char::from((code - 0xFEE0) as u8))
        }
        _ if !c.is_alphanumeric() => None,
        _ => Some(Unit::try_from(code).unwrap_or(RARE)),
    }
}

/// All units of a text.
pub fn units_from_text(text: &str) -> impl Iterator<Item = Unit> + '_ {
    text.chars().filter_map(unit_from_char)
}

/// Checks if a unit is a Chinese character.
pub fn is_han(unit: Unit) -> bool {
    matches!(unit, 0x3007 | 0x3400..=0x4DBF | 0x4E00..=0x9FFF)
}

/// Character of a unit.
pub fn char_from_unit(unit: Unit) -> char {
    char::from_u32(u32::from(unit)).unwrap_or('\u{FFFD}')
}

/// Byte range of the units `from..to` of a text, punctuation between them included.
pub fn byte_range(text: &str, from: usize, to: usize) -> std::ops::Range<usize> {
    let mut places = text.char_indices().filter(|(_, c)| unit_from_char(*c).is_some());
    let start = places.by_ref().nth(from).map_or(text.len(), |(offset, _)| offset);
    if to <= from + 1 {
        let width = text[start..].chars().next().map_or(0, char::len_utf8);
        return start..start + width;
    }
    let end = places.nth(to - from - 2).map_or(text.len(), |(offset, c)| offset + c.len_utf8());
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_from_text_ignore_punctuation_width_and_case() {
        assert!(units_from_text("《ＰＰＰ 项目》（2017）").eq(units_from_text("ppp项目2017")));
        assert!(units_from_text("、。“”〔〕 \u{0}").next().is_none());
        assert_eq!(units_from_text("𠮷😀").collect::<Vec<_>>(), [RARE]);
    }

    #[test]
    fn byte_range_of_units_includes_inner_punctuation() {
        let text = "关于印发《条例》的通知";
        assert_eq!(&text[byte_range(text, 4, 6)], "条例");
        assert_eq!(&text[byte_range(text, 3, 7)], "发《条例》的");
        assert_eq!(&text[byte_range(text, 0, 1)], "关");
        assert_eq!(&text[byte_range(text, 8, 99)], "知");
        assert_eq!(&text[byte_range(text, 50, 60)], "");
    }
}
