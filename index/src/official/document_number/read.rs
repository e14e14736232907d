//! Reading one number backwards from its 号, in each of its forms.

use std::ops::Range;

use super::series;
use super::{DocumentNumber, TITLES};
use crate::official::issuer;
use crate::official::scan::{
    Back, chinese_digit, chinese_number, is_chinese_numeral, is_closing, is_opening,
};

/// Years in which a number can have been given.
const YEARS: Range<u16> = 1949..2100;
/// Longest text that is looked at as one number.
const LONGEST_BYTES: usize = 400;
/// What may follow a number that is given alone.
const SUFFIXES: [&str; 5] = ["号文件", "号文", "号", "文件", "文"];
/// What labels a number that is given alone.
const LABELS: [&str; 6] = ["发文字号", "公文字号", "文件编号", "文号", "字号", "编号"];
/// What was read before a 号; a number once its series is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    pub range: Range<usize>,
    /// `None` for `[2016]11号` and `711号令`, which lean on what is in sight.
    pub series: Option<String>,
    /// The word that ends an order or an announcement without issuer.
    pub title: Option<&'static str>,
    pub year: Option<u16>,
    pub serial: u32,
    /// Year and serial as one run of digits, when the brackets are lost.
    pub run: Option<String>,
}

impl Reading {
    pub(super) fn number(&self) -> Option<DocumentNumber> {
        Some(DocumentNumber { series: self.series.clone()?, year: self.year, serial: self.serial })
    }
}

/// Reads a text that is one number in any spelling; `None` when it is not, or
/// when it is a form that needs to know who issued it (`711号令`).
pub fn parse(text: &str) -> Option<DocumentNumber> {
    alone(text)?.number()
}

/// Every number that the text may mean, the most plausible first: one for a
/// clear form, several for one whose brackets are lost or whose issuer is unsaid.
pub fn candidates(text: &str) -> Vec<DocumentNumber> {
    let Some(reading) = alone(text) else { return Vec::new() };
    let Some(first) = reading.number() else { return bare_order(&reading) };
    let others = reading.run.as_deref().map(|run| splits(&first.series, run)).unwrap_or_default();
    let mut found = vec![first];
    for other in others {
        if !found.contains(&other) {
            found.push(other);
        }
    }
    found
}

/// `711号令` without an issuer is mostly the State Council's.
fn bare_order(reading: &Reading) -> Vec<DocumentNumber> {
    match reading.title {
        Some("令") => {
            vec![DocumentNumber {
                series: "国务院令".to_owned(), year: reading.year, serial: reading.serial
            }]
        }
        _ => Vec::new(),
    }
}

/// All ways to cut a run of digits into a year and a serial, years of four digits first.
fn splits(series: &str, run: &str) -> Vec<DocumentNumber> {
    let cut = |at: usize| -> Option<DocumentNumber> {
        let year = written_year(run.get(..at)?)?;
        let serial = run.get(at..).filter(|s| !s.is_empty() && s.len() <= 6)?.parse().ok()?;
        (serial > 0).then(|| DocumentNumber { series: series.to_owned(), year: Some(year), serial })
    };
    [4, 2].into_iter().filter_map(cut).collect()
}

/// The reading of a text that should hold nothing but a number.
fn alone(text: &str) -> Option<Reading> {
    if text.len() > LONGEST_BYTES {
        return None;
    }
    let text = unwrapped(text);
    read_alone(text).or_else(|| read_alone(&text.split_whitespace().collect::<String>()))
}

fn read_alone(text: &str) -> Option<Reading> {
    let (body, hao) = number_end(text)?;
    let mut reading = before(body, hao)?;
    let left = body[..reading.range.start].trim();
    let glued = reading.series.is_some() && left.chars().all(|c| !is_closing(c) && !"。；;，,".contains(c));
    let torn =
        left.len() < reading.range.start && left.split_whitespace().next_back().is_some_and(is_one_char);
    if !left.is_empty() && (!glued || torn) || body[..reading.range.start].contains('号') {
        return None;
    }
    if let Some(series) = &mut reading.series {
        // A label may stand behind what was left out as well: the number is what follows it.
        let read = text[reading.range.start..].trim_start();
        let rest = unlabelled(read);
        if rest.len() < read.len() {
            return read_alone(rest);
        }
        *series = series.trim().to_owned();
        // Torn apart; without blanks it is seen.
        if unlabelled(series).len() < series.len() {
            return None;
        }
    }
    Some(reading)
}

