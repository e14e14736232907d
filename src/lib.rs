//! The program around the engine: command line, importer, HTTP, pages.

#[macro_use]
pub mod terminal;

pub mod access;
pub mod api;
pub mod base;
pub mod cli;
pub mod config;
pub mod connection;
pub mod edge;
pub mod evaluation;
pub mod following;
pub mod freshness;
pub mod import;
pub mod pages;
pub mod queue;
pub mod routes;
pub mod sample;
pub mod server;
pub mod service;
pub mod telemetry;
pub mod tls;
pub mod weighing;
pub mod writing;
