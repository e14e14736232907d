//! Import: files and folders → records.
//!
//! `walk` finds the files. [`formats`] has a reader for each format, which gives a
//! [`FileContent`]; [`extraction`] makes records of it. Every item carries its place, and one
//! bad record or file never ends a run. Formats whose parsers have a history of crashes are
//! read in a process of their own ([`formats::sandbox`]).

pub mod extraction;
pub mod file_content;
pub mod formats;
mod item;
pub mod private_numbers;
pub mod read_error;
pub mod removed;
mod run_ids;
mod time_budget;
mod walk;
mod whitespace;

pub use file_content::FileContent;
pub use item::{Item, Place, Sink};
pub use removed::{RemovalReason, RemovedLine};
pub use walk::{Options, read_paths};
