//! Folding: what differs only in width, case, script variant or glyph becomes equal.
//!
//! One bit is looked at for each character; only the few that are not plain cost more. The map
//! back to the original holds only the places where lengths change, so a text without such
//! places costs nothing.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::{Class, class};

/// Which stream the folded text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    /// Quotes and brackets stay: they separate words.
    Words,
    /// Quotes, brackets and blanks between two Han characters vanish.
    Grams,
}

/// A folded text and the way back to the original.
#[derive(Debug, Clone)]
pub struct Folded<'a> {
    text: Cow<'a, str>,
    /// Where lengths differ, in order; between them offsets run parallel.
    changes: Vec<Change>,
}

/// One character that was replaced by none, by several, or by one of another length:
/// its start and end in both texts.
#[derive(Debug, Clone, Copy)]
struct Change {
    folded: (u32, u32),
    original: (u32, u32),
}

impl Folded<'_> {
    /// The folded text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bytes of the original that a range of the folded text came from.
    /// Both ends are character boundaries of the original.
    pub fn original(&self, range: Range<usize>) -> Range<usize> {
        let start = self.start_of(range.start);
        // What was dropped behind the last character does not belong to the range.
        let end = if range.end <= range.start { start } else { self.end_of(range.end) };
        start..end.max(start)
    }

    fn start_of(&self, folded: usize) -> usize {
        let i = self.changes.partition_point(|c| c.folded.0 as usize <= folded);
        match i.checked_sub(1).map(|i| self.changes[i]) {
            None => folded,
            Some(c) if folded < c.folded.1 as usize => c.original.0 as usize,
            Some(c) => c.original.1 as usize + (folded - c.folded.1 as usize),
        }
    }

    fn end_of(&self, folded: usize) -> usize {
        // A change that begins exactly here describes what follows, not what ends here.
        let i = self.changes.partition_point(|c| (c.folded.0 as usize) < folded);
        match i.checked_sub(1).map(|i| self.changes[i]) {
            None => folded,
            Some(c) if folded <= c.folded.1 as usize => c.original.1 as usize,
            Some(c) => c.original.1 as usize + (folded - c.folded.1 as usize),
        }
    }
}

const UNCHANGED: u16 = 0;
const DROPPED: u16 = 1;
const EXPANDED: u16 = 2;

struct Table {
    /// For each character of the Basic Multilingual Plane: what it folds to, or one of the three marks.
    to: Box<[u16]>,
    /// Those that fold to more than one character, such as `㎡`.
    expansions: HashMap<char, String>,
    /// Those that stay and are no blanks, quotes or brackets.
    plain: Plain,
    /// Those that stay.
    staying: Plain,
}

/// A set of characters of the Basic Multilingual Plane: small enough for the processor's
/// nearest cache.
struct Plain(Box<[u64]>);

impl Plain {
    fn of(is: impl Fn(char) -> bool) -> Self {
        let mut bits = vec![0; 0x1_0000 / 64];
        for c in (0..0x1_0000).filter_map(char::from_u32).filter(|c| is(*c)) {
            bits[c as usize / 64] |= 1 << (c as usize % 64);
        }
        Self(bits.into_boxed_slice())
    }

    fn has(&self, c: char) -> bool {
        match self.0.get(c as usize / 64) {
            Some(bits) => bits & 1 << (c as usize % 64) != 0,
            None => high(c) == UNCHANGED,
        }
    }
}

static TABLE: LazyLock<Table> = LazyLock::new(Table::build);

impl Table {
    fn build() -> Self {
        let none = || Plain(Box::default());
        let mut table = Self {
            to: vec![UNCHANGED; 0x1_0000].into_boxed_slice(),
            expansions: HashMap::new(),
            plain: none(),
            staying: none(),
        };
        let simplified = simplified();
        for code in 0x80..0x1_0000_u32 {
            let Some(c) = char::from_u32(code) else { continue };
            table.set(c, &simplified);
        }
        for c in 'A'..='Z' {
            table.to[c as usize] = c.to_ascii_lowercase() as u16;
        }
        table.staying = Plain::of(|c| table.to[c as usize] == UNCHANGED);
        table.plain = Plain::of(|c| table.staying.has(c) && class(c) != Class::Skip);
        table
    }

