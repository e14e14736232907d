//! Rules of the layout, checked on the files themselves.
//!
//! `cargo test --test architecture` checks this checkout; with `CHECKOUT=DIR` before it the same rules
//! check another one. Each rule lists every offender, and each has a test on a snippet that shows that
//! it can fail.

mod circles;
mod docs;
mod layers;
mod modules;
mod size;
mod source;
mod tree;
mod words;
