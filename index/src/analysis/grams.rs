//! The gram stream: character pairs with positions.
//!
//! Units are Han characters and whole runs of letters and digits. Each unit has a
//! position; punctuation between two units leaves one position empty, however
//! much of it there is. For each Han character the stream contains
//!
//! * the pair with the Han character directly after it, or, if there is none,
//!   the character alone;
//! * the character alone also after letters, digits or punctuation
//!   (so that `11号` is a phrase of `11` and `号` whatever follows, and `电、水` one
//!   of `电` and `水`);
//! * once per text, at its first occurrence, the character prefixed with [`ANYWHERE`],
//!   which matches one-character words without expanding them.
//!
//! Letters and digits form whole units. Every substring of a text, up to quotes,
//! brackets and spaces, is then a phrase of this stream: see [`phrase`].

use std::ops::Range;

use super::characters::{Class, class, letter_unit_end};
use super::fold::{Fold, fold};

/// Prefix of the gram that states that a character occurs anywhere in the text.
pub const ANYWHERE: char = '\u{1}';

/// One gram of a folded text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gram {
    /// Range in the folded text, in bytes.
    pub range: Range<usize>,
    /// Position: the ordinal of the unit, with gaps for punctuation.
    pub position: u32,
    /// True for the gram that a character gets once per text.
    pub anywhere: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum PrecedingUnit {
    #[default]
    Nothing,
    Han,
    Letters,
}

/// Iterator over the grams of a text that was folded by [`Fold::Grams`], in order.
pub struct Grams<'a> {
    text: &'a str,
    cursor: Cursor,
}

impl<'a> Grams<'a> {
    /// Starts at the beginning of a folded text.
    pub fn new(folded: &'a str) -> Self {
        Self { text: folded, cursor: Cursor::default() }
    }
}

impl Iterator for Grams<'_> {
    type Item = Gram;

    #[inline]
    fn next(&mut self) -> Option<Gram> {
        self.cursor.next(self.text)
    }
}

/// State of [`Grams`] without the text, for callers that own the text too.
#[derive(Default)]
pub struct Cursor {
    offset: usize,
    position: u32,
    before: PrecedingUnit,
    gap: bool,
    queue: [Option<Gram>; 2],
    seen: SeenCharacters,
}

impl Cursor {
    fn next_position(&mut self) -> u32 {
        if self.before != PrecedingUnit::Nothing {
            self.position += if self.gap { 2 } else { 1 };
        }
        self.gap = false;
        self.position
    }

    fn next_han(&mut self, text: &str, c: char) -> Gram {
        let start = self.offset;
        let end = start + c.len_utf8();
        let begins_a_run =
            self.before == PrecedingUnit::Letters || (self.before == PrecedingUnit::Han && self.gap);
        let position = self.next_position();
        self.before = PrecedingUnit::Han;
        self.offset = end;
        let next = text[end..].chars().next().filter(|n| class(*n) == Class::Han);
        let pair_end = next.map_or(end, |n| end + n.len_utf8());
        let alone = |anywhere| Gram { range: start..end, position, anywhere };
        if self.seen.insert(c) {
            self.queue[0] = Some(alone(true));
        }
        if begins_a_run && next.is_some() {
            self.queue[1] = Some(alone(false));
        }
        Gram { range: start..pair_end, position, anywhere: false }
    }

    fn next_letters(&mut self, text: &str) -> Gram {
        let start = self.offset;
        let end = letter_unit_end(text, start);
        let position = self.next_position();
        self.before = PrecedingUnit::Letters;
        self.offset = end;
        Gram { range: start..end, position, anywhere: false }
    }

    /// Next gram of `text`, which must be the same in every call.
    #[inline]
    pub fn next(&mut self, text: &str) -> Option<Gram> {
        if let Some(queued) = self.queue[0].take().or_else(|| self.queue[1].take()) {
            return Some(queued);
        }
        loop {
            let c = text[self.offset..].chars().next()?;
            match class(c) {
                Class::Han => return Some(self.next_han(text, c)),
                Class::Letter => return Some(self.next_letters(text)),
                Class::Skip => self.offset += c.len_utf8(),
                Class::Break => {
                    self.gap = true;
                    self.offset += c.len_utf8();
                }
            }
        }
    }
}

/// Set of the characters that occurred in a text so far: one bit each for the common block, a
/// list for the rest.
#[derive(Default)]
struct SeenCharacters {
    bits: Vec<u64>,
    rare: Vec<char>,
}