    fn set(&mut self, c: char, simplified: &HashMap<char, char>) {
        if is_invisible(c) {
            self.to[c as usize] = DROPPED;
            return;
        }
        // Punctuation stays as it is: it is no part of any token.
        let folded = if keeps_its_shape(c) { c.to_string() } else { fold_letter(c) };
        let folded: String = folded.chars().map(|f| simplified.get(&f).copied().unwrap_or(f)).collect();
        let mut chars = folded.chars();
        match (chars.next(), chars.next()) {
            (Some(one), None) if one == c => {}
            (Some(one), None) if (one as u32) > 2 && (one as u32) < 0x1_0000 => {
                self.to[c as usize] = one as u16
            }
            (None, _) => self.to[c as usize] = DROPPED,
            _ => {
                self.to[c as usize] = EXPANDED;
                self.expansions.insert(c, folded);
            }
        }
    }
}

/// Compatibility form (NFKC), lower case, and Latin letters without their marks.
fn fold_letter(c: char) -> String {
    let compatible: String = std::iter::once(c).nfkc().flat_map(char::to_lowercase).collect();
    let base: String = compatible.nfd().filter(|d| !is_combining_mark(*d)).collect();
    if base.is_ascii() { base } else { compatible }
}

fn keeps_its_shape(c: char) -> bool {
    // These are read inside numbers: `１２．５％`.
    const IN_NUMBERS: [char; 3] = ['．', '％', '﹪'];
    !c.is_alphanumeric()
        && !IN_NUMBERS.contains(&c)
        && !matches!(c as u32, 0x2e80..=0x2fdf | 0x3300..=0x33ff)
        && !matches!(class(c), Class::Han)
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
        | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{300}'..='\u{36f}')
}

/// Character pairs of the two tables in `index/dictionary`.
fn simplified() -> HashMap<char, char> {
    let tables =
        [include_str!("../../dictionary/traditional.tsv"), include_str!("../../dictionary/variants.tsv")];
    let lines = tables.iter().flat_map(|table| table.lines()).filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.split_once('\t'));
    pairs.flat_map(|(to, from)| from.chars().filter_map(|f| Some((f, to.chars().next()?)))).collect()
}

/// Folds a text for one of the two streams.
pub fn fold(text: &str, mode: Fold) -> Folded<'_> {
    Folder { table: &TABLE, text, mode, out: String::new(), copied: 0, changes: Vec::new(), seen: (0, false) }
        .run()
}

struct Folder<'a> {
    table: &'static Table,
    text: &'a str,
    mode: Fold,
    out: String,
    /// The original up to here has been dealt with.
    copied: usize,
    changes: Vec<Change>,
    /// Up to where it is known what follows the blanks, and whether that is a Han character.
    seen: (usize, bool),
}

