//! BM25: how much a term adds to the score of a document.

use crate::query::plan::Rescoring;
use crate::query::{ScoreTerm, Stream};
use crate::ranking::weights;
use crate::schema::fields::TextField;

/// Weighs a term by its rarity: `frequency` of `total` documents have it.
pub fn idf(total: u64, frequency: u64) -> f32 {
    (1.0 + (total as f64 - frequency as f64 + 0.5) / (frequency as f64 + 0.5)).ln() as f32
}

/// Bounds the idf of a term that stands in for typed words: it tells no more than the rarest of
/// these, whose idfs are given. A typed word has no bound.
pub fn idf_cap(typed: impl IntoIterator<Item = f32>) -> f32 {
    typed.into_iter().reduce(f32::max).map_or(f32::MAX, |rarest| rarest.max(0.0))
}

/// Returns the most that a term can add in a field.
pub fn term_weight(term: &ScoreTerm, field: TextField, rescoring: Rescoring, idf: f32) -> f32 {
    let of_stream = if term.stream == Stream::Grams { weights::GRAMS } else { 1.0 };
    let of_field = match (field, rescoring) {
        (TextField::Title, Rescoring::LawFamily) => weights::TITLE_OF_QUESTION,
        _ => weights::field(field),
    };
    term.weight * of_stream * of_field * idf * (1.0 + weights::K1)
}

/// Returns the weight of term, stream and field that [`term_weight`] was made of.
pub fn weight_without_idf(term_weight: f32, idf: f32) -> f32 {
    term_weight / (idf * (1.0 + weights::K1))
}

/// Returns the average length of a field, at least 1.
pub fn average_length(tokens: u64, documents: u64) -> f32 {
    (tokens as f32 / documents.max(1) as f32).max(1.0)
}

/// Returns the length part of the formula for a field of so many tokens.
pub fn length_norm(field: TextField, length: u32, average: f32) -> f32 {
    let b = weights::b(field);
    weights::K1 * (1.0 - b + b * length as f32 / average)
}

/// Returns the part of a weight that a term adds by its occurrences.
#[inline]
pub fn term_gain(term_weight: f32, occurrences: u32, length_norm: f32) -> f32 {
    let occurrences = occurrences as f32;
    term_weight * occurrences / (occurrences + length_norm)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idf_falls_with_frequency_and_is_capped_by_rarest_typed_word() {
        assert!(idf(1_000, 1) > idf(1_000, 10) && idf(1_000, 1_000) > 0.0);
        assert_eq!(idf_cap([]), f32::MAX);
        assert_eq!(idf_cap([2.0, 5.0, 3.0]), 5.0);
    }

    #[test]
    fn title_weighs_more_than_body_except_in_questions() {
        let term =
            ScoreTerm { stream: Stream::Words, text: "补贴".into(), weight: 1.0, idf_cap: Vec::new() };
        let weight = |field, rescoring| term_weight(&term, field, rescoring, 2.0);
        let body = weight(TextField::Body, Rescoring::Proximity);
        assert_eq!(body, 2.0 * (1.0 + weights::K1));
        assert!(weight(TextField::Title, Rescoring::Proximity) > body);
        assert!(weight(TextField::Title, Rescoring::LawFamily) < body);
        assert_eq!(weight(TextField::Body, Rescoring::LawFamily), body);
        assert_eq!(weight_without_idf(body, 2.0), 1.0);
    }

    #[test]
    fn gain_grows_with_occurrences_and_falls_with_length() {
        let norm = |length| length_norm(TextField::Body, length, 100.0);
        assert_eq!(norm(100), weights::K1);
        assert!(term_gain(4.0, 2, norm(100)) > term_gain(4.0, 1, norm(100)));
        assert!(term_gain(4.0, 1, norm(400)) < term_gain(4.0, 1, norm(100)));
        assert!(term_gain(4.0, 1_000, norm(100)) < 4.0);
        assert_eq!(average_length(0, 0), 1.0);
        assert_eq!(average_length(30, 10), 3.0);
    }
}