impl SeenCharacters {
    const FIRST: u32 = 0x4e00;
    const WORDS: usize = (0xa000 - 0x4e00) / 64;

    #[inline]
    fn insert(&mut self, c: char) -> bool {
        let index = (c as u32).wrapping_sub(Self::FIRST) as usize;
        if index >= Self::WORDS * 64 {
            let new = !self.rare.contains(&c);
            if new {
                self.rare.push(c);
            }
            return new;
        }
        if self.bits.is_empty() {
            self.bits = vec![0; Self::WORDS];
        }
        let word = &mut self.bits[index / 64];
        let bit = 1 << (index % 64);
        let new = *word & bit == 0;
        *word |= bit;
        new
    }
}

/// Plan by which a phrase is found in the gram stream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PhrasePlan {
    /// Grams with their offsets from the start of the phrase; as few as cover every character.
    pub placed: Vec<(String, u32)>,
    /// Grams that must occur anywhere in the text.
    pub anywhere: Vec<String>,
}

impl PhrasePlan {
    /// Checks if there is nothing to find because the text was punctuation only.
    pub fn is_empty(&self) -> bool {
        self.placed.is_empty() && self.anywhere.is_empty()
    }
}

struct HanRun {
    start: usize,
    /// End of each Han character, in bytes.
    ends: Vec<usize>,
    /// Position of the first character.
    position: u32,
}

/// Plans the exact search for `text`: it occurs where its grams occur at their
/// offsets. A single Han character needs no offset.
pub fn phrase(text: &str) -> PhrasePlan {
    let folded = fold(text, Fold::Grams);
    let folded = folded.text();
    let mut plan = PhrasePlan::default();
    let units: Vec<Gram> = Grams::new(folded).filter(|g| !g.anywhere).collect();
    let mut i = 0;
    while i < units.len() {
        let gram = &units[i];
        let first = folded[gram.range.clone()].chars().next();
        if first.is_some_and(|c| class(c) != Class::Han) {
            plan.placed.push((folded[gram.range.clone()].to_owned(), gram.position));
            i += 1;
            continue;
        }
        let run = take_han_run(folded, &units, &mut i);
        plan_han_run(folded, &run, &mut plan);
    }
    // A single character may be followed by anything: only the anywhere gram matches all cases.
    if let [(alone, _)] = plan.placed.as_slice()
        && alone.chars().all(|c| class(c) == Class::Han)
        && alone.chars().count() == 1
    {
        plan.anywhere.push(format!("{ANYWHERE}{alone}"));
        plan.placed.clear();
    }
    if let Some(base) = plan.placed.iter().map(|(_, p)| *p).min() {
        for (_, position) in &mut plan.placed {
            *position -= base;
        }
    }
    plan
}

fn take_han_run(folded: &str, units: &[Gram], i: &mut usize) -> HanRun {
    let first = &units[*i];
    let mut run = HanRun { start: first.range.start, ends: Vec::new(), position: first.position };
    let mut offset = first.range.start;
    while let Some(gram) = units.get(*i) {
        if gram.range.start != offset && !run.ends.is_empty() && gram.range.start != run.start {
            break;
        }
        let Some(c) = folded[gram.range.start..].chars().next().filter(|c| class(*c) == Class::Han) else {
            break;
        };
        *i += 1;
        let end = gram.range.start + c.len_utf8();
        // The second gram of a character after letters has the same range.
        if run.ends.last() != Some(&end) {
            run.ends.push(end);
        }
        offset = end;
    }
    run
}

fn plan_han_run(folded: &str, run: &HanRun, plan: &mut PhrasePlan) {
    let start_of = |i: usize| if i == 0 { run.start } else { run.ends[i - 1] };
    let length = run.ends.len();
    if length == 1 {
        // Another kind of unit stands beside it in the phrase, and there the stream has the
        // character alone.
        plan.placed.push((folded[run.start..run.ends[0]].to_owned(), run.position));
        return;
    }
    // Every second pair, and the last: together they cover every character.
    let mut place = |i: usize| {
        plan.placed.push((folded[start_of(i)..run.ends[i + 1]].to_owned(), run.position + i as u32));
    };
    (0..length - 1).step_by(2).for_each(&mut place);
    if length % 2 == 1 {
        place(length - 2);
    }
}
