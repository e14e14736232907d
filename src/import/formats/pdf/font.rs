//! Fonts: the characters and widths of the codes in a string.

use encoding_rs::{BIG5, Encoding, GB18030, WINDOWS_1252};
use lopdf::{Dictionary, Document, Object};

use crate::import::formats::pdf::cmap::{CMap, big_endian};
use crate::import::formats::pdf::limits::MAX_STREAM_BYTES;

/// Font with its codes, characters and widths.
pub struct Font {
    to_unicode: Option<CMap>,
    codes: Codes,
    widths: Widths,
    is_vertical: bool,
}

/// Codes of a string, and their meaning without a `ToUnicode` map.
enum Codes {
    /// One byte each, with names of glyphs for some.
    Single(Vec<Option<char>>),
    /// Two bytes each, numbers of glyphs: only a map gives their characters.
    Glyphs,
    /// Lengths by an embedded map.
    Mapped(CMap),
    /// A legacy character set of one and two (and four) bytes.
    Legacy(&'static Encoding),
    /// UTF-16, big-endian.
    Utf16,
}

/// Widths of codes in thousandths of the size.
struct Widths {
    known: std::collections::HashMap<u32, f32>,
    other: f32,
    narrow: f32,
}

/// Drawn character.
pub struct Glyph {
    /// Characters of the glyph; none when the font does not define them.
    pub text: Option<String>,
    /// Width in thousandths of the size.
    pub width: f32,
    /// Set for the one-byte code 32, to which word spacing applies.
    pub is_space: bool,
}

impl Font {
    /// Reads a font.
    pub fn read(document: &Document, font: &Dictionary) -> Self {
        let composite = name_entry(document, font, b"Subtype") == Some(b"Type0");
        let to_unicode = stream_entry(document, font, b"ToUnicode")
            .map(|bytes| CMap::read(&bytes))
            .filter(|m| !m.is_empty());
        let codes = if composite {
            composite_codes(document, font)
        } else {
            Codes::Single(single_codes(document, font))
        };
        let widths = if composite { composite_widths(document, font) } else { single_widths(document, font) };
        let is_vertical =
            composite && name_entry(document, font, b"Encoding").is_some_and(|name| name.ends_with(b"-V"));
        Self { to_unicode, codes, widths, is_vertical }
    }

    /// Checks if lines run from top to bottom.
    pub fn is_vertical(&self) -> bool {
        self.is_vertical
    }

    /// Decodes the glyphs that a string draws.
    pub fn glyphs(&self, mut string: &[u8]) -> Vec<Glyph> {
        let mut glyphs = Vec::new();
        while !string.is_empty() {
            let length = self.code_length(string).clamp(1, string.len());
            let (code, rest) = string.split_at(length);
            glyphs.push(self.glyph(code));
            string = rest;
        }
        glyphs
    }

    fn code_length(&self, string: &[u8]) -> usize {
        match &self.codes {
            Codes::Single(_) => 1,
            Codes::Glyphs => 2,
            Codes::Utf16 if (0xd8..0xdc).contains(&string[0]) => 4,
            Codes::Utf16 => 2,
            Codes::Mapped(map) => map.code_length(string).map_or(2, usize::from),
            Codes::Legacy(_) if string[0] < 0x81 || string[0] == 0xff => 1,
            Codes::Legacy(encoding)
                if *encoding == GB18030
                    && string.get(1).is_some_and(u8::is_ascii_digit)
                    && string.len() >= 4 =>
            {
                4
            }
            Codes::Legacy(_) => 2,
        }
    }

    fn glyph(&self, code: &[u8]) -> Glyph {
        let value = big_endian(code);
        let mapped =
            self.to_unicode.as_ref().and_then(|map| map.get(code.len() as u8, value)).map(str::to_owned);
        let text = mapped.or_else(|| match &self.codes {
            Codes::Single(characters) => characters.get(value as usize).copied().flatten().map(String::from),
            Codes::Glyphs => None,
            Codes::Mapped(map) => map.get(code.len() as u8, value).map(str::to_owned),
            Codes::Legacy(encoding) => decode_code(encoding, code),
            Codes::Utf16 => decode_code(encoding_rs::UTF_16BE, code),
        });
        let narrow = code.len() == 1 && matches!(self.codes, Codes::Legacy(_));
        let other = if narrow { self.widths.narrow } else { self.widths.other };
        let width = match &self.codes {
            Codes::Legacy(_) | Codes::Utf16 => self.widths.of_latin(value),
            _ => self.widths.known.get(&value).copied(),
        };
        Glyph { text, width: width.unwrap_or(other), is_space: code == b" " }
    }
}

fn decode_code(encoding: &'static Encoding, code: &[u8]) -> Option<String> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(code)?;
    Some(text.into_owned())
}

/// Chooses the codes by the name of the map of a composite font.
fn composite_codes(document: &Document, font: &Dictionary) -> Codes {
    if let Some(bytes) = stream_entry(document, font, b"Encoding") {
        return Codes::Mapped(CMap::read(&bytes));
    }
    let map = name_entry(document, font, b"Encoding").unwrap_or_default();
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| map.starts_with(prefix.as_bytes()));
    let has = |part: &str| map.windows(part.len()).any(|window| window == part.as_bytes());
    if has("UCS2") || has("UTF16") {
        Codes::Utf16
    } else if begins(&["GBK", "GB-", "GBpc", "GBT"]) {
        Codes::Legacy(GB18030)
    } else if begins(&["B5", "ETen", "ETHK", "HKscs"]) {
        Codes::Legacy(BIG5)
    } else {
        Codes::Glyphs
    }
}

