//! Character maps of fonts: codes → characters (`ToUnicode`), and the lengths of codes.

use std::collections::HashMap;

/// Limit of entries in one map: a font has at most 65,536 glyphs.
const MAX_ENTRIES: usize = 70_000;

/// Character map of a font.
#[derive(Debug, Default)]
pub struct CMap {
    characters: HashMap<(u8, u32), String>,
    /// Lengths of codes with their lowest and highest value.
    spaces: Vec<(u8, u32, u32)>,
}

/// Token of the map's language.
enum Token {
    /// `<…>`: bytes in hexadecimal.
    Hex(Vec<u8>),
    Open,
    Close,
    Word(Vec<u8>),
}

impl CMap {
    /// Reads a map; skips what is not valid.
    pub fn read(bytes: &[u8]) -> Self {
        let mut map = Self::default();
        let mut operands: Vec<Token> = Vec::new();
        for token in Tokens(bytes) {
            if let Token::Word(word) = &token {
                match word.as_slice() {
                    b"endcodespacerange" => map.insert_code_spaces(&operands),
                    b"endbfchar" => map.insert_characters(&operands),
                    b"endbfrange" => map.insert_ranges(&operands),
                    _ => {}
                }
                operands.clear();
            } else if operands.len() < MAX_ENTRIES * 3 {
                operands.push(token);
            }
        }
        map
    }

    /// Checks if the map is empty.
    pub fn is_empty(&self) -> bool {
        self.characters.is_empty()
    }

    /// Returns the characters of a code of `length` bytes.
    pub fn get(&self, length: u8, code: u32) -> Option<&str> {
        self.characters.get(&(length, code)).map(String::as_str)
    }

    /// Returns the length of the code at the beginning of `bytes`.
    pub fn code_length(&self, bytes: &[u8]) -> Option<u8> {
        (1..=4_u8).find(|length| {
            bytes.len() >= usize::from(*length)
                && self.spaces.iter().any(|(len, low, high)| {
                    len == length && (*low..=*high).contains(&big_endian(&bytes[..usize::from(*length)]))
                })
        })
    }

    fn insert_code_spaces(&mut self, operands: &[Token]) {
        for pair in operands.chunks_exact(2) {
            if let [Token::Hex(low), Token::Hex(high)] = pair
                && (1..=4).contains(&low.len())
                && self.spaces.len() < 100
            {
                self.spaces.push((low.len() as u8, big_endian(low), big_endian(high)));
            }
        }
    }

    fn insert_characters(&mut self, operands: &[Token]) {
        for pair in operands.chunks_exact(2) {
            if let [Token::Hex(code), Token::Hex(text)] = pair {
                self.insert(code.len(), big_endian(code), decode_utf16(text));
            }
        }
    }

    fn insert_ranges(&mut self, operands: &[Token]) {
        let mut rest = operands;
        while let [Token::Hex(low), Token::Hex(high), target, after @ ..] = rest {
            let (first, last) =
                (big_endian(low), big_endian(high).min(big_endian(low).saturating_add(0xffff)));
            rest = match target {
                Token::Hex(text) => {
                    for code in first..=last {
                        self.insert(low.len(), code, decode_utf16(&increment_target(text, code - first)));
                    }
                    after
                }
                Token::Open => self.insert_list(low.len(), first, after),
                _ => return,
            };
            if self.characters.len() >= MAX_ENTRIES {
                return;
            }
        }
    }

    /// Inserts a list `[<…> <…>]`: one target for each code of the range.
    fn insert_list<'a>(&mut self, length: usize, first: u32, mut rest: &'a [Token]) -> &'a [Token] {
        let mut code = first;
        while let [Token::Hex(text), after @ ..] = rest {
            self.insert(length, code, decode_utf16(text));
            code = code.saturating_add(1);
            rest = after;
        }
        rest.skip_list_end()
    }

    fn insert(&mut self, length: usize, code: u32, text: String) {
        if (1..=4).contains(&length) && self.characters.len() < MAX_ENTRIES && !text.is_empty() {
            self.characters.insert((length as u8, code), text);
        }
    }
}

