//! The program around the engine: command line, importer, HTTP, pages.

pub mod import;