/// A series written with blanks between its characters was torn apart.
fn is_one_char(word: &str) -> bool {
    word.chars().nth(1).is_none()
}

/// Where the serial ends: at the last 号, or at the last digit when 号 is missing.
fn number_end(text: &str) -> Option<(&str, usize)> {
    if TITLES.iter().any(|title| text.ends_with(title)) {
        let hao = text.rfind('号')?;
        return text[hao..].chars().count().le(&4).then_some((text, hao));
    }
    let suffix = SUFFIXES.iter().find_map(|suffix| text.strip_suffix(suffix));
    let body = suffix.unwrap_or(text);
    let bracketed_serial = suffix.is_none() && body.ends_with(is_closing);
    if bracketed_serial { body.rfind('号').map(|hao| (body, hao)) } else { Some((body, body.len())) }
}

/// Without quotation marks, labels and full stops around.
fn unwrapped(text: &str) -> &str {
    let text = unlabelled(text.trim_matches(|c: char| c.is_whitespace() || "“”\"'。.，,;；:：".contains(c)));
    let inner = text.strip_prefix(is_opening).and_then(|rest| rest.strip_suffix(is_closing));
    inner.filter(|inner| inner.ends_with('号')).unwrap_or(text).trim()
}

fn unlabelled(mut text: &str) -> &str {
    while let Some(rest) = LABELS.iter().find_map(|label| text.strip_prefix(label)) {
        text = rest.trim_start_matches(|c: char| c.is_whitespace() || ":：".contains(c));
    }
    text
}

/// Reads the number whose 号 is at `hao` (or whose digits end there).
pub(super) fn before(text: &str, hao: usize) -> Option<Reading> {
    let mut back = Back::new(text, hao);
    back.skip_blanks();
    let digits_end = back.at();
    let digits = back.digits(10);
    let chinese = if digits.is_empty() { chinese_serial(&mut back)? } else { 0 };
    let digits_start = back.at();
    let blanks = back;
    back.skip_blanks();
    let ordinal = back.eat('第');
    back.skip_blanks();
    let serial: u32 = if digits.is_empty() { chinese } else { digits.parse().unwrap_or(0) };
    let parts = Parts { text, hao, digits: &digits, serial, ordinal, start: digits_start };
    let trailing = parts.trailing_title();
    let found = match back.peek() {
        _ if trailing.is_some() => parts.title_after(back, trailing),
        Some(c) if is_closing(c) => parts.bracketed(back).or_else(|| parts.direct(back)),
        Some('年') => parts.year_in_words(back),
        Some(c) if is_opening(c) => parts.wrapped(back),
        _ if !ordinal => parts.direct(blanks),
        _ => parts.direct(back),
    };
    found.filter(|r| r.serial > 0 && digits_end > r.range.start)
}

fn chinese_serial(back: &mut Back<'_>) -> Option<u32> {
    let end = back.at();
    let mut probe = *back;
    while end - probe.at() < 24 && probe.eat_if(is_chinese_numeral).is_some() {}
    let found = chinese_number(&back.rest()[probe.at()..])?;
    *back = probe;
    Some(found)
}

/// The end of a number, while its beginning is looked for.
struct Parts<'a> {
    text: &'a str,
    hao: usize,
    digits: &'a str,
    serial: u32,
    ordinal: bool,
    start: usize,
}

