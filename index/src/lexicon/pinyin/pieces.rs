//! Division of typed text into pieces: exact characters, whole syllables, and prefixes of
//! syllables (initials, or an incomplete syllable).
//!
//! Letters can often be divided in several ways (`xian`, `fangan`); the best few
//! are kept, each with a cost.

use crate::lexicon::pinyin::syllable;
use crate::lexicon::pinyin::syllable::{MAX_SYLLABLE_LETTERS, SyllableId};
use crate::lexicon::vocabulary::units::{Unit, unit_from_char};

/// Longest query that is read, in characters.
const MAX_CHARS: usize = 80;
/// Most pieces of a sequence.
const MAX_PIECES: usize = 40;
/// Most divisions of one run of letters that are followed.
const MAX_SEQUENCES: usize = 8;
/// Largest difference of cost to the best division.
const MAX_COST_DIFFERENCE: f32 = 2.3;
/// Cost of reading letters as mere letters.
const LETTERS_COST: f32 = 1.5;

/// One piece of typed text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// A character, letter or digit.
    Exact(Unit),
    /// A whole syllable.
    Syllable(SyllableId),
    /// A prefix of a syllable: the first and the last syllable that fit.
    Prefix(SyllableId, SyllableId),
}

/// Kind of a reading of letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReadingKind {
    /// Whole syllables.
    Full,
    /// Initials.
    Initials,
    /// Both, or with characters among them.
    Mixed,
}

/// One division of typed text into pieces.
#[derive(Debug, Clone, PartialEq)]
pub struct PieceSequence {
    /// Pieces in order.
    pub pieces: Vec<Piece>,
    /// Cost; lower is more likely.
    pub cost: f32,
}

impl PieceSequence {
    /// Kind of reading of its letters.
    pub fn kind(&self) -> ReadingKind {
        let exact = self.pieces.iter().filter(|p| matches!(p, Piece::Exact(_))).count();
        let whole = self.pieces.iter().filter(|p| matches!(p, Piece::Syllable(_))).count();
        match (exact, whole) {
            (0, n) if n == self.pieces.len() => ReadingKind::Full,
            (0, 0) => ReadingKind::Initials,
            _ => ReadingKind::Mixed,
        }
    }

    /// Checks if any piece is a syllable or a prefix of one.
    pub fn has_letters(&self) -> bool {
        self.pieces.iter().any(|p| !matches!(p, Piece::Exact(_)))
    }
}

/// Options for reading letters.
#[derive(Clone, Copy)]
pub struct ReadOptions<'a> {
    /// True while the user still types: the last syllable may be incomplete.
    pub is_unfinished: bool,
    /// Checks if a run of letters is a word itself and stays as it is.
    pub is_literal: &'a dyn Fn(&str) -> bool,
}

enum Token {
    Letters(String),
    Exact(Unit),
}

/// Most likely sequences of pieces for a query, the best first; none if it is too long.
pub fn piece_sequences(query: &str, manner: ReadOptions<'_>) -> Vec<PieceSequence> {
    let Some(tokens) = tokenize(query) else { return Vec::new() };
    let mut ways = vec![PieceSequence { pieces: Vec::new(), cost: 0.0 }];
    for (i, token) in tokens.iter().enumerate() {
        let last = i + 1 == tokens.len();
        let next = match token {
            Token::Exact(unit) => vec![PieceSequence { pieces: vec![Piece::Exact(*unit)], cost: 0.0 }],
            Token::Letters(run) if (manner.is_literal)(run) => vec![exact_letters(run, 0.0)],
            Token::Letters(run) => divide_run(run, manner.is_unfinished && last),
        };
        ways = keep_best(ways.iter().flat_map(|way| next.iter().map(move |n| concatenate(way, n))).collect());
    }
    ways.retain(|way| !way.pieces.is_empty() && way.pieces.len() <= MAX_PIECES);
    ways
}

fn concatenate(a: &PieceSequence, b: &PieceSequence) -> PieceSequence {
    PieceSequence { pieces: [a.pieces.as_slice(), &b.pieces].concat(), cost: a.cost + b.cost }
}

fn keep_best(mut ways: Vec<PieceSequence>) -> Vec<PieceSequence> {
    ways.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    let limit = ways.first().map_or(0.0, |w| w.cost) + MAX_COST_DIFFERENCE;
    ways.truncate(MAX_SEQUENCES);
    ways.retain(|w| w.cost <= limit);
    ways
}

fn exact_letters(run: &str, cost: f32) -> PieceSequence {
    PieceSequence { pieces: run.bytes().map(|b| Piece::Exact(b.into())).collect(), cost }
}

