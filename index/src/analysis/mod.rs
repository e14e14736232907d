//! The analyzer: text in, tokens out; one for the whole project and for every backend.
//!
//! 1. [`fold`]: width, case, Traditional→Simplified, variant glyphs and invisible
//!    characters are folded away, with offsets that lead back to the original.
//! 2. [`words`]: jieba with the dictionary in `index/dictionary` cuts the folded
//!    text into words. Words *rank*.
//! 3. [`grams`]: character pairs with true positions. Grams *find*: they match words that no
//!    dictionary has (a new programme, a name, half a title), and a phrase of any length is
//!    exactly a phrase of grams.
//!
//! The same two streams, joined by spaces, are the input of a cluster's whitespace
//! analyzer; nothing here knows a search library.

pub(crate) mod characters;
pub mod fold;
pub mod grams;
pub mod numeral;
pub mod radicals;
#[cfg(test)]
mod tests;
mod variant_words;
pub mod words;

pub use characters::{Class, MAX_UNIT_CHARS, class};
pub use fold::{Fold, Folded};
pub use words::{Analyzer, Token};
