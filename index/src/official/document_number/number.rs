//! A document number with its form, its key and its normal form.

use std::fmt;

use super::series;
use super::words::TITLE_WORDS;

/// A parsed document number.
///
/// Two spellings of one number have the same [`key`](Self::key); the fields keep
/// the series as it was written, so that it can be displayed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DocumentNumber {
    /// 代字 without whitespace (`国办发`), or for orders and announcements the
    /// issuers and the word itself (`国务院令`, `财政部 税务总局公告`).
    pub series: String,
    /// Year, if the number has one: orders are mostly numbered without years.
    pub year: Option<u16>,
    /// 顺序号.
    pub serial: u32,
}

/// Form of a number, which follows from its series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// 代字〔year〕serial号.
    Letter,
    /// 令, 公告 or 通告 of an organ: 第serial号.
    Titled,
    /// Standard: prefix serial-year.
    Standard,
}

impl DocumentNumber {
    /// Form in which this number is written.
    pub fn form(&self) -> Form {
        if self.series.starts_with(|c: char| c.is_ascii_uppercase()) {
            return Form::Standard;
        }
        if TITLE_WORDS.iter().any(|title| self.series.ends_with(title)) { Form::Titled } else { Form::Letter }
    }

    /// Key of the number: equal exactly if two numbers mean the same document.
    pub fn key(&self) -> String {
        let series = series::canonical_form(&self.series);
        match self.year {
            Some(year) => format!("{series}|{year}|{}", self.serial),
            None => format!("{series}||{}", self.serial),
        }
    }
}

impl fmt::Display for DocumentNumber {
    /// Normal form: that of GB/T 9704 for letters, 第…号 for orders and announcements.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { series, year, serial } = self;
        // The serial of a part follows its point.
        let gap = if series.ends_with('.') { "" } else { " " };
        match (self.form(), year) {
            (Form::Standard, Some(year)) => write!(f, "{series}{gap}{serial}-{year}"),
            (Form::Letter, Some(year)) => write!(f, "{series}〔{year}〕{serial}号"),
            (Form::Titled, Some(year)) => write!(f, "{series}{year}年第{serial}号"),
            (_, None) => write!(f, "{series}第{serial}号"),
        }
    }
}
