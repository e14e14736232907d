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
//! year-part     = year 年 | open year close
//! year          = four digits, or two for a year before 2000
//! ```
//!
//! Brackets are of any kind and need not match; digits are of any width; blanks
//! may stand between the parts; a serial may be padded with zeros. In running
//! text a number may follow another and leave out its series (`和[2016]11号`) or
//! its year too (`、60号`), and may be glued to the words before it; where a
//! series begins is the work of the submodule `series`.
//!
//! This module does not know which numbers exist: of a form with several
//! readings it gives all ([`candidates`]), and the collection decides.

mod find;
mod own;
mod read;
mod series;
#[cfg(test)]
mod tests;
mod words;

use std::fmt;

pub use find::{Found, find_all, find_all_issued_by};
pub use own::{Own, Place, own};
pub use read::{candidates, parse};

/// A document number, understood.
///
/// Two spellings of one number are equal in [`key`](Self::key); the fields keep
/// the series as it was written, so that it can be shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DocumentNumber {
    /// 代字 without blanks (`国办发`), or for orders and announcements the
    /// issuers and the word itself (`国务院令`, `财政部 税务总局公告`).
    pub series: String,
    /// The year, where the number has one: orders are mostly counted through.
    pub year: Option<u16>,
    /// 顺序号.
    pub serial: u32,
}

/// How a number is written, which follows from its series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// 代字〔year〕serial号.
    Letter,
    /// 令, 公告 or 通告 of an organ: 第serial号.
    Titled,
}

/// Words that end the series of a number that names its organ in full.
pub(crate) const TITLES: [&str; 4] = ["令", "公告", "通告", "公报"];

impl DocumentNumber {
    /// The form in which this number is written.
    pub fn form(&self) -> Form {
        if TITLES.iter().any(|title| self.series.ends_with(title)) { Form::Titled } else { Form::Letter }
    }

    /// One string for one document: equal exactly when the numbers mean the same.
    pub fn key(&self) -> String {
        let series = series::canonical(&self.series);
        match self.year {
            Some(year) => format!("{series}|{year}|{}", self.serial),
            None => format!("{series}||{}", self.serial),
        }
    }
}

impl fmt::Display for DocumentNumber {
    /// The normal form of GB/T 9704 for letters, 第…号 for orders and announcements.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { series, year, serial } = self;
        match (self.form(), year) {
            (Form::Letter, Some(year)) => write!(f, "{series}〔{year}〕{serial}号"),
            (Form::Titled, Some(year)) => write!(f, "{series}{year}年第{serial}号"),
            (_, None) => write!(f, "{series}第{serial}号"),
        }
    }
}
