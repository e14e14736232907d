//! The recall stream: character pairs with positions.
//!
//! Units are Han characters and whole runs of letters and digits. Each unit has a
//! position; punctuation between two units leaves one position empty, however
//! much of it there is. For each Han character the stream holds
//!
//! * the pair with the Han character directly behind it, or, where none stands
//!   there, the character alone;
//! * the character alone also where letters or digits stand directly before it
//!   (so that `11号` is a phrase of `11` and `号` whatever follows);
//! * once a text, at its first place, the character with [`ANYWHERE`] before it,
//!   which answers one-character words without expanding them.
//!
//! Letters and digits are held whole. Every substring of a text, up to quotes,
//! brackets and blanks, is then a phrase of this stream: see [`phrase`].

use std::ops::Range;

use super::fold::{Fold, fold};
use super::{Class, class, letter_unit_end};

/// Marks a gram that says that a character stands somewhere in the text.
pub const ANYWHERE: char = '\u{1}';

/// One gram of a folded text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gram {
    /// Bytes of the folded text.
    pub range: Range<usize>,
    /// Unit ordinal, with gaps for punctuation.
    pub position: u32,
    /// Whether this is the once-a-text mark of a character.
    pub anywhere: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Before {
    #[default]
    Nothing,
    Han,
    Letters,
}

/// Cuts text that was folded by [`Fold::Grams`] into grams, in order.
pub struct Grams<'a> {
    text: &'a str,
    cursor: Cursor,
}

impl<'a> Grams<'a> {
    /// Over folded text.
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

/// The state of [`Grams`] without the text, for who owns the text too.
#[derive(Default)]
pub struct Cursor {
    at: usize,
    position: u32,
    before: Before,
    gap: bool,
    queue: [Option<Gram>; 2],
    seen: Seen,
}

impl Cursor {
    fn next_position(&mut self) -> u32 {
        if self.before != Before::Nothing {
            self.position += if self.gap { 2 } else { 1 };
        }
        self.gap = false;
        self.position
    }

    fn han(&mut self, text: &str, c: char) -> Gram {
        let start = self.at;
        let end = start + c.len_utf8();
        let after_letters = self.before == Before::Letters && !self.gap;
        let position = self.next_position();
        self.before = Before::Han;
        self.at = end;
        let next = text[end..].chars().next().filter(|n| class(*n) == Class::Han);
        let pair_end = next.map_or(end, |n| end + n.len_utf8());
        let alone = |anywhere| Gram { range: start..end, position, anywhere };
        if self.seen.first(c) {
            self.queue[0] = Some(alone(true));
        }
        if after_letters && next.is_some() {
            self.queue[1] = Some(alone(false));
        }
        Gram { range: start..pair_end, position, anywhere: false }
    }

    fn letters(&mut self, text: &str) -> Gram {
        let start = self.at;
        let end = letter_unit_end(text, start);
        let position = self.next_position();
        self.before = Before::Letters;
        self.at = end;
        Gram { range: start..end, position, anywhere: false }
    }

    /// The next gram of `text`, which must be the same at every call.
    #[inline]
    pub fn next(&mut self, text: &str) -> Option<Gram> {
        if let Some(queued) = self.queue[0].take().or_else(|| self.queue[1].take()) {
            return Some(queued);
        }
        loop {
            let c = text[self.at..].chars().next()?;
            match class(c) {
                Class::Han => return Some(self.han(text, c)),
                Class::Letter => return Some(self.letters(text)),
                Class::Skip => self.at += c.len_utf8(),
                Class::Break => {
                    self.gap = true;
                    self.at += c.len_utf8();
                }
            }
        }
    }
}

/// The characters a text has shown already: one bit each for the common block,
/// a list for the rest.
#[derive(Default)]
struct Seen {
    bits: Vec<u64>,
    rare: Vec<char>,
}

impl Seen {
    const FIRST: u32 = 0x4e00;
    const WORDS: usize = (0xa000 - 0x4e00) / 64;

    #[inline]
    fn first(&mut self, c: char) -> bool {
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

/// How a piece of text is found in the gram stream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PhrasePlan {
    /// Grams with their offsets from the start of the phrase; few, but enough to
    /// prove every character.
    pub placed: Vec<(String, u32)>,
    /// Grams that must stand in the text, anywhere.
    pub anywhere: Vec<String>,
}

impl PhrasePlan {
    /// Whether there is nothing to find: only punctuation was given.
    pub fn is_empty(&self) -> bool {
        self.placed.is_empty() && self.anywhere.is_empty()
    }
}

struct Run {
    start: usize,
    /// Position of each Han character and where it ends.
    ends: Vec<usize>,
    position: u32,
}

/// Plans the search for `text`: exact for every phrase, except that a single Han
/// character cut off by punctuation on both sides is only required to stand somewhere.
pub fn phrase(text: &str) -> PhrasePlan {
    let folded = fold(text, Fold::Grams);
    let folded = folded.text();
    let mut plan = PhrasePlan::default();
    let units: Vec<Gram> = Grams::new(folded).filter(|g| !g.anywhere).collect();
    let mut i = 0;
    let mut letters_at = None;
    while i < units.len() {
        let gram = &units[i];
        let first = folded[gram.range.clone()].chars().next();
        if first.is_some_and(|c| class(c) != Class::Han) {
            plan.placed.push((folded[gram.range.clone()].to_owned(), gram.position));
            letters_at = Some(gram.position);
            i += 1;
            continue;
        }
        let run = take_run(folded, &units, &mut i);
        let after = letters_at.is_some_and(|at: u32| at + 1 == run.position);
        let next_letters = units.get(i).is_some_and(|n| n.position == run.position + run.ends.len() as u32);
        plan_run(folded, &run, after || next_letters, &mut plan);
    }
    if let Some(base) = plan.placed.iter().map(|(_, p)| *p).min() {
        for (_, position) in &mut plan.placed {
            *position -= base;
        }
    }
    plan
}

fn take_run(folded: &str, units: &[Gram], i: &mut usize) -> Run {
    let first = &units[*i];
    let mut run = Run { start: first.range.start, ends: Vec::new(), position: first.position };
    let mut at = first.range.start;
    while let Some(gram) = units.get(*i) {
        if gram.range.start != at && !run.ends.is_empty() && gram.range.start != run.start {
            break;
        }
        let Some(c) = folded[gram.range.start..].chars().next().filter(|c| class(*c) == Class::Han) else {
            break;
        };
        *i += 1;
        let end = gram.range.start + c.len_utf8();
        // The second gram of a character that follows letters repeats its place.
        if run.ends.last() != Some(&end) {
            run.ends.push(end);
        }
        at = end;
    }
    run
}

fn plan_run(folded: &str, run: &Run, beside_letters: bool, plan: &mut PhrasePlan) {
    let start_of = |i: usize| if i == 0 { run.start } else { run.ends[i - 1] };
    let length = run.ends.len();
    if length == 1 {
        let alone = &folded[run.start..run.ends[0]];
        if beside_letters {
            plan.placed.push((alone.to_owned(), run.position));
        } else {
            plan.anywhere.push(format!("{ANYWHERE}{alone}"));
        }
        return;
    }
    // Every second pair, and the last: together they touch every character.
    let mut place = |i: usize| {
        plan.placed.push((folded[start_of(i)..run.ends[i + 1]].to_owned(), run.position + i as u32));
    };
    (0..length - 1).step_by(2).for_each(&mut place);
    if length % 2 == 1 {
        place(length - 2);
    }
}
