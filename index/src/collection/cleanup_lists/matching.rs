//! Matching the rows of lists with records.
//!
//! A document number decides unless the title beside it contradicts. A title alone names
//! documents of the list's own organ, or else of its own place: the same title is used in
//! many places. Several copies of one document are all named; several documents of one title
//! are reported for a person to decide.

use std::collections::{HashMap, HashSet};

use crate::collection::cleanup_lists::list::List;
use crate::collection::reader::Reader;
use crate::error::Result;
use crate::keys::number::key_of_number;
use crate::keys::title::title_key;
use crate::official::citation;
use crate::official::document_number;
use crate::official::document_number::DocumentNumber;
use crate::official::scan::digit;
use crate::official::validity::{Action, Row};
use crate::record::{Date, Record};

/// Minimum share of the shorter title's pairs of characters that the titles of one document have
/// in common.
const MIN_SHARED_PAIRS: f64 = 0.6;
/// Minimum number of such pairs in the shorter title.
const MIN_PAIRS: usize = 4;
/// Minimum length of a title in characters: two characters name nothing.
const MIN_TITLE_CHARS: usize = 3;
/// Prefix of title keys, which is no part of the title.
const TITLE_KEY_PREFIX: &str = "t:";

/// Records that a row names.
pub(super) enum RowMatch<'a> {
    /// One document: the ids of all its copies in the collection.
    Document(Vec<&'a str>),
    /// No document of the collection.
    Absent,
    /// Documents among which a person must decide.
    Ambiguous {
        /// Reason, for the report.
        reason: &'static str,
        /// Ids of the records it could name.
        candidates: Vec<&'a str>,
    },
}

/// Record that some row may name.
struct Candidate {
    id: String,
    /// Keys of the title, the whole one first.
    titles: Vec<String>,
    /// True for 关于…的通知: such titles are used again every year, while a rule's versions are
    /// one rule.
    is_recurring: bool,
    number: Option<DocumentNumber>,
    issuers: Vec<String>,
    region: Option<String>,
    written_on: Option<Date>,
    published_on: Option<Date>,
    year: Option<u16>,
}

/// Records that share a number or a title with some row.
pub(super) struct Catalogue {
    candidates: Vec<Candidate>,
    by_key: HashMap<String, Vec<usize>>,
    row_keys: HashSet<String>,
}

/// Returns all keys under which a row may name a record.
pub(super) fn record_keys(record: &Record) -> impl Iterator<Item = String> {
    let candidate = Candidate::from_record(record);
    candidate.keys().collect::<Vec<_>>().into_iter()
}