impl Parts<'_> {
    /// `…〔2015〕58号`.
    fn bracketed(&self, mut back: Back<'_>) -> Option<Reading> {
        let year = bracketed_year(&mut back)?;
        let alone = self.reading(back.at(), None, Some(year))?;
        let bracket = back.at();
        back.skip_blanks();
        if bracket - back.at() > 4 {
            return Some(alone);
        }
        if let Some(start) = titled_start(self.text, back.at()) {
            return self.reading(start, Some(back.at()), Some(year));
        }
        let found = series::letter_start(self.text, back.at());
        match found {
            Some(start) => self.reading(start, Some(back.at()), Some(year)),
            None => Some(alone),
        }
    }

    /// `…2015年58号`, `…公告2023年第11号`.
    fn year_in_words(&self, mut back: Back<'_>) -> Option<Reading> {
        back.eat('年');
        let year = bare_year(&mut back)?;
        back.skip_blanks();
        let end = back.at();
        let start = titled_start(self.text, end).or_else(|| {
            let start = series::letter_start(self.text, end)?;
            ends_like_series(&self.text[start..end]).then_some(start)
        })?;
        self.reading(start, Some(end), Some(year))
    }

    /// `…令（第61号）`.
    fn wrapped(&self, mut back: Back<'_>) -> Option<Reading> {
        back.eat_if(is_opening);
        back.skip_blanks();
        let start = titled_start(self.text, back.at()).filter(|_| self.ordinal)?;
        self.reading(start, Some(back.at()), None)
    }

    /// No year between series and serial: orders, year first, lost brackets.
    fn direct(&self, back: Back<'_>) -> Option<Reading> {
        let end = back.at();
        if let Some(start) = titled_start(self.text, end) {
            return self.reading(start, Some(end), None);
        }
        self.year_first(end).or_else(|| self.run_together(end)).or_else(|| self.lettered(end))
    }

    /// `〔1996〕武司字第82号`.
    fn year_first(&self, end: usize) -> Option<Reading> {
        let start = series::run_start(self.text, end);
        let mut back = Back::new(self.text, start);
        let series = &self.text[start..end];
        let round = back.peek().is_some_and(|c| ")）".contains(c));
        let year = bracketed_year(&mut back)?;
        let plausible = series.ends_with('字')
            || series.ends_with(is_closing)
            || self.ordinal
            || !round && ends_like_series(series);
        if !plausible || series.chars().count() < 2 || is_case(series) {
            return None;
        }
        let found = self.reading(back.at(), None, Some(year))?;
        Some(Reading { series: Some(canonical_blanks(series)), ..found })
    }

    /// `国发201558号`.
    fn run_together(&self, end: usize) -> Option<Reading> {
        let (year, serial) = (self.digits.get(..4)?, self.digits.get(4..).filter(|s| !s.is_empty())?);
        let year = written_year(year)?;
        let serial = serial.parse().ok().filter(|_| serial.len() <= 4 && !self.ordinal)?;
        let start = series::letter_start(self.text, end)?;
        if !ends_like_series(&self.text[start..end]) {
            return None;
        }
        let found = self.reading(start, Some(end), Some(year))?;
        Some(Reading { serial, run: Some(self.digits.to_owned()), ..found })
    }

    /// `法研字第30号`: before years were written.
    fn lettered(&self, end: usize) -> Option<Reading> {
        let start = series::letter_start(self.text, end)?;
        let series = &self.text[start..end];
        let plausible =
            self.ordinal && series.ends_with('字') && !is_case(series) && series.chars().count() >= 3;
        if plausible { self.reading(start, Some(end), None) } else { None }
    }

    /// `国务院711号令`, `交通部1997年第16号令`.
    fn title_after<'t>(
        &'t self,
        mut back: Back<'t>,
        trailing: Option<(&'static str, usize)>,
    ) -> Option<Reading> {
        let (title, end) = trailing?;
        let mut year = None;
        if back.eat('年') {
            year = Some(bare_year(&mut back)?);
        } else if back.peek().is_some_and(is_closing) {
            year = Some(bracketed_year(&mut back)?);
        }
        let bare = back.at();
        back.skip_blanks();
        if back.rest().ends_with(title) {
            back = Back::new(self.text, back.at() - title.len());
        }
        let issuer_end = back.at();
        let issuer = series::issuer_start(self.text, issuer_end);
        let start = issuer.unwrap_or(if year.is_some() { bare } else { self.number_start() });
        let series = issuer.map(|start| canonical_blanks(&self.text[start..issuer_end]) + title);
        let serial = u32::from(self.digits.len() <= 6) * self.serial;
        Some(Reading { range: start..end, series, title: Some(title), year, serial, run: None })
    }

    fn number_start(&self) -> usize {
        let mut back = Back::new(self.text, self.start);
        back.skip_blanks();
        if back.eat('第') { back.at() } else { self.start }
    }

    /// 令 or 公告 right after the 号, and where it ends.
    fn trailing_title(&self) -> Option<(&'static str, usize)> {
        let rest = self.text[self.hao..].strip_prefix('号')?.trim_start_matches(' ');
        let title = TITLES.iter().find(|title| rest.starts_with(**title))?;
        let end = self.text.len() - rest.len() + title.len();
        let follows = self.text[end..].chars().next();
        (!follows.is_some_and(|c| "人牌状箭行".contains(c))).then_some((*title, end))
    }

    fn reading(&self, start: usize, series_end: Option<usize>, year: Option<u16>) -> Option<Reading> {
        let end =
            if self.text[self.hao..].starts_with('号') { self.hao + '号'.len_utf8() } else { self.hao };
        let series = series_end.map(|series_end| canonical_blanks(&self.text[start..series_end]));
        let fits = self.digits.len() <= 6 || year.is_some() && self.digits.len() <= 8 && series_end.is_some();
        fits.then_some(Reading {
            range: start..end,
            series,
            title: None,
            year,
            serial: self.serial,
            run: None,
        })
    }
}