/// Lists the 256 codes of a simple font: Windows Latin, changed by its list of differences.
fn single_codes(document: &Document, font: &Dictionary) -> Vec<Option<char>> {
    let latin = |code: u8| WINDOWS_1252.decode_without_bom_handling(&[code]).0.chars().next();
    let mut characters: Vec<Option<char>> =
        (0..=255).map(|code| if code < 32 { None } else { latin(code) }).collect();
    let differences =
        dictionary_entry(document, font, b"Encoding").and_then(|encoding| encoding.as_dict().ok());
    let differences = differences
        .and_then(|encoding| dictionary_entry(document, encoding, b"Differences")?.as_array().ok());
    let mut code = 0_usize;
    for item in differences.into_iter().flatten() {
        if let Ok(number) = item.as_i64() {
            code = usize::try_from(number).unwrap_or(256);
        } else if let Ok(glyph) = item.as_name() {
            if let Some(slot) = characters.get_mut(code) {
                *slot = glyph_character(glyph).or(*slot);
            }
            code += 1;
        }
    }
    characters
}

/// Maps `uni4E00` and `u4E00` and one-letter names; the other names are Latin and mostly in place.
fn glyph_character(name: &[u8]) -> Option<char> {
    let name = std::str::from_utf8(name).ok()?;
    let mut letters = name.chars();
    if let (Some(letter), None) = (letters.next(), letters.next()) {
        return Some(letter);
    }
    let digits = name.strip_prefix("uni").or_else(|| name.strip_prefix('u'))?;
    char::from_u32(u32::from_str_radix(digits.get(..4.max(digits.len().min(6)))?, 16).ok()?)
}

fn single_widths(document: &Document, font: &Dictionary) -> Widths {
    let first = dictionary_entry(document, font, b"FirstChar").and_then(|n| n.as_i64().ok()).unwrap_or(0);
    let widths = dictionary_entry(document, font, b"Widths").and_then(|widths| widths.as_array().ok());
    let listed = widths.into_iter().flatten().take(256).enumerate().filter_map(|(i, width)| {
        let code = u32::try_from(first.checked_add(i as i64)?).ok()?;
        Some((code, dereference(document, width)?.as_float().ok()?))
    });
    Widths { known: listed.collect(), other: 500.0, narrow: 500.0 }
}

fn composite_widths(document: &Document, font: &Dictionary) -> Widths {
    let mut widths = Widths { known: Default::default(), other: 1000.0, narrow: 500.0 };
    let descendant = dictionary_entry(document, font, b"DescendantFonts")
        .and_then(|fonts| fonts.as_array().ok()?.first())
        .and_then(|first| dereference(document, first)?.as_dict().ok());
    let Some(descendant) = descendant else { return widths };
    if let Some(width) = dictionary_entry(document, descendant, b"DW").and_then(|width| width.as_float().ok())
    {
        widths.other = width;
    }
    let list = dictionary_entry(document, descendant, b"W").and_then(|list| list.as_array().ok());
    let mut rest = list.map_or(&[][..], Vec::as_slice);
    // `first [w w w]` and `first last w`, mixed.
    while let [first, second, after @ ..] = rest {
        let Ok(first) = first.as_i64() else { break };
        let Some(second) = dereference(document, second) else { break };
        rest = if let Ok(list) = second.as_array() {
            for (code, width) in (first..).zip(list).take(70_000) {
                widths.insert(code, width.as_float().ok());
            }
            after
        } else if let (Ok(last), [width, after @ ..]) = (second.as_i64(), after) {
            for code in (first..=last).take(70_000) {
                widths.insert(code, width.as_float().ok());
            }
            after
        } else {
            break;
        };
        if widths.known.len() > 70_000 {
            break;
        }
    }
    widths
}

impl Widths {
    /// Width of a Latin character in the collections of Adobe, whose numbers (CID) are not the codes of
    /// a predefined map: all have proportional forms from 1 on, and the forms of half a width from a
    /// number of their own. Han characters have the width of the rest.
    fn of_latin(&self, code: u32) -> Option<f32> {
        const HALF_WIDTH_OF_GB1: u32 = 814;
        const HALF_WIDTH_OF_CNS1: u32 = 13_648;
        let at = code.checked_sub(0x20).filter(|at| *at < 95)?;
        let forms = [1, HALF_WIDTH_OF_GB1, HALF_WIDTH_OF_CNS1];
        forms.iter().find_map(|first| self.known.get(&(first + at))).copied()
    }

    fn insert(&mut self, code: i64, width: Option<f32>) {
        if let (Ok(code), Some(width)) = (u32::try_from(code), width) {
            self.known.insert(code, width);
        }
    }
}

/// Follows a reference, or returns the object.
pub fn dereference<'a>(document: &'a Document, object: &'a Object) -> Option<&'a Object> {
    document.dereference(object).ok().map(|(_, object)| object)
}

/// Returns an entry of a dictionary, references followed.
pub fn dictionary_entry<'a>(
    document: &'a Document,
    dictionary: &'a Dictionary,
    key: &[u8],
) -> Option<&'a Object> {
    dereference(document, dictionary.get(key).ok()?)
}

fn name_entry<'a>(document: &'a Document, dictionary: &'a Dictionary, key: &[u8]) -> Option<&'a [u8]> {
    dictionary_entry(document, dictionary, key)?.as_name().ok()
}

fn stream_entry(document: &Document, dictionary: &Dictionary, key: &[u8]) -> Option<Vec<u8>> {
    let stream = dictionary_entry(document, dictionary, key)?.as_stream().ok()?;
    stream.decompressed_content_with_limit(MAX_STREAM_BYTES).ok().or_else(|| Some(stream.content.to_vec()))
}
