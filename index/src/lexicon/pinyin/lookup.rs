//! Look-up of typed pieces in the texts of the vocabulary.

use crate::lexicon::pinyin::pieces::Piece;
use crate::lexicon::pinyin::readings;
use crate::lexicon::vocabulary::units::{END, Unit, is_han};
use crate::lexicon::vocabulary::{Axis, Entries, LETTER, Span, initial_of};

/// Most positions read for one sequence of pieces.
const MAX_POSITIONS: usize = 1_000;

/// Position of the pieces in the texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchMode {
    /// Beginning of a text.
    Beginning,
    /// Any position in a text.
    Anywhere,
    /// Whole text.
    Whole,
}

/// Positions where the pieces match, in the most useful texts first.
pub fn find_positions<'a>(
    entries: &'a Entries,
    pieces: &'a [Piece],
    mode: MatchMode,
) -> impl Iterator<Item = usize> + 'a {
    let (axis, mut spans) = spans_of_pieces(pieces);
    // The end of a text can only follow single keys.
    if mode == MatchMode::Whole && spans.iter().all(|(low, high)| low == high) {
        spans.push((END, END));
    }
    let beginnings = mode != MatchMode::Anywhere;
    let range = if pieces.is_empty() { 0..0 } else { entries.range(axis, beginnings, &spans) };
    entries
        .positions(axis, beginnings, range)
        .take(MAX_POSITIONS)
        .filter(move |position| fits_at(entries, *position, pieces))
        .filter(move |position| {
            mode != MatchMode::Whole || entries.units_from(*position).len() == pieces.len()
        })
}

/// Axis on which the pieces are one range, and their spans on it.
fn spans_of_pieces(pieces: &[Piece]) -> (Axis, Vec<Span>) {
    let syllables = syllable_spans(pieces);
    if pieces.iter().all(|p| matches!(p, Piece::Exact(_))) {
        return (Axis::Unit, pieces.iter().map(exact_span).collect());
    }
    let first_prefix = pieces.iter().position(|p| matches!(p, Piece::Prefix(..))).unwrap_or(pieces.len());
    if first_prefix + 1 >= pieces.len() {
        return (Axis::Syllable, syllables);
    }
    (Axis::Initial, syllables.into_iter().map(|(low, _)| initial_of(low)).map(|i| (i, i)).collect())
}

fn exact_span(piece: &Piece) -> Span {
    match piece {
        Piece::Exact(unit) => (*unit, *unit),
        _ => (END, END),
    }
}

/// Spans of the pieces on the axis of syllables.
fn syllable_spans(pieces: &[Piece]) -> Vec<Span> {
    let units: Vec<Unit> =
        pieces.iter().map(|p| if let Piece::Exact(unit) = p { *unit } else { END }).collect();
    let read = readings::readings_in_context(&units);
    let span = |(piece, read): (&Piece, Option<u16>)| match *piece {
        Piece::Exact(unit) if is_han(unit) => (read.unwrap_or(END), read.unwrap_or(END)),
        Piece::Exact(unit) => (LETTER | unit, LETTER | unit),
        Piece::Syllable(id) => (id, id),
        Piece::Prefix(low, high) => (low, high),
    };
    pieces.iter().zip(read).map(span).collect()
}

/// Checks if the pieces match at a position.
fn fits_at(entries: &Entries, position: usize, pieces: &[Piece]) -> bool {
    let units = entries.units_from(position);
    units.len() >= pieces.len()
        && pieces.iter().zip(units).enumerate().all(|(i, (piece, unit))| match *piece {
            Piece::Exact(wanted) => *unit == wanted,
            Piece::Syllable(id) => entries.syllable(position + i) == id,
            Piece::Prefix(low, high) => {
                let read = entries.syllable(position + i);
                (low..=high).contains(&read) || (read & LETTER != 0 && initial_of(read) == initial_of(low))
            }
        })
}
