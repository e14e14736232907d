//! Files people have → records.
//!
//! Each format has its module, which gives what it found as an
//! [`content::FileContent`]; [`assemble`] makes records of it. Every reader gives
//! items, good or bad, each with its place; one bad record or file never ends a
//! run. Formats whose parsers have a history of crashes are read in a process
//! of their own ([`child`]).

pub mod extraction;
mod file_content;
pub mod formats;
mod item;
pub mod private_numbers;
mod read_error;
mod walk;
mod whitespace;

pub use file_content::FileContent;
pub use item::{Item, Place, Sink};
pub use walk::{Options, read_paths};
