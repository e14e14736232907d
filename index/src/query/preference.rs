//! Preferences: an issuer, a place or a year named in a query. Records of
//! that issuer, place or year are boosted a little; others still match.

use crate::lexicon::names::Names;
use crate::official::region;
use crate::record::{Date, Record};
use crate::schema::issuer_name::issuer_key;

/// Kind of a preference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PreferenceKind {
    /// 发布机构.
    Issuer,
    /// 地区, a path.
    Region,
    /// Year of writing or publication.
    Year,
}

impl PreferenceKind {
    /// Name in API responses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::Region => "region",
            Self::Year => "year",
        }
    }
}

/// An issuer, a place or a year named in a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preference {
    /// Text as typed.
    pub text: String,
    /// Kind of the preference.
    pub kind: PreferenceKind,
    /// Name of the issuer, path of the place, or the year.
    pub value: String,
}

impl Preference {
    /// Checks if a record is of that issuer, place or year.
    pub fn fits(&self, record: &Record) -> bool {
        match self.kind {
            PreferenceKind::Issuer => {
                let key = issuer_key(&self.value);
                record.issuers.iter().any(|issuer| issuer_key(issuer) == key)
            }
            PreferenceKind::Region => {
                let below = |path: &String| {
                    path.strip_prefix(&self.value)
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                };
                record.region.iter().any(below)
            }
            PreferenceKind::Year => {
                let year = |date: &Date| self.value == date.year().to_string();
                record.written_on.iter().chain(&record.published_on).any(year)
            }
        }
    }
}

/// Most preferences of one query.
const MAX_PREFERENCES: usize = 6;
/// Most words of one name.
const MAX_NAME_WORDS: usize = 12;

/// Finds the preferences in a text with the given word boundaries.
pub(super) fn preferences(text: &str, bounds: &[usize], names: &Names) -> Vec<Preference> {
    let mut found = Vec::new();
    let mut i = 0;
    while i + 1 < bounds.len() && found.len() < MAX_PREFERENCES {
        match longest_preference(text, &bounds[i..], i == 0, names) {
            Some((preference, words)) => {
                found.push(preference);
                i += words;
            }
            None => i += 1,
        }
    }
    found
}

/// Longest name at the first boundary, and its number of words.
fn longest_preference(
    text: &str,
    bounds: &[usize],
    first: bool,
    names: &Names,
) -> Option<(Preference, usize)> {
    let rest = text.get(bounds[0]..)?;
    let reach = bounds.len().min(MAX_NAME_WORDS);
    let piece = |words: usize| text.get(bounds[0]..bounds[words]).map(str::trim);
    let preference = |words: usize, kind, value: &str| {
        let text = piece(words)?.to_owned();
        Some((Preference { text, kind, value: value.to_owned() }, words))
    };
    for words in (1..reach.min(3)).rev() {
        if let Some(year) = parse_year(piece(words)?) {
            return preference(words, PreferenceKind::Year, &year.to_string());
        }
    }
    for words in (1..reach).rev() {
        let name = piece(words)?;
        if let Some(issuer) = Some(name).filter(|name| ends_as_organ(name)).and_then(|n| names.issuer(n)) {
            return preference(words, PreferenceKind::Issuer, issuer);
        }
    }
    if let Some((Some(path), length)) = region::leading(rest)
        && let Some(words) = bounds.iter().position(|i| *i == bounds[0] + length)
    {
        return preference(words, PreferenceKind::Region, path);
    }
    for words in (1..reach.min(4)).rev() {
        let name = piece(words)?;
        // 东方 may be a place or a direction: a name without its kind counts only at the beginning,
        // where people put places.
        let short = || region::path_of(name).filter(|_| first);
        if let Some(path) = names.region(name, first).or_else(short) {
            return preference(words, PreferenceKind::Region, path);
        }
    }
    None
}

/// Checks cheaply if a name may be that of an organ, before it is looked up.
fn ends_as_organ(name: &str) -> bool {
    name.chars().next_back().is_some_and(|last| "局委部会厅府院署行司队站所社处室组心办馆校".contains(last))
}

/// Parses `2016` or `2016年`, in any width.
pub(super) fn parse_year(piece: &str) -> Option<i16> {
    if piece.len() > 3 * 6 || !piece.ends_with(|c: char| c.is_numeric() || "年度".contains(c)) {
        return None;
    }
    let folded = crate::analysis::fold::fold(piece, crate::analysis::Fold::Grams);
    let digits = folded.text().trim().trim_end_matches(['年', '度']);
    let plain = digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten().filter(|year| (1949..=2099).contains(year))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_year_rejects_other_numbers() {
        assert_eq!(
            (parse_year("2016"), parse_year("２０１６年"), parse_year("2016年度")),
            (Some(2016), Some(2016), Some(2016))
        );
        for no in ["1234", "20160", "2016号", "年", "16年"] {
            assert_eq!(parse_year(no), None, "{no}");
        }
    }
}
