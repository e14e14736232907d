//! Program around the engine: command line, importer, HTTP server, pages.

#[macro_use]
pub mod terminal;
pub mod visible;

pub mod access;
pub mod api;
pub mod background;
pub mod cli;
pub mod clock;
pub mod config;
pub mod evaluation;
pub mod flow;
pub mod import;
pub mod labels;
pub mod links;
pub mod pages;
pub mod problem;
pub mod receipt;
pub mod sample;
pub mod search;
pub mod serving;
pub mod state;
pub mod telemetry;
