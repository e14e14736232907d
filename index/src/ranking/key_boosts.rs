//! Boosts by exact keys: documents whose title or number was typed, and their interpretations.

use crate::ranking::weights;
use crate::record::days::{date_of_number, days_between};

/// A document that has one of the keys of a plan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KeyedDocument {
    /// Score; [`add_key_boosts`] changes it.
    pub score: f32,
    /// Boost of its best key: a document gets that one, not the sum.
    pub boost: f32,
    /// Factor of its validity, which multiplies the boost as well.
    pub validity: f32,
    /// Day of publication, else of writing, as a number yyyymmdd; 0 for none.
    pub day: u32,
    /// Hash of its id.
    pub id_hash: u64,
}

/// Adds the boosts. The best document whose title was typed gets its whole boost; the others rank
/// after its interpretations, of which those of the same time come first.
pub fn add_key_boosts(documents: &mut [KeyedDocument]) {
    let mut titled = Vec::new();
    for (at, document) in documents.iter_mut().enumerate() {
        document.score += document.boost * document.validity;
        if document.boost > weights::INTERPRETATION {
            titled.push((document.score, document.id_hash, at));
        }
    }
    titled.sort_by(|(a, x, _), (b, y, _)| b.total_cmp(a).then(x.cmp(y)));
    let Some(((_, _, first), others)) = titled.split_first() else { return };
    let first_day = date_of_number(documents[*first].day);
    for (_, _, at) in others {
        let document = &mut documents[*at];
        let is_carried = document.boost == weights::SUBJECT_ITSELF;
        let rest = if is_carried { weights::SUBJECT } else { weights::SAME_TITLE };
        document.score -= (document.boost - rest) * document.validity;
    }
    for document in documents.iter_mut().filter(|document| document.boost == weights::INTERPRETATION) {
        if let (Some(first), Some(own)) = (first_day, date_of_number(document.day)) {
            let apart = days_between(first, own).abs() as f32 / weights::SAME_DAY_DAYS;
            document.score += weights::SAME_DAY / (1.0 + apart);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(id_hash: u64, score: f32, boost: f32, day: u32) -> KeyedDocument {
        KeyedDocument { score, boost, validity: 1.0, day, id_hash }
    }

    #[test]
    fn best_titled_document_keeps_its_boost_and_others_fall_behind_its_interpretation() {
        let mut documents = [
            document(1, 5.0, weights::WHOLE_TITLE, 20200101),
            document(2, 9.0, weights::WHOLE_TITLE, 20240101),
            document(3, 1.0, weights::INTERPRETATION, 20240101),
            document(4, 1.0, weights::INTERPRETATION, 0),
            document(5, 2.0, weights::SUBJECT_ITSELF, 20240101),
        ];
        add_key_boosts(&mut documents);
        let scores = documents.map(|document| document.score);
        assert_eq!(scores[1], 9.0 + weights::WHOLE_TITLE);
        assert_eq!(scores[0], 5.0 + weights::SAME_TITLE);
        assert_eq!(scores[2], 1.0 + weights::INTERPRETATION + weights::SAME_DAY);
        assert_eq!(scores[3], 1.0 + weights::INTERPRETATION);
        assert_eq!(scores[4], 2.0 + weights::SUBJECT);
    }

    #[test]
    fn tie_between_titled_documents_goes_to_smaller_id_hash() {
        let mut documents =
            [document(8, 1.0, weights::WHOLE_TITLE, 0), document(3, 1.0, weights::WHOLE_TITLE, 0)];
        add_key_boosts(&mut documents);
        assert!(documents[1].score > documents[0].score);
    }

    #[test]
    fn validity_takes_its_share_of_a_boost() {
        let mut documents = [KeyedDocument { validity: 0.75, ..document(1, 0.0, weights::NUMBER_KEY, 0) }];
        add_key_boosts(&mut documents);
        assert_eq!(documents[0].score, weights::NUMBER_KEY * 0.75);
    }
}
