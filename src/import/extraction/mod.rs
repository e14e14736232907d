//! From what a reader found in a file to records.

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
