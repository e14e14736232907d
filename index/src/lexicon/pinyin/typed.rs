//! What was typed, read as a row of pieces: characters as they are, whole
//! syllables, and beginnings of syllables (initials, or a syllable half typed).
//!
//! Letters can often be divided in several ways (`xian`, `fangan`); the best few
//! are kept, each with a cost.

use crate::lexicon::pinyin::syllable;
use crate::lexicon::pinyin::syllable::{LONGEST, SyllableId};
use crate::lexicon::vocabulary::units::{Unit, unit_of};

/// Longest query that is read, in characters.
const MAX_CHARS: usize = 80;
/// Most pieces of a reading.
const MAX_PIECES: usize = 40;
/// Divisions of one run of letters that are followed up.
const KEPT: usize = 8;
/// How much worse than the best a division may be.
const TOLERANCE: f32 = 2.3;
/// What reading letters as nothing but letters costs.
const AS_LETTERS: f32 = 1.5;

/// One step of what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// This character, letter or digit.
    Exact(Unit),
    /// A whole syllable.
    Syllable(SyllableId),
    /// The beginning of a syllable: first and last that fit.
    Beginning(SyllableId, SyllableId),
}

/// How letters were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReadingKind {
    /// As whole syllables.
    Full,
    /// As initials.
    Initials,
    /// Partly one and partly the other, or with characters among them.
    Mixed,
}

/// One way to read what was typed.
#[derive(Debug, Clone, PartialEq)]
pub struct Typed {
    /// In order.
    pub pieces: Vec<Piece>,
    /// Less is likelier.
    pub cost: f32,
}

impl Typed {
    /// How its letters were read.
    pub fn kind(&self) -> ReadingKind {
        let exact = self.pieces.iter().filter(|p| matches!(p, Piece::Exact(_))).count();
        let whole = self.pieces.iter().filter(|p| matches!(p, Piece::Syllable(_))).count();
        match (exact, whole) {
            (0, n) if n == self.pieces.len() => ReadingKind::Full,
            (0, 0) => ReadingKind::Initials,
            _ => ReadingKind::Mixed,
        }
    }

    /// Whether anything in it stands for a syllable.
    pub fn has_letters(&self) -> bool {
        self.pieces.iter().any(|p| !matches!(p, Piece::Exact(_)))
    }
}

/// What to make of the letters.
#[derive(Clone, Copy)]
pub struct Manner<'a> {
    /// Lexicon goes on: the last syllable may be half typed.
    pub unfinished: bool,
    /// Runs of letters that are words themselves and stay as they are.
    pub literal: &'a dyn Fn(&str) -> bool,
}

enum Token {
    Letters(String),
    Exact(Unit),
}

/// The likeliest ways to read what was typed, the best first; none for what is too long.
pub fn ways(query: &str, manner: Manner<'_>) -> Vec<Typed> {
    let Some(tokens) = tokens(query) else { return Vec::new() };
    let mut ways = vec![Typed { pieces: Vec::new(), cost: 0.0 }];
    for (i, token) in tokens.iter().enumerate() {
        let last = i + 1 == tokens.len();
        let next = match token {
            Token::Exact(unit) => vec![Typed { pieces: vec![Piece::Exact(*unit)], cost: 0.0 }],
            Token::Letters(run) if (manner.literal)(run) => vec![as_letters(run, 0.0)],
            Token::Letters(run) => read_run(run, manner.unfinished && last),
        };
        ways = best(ways.iter().flat_map(|way| next.iter().map(move |n| join(way, n))).collect());
    }
    ways.retain(|way| !way.pieces.is_empty() && way.pieces.len() <= MAX_PIECES);
    ways
}

fn join(a: &Typed, b: &Typed) -> Typed {
    Typed { pieces: [a.pieces.as_slice(), &b.pieces].concat(), cost: a.cost + b.cost }
}

fn best(mut ways: Vec<Typed>) -> Vec<Typed> {
    ways.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    let limit = ways.first().map_or(0.0, |w| w.cost) + TOLERANCE;
    ways.truncate(KEPT);
    ways.retain(|w| w.cost <= limit);
    ways
}

fn as_letters(run: &str, cost: f32) -> Typed {
    Typed { pieces: run.bytes().map(|b| Piece::Exact(b.into())).collect(), cost }
}

/// Divides a run of letters; reading it as letters comes last.
fn read_run(run: &str, unfinished: bool) -> Vec<Typed> {
    let mut at: Vec<Vec<Typed>> = vec![Vec::new(); run.len() + 1];
    at[0].push(Typed { pieces: Vec::new(), cost: 0.0 });
    for from in 0..run.len() {
        let here = best(std::mem::take(&mut at[from]));
        for to in from + 1..=run.len().min(from + LONGEST) {
            for (piece, cost) in steps(&run[from..to], unfinished && to == run.len()) {
                let step = Typed { pieces: vec![piece], cost };
                at[to].extend(here.iter().map(|way| join(way, &step)));
            }
        }
    }
    let mut ways = best(at.pop().unwrap_or_default());
    let cost = ways.last().map_or(0.0, |w| w.cost) + AS_LETTERS;
    ways.push(as_letters(run, cost.min(ways.first().map_or(0.0, |w| w.cost) + TOLERANCE)));
    ways
}

