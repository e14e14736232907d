//! All constants of the ranking, in one place, each with its reason.

use crate::record::{Kind, Validity};
use crate::schema::fields::TextField;

/// BM25 `k1`: saturation of term frequency. Below the usual 1.2: articles of
/// laws are short, and a second occurrence means little.
pub const K1: f32 = 1.0;

/// BM25 `b` of bodies: normalisation by length. Measured on questions over articles of laws,
/// where 0.8 is better than 0.6 by half a point and no worse than 0.9.
pub const B_BODY: f32 = 0.8;

/// BM25 `b` of titles: normalisation by length. Titles that forward others repeat them whole.
pub const B_TITLE: f32 = 0.5;

/// Weight of a word in the title, which names the subject of a record.
pub const TITLE: f32 = 2.5;

/// Weight of a word in the body, which may only be mentioned there.
pub const BODY: f32 = 1.0;

/// Weight of a word of the issuer's name, as in “财政部 补贴”.
pub const ISSUERS: f32 = 0.8;

/// Weight of a part of a document number.
pub const NUMBER: f32 = 1.5;

/// Weight of a part of an index number.
pub const INDEX_NUMBER: f32 = 1.5;

/// Weight of a keyword that was chosen for the record.
pub const KEYWORDS: f32 = 1.0;

/// Weight of character pairs beside the words: they match words that the dictionary cuts wrongly,
/// and adjacent words score by the pair between them.
pub const GRAMS: f32 = 0.35;

/// Factor of a query word with little meaning, such as 应当.
pub const LITTLE: f32 = 0.4;

/// Factor of a long word beside the words inside it: both in full would count one notion twice.
pub const WHOLE_WORD: f32 = 0.4;

/// Factor of a named article, as in 行政许可法第三十八条.
pub const ARTICLE: f32 = 1.5;

/// Factor of a synonym beside the typed word, for a dictionary weight of 1.
pub const SYNONYM: f32 = 0.8;

/// Exponent by which a synonym of several words shares its weight among them: 0 gives each the
/// whole, 1 gives each its part.
pub const SPLIT: f32 = 0.2;

/// Weight of a full name for a short name that a document defines: the user may not mean it.
pub const MINED: f32 = 0.6;

/// Boost of the record with the typed document number. So far above any sum of words
/// that neither length nor validity lets another record pass it.
pub const NUMBER_KEY: f32 = 8_000.0;

/// Least share of the weight of all words if not all of them are required, in hundredths.
pub const RELAXED_PERCENT: u8 = 8;

/// Boost of a record whose whole title was typed, above all that merely contain it. Validity
/// decides among records of one title, because it multiplies this boost as well.
pub const WHOLE_TITLE: f32 = 4_000.0;

/// Boost of a record that explains the document whose title was typed, so that it ranks next to it.
pub const INTERPRETATION: f32 = 1_800.0;

/// Additional boost of an interpretation of the same day as the document: each version of
/// a document has its own.
pub const SAME_DAY: f32 = 100.0;

/// Number of days after which half of that is lost.
pub const SAME_DAY_DAYS: f32 = 60.0;

/// Boost of the other records with the typed title, mostly its older versions: only
/// the first ranks above the records that explain it.
pub const SAME_TITLE: f32 = 1_400.0;

/// Boost of other records about the document whose title was typed, such as the notice that
/// encloses it. Below a repealed version of it.
pub const SUBJECT: f32 = 1_000.0;

/// Boost of the same records if only the name of that document was typed.
pub const SUBJECT_ITSELF: f32 = 2_200.0;

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

/// Factor by validity: a text in force ranks above one that no longer is, if both match equally.
/// Small enough that the right repealed text still ranks above a wrong one in force.
pub fn validity(state: Option<Validity>) -> f32 {
    match state {
        None | Some(Validity::Unknown | Validity::InForce) => 1.0,
        Some(Validity::NotYetEffective) => 0.92,
        Some(Validity::Amended) => 0.88,
        Some(Validity::Repealed | Validity::Expired) => 0.75,
    }
}

/// Number of required words from which on a query counts as long: one of them may be too many.
pub const LONG_QUERY: usize = 5;

/// Number of matches of such a query that are few.
pub const FEW_MATCHES: u64 = 3;

/// Number of matches of a whole question that are few: its words come from a case, not from the
/// rule.
pub const FEW_FOR_QUESTION: u64 = 1_000;

/// Weight of a word in the title for a whole question: a question describes a case,
/// and the rule for it stands in the body.
pub const TITLE_OF_QUESTION: f32 = 0.02;

/// Factor of a record of the issuer, the place or the year that the query names.
pub const PREFERRED: f32 = 1.2;

/// Factor by kind: a policy ranks a little above its interpretation and the rest.
/// Small enough to decide only among records that match about equally.
pub fn kind(kind: Kind) -> f32 {
    match kind {
        Kind::Policy => 1.03,
        Kind::Interpretation => 1.0,
        Kind::Document => 1.0,
    }
}

/// Largest loss of an old record against a new one: news of ten years ago may
/// still be meant.
pub const AGE: f32 = 0.06;

/// Number of years after which half of that is lost.
pub const AGE_YEARS: f32 = 5.0;

/// Factor by the age of a record in years; the age of a record without a date is unknown.
pub fn age(years: f32) -> f32 {
    let years = years.max(0.0);
    1.0 - AGE * years / (years + AGE_YEARS)
}

/// Number of best hits that decide which law a question is about.
pub const LEADERS: usize = 50;

/// Boost of the articles of the strongest law among the first hits of a question. Measured on
/// questions over articles: 0.2 gains in the first ten, 0.5 loses.
pub const FAMILY_HEAD: f32 = 0.2;

/// Boost of the same after the first hits: recall among a hundred grows up to 1.
pub const FAMILY_TAIL: f32 = 1.0;

/// Number of first hits of a question.
pub const HEAD: usize = 10;

/// Number of best hits that are searched for passages with the words together.
pub const PASSAGES: usize = 30;

/// Length of a passage, in characters: a sentence or two. 30 did as well, and 100 worse by a point.
pub const PASSAGE_LENGTH: u32 = 40;

/// Boost of a hit by a passage with the whole query. Queries of four words from one sentence find
/// their text better by six points with it (`tests/relevance.rs`). More would gain more
/// there: such queries favour it more than people's do.
pub const PASSAGE: f32 = 1.0;

/// Number of pairs of a query that are searched, those with the highest weight.
pub const PASSAGE_PAIRS: usize = 32;

/// Most occurrences of one pair that are read in one text.
pub const PLACES: usize = 500;
