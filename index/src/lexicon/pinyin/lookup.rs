//! Finds where the pieces of something typed stand in rows of texts.

use crate::lexicon::pinyin::readings;
use crate::lexicon::pinyin::typed::Piece;
use crate::lexicon::vocabulary::units::{END, Unit, is_han};
use crate::lexicon::vocabulary::{Axis, Entries, LETTER, Span, initial_of};

/// Places looked at for one row of pieces.
const MAX_PLACES: usize = 1_000;

/// Where in the texts pieces may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// At the beginning.
    Beginning,
    /// Anywhere.
    Anywhere,
    /// From beginning to end.
    Whole,
}

/// The places where the pieces stand, in the most useful texts first.
pub fn places<'a>(entries: &'a Entries, pieces: &'a [Piece], at: Where) -> impl Iterator<Item = usize> + 'a {
    let (axis, mut spans) = spans(pieces);
    // The end of a text can only be asked for after single keys.
    if at == Where::Whole && spans.iter().all(|(low, high)| low == high) {
        spans.push((END, END));
    }
    let beginnings = at != Where::Anywhere;
    let range = if pieces.is_empty() { 0..0 } else { entries.range(axis, beginnings, &spans) };
    entries
        .places(axis, beginnings, range)
        .take(MAX_PLACES)
        .filter(move |place| fits(entries, *place, pieces))
        .filter(move |place| at != Where::Whole || entries.units_from(*place).len() == pieces.len())
}

/// The axis on which the pieces are one range, and what they are on it.
fn spans(pieces: &[Piece]) -> (Axis, Vec<Span>) {
    let syllables = syllables(pieces);
    if pieces.iter().all(|p| matches!(p, Piece::Exact(_))) {
        return (Axis::Unit, pieces.iter().map(exact).collect());
    }
    let whole = pieces.iter().position(|p| matches!(p, Piece::Beginning(..))).unwrap_or(pieces.len());
    if whole + 1 >= pieces.len() {
        return (Axis::Syllable, syllables);
    }
    (Axis::Initial, syllables.into_iter().map(|(low, _)| initial_of(low)).map(|i| (i, i)).collect())
}

fn exact(piece: &Piece) -> Span {
    match piece {
        Piece::Exact(unit) => (*unit, *unit),
        _ => (END, END),
    }
}

/// What each piece is on the axis of syllables.
fn syllables(pieces: &[Piece]) -> Vec<Span> {
    let units: Vec<Unit> =
        pieces.iter().map(|p| if let Piece::Exact(unit) = p { *unit } else { END }).collect();
    let read = readings::read(&units);
    let span = |(piece, read): (&Piece, Option<u16>)| match *piece {
        Piece::Exact(unit) if is_han(unit) => (read.unwrap_or(END), read.unwrap_or(END)),
        Piece::Exact(unit) => (LETTER | unit, LETTER | unit),
        Piece::Syllable(id) => (id, id),
        Piece::Beginning(low, high) => (low, high),
    };
    pieces.iter().zip(read).map(span).collect()
}

/// Whether the pieces stand at a place.
fn fits(entries: &Entries, place: usize, pieces: &[Piece]) -> bool {
    let units = entries.units_from(place);
    units.len() >= pieces.len()
        && pieces.iter().zip(units).enumerate().all(|(i, (piece, unit))| match *piece {
            Piece::Exact(wanted) => *unit == wanted,
            Piece::Syllable(id) => entries.syllable(place + i) == id,
            Piece::Beginning(low, high) => {
                let read = entries.syllable(place + i);
                (low..=high).contains(&read) || (read & LETTER != 0 && initial_of(read) == initial_of(low))
            }
        })
}
