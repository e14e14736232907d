//! Pages that hold several documents.

pub mod main_place;
pub mod piece;
pub mod split;
pub mod split_untitled;