impl<'a> Folder<'a> {
    fn run(mut self) -> Folded<'a> {
        let plain = if self.mode == Fold::Grams { &self.table.plain } else { &self.table.staying };
        // Up to where the text has been dealt with, and whether a Han character stands there.
        let (mut from, mut han_before) = (0, false);
        while let Some((after, c)) = self.text[from..].char_indices().find(|(_, c)| !plain.has(*c)) {
            let at = from + after;
            if let Some(last) = self.text[from..at].chars().next_back() {
                han_before = class(last) == Class::Han;
            }
            from = at + c.len_utf8();
            let to = if (c as u32) < 0x1_0000 { self.table.to[c as usize] } else { high(c) };
            match to {
                // A blank, a quote or a bracket.
                UNCHANGED => {
                    han_before = han_before && self.han_follows(from);
                    if han_before {
                        self.replace(at, c, "");
                    }
                }
                DROPPED => self.replace(at, c, ""),
                EXPANDED => {
                    han_before = false;
                    let table = self.table;
                    self.replace(at, c, table.expansions.get(&c).map_or("", String::as_str));
                }
                code => {
                    let folded = char::from_u32(u32::from(code)).unwrap_or(c);
                    han_before = class(folded) == Class::Han;
                    self.replace(at, c, folded.encode_utf8(&mut [0; 4]));
                }
            }
        }
        self.finish()
    }

    /// Whether the next character that is not skipped is a Han character. A row of
    /// blanks is looked through once, however long.
    fn han_follows(&mut self, from: usize) -> bool {
        if from >= self.seen.0 {
            let skipped = |c: char| is_invisible(c) || class(c) == Class::Skip;
            let next = self.text[from..].char_indices().find(|(_, c)| !skipped(*c));
            let until = next.map_or(self.text.len(), |(at, _)| from + at);
            self.seen = (until + 1, next.is_some_and(|(_, c)| self.folds_to_han(c)));
        }
        self.seen.1
    }

    fn folds_to_han(&self, c: char) -> bool {
        let to = if (c as u32) < 0x1_0000 { self.table.to[c as usize] } else { UNCHANGED };
        let folded = if to > EXPANDED { char::from_u32(u32::from(to)).unwrap_or(c) } else { c };
        class(folded) == Class::Han
    }

    fn replace(&mut self, at: usize, c: char, with: &str) {
        self.out.push_str(&self.text[self.copied..at]);
        let folded = self.out.len() as u32;
        self.out.push_str(with);
        self.copied = at + c.len_utf8();
        if with.len() != c.len_utf8() || with.chars().nth(1).is_some() {
            self.changes.push(Change {
                folded: (folded, self.out.len() as u32),
                original: (at as u32, self.copied as u32),
            });
        }
    }

    fn finish(mut self) -> Folded<'a> {
        let text = if self.copied == 0 {
            Cow::Borrowed(self.text)
        } else {
            self.out.push_str(&self.text[self.copied..]);
            Cow::Owned(self.out)
        };
        Folded { text, changes: self.changes }
    }
}

/// Beyond the Basic Multilingual Plane only variation selectors are folded: away.
fn high(c: char) -> u16 {
    if matches!(c, '\u{e0100}'..='\u{e01ef}') { DROPPED } else { UNCHANGED }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Each character by itself, as slow as can be.
    fn one_by_one(text: &str, mode: Fold) -> String {
        let (table, mut out, mut han_before) = (&*TABLE, String::new(), false);
        let to = |c: char| if (c as u32) < 0x1_0000 { table.to[c as usize] } else { high(c) };
        let folded = |c: char| match to(c) {
            UNCHANGED => c.to_string(),
            DROPPED => String::new(),
            EXPANDED => table.expansions[&c].clone(),
            code => char::from_u32(u32::from(code)).expect("the table holds characters").to_string(),
        };
        for (at, c) in text.char_indices() {
            let is_skipped = to(c) == UNCHANGED && class(c) == Class::Skip;
            let rest = text[at + c.len_utf8()..].chars();
            let next = rest.clone().find(|c| !is_invisible(*c) && class(*c) != Class::Skip);
            let before_han = next.is_some_and(|c| {
                let mut one = folded(c).chars().collect::<Vec<_>>();
                to(c) != EXPANDED && one.pop().is_some_and(|c| class(c) == Class::Han)
            });
            if is_skipped && mode == Fold::Grams && han_before && before_han {
                continue;
            }
            let folded = folded(c);
            match to(c) {
                DROPPED => {}
                EXPANDED => han_before = false,
                _ => han_before = folded.chars().next().is_some_and(|c| class(c) == Class::Han),
            }
            out.push_str(&folded);
        }
        out
    }

    proptest! {
        #[test]
        fn a_text_is_folded_as_its_characters_are(text in "[國国務Aaé１（“ 》\u{3000}\n㎡㈱\u{200b}\u{fe0f}\u{e0100}𠮷〇。0]{0,24}") {
            for mode in [Fold::Words, Fold::Grams] {
                let folded = fold(&text, mode);
                prop_assert_eq!(folded.text(), one_by_one(&text, mode));
            }
        }
    }
}