/// What some letters can be as one piece, with costs: whole syllables are likelier than initials.
fn steps(letters: &str, unfinished: bool) -> Vec<(Piece, f32)> {
    let mut steps = Vec::new();
    let beginning = syllable::beginning_with(letters).map(|r| Piece::Beginning(*r.start(), *r.end()));
    let initial = matches!(letters, "zh" | "ch" | "sh") || letters.len() == 1;
    let whole = syllable::number(letters).filter(|_| letters.len() > 1);
    if let Some(id) = whole {
        steps.push((Piece::Syllable(id), 1.0));
    }
    if let Some(beginning) = beginning {
        if initial {
            let vowel = matches!(letters, "a" | "e" | "o");
            steps.push((beginning, if vowel { 1.7 } else { 1.5 }));
        } else if unfinished {
            steps.push((beginning, 1.3));
        }
    }
    steps
}

/// Letters in runs and everything else on its own; none for what is too long to be typed by hand.
fn tokens(query: &str) -> Option<Vec<Token>> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut chars = query.chars().peekable();
    let mut run = String::new();
    let mut read = 0;
    while let Some(c) = chars.next() {
        read += 1;
        if read > MAX_CHARS {
            return None;
        }
        let unit = unit_of(c);
        if let Some(letter) = letter(c, unit) {
            run.push(letter);
            continue;
        }
        let tone = matches!(unit, Some(0x31..=0x35)) && ends_in_syllable(&run);
        let alone = !chars.peek().is_some_and(char::is_ascii_digit);
        if !run.is_empty() {
            tokens.push(Token::Letters(std::mem::take(&mut run)));
        }
        tokens.extend(unit.filter(|_| !(tone && alone)).map(Token::Exact));
    }
    if !run.is_empty() {
        tokens.push(Token::Letters(run));
    }
    Some(tokens)
}

/// Whether the last letters of a run are a whole syllable, so that a digit after them is its tone.
fn ends_in_syllable(run: &str) -> bool {
    (0..run.len()).any(|from| run.len() - from <= LONGEST && syllable::number(&run[from..]).is_some())
}

/// The plain lower-case letter of a letter with or without a tone mark; `ü` and `v` are `u`.
fn letter(c: char, unit: Option<Unit>) -> Option<char> {
    let plain = match c {
        'ā' | 'á' | 'ǎ' | 'à' | 'Ā' | 'Á' | 'Ǎ' | 'À' => 'a',
        'ē' | 'é' | 'ě' | 'è' | 'ê' | 'Ē' | 'É' | 'Ě' | 'È' => 'e',
        'ī' | 'í' | 'ǐ' | 'ì' => 'i',
        'ō' | 'ó' | 'ǒ' | 'ò' | 'Ō' | 'Ó' | 'Ǒ' | 'Ò' => 'o',
        'ū' | 'ú' | 'ǔ' | 'ù' | 'ü' | 'ǖ' | 'ǘ' | 'ǚ' | 'ǜ' | 'Ü' => 'u',
        _ => char::from(u8::try_from(unit?).ok()?),
    };
    let plain = if plain == 'v' { 'u' } else { plain };
    plain.is_ascii_lowercase().then_some(plain)
}

/// Whether there is any Latin letter in it, so that pinyin is worth a thought.
pub fn has_letters(query: &str) -> bool {
    query.chars().take(MAX_CHARS).any(|c| letter(c, unit_of(c)).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(query: &str, unfinished: bool) -> Vec<String> {
        let ways = ways(query, Manner { unfinished, literal: &|_| false });
        ways.iter().map(|w| w.pieces.iter().map(one).collect::<Vec<_>>().join(" ")).collect()
    }

    fn one(piece: &Piece) -> String {
        match piece {
            Piece::Exact(unit) => crate::lexicon::vocabulary::units::char_of(*unit).to_string(),
            Piece::Syllable(id) => syllable::letters(*id).to_owned(),
            Piece::Beginning(low, _) => format!("{}-", syllable::letters(*low)),
        }
    }

    #[test]
    fn letters_are_divided_into_syllables() {
        for (query, first) in [
            ("zhengwugongkai", "zheng wu gong kai"),
            ("ZhengWu GongKai", "zheng wu gong kai"),
            ("zheng4wu4gong1kai1", "zheng wu gong kai"),
            ("zhèngwù gōngkāi", "zheng wu gong kai"),
            ("xi'an", "xi an"),
            ("xi’an", "xi an"),
            ("lvshi", "lu shi"),
            ("lüshi", "lu shi"),
            ("zwgk", "za- wa- ga- ka-"),
            ("zwu gkai", "za- wu ga- kai"),
            ("政务gongkai", "政 务 gong kai"),
            ("zhengwu公开", "zheng wu 公 开"),
            ("2017年zwgk", "2 0 1 7 年 za- wa- ga- ka-"),
        ] {
            assert_eq!(show(query, false)[0], first, "{query}");
        }
    }

    #[test]
    fn other_divisions_are_kept() {
        assert!(show("xian", false).contains(&"xi an".to_owned()));
        let fangan = show("fangan", false);
        assert!(fangan.contains(&"fang an".to_owned()) && fangan.contains(&"fan gan".to_owned()));
        assert!(show("ppp", false).contains(&"p p p".to_owned()));
        assert!(show("gat", false).iter().any(|w| w == "ga- a- ta-"), "initials of 公安厅");
        assert!(show("zhengwugon", true).contains(&"zheng wu gong-".to_owned()));
    }

    #[test]
    fn what_is_not_pinyin_is_nothing_but_letters() {
        assert_eq!(show("iuv", false), ["i u u"]);
        assert_eq!(show("", false), Vec::<String>::new());
        assert_eq!(show(&"zheng".repeat(50), false), Vec::<String>::new());
    }
}
