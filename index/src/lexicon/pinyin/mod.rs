//! Pinyin as an input method: turns typed letters into Chinese words of the collection.
//! Pinyin is never folded into an index, so 景点 and 经典 stay two words.

mod compose;
pub mod lookup;
pub mod pieces;
pub mod readings;
mod resolve;
pub mod syllable;

pub use pieces::ReadingKind;
pub use resolve::{Reading, resolve, resolve_anyway};
