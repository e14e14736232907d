//! Pinyin as a way of typing: what was typed in letters is turned into Chinese
//! words of the collection. Nothing here is ever folded into an index, so 景点
//! and 经典 stay two words.

mod compose;
pub mod lookup;
pub mod readings;
mod resolve;
pub mod syllable;
pub mod typed;

pub use resolve::{Reading, resolve, resolve_anyway};
pub use typed::ReadingKind;