/// Divides a run of letters; reading it as mere letters comes last.
fn divide_run(run: &str, is_unfinished: bool) -> Vec<PieceSequence> {
    let mut ending_at: Vec<Vec<PieceSequence>> = vec![Vec::new(); run.len() + 1];
    ending_at[0].push(PieceSequence { pieces: Vec::new(), cost: 0.0 });
    for from in 0..run.len() {
        let prefixes = keep_best(std::mem::take(&mut ending_at[from]));
        for to in from + 1..=run.len().min(from + MAX_SYLLABLE_LETTERS) {
            for (piece, cost) in pieces_for(&run[from..to], is_unfinished && to == run.len()) {
                let step = PieceSequence { pieces: vec![piece], cost };
                ending_at[to].extend(prefixes.iter().map(|way| concatenate(way, &step)));
            }
        }
    }
    let mut ways = keep_best(ending_at.pop().unwrap_or_default());
    let cost = ways.last().map_or(0.0, |w| w.cost) + LETTERS_COST;
    ways.push(exact_letters(run, cost.min(ways.first().map_or(0.0, |w| w.cost) + MAX_COST_DIFFERENCE)));
    ways
}

/// Pieces that some letters can be, with costs: whole syllables are more likely than initials.
fn pieces_for(letters: &str, is_unfinished: bool) -> Vec<(Piece, f32)> {
    let mut steps = Vec::new();
    let beginning = syllable::range_with_prefix(letters).map(|r| Piece::Prefix(*r.start(), *r.end()));
    let initial = matches!(letters, "zh" | "ch" | "sh") || letters.len() == 1;
    let whole = syllable::id_from_letters(letters).filter(|_| letters.len() > 1);
    if let Some(id) = whole {
        steps.push((Piece::Syllable(id), 1.0));
    }
    if let Some(beginning) = beginning {
        if initial {
            let vowel = matches!(letters, "a" | "e" | "o");
            steps.push((beginning, if vowel { 1.7 } else { 1.5 }));
        } else if is_unfinished {
            steps.push((beginning, 1.3));
        }
    }
    steps
}

/// Splits a query into runs of letters and single other characters; `None` if it is too long to be
/// typed by hand.
fn tokenize(query: &str) -> Option<Vec<Token>> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut chars = query.chars().peekable();
    let mut run = String::new();
    let mut read = 0;
    while let Some(c) = chars.next() {
        read += 1;
        if read > MAX_CHARS {
            return None;
        }
        let unit = unit_from_char(c);
        if let Some(letter) = plain_letter(c, unit) {
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

/// Checks if the last letters of a run are a whole syllable, so that a digit after them is its tone.
fn ends_in_syllable(run: &str) -> bool {
    (0..run.len()).any(|from| {
        run.len() - from <= MAX_SYLLABLE_LETTERS && syllable::id_from_letters(&run[from..]).is_some()
    })
}

/// Plain lower-case letter for a letter with or without a tone mark; `ü` and `v` become `u`.
fn plain_letter(c: char, unit: Option<Unit>) -> Option<char> {
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

/// Checks if a query has any Latin letter, so that it may be pinyin.
pub fn has_letters(query: &str) -> bool {
    query.chars().take(MAX_CHARS).any(|c| plain_letter(c, unit_from_char(c)).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn divisions(query: &str, is_unfinished: bool) -> Vec<String> {
        let ways = piece_sequences(query, ReadOptions { is_unfinished, is_literal: &|_| false });
        ways.iter().map(|w| w.pieces.iter().map(piece_text).collect::<Vec<_>>().join(" ")).collect()
    }

    fn piece_text(piece: &Piece) -> String {
        match piece {
            Piece::Exact(unit) => crate::lexicon::vocabulary::units::char_from_unit(*unit).to_string(),
            Piece::Syllable(id) => syllable::letters_of_id(*id).to_owned(),
            Piece::Prefix(low, _) => format!("{}-", syllable::letters_of_id(*low)),
        }
    }

    #[test]
    fn piece_sequences_divide_letters_into_syllables() {
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
            assert_eq!(divisions(query, false)[0], first, "{query}");
        }
    }

    #[test]
    fn piece_sequences_keep_other_divisions() {
        assert!(divisions("xian", false).contains(&"xi an".to_owned()));
        let fangan = divisions("fangan", false);
        assert!(fangan.contains(&"fang an".to_owned()) && fangan.contains(&"fan gan".to_owned()));
        assert!(divisions("ppp", false).contains(&"p p p".to_owned()));
        assert!(divisions("gat", false).iter().any(|w| w == "ga- a- ta-"), "initials of 公安厅");
        assert!(divisions("zhengwugon", true).contains(&"zheng wu gong-".to_owned()));
    }

    #[test]
    fn piece_sequences_without_pinyin_are_mere_letters() {
        assert_eq!(divisions("iuv", false), ["i u u"]);
        assert_eq!(divisions("", false), Vec::<String>::new());
        assert_eq!(divisions(&"zheng".repeat(50), false), Vec::<String>::new());
    }
}
