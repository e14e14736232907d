//! Every number that shapes the ranking, in one place, each with its reason.

use crate::record::{Kind, Validity};
use crate::schema::fields::TextField;

/// BM25: how soon more occurrences stop to count. Below the usual 1.2: articles of
/// laws are short, and a second mention tells little.
pub const K1: f32 = 1.0;

/// BM25: how much a long body dilutes. Measured on questions over articles of laws,
/// where 0.8 is better than 0.6 by half a point and no worse than 0.9.
pub const B_BODY: f32 = 0.8;

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

/// A word of the query that tells little, such as 应当.
pub const LITTLE: f32 = 0.4;

/// A long word beside the words inside it: both in full would count one notion twice.
pub const WHOLE_WORD: f32 = 0.4;

/// An article that was named, as in 行政许可法第三十八条.
pub const ARTICLE: f32 = 1.5;

/// A synonym beside the typed word, for a dictionary weight of 1.
pub const SYNONYM: f32 = 0.8;

/// How a synonym of several words shares its weight among them: 0 gives each all,
/// 1 gives each its part.
pub const SPLIT: f32 = 0.2;

/// What a document defines for itself as short for something: not always meant by it.
pub const MINED: f32 = 0.6;

/// The record that bears the document number that was typed. So far above what words
/// can gather that neither length nor validity of another lets it pass.
pub const NUMBER_KEY: f32 = 8_000.0;

/// When not all words are required: the least share of what they tell.
pub const RELAXED_PERCENT: u8 = 8;

/// A record whose whole title was typed stands above all that merely contain it. Validity
/// decides among records of one title, since it takes its share of this as well.
pub const WHOLE_TITLE: f32 = 4_000.0;

/// What explains the document whose title was typed stands next to it.
pub const INTERPRETATION: f32 = 1_800.0;

/// What an interpretation of the same day as the document adds to that: each version of
/// a document has its own.
pub const SAME_DAY: f32 = 100.0;

/// After how many days half of that is lost.
pub const SAME_DAY_DAYS: f32 = 60.0;

/// The other records of the title that was typed, its older versions most of all: only
/// the first stands above what explains it.
pub const SAME_TITLE: f32 = 1_400.0;

/// Other records about the document whose title was typed, such as the notice that
/// carries it. Below a repealed version of it.
pub const SUBJECT: f32 = 1_000.0;

/// The same where nothing but the name of that document was typed.
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

/// From this many required words on, one of them may be too many.
pub const LONG_QUERY: usize = 5;

/// What few matches are for such a query.
pub const FEW_MATCHES: u64 = 3;

/// What few matches are for a whole question: its words come from a case, not from the rule.
pub const FEW_FOR_QUESTION: u64 = 1_000;

/// A word in the title, when a whole question was typed: a question tells of a case,
/// and the rule for it stands in the text.
pub const TITLE_OF_QUESTION: f32 = 0.02;

/// A record of the issuer, the place or the year that the query speaks of.
pub const PREFERRED: f32 = 1.2;

/// What a record is: a rule stands a little above what explains it, and both above the rest.
/// So little that it decides only among records that match about as well.
pub fn kind(kind: Kind) -> f32 {
    match kind {
        Kind::Policy => 1.03,
        Kind::Interpretation => 1.0,
        Kind::Document => 1.0,
    }
}

/// How much an old record loses against a new one, at most: news of ten years ago may
/// still be what is meant.
pub const AGE: f32 = 0.06;

/// After how many years half of that is lost.
pub const AGE_YEARS: f32 = 5.0;

/// What the age of a record leaves of its score; nobody knows that of one without a date.
pub fn age(years: f32) -> f32 {
    let years = years.max(0.0);
    1.0 - AGE * years / (years + AGE_YEARS)
}

/// How many of the best hits say which law a question is about.
pub const LEADERS: usize = 50;

/// How much the strongest law lifts its articles among all hits of a question. Measured on
/// questions over articles: 0.2 gains in the first ten, 0.5 loses.
pub const FAMILY_HEAD: f32 = 0.2;

/// The same behind the head: recall among a hundred grows up to 1.
pub const FAMILY_TAIL: f32 = 1.0;

/// How many hits of a question are its head.
pub const HEAD: usize = 10;

/// How many of the best hits are looked at for passages that hold the words together.
pub const PASSAGES: usize = 30;

/// How long a passage is, in characters: a sentence or two. 30 did as well, and 100 worse by a point.
pub const PASSAGE_LENGTH: u32 = 40;

/// How much a passage with all of the query lifts a hit. Four words of one sentence find
/// their text better by six points with it (`tests/relevance.rs`). More would gain more
/// there: such queries favour it more than people's do.
pub const PASSAGE: f32 = 1.0;

/// How many pairs of a query are looked for, the most telling.
pub const PASSAGE_PAIRS: usize = 32;

/// How many places of one pair in one text are looked at.
pub const PLACES: usize = 500;