impl Catalogue {
    /// Collects the records of the collection that the rows may name.
    pub(super) fn build<'r>(reader: &Reader, rows: impl Iterator<Item = &'r Row>) -> Result<Self> {
        let mut row_keys: HashSet<String> = HashSet::new();
        for row in rows {
            row_keys.extend(title_keys(&row.title));
            row_keys.extend(row.number.as_ref().map(key_of_number));
        }
        let mut candidates = Vec::new();
        let mut by_key: HashMap<String, Vec<usize>> = HashMap::new();
        reader.each_record(&mut |record| {
            let candidate = Candidate::from_record(record);
            let keys: Vec<_> = candidate.keys().filter(|key| row_keys.contains(key)).collect();
            if !keys.is_empty() {
                for key in keys {
                    by_key.entry(key).or_default().push(candidates.len());
                }
                candidates.push(candidate);
            }
        })?;
        Ok(Self { candidates, by_key, row_keys })
    }

    /// Returns the ids of its records.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.candidates.iter().map(|candidate| candidate.id.as_str())
    }

    /// Returns all keys of the rows.
    pub(super) fn into_row_keys(self) -> HashSet<String> {
        self.row_keys
    }

    /// Finds the records that a row of a list names.
    pub(super) fn match_row(&self, list: &List, row: &Row) -> RowMatch<'_> {
        let keys = title_keys(&row.title);
        let number = row.number.as_ref().map(key_of_number);
        let mut numbered: Vec<&Candidate> = number.iter().flat_map(|key| self.with_key(key)).collect();
        numbered.retain(|candidate| candidate.can_be_named_by(list, row.action));
        let agreeing: Vec<&Candidate> =
            numbered.iter().copied().filter(|candidate| candidate.has_title(&keys)).collect();
        if !agreeing.is_empty() {
            return RowMatch::Document(ids(&agreeing));
        }
        let titled = self.with_title(list, row, &keys);
        match (titled.is_empty(), numbered.is_empty()) {
            (true, true) => RowMatch::Absent,
            (true, false) => {
                RowMatch::Ambiguous { reason: "文号相同而标题不符", candidates: ids(&numbered) }
            }
            (false, _) => match_same_title(&titled, row.number.as_ref()),
        }
    }

    /// Returns the records of that title which this list can name, those of the nearest organ.
    fn with_title(&self, list: &List, row: &Row, keys: &[String]) -> Vec<&Candidate> {
        let mut candidates: Vec<&Candidate> = keys.iter().flat_map(|key| self.with_key(key)).collect();
        candidates.sort_by(|a, b| a.id.cmp(&b.id));
        candidates.dedup_by(|a, b| a.id == b.id);
        candidates.retain(|candidate| candidate.can_be_named_by(list, row.action));
        let nearest = [Nearness::SameOrgan, Nearness::SamePlace, Nearness::Unknown]
            .into_iter()
            .find(|near| candidates.iter().any(|candidate| candidate.nearness(list) == *near));
        candidates.retain(|candidate| Some(candidate.nearness(list)) == nearest);
        let years = years_beside_title(&row.text, &row.title);
        let dated: Vec<&Candidate> =
            candidates.iter().copied().filter(|candidate| candidate.is_of_years(&years)).collect();
        if dated.is_empty() { candidates } else { dated }
    }

    fn with_key(&self, key: &str) -> impl Iterator<Item = &Candidate> {
        self.by_key.get(key).into_iter().flatten().map(|index| &self.candidates[*index])
    }
}

/// Decides if records of one title are one document, and the one with that number.
fn match_same_title<'a>(candidates: &[&'a Candidate], number: Option<&DocumentNumber>) -> RowMatch<'a> {
    let numbers: HashSet<String> =
        candidates.iter().filter_map(|candidate| candidate.number.as_ref()).map(key_of_number).collect();
    let written: HashSet<i16> =
        candidates.iter().filter_map(|candidate| candidate.written_on.map(Date::year)).collect();
    // One number is written with its series in several ways: 法（经）复, 法经复.
    let has_other_number = number.is_some_and(|number| {
        let differs = |own: &DocumentNumber| (own.year, own.serial) != (number.year, number.serial);
        candidates.iter().filter_map(|candidate| candidate.number.as_ref()).any(differs)
    });
    if has_other_number {
        RowMatch::Ambiguous { reason: "标题相同而文号不符", candidates: ids(candidates) }
    } else if numbers.len() > 1
        || written.len() > 1 && candidates.iter().all(|candidate| candidate.is_recurring)
    {
        RowMatch::Ambiguous {
            reason: "有几件同一标题的文件，无法确定是哪一件", candidates: ids(candidates)
        }
    } else {
        RowMatch::Document(ids(candidates))
    }
}

/// Nearness of a record's organ to that of a list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nearness {
    SameOrgan,
    SamePlace,
    /// Neither an issuer nor a region is given.
    Unknown,
    Elsewhere,
}

impl Candidate {
    fn from_record(record: &Record) -> Self {
        let number = record.document_number.as_deref().and_then(document_number::parse);
        let mut names = title_keys(&record.title);
        names.extend(record.parts.iter().map(|part| title_key(&part.title)));
        Self {
            id: record.id.clone(),
            titles: names,
            is_recurring: record.title.contains("关于"),
            year: number.as_ref().and_then(|number| number.year),
            number,
            issuers: record.issuers.clone(),
            region: record.region.clone(),
            written_on: record.written_on,
            published_on: record.published_on,
        }
    }

    /// Returns all keys under which a row may name it.
    fn keys(&self) -> impl Iterator<Item = String> {
        self.titles.iter().cloned().chain(self.number.as_ref().map(key_of_number))
    }