trait SkipListEnd {
    fn skip_list_end(&self) -> &Self;
}

impl SkipListEnd for [Token] {
    fn skip_list_end(&self) -> &Self {
        if let [Token::Close, rest @ ..] = self { rest } else { self }
    }
}

/// Reads bytes as a big-endian number.
pub fn big_endian(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).fold(0, |n, b| n << 8 | u32::from(*b))
}

/// Makes the target of the n-th code of a range by incrementing the last unit.
fn increment_target(text: &[u8], n: u32) -> Vec<u8> {
    let mut units = text.to_vec();
    let at = units.len().saturating_sub(2);
    let last = big_endian(&units[at..]).wrapping_add(n);
    let width = units.len() - at;
    units.truncate(at);
    units.extend_from_slice(&last.to_be_bytes()[4 - width..]);
    units
}

fn decode_utf16(bytes: &[u8]) -> String {
    let units: Vec<u16> = match bytes {
        [one] => vec![u16::from(*one)],
        many => many.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect(),
    };
    String::from_utf16_lossy(&units)
}

struct Tokens<'a>(&'a [u8]);

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            self.0 = self.0.trim_ascii_start();
            let (first, rest) = self.0.split_first()?;
            match first {
                b'%' => self.0 = &rest[rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len())..],
                b'<' if rest.first() == Some(&b'<') => self.0 = &rest[1..],
                b'<' => {
                    let end = rest.iter().position(|b| *b == b'>').unwrap_or(rest.len());
                    self.0 = rest.get(end + 1..).unwrap_or_default();
                    return Some(Token::Hex(parse_hex(&rest[..end])));
                }
                b'>' => self.0 = rest,
                b'[' | b']' => {
                    self.0 = rest;
                    return Some(if *first == b'[' { Token::Open } else { Token::Close });
                }
                _ => return Some(self.word()),
            }
        }
    }
}

impl Tokens<'_> {
    fn word(&mut self) -> Token {
        let is_end = |b: &u8| b.is_ascii_whitespace() || b"<>[]%".contains(b);
        let end = self.0.iter().skip(1).position(is_end).map_or(self.0.len(), |at| at + 1);
        let (word, rest) = self.0.split_at(end);
        self.0 = rest;
        Token::Word(word.to_vec())
    }
}

fn parse_hex(digits: &[u8]) -> Vec<u8> {
    let mut nibbles: Vec<u8> =
        digits.iter().filter_map(|b| (*b as char).to_digit(16)).map(|d| d as u8).collect();
    if nibbles.len() % 2 == 1 {
        nibbles.push(0);
    }
    nibbles.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cmap_reads_characters_and_both_kinds_of_ranges() {
        let map = CMap::read(
            b"1 begincodespacerange <0000> <FFFF> endcodespacerange\n2 beginbfchar <0001> <4E00> <0002> <D840DC00> endbfchar\n\
              2 beginbfrange <0010> <0012> <4E8C> <0020> <0021> [<7532> <4E59>] endbfrange",
        );
        assert_eq!(map.get(2, 1), Some("一"));
        assert_eq!(map.get(2, 2), Some("𠀀"));
        assert_eq!(map.get(2, 0x12), Some("\u{4e8e}"));
        assert_eq!(map.get(2, 0x21), Some("乙"));
        assert_eq!(map.code_length(&[0, 1, 2]), Some(2));
        assert_eq!(map.code_length(&[0]), None);
    }

    #[test]
    fn cmap_of_other_bytes_does_not_fail() {
        for bytes in [
            &b"<"[..],
            b"beginbfrange <00> <FFFFFFFF> <> endbfrange",
            b"[[[ <1> ]",
            b"<0001> <0002> [ endbfrange",
        ] {
            let _ = CMap::read(bytes);
        }
    }
}
