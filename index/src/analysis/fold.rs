//! Folding: makes texts equal that differ only in width, case, script variant or glyph.
//!
//! One bit is read for each character; only the few that are not plain cost more. The map
//! back to the original holds only the positions where lengths change, so a text without such
//! positions costs nothing.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::characters::{Class, class};
use super::radicals::fold_radical;
use super::variant_words::{MAX_CONTEXT_CHARS, VariantWords};

/// Stream for which a text is folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    /// Word stream: quotes and brackets stay, because they separate words.
    Words,
    /// Gram stream: quotes, brackets and spaces between two Han characters are removed.
    Grams,
}

/// A folded text with the map back to the original.
#[derive(Debug, Clone)]
pub struct Folded<'a> {
    text: Cow<'a, str>,
    /// Positions where lengths differ, in order; between them offsets run parallel.
    changes: Vec<LengthChange>,
}

/// A character that was replaced by none, by several, or by one of another length:
/// its start and end in both texts.
#[derive(Debug, Clone, Copy)]
struct LengthChange {
    folded: (u32, u32),
    original: (u32, u32),
}

impl Folded<'_> {
    /// The folded text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Range of the original text for a range of the folded text, in bytes.
    /// Both ends are character boundaries of the original.
    pub fn original(&self, range: Range<usize>) -> Range<usize> {
        let start = self.original_start(range.start);
        // Characters dropped after the last one do not belong to the range.
        let end = if range.end <= range.start { start } else { self.original_end(range.end) };
        start..end.max(start)
    }

    fn original_start(&self, folded: usize) -> usize {
        let i = self.changes.partition_point(|c| c.folded.0 as usize <= folded);
        match i.checked_sub(1).map(|i| self.changes[i]) {
            None => folded,
            Some(c) if folded < c.folded.1 as usize => c.original.0 as usize,
            Some(c) => c.original.1 as usize + (folded - c.folded.1 as usize),
        }
    }

    fn original_end(&self, folded: usize) -> usize {
        // A change that begins exactly here belongs to the text after it.
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

struct FoldTable {
    /// Folded form of each character of the Basic Multilingual Plane, or one of the three marks.
    target: Box<[u16]>,
    /// Characters that fold to more than one, such as `㎡`.
    expansions: HashMap<char, String>,
    /// Unchanged characters other than spaces, quotes and brackets.
    plain: CharSet,
    /// Unchanged characters.
    unchanged: CharSet,
    /// Characters that stand for another one in some words; their target is what they are without them.
    variants: VariantWords,
}

/// A set of characters of the Basic Multilingual Plane, small enough for the first-level cache of
/// the processor.
struct CharSet(Box<[u64]>);

impl CharSet {
    fn from_predicate(is_member: impl Fn(char) -> bool) -> Self {
        let mut bits = vec![0; 0x1_0000 / 64];
        for c in (0..0x1_0000).filter_map(char::from_u32).filter(|c| is_member(*c)) {
            bits[c as usize / 64] |= 1 << (c as usize % 64);
        }
        Self(bits.into_boxed_slice())
    }

    fn contains(&self, c: char) -> bool {
        match self.0.get(c as usize / 64) {
            Some(bits) => bits & 1 << (c as usize % 64) != 0,
            None => supplementary_target(c) == UNCHANGED,
        }
    }
}

static TABLE: LazyLock<FoldTable> = LazyLock::new(FoldTable::build);

impl FoldTable {
    fn build() -> Self {
        let none = || CharSet(Box::default());
        let mut table = Self {
            target: vec![UNCHANGED; 0x1_0000].into_boxed_slice(),
            expansions: HashMap::new(),
            plain: none(),
            unchanged: none(),
            variants: VariantWords::load(),
        };
        let simplified = simplified_characters();
        for code in 0x80..0x1_0000_u32 {
            let Some(c) = char::from_u32(code) else { continue };
            table.insert(c, &simplified);
        }
        for c in 'A'..='Z' {
            table.target[c as usize] = c.to_ascii_lowercase() as u16;
        }
        for c in ('\u{4e00}'..='\u{9fff}').filter(|c| table.variants.has_rule(*c)) {
            if table.target[c as usize] == UNCHANGED {
                table.target[c as usize] = c as u16;
            }
        }
        table.unchanged = CharSet::from_predicate(|c| table.target[c as usize] == UNCHANGED);
        table.plain = CharSet::from_predicate(|c| table.unchanged.contains(c) && class(c) != Class::Skip);
        table
    }

    fn insert(&mut self, c: char, simplified: &HashMap<char, char>) {
        if is_invisible(c) {
            self.target[c as usize] = DROPPED;
            return;
        }
        // Punctuation is kept: it is no part of any token.
        let folded = match fold_radical(c) {
            Some(ideograph) => ideograph.to_string(),
            None if keeps_shape(c) => c.to_string(),
            None => fold_letter(c),
        };
        let folded: String = folded.chars().map(|f| simplified.get(&f).copied().unwrap_or(f)).collect();
        let mut chars = folded.chars();
        match (chars.next(), chars.next()) {
            (Some(one), None) if one == c => {}
            (Some(one), None) if (one as u32) > 2 && (one as u32) < 0x1_0000 => {
                self.target[c as usize] = one as u16
            }
            (None, _) => self.target[c as usize] = DROPPED,
            _ => {
                self.target[c as usize] = EXPANDED;
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

fn keeps_shape(c: char) -> bool {
    // Parts of numbers: `１２．５％`.
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
fn simplified_characters() -> HashMap<char, char> {
    let tables =
        [include_str!("../../dictionary/traditional.tsv"), include_str!("../../dictionary/variants.tsv")];
    let lines = tables.iter().flat_map(|table| table.lines()).filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.split_once('\t'));
    pairs.flat_map(|(target, from)| from.chars().filter_map(|f| Some((f, target.chars().next()?)))).collect()
}

/// All tables that decide how a text is folded, for the fingerprint of the analyzer.
pub(super) fn table_bytes() -> Vec<u8> {
    let targets = TABLE.target.iter().flat_map(|target| target.to_le_bytes());
    targets.chain(super::variant_words::TABLE.bytes()).collect()
}

/// Folds a text for one of the two streams.
pub fn fold(text: &str, mode: Fold) -> Folded<'_> {
    Folder {
        table: &TABLE,
        text,
        mode,
        out: String::new(),
        copied: 0,
        changes: Vec::new(),
        lookahead: (0, false),
    }
    .fold()
}

struct Folder<'a> {
    table: &'static FoldTable,
    text: &'a str,
    mode: Fold,
    out: String,
    /// End of the processed part of the original.
    copied: usize,
    changes: Vec<LengthChange>,
    /// End of the range for which the next character after the spaces is known, and true if that is
    /// a Han character.
    lookahead: (usize, bool),
}

impl<'a> Folder<'a> {
    fn fold(mut self) -> Folded<'a> {
        let plain = if self.mode == Fold::Grams { &self.table.plain } else { &self.table.unchanged };
        // End of the processed text, and true if a Han character stands before it.
        let (mut from, mut han_before) = (0, false);
        while let Some((after, c)) = self.text[from..].char_indices().find(|(_, c)| !plain.contains(*c)) {
            let offset = from + after;
            if let Some(last) = self.text[from..offset].chars().next_back() {
                han_before = class(last) == Class::Han;
            }
            from = offset + c.len_utf8();
            let target =
                if (c as u32) < 0x1_0000 { self.table.target[c as usize] } else { supplementary_target(c) };
            match target {
                // A space, a quote or a bracket.
                UNCHANGED => {
                    han_before = han_before && self.han_follows(from);
                    if han_before {
                        self.replace(offset, c, "");
                    }
                }
                DROPPED => self.replace(offset, c, ""),
                EXPANDED => {
                    han_before = false;
                    let table = self.table;
                    self.replace(offset, c, table.expansions.get(&c).map_or("", String::as_str));
                }
                code => {
                    let folded = self.resolve_variant(offset..from, char::from_u32(code.into()).unwrap_or(c));
                    han_before = class(folded) == Class::Han;
                    if folded != c {
                        self.replace(offset, c, folded.encode_utf8(&mut [0; 4]));
                    }
                }
            }
        }
        self.finish()
    }

    /// Checks if the next character that is not skipped is a Han character. A row of
    /// spaces is read once, however long.
    fn han_follows(&mut self, from: usize) -> bool {
        if from >= self.lookahead.0 {
            let skipped = |c: char| is_invisible(c) || class(c) == Class::Skip;
            let next = self.text[from..].char_indices().find(|(_, c)| !skipped(*c));
            let until = next.map_or(self.text.len(), |(offset, _)| from + offset);
            self.lookahead = (until + 1, next.is_some_and(|(_, c)| self.folds_to_han(c)));
        }
        self.lookahead.1
    }

    fn folds_to_han(&self, c: char) -> bool {
        class(self.fold_one(c)) == Class::Han
    }

    /// Folds a character by itself; one that folds to none or several stays.
    fn fold_one(&self, c: char) -> char {
        let target = if (c as u32) < 0x1_0000 { self.table.target[c as usize] } else { UNCHANGED };
        if target > EXPANDED { char::from_u32(u32::from(target)).unwrap_or(c) } else { c }
    }

    /// Resolves a folded character that stands for another one in some words.
    fn resolve_variant(&self, range: Range<usize>, folded: char) -> char {
        if !self.table.variants.has_rule(folded) {
            return folded;
        }
        let mut context = [[folded; MAX_CONTEXT_CHARS]; 2];
        let before = self.read_context(self.text[..range.start].chars().rev(), &mut context[0]);
        let after = self.read_context(self.text[range.end..].chars(), &mut context[1]);
        self.table.variants.resolve(folded, &context[0][..before], &context[1][..after])
    }

    /// Reads the folded Han characters that come next; returns their number.
    fn read_context(&self, chars: impl Iterator<Item = char>, context: &mut [char]) -> usize {
        const MAX_READ: usize = 2 * MAX_CONTEXT_CHARS;
        let is_visible = |c: &char| !is_invisible(*c);
        let han = chars.take(MAX_READ).filter(is_visible).map(|c| self.fold_one(c));
        let han = han.take_while(|c| class(*c) == Class::Han);
        context.iter_mut().zip(han).map(|(place, c)| *place = c).count()
    }

    fn replace(&mut self, offset: usize, c: char, with: &str) {
        self.out.push_str(&self.text[self.copied..offset]);
        let folded = self.out.len() as u32;
        self.out.push_str(with);
        self.copied = offset + c.len_utf8();
        if with.len() != c.len_utf8() || with.chars().nth(1).is_some() {
            self.changes.push(LengthChange {
                folded: (folded, self.out.len() as u32),
                original: (offset as u32, self.copied as u32),
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

/// Folded form of a character beyond the Basic Multilingual Plane: only variation selectors are
/// dropped.
fn supplementary_target(c: char) -> u16 {
    if matches!(c, '\u{e0100}'..='\u{e01ef}') { DROPPED } else { UNCHANGED }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Folds each character by itself, slowly.
    fn fold_one_by_one(text: &str, mode: Fold) -> String {
        let (table, mut out, mut han_before) = (&*TABLE, String::new(), false);
        let target =
            |c: char| if (c as u32) < 0x1_0000 { table.target[c as usize] } else { supplementary_target(c) };
        let folded = |c: char| match target(c) {
            UNCHANGED => c.to_string(),
            DROPPED => String::new(),
            EXPANDED => table.expansions[&c].clone(),
            code => char::from_u32(u32::from(code)).expect("the table holds characters").to_string(),
        };
        for (offset, c) in text.char_indices() {
            let is_skipped = target(c) == UNCHANGED && class(c) == Class::Skip;
            let rest = text[offset + c.len_utf8()..].chars();
            let next = rest.clone().find(|c| !is_invisible(*c) && class(*c) != Class::Skip);
            let before_han = next.is_some_and(|c| {
                let mut one = folded(c).chars().collect::<Vec<_>>();
                target(c) != EXPANDED && one.pop().is_some_and(|c| class(c) == Class::Han)
            });
            if is_skipped && mode == Fold::Grams && han_before && before_han {
                continue;
            }
            let folded = folded(c);
            match target(c) {
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
        fn fold_any_text_equals_folding_one_by_one(text in "[國国務Aaé１（“ 》\u{3000}\n㎡㈱\u{200b}\u{fe0f}\u{e0100}𠮷〇。0]{0,24}") {
            for mode in [Fold::Words, Fold::Grams] {
                let folded = fold(&text, mode);
                prop_assert_eq!(folded.text(), fold_one_by_one(&text, mode));
            }
        }
    }
}
