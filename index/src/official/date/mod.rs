//! Dates as officials and websites write them.
//!
//! # Grammar
//!
//! ```text
//! date    = year 年 month 月 day (日|号)      2017年05月15日, 二〇〇七年十二月二十六日
//!         | year sep month sep day            2017.5.15  2017/5/15  2017-05-15
//!         | yyyymmdd                          20170515, only where a date is expected
//! year    = four digits, Chinese or decimal, mixed as people mix them
//! sep     = . / - or their wide forms, the same one twice
//! month, day = one or two digits, or a Chinese numeral
//! ```
//!
//! A date that the calendar does not have is none (`2016年13月5日`), and neither is a day without
//! its year (`9月5日前`). [`find_all`] returns with each date how it is mentioned; [`roles()`] reads
//! which of them is the date *of* the document.

mod find;
mod roles;
#[cfg(test)]
mod tests;

pub use find::{Found, Mention, find_all, parse};
pub use roles::{Dated, Role, of_role, roles};
