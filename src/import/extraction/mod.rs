//! Extraction: from the content of a file to records.
//!
//! `page_reader` separates the document from the site around it, `splitting` separates
//! several documents on one page, `building` fills in the fields of each record, and
//! [`records`] puts these steps together. Every inferred value names its evidence.

pub mod boilerplate;
mod building;
pub mod content_farm;
pub mod enclosed;
pub mod facts;
pub mod labels;
pub mod line;
pub mod organs;
pub mod page;
pub mod page_reader;
pub mod pinyin_readings;
pub mod promulgation_note;
pub mod provenance;
pub mod records;
pub mod signature;
pub mod site_name;
pub mod splitting;
pub mod title;
pub mod title_choice;
pub mod values;