/// The series as it is shown: single blanks between joint issuers, no others.
fn canonical_blanks(series: &str) -> String {
    let Some(title) = TITLES.iter().find(|title| series.ends_with(**title)) else {
        let joint = series.split_whitespace().collect::<Vec<_>>();
        return if joint.len() > 1 { joint.join(" ") } else { series::tidy(series) };
    };
    let issuers = series[..series.len() - title.len()].split_whitespace().collect::<Vec<_>>();
    issuers.join(" ") + title
}

/// Where the issuers begin whose 令 or 公告 ends at `end`.
fn titled_start(text: &str, end: usize) -> Option<usize> {
    let before = &text[..end];
    let title = TITLES.iter().find(|title| before.ends_with(**title))?;
    let end = end - title.len();
    series::issuer_start(text, end).or_else(|| {
        // The heads of announcements have the organ on the line above.
        let above = before[..end].trim_end();
        let start = series::issuer_start(text, above.len()).filter(|_| end - above.len() <= 4)?;
        issuer::split(&above[start..]).iter().all(|name| issuer::is_organ(name)).then_some(start)
    })
}

/// Courts count their cases in the shape of a year-first number: 民终字, 刑初, 执.
fn is_case(series: &str) -> bool {
    let kind = series.strip_suffix('字').unwrap_or(series);
    kind.chars().nth(1).is_some() && kind.ends_with(['初', '终', '再', '执'])
}

fn bracketed_year(back: &mut Back<'_>) -> Option<u16> {
    back.eat_if(is_closing)?;
    back.skip_blanks();
    back.eat('年');
    let mut digits = String::new();
    while digits.len() < 4 {
        back.skip_blanks();
        let Some(c) =
            back.eat_if(|c| chinese_digit(c).is_some() || ('０'..='９').contains(&c) || c.is_ascii_digit())
        else {
            break;
        };
        let value = chinese_digit(c).or_else(|| crate::official::scan::digit(c))?;
        digits.insert(0, char::from_digit(value, 10)?);
    }
    back.skip_blanks();
    let opened = back.eat_if(is_opening).is_some();
    written_year(&digits).filter(|_| opened || digits.len() == 4)
}

fn bare_year(back: &mut Back<'_>) -> Option<u16> {
    let digits = back.digits(4);
    if !digits.is_empty() {
        return written_year(&digits);
    }
    let mut found = String::new();
    while found.len() < 4 {
        let value = chinese_digit(back.bump()?)?;
        found.insert(0, char::from_digit(value, 10)?);
    }
    written_year(&found)
}

/// A year in four digits, or in two for the time when that was the custom.
fn written_year(digits: &str) -> Option<u16> {
    let year: u16 = digits.parse().ok()?;
    match digits.len() {
        4 => YEARS.contains(&year).then_some(year),
        2 => (49..=99).contains(&year).then_some(1900 + year),
        _ => None,
    }
}

/// The last character of a series whose year stands without brackets.
fn ends_like_series(series: &str) -> bool {
    let known = ["国发", "国函", "财税", "财会", "银发", "汇发", "税发", "法释", "财综", "财预", "财企"];
    series.ends_with(|c: char| "发函字规办通电办政令委告文批复综".contains(c))
        || known.iter().any(|k| series.ends_with(k))
}
