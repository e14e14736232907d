//! Every number that shapes the ranking, in one place, each with its reason.

use crate::record::Validity;
use crate::schema::TextField;

/// BM25: how soon more occurrences stop to count. 1.2 is the usual value.
pub const K1: f32 = 1.2;

/// BM25: how much a long body dilutes. Laws are long because they are thorough, not
/// because they ramble: below the usual 0.75.
pub const B_BODY: f32 = 0.6;

/// BM25: how much a long title dilutes. Titles that forward others repeat them whole.
pub const B_TITLE: f32 = 0.5;

/// A word in the title says what a record is about.
pub const TITLE: f32 = 2.5;

/// A word in the body says that it is mentioned.
pub const BODY: f32 = 1.0;

/// A word of the issuer's name, as in “财政部 补贴”.
pub const ISSUERS: f32 = 0.8;

/// Part of a document number.
pub const NUMBER: f32 = 1.5;

/// Part of an index number.
pub const INDEX_NUMBER: f32 = 1.5;

/// A keyword somebody chose for the record.
pub const KEYWORDS: f32 = 1.0;

/// Character pairs beside the words: they carry what the dictionary cuts wrongly,
/// and neighbouring words that stand together score by the pair between them.
pub const GRAMS: f32 = 0.35;

/// A record whose whole title was typed stands above all that merely contain it.
pub const WHOLE_TITLE: f32 = 60.0;

/// Weight of a text field.
pub fn field(field: TextField) -> f32 {
    match field {
        TextField::Title => TITLE,
        TextField::Body => BODY,
        TextField::Issuers => ISSUERS,
        TextField::Number => NUMBER,
        TextField::IndexNumber => INDEX_NUMBER,
        TextField::Keywords => KEYWORDS,
    }
}

/// BM25's `b` for a text field; lists of short values are not diluted by length.
pub fn b(field: TextField) -> f32 {
    match field {
        TextField::Title => B_TITLE,
        TextField::Body => B_BODY,
        _ => 0.2,
    }
}

/// What applies stands above what no longer does, when both match as well.
/// Gentle enough that the right repealed text still beats a wrong one in force.
pub fn validity(state: Option<Validity>) -> f32 {
    match state {
        None | Some(Validity::Unknown | Validity::InForce) => 1.0,
        Some(Validity::NotYetEffective) => 0.92,
        Some(Validity::Amended) => 0.88,
        Some(Validity::Repealed | Validity::Expired) => 0.75,
    }
}
