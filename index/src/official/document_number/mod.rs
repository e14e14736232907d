//! 文号, the number of a document: 代字, year and serial.
//!
//! # Grammar
//!
//! ```text
//! letter        = series open year close [第] serial 号        国办发〔2017〕47号
//!               | open year close series [第] serial 号        〔1996〕武司字第82号
//!               | series year 年 [第] serial 号                国发2015年58号
//!               | series year serial 号                        国发201558号 (brackets lost)
//!               | series 字 第 serial 号                        法研字第30号 (before years were written)
//! order         = issuer 令 [year-part] [第] serial 号         国务院令第711号
//!               | issuer [year-part] [第] serial 号 令         国务院711号令
//! announcement  = issuers 公告 [year-part] [第] serial 号      财政部 税务总局公告2023年第11号
//! standard      = prefix serial[.part] - year                  GB/T 9704-2012
//! year-part     = year 年 | open year close
//! year          = four digits, or two for a year before 2000
//! ```
//!
//! Brackets are of any kind and need not match; digits are of any width; whitespace
//! may stand between the parts; a serial may be padded with zeros. In running
//! text a number may follow another and leave out its series (`和[2016]11号`) or
//! its year too (`、60号`), and may be glued to the words before it; the submodule `series`
//! finds the start of a series.
//!
//! Traditional characters are read as simplified ones: `雲政辦發〔2017〕47號` is 云政办发〔2017〕47号.
//!
//! This module does not know which numbers exist: for a form with several
//! readings it returns all of them ([`candidates`]), and the collection decides.

mod find;
mod number;
mod own;
mod read;
mod series;
mod standard;
#[cfg(test)]
mod tests;
mod words;

pub use find::{Found, find_all, find_all_issued_by};
pub use number::{DocumentNumber, Form};
pub use own::{NumberPlace, OwnNumber, own_number};
pub use read::{candidates, parse};