    /// Checks that the record is not the list itself and not younger. A document that the list
    /// amends has a new text of the same day, which is not the text that was amended.
    fn can_be_named_by(&self, list: &List, action: Action) -> bool {
        let Some(made) = list.made else { return self.id != list.id };
        let younger = match (self.written_on, self.year, self.published_on) {
            (Some(written), ..) => written > made || action == Action::Amended && written == made,
            (None, Some(year), _) => year as i16 > made.year(),
            // A text may have been put on its site long after it was made.
            (None, None, Some(published)) => {
                published > made || action == Action::Amended && published == made
            }
            (None, None, None) => false,
        };
        self.id != list.id && !younger
    }

    fn nearness(&self, list: &List) -> Nearness {
        if self.issuers.iter().any(|issuer| list.issuers.contains(issuer)) {
            Nearness::SameOrgan
        } else if self.issuers.is_empty() && self.region.is_none() {
            Nearness::Unknown
        } else if self.region == list.region && !list.issuers.is_empty() {
            Nearness::SamePlace
        } else if list.issuers.is_empty() && list.region.is_none() {
            Nearness::Unknown
        } else {
            Nearness::Elsewhere
        }
    }

    /// Checks if its title is that of a row, or similar enough beside the same number.
    fn has_title(&self, keys: &[String]) -> bool {
        let whole = &keys[0][TITLE_KEY_PREFIX.len()..];
        self.titles.iter().any(|title| {
            let title = &title[TITLE_KEY_PREFIX.len()..];
            keys.iter().any(|key| key[TITLE_KEY_PREFIX.len()..] == *title)
                || title.contains(whole)
                || whole.contains(title)
                || are_similar(title, whole)
        })
    }

    /// Checks if one of its days is in one of these years; false if there are none.
    fn is_of_years(&self, years: &[i16]) -> bool {
        let own = [self.written_on, self.published_on].into_iter().flatten().map(Date::year);
        own.chain(self.year.map(|year| year as i16)).any(|year| years.contains(&year))
    }
}

fn ids<'a>(candidates: &[&'a Candidate]) -> Vec<&'a str> {
    let mut ids: Vec<_> = candidates.iter().map(|candidate| candidate.id.as_str()).collect();
    ids.sort_unstable();
    ids
}

/// Makes the keys of a title: whole, without the organ before 关于, and the titles inside 《》
/// of a notice that issues something.
fn title_keys(title: &str) -> Vec<String> {
    let mut keys = vec![title_key(title)];
    if let Some(at) = title.find("关于").filter(|at| *at > 0) {
        keys.push(title_key(&title[at..]));
    }
    if ["印发", "发布", "公布", "颁发", "颁布"].iter().any(|verb| title.contains(verb)) {
        keys.extend(citation::titles(title).iter().map(|inner| title_key(&inner.text)));
    }
    keys.retain(|key| key.chars().count() >= TITLE_KEY_PREFIX.len() + MIN_TITLE_CHARS);
    if keys.is_empty() {
        keys.push(title_key(title));
    }
    let mut seen = HashSet::new();
    keys.retain(|key| seen.insert(key.clone()));
    keys
}

fn are_similar(a: &str, b: &str) -> bool {
    let pairs = |text: &str| -> HashSet<(char, char)> { text.chars().zip(text.chars().skip(1)).collect() };
    let (a, b) = (pairs(a), pairs(b));
    let shorter = a.len().min(b.len());
    shorter >= MIN_PAIRS && a.intersection(&b).count() as f64 >= MIN_SHARED_PAIRS * shorter as f64
}

/// Reads the years that a row gives beside the title: 1988年8月11日国务院发布.
fn years_beside_title(row: &str, title: &str) -> Vec<i16> {
    let rest = row.replacen(title, "", 1);
    let mut years = Vec::new();
    for (at, _) in rest.match_indices('年') {
        let digits: Vec<u32> = rest[..at].chars().rev().map_while(digit).take(5).collect();
        if digits.len() == 4 {
            let year = digits.iter().rev().fold(0, |year, digit| year * 10 + digit);
            years.extend(i16::try_from(year).ok());
        }
    }
    years
}
