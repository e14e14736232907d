//! Pages rendered on the server. All of them work without a script; the one script offers
//! completions in the search box.
//!
//! A page shows the API's own answer; it adds links and labels for readers.

mod assets;
mod problem;
pub mod record;
mod render;
pub mod review;
pub mod search;
mod text;

pub use self::assets::{icon, style_address, style_sheet, suggest_script};
pub use self::problem::{not_found, problem_page};
