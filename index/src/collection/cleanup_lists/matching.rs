//! Which records a row of a list names.
//!
//! A number decides where the title beside it does not contradict. A title alone names
//! documents of the list's own organ, or else of its own place: the same title stands in
//! many places. Several copies of one document are all named; several documents under
//! one title are for a person to tell apart.

use std::collections::{HashMap, HashSet};

use crate::collection::cleanup_lists::List;
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

/// Share of the shorter title's pairs of characters that two titles of one document have in common.
const ALIKE: f64 = 0.6;

/// What a row names.
pub(super) enum Outcome<'a> {
    /// One document, in as many copies as are held.
    Named(Vec<&'a str>),
    /// Nothing that is held.
    Nothing,
    /// Something that a person must decide.
    Open {
        /// Why.
        reason: &'static str,
        /// What it could be.
        candidates: Vec<&'a str>,
    },
}

/// What is known of a record that some row may name.
struct Card {
    id: String,
    /// The title's keys, the whole one first.
    titles: Vec<String>,
    /// 关于…的通知: such titles come again every year, a rule's versions are one rule.
    is_recurring: bool,
    number: Option<DocumentNumber>,
    issuers: Vec<String>,
    region: Option<String>,
    written_on: Option<Date>,
    published_on: Option<Date>,
    year: Option<u16>,
}

/// The records that share a number or a title with some row.
pub(super) struct Catalogue {
    cards: Vec<Card>,
    by_key: HashMap<String, Vec<usize>>,
    /// All keys of the rows.
    asked: HashSet<String>,
}

/// Everything under which a row may name a record.
pub(super) fn keys_of(record: &Record) -> impl Iterator<Item = String> {
    let card = Card::of(record);
    card.keys().collect::<Vec<_>>().into_iter()
}

impl Catalogue {
    /// The records of the collection that the rows may name.
    pub(super) fn of<'r>(reader: &Reader, rows: impl Iterator<Item = &'r Row>) -> Result<Self> {
        let mut asked: HashSet<String> = HashSet::new();
        for row in rows {
            asked.extend(titles(&row.title));
            asked.extend(row.number.as_ref().map(key_of_number));
        }
        let mut catalogue = Self { cards: Vec::new(), by_key: HashMap::new(), asked: HashSet::new() };
        reader.each_record(&mut |record| {
            let card = Card::of(record);
            let keys: Vec<_> = card.keys().filter(|key| asked.contains(key)).collect();
            if !keys.is_empty() {
                for key in keys {
                    catalogue.by_key.entry(key).or_default().push(catalogue.cards.len());
                }
                catalogue.cards.push(card);
            }
        })?;
        catalogue.asked = asked;
        Ok(catalogue)
    }

    /// The ids of its records.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.cards.iter().map(|card| card.id.as_str())
    }

    /// All keys of the rows.
    pub(super) fn into_asked(self) -> HashSet<String> {
        self.asked
    }

    /// What a row of a list names.
    pub(super) fn named(&self, list: &List, row: &Row) -> Outcome<'_> {
        let keys = titles(&row.title);
        let number = row.number.as_ref().map(key_of_number);
        let mut numbered: Vec<&Card> = number.iter().flat_map(|key| self.with(key)).collect();
        numbered.retain(|card| card.can_be_named_by(list, row.action));
        let agreeing: Vec<&Card> = numbered.iter().copied().filter(|card| card.is_called(&keys)).collect();
        if !agreeing.is_empty() {
            return Outcome::Named(ids(&agreeing));
        }
        let titled = self.titled(list, row, &keys);
        match (titled.is_empty(), numbered.is_empty()) {
            (true, true) => Outcome::Nothing,
            (true, false) => {
                Outcome::Open { reason: "文号相同而标题不符", candidates: ids(&numbered) }
            }
            (false, _) => one_document(&titled, row.number.as_ref()),
        }
    }

    /// The records of that title which this list can name.
    fn titled(&self, list: &List, row: &Row, keys: &[String]) -> Vec<&Card> {
        let mut cards: Vec<&Card> = keys.iter().flat_map(|key| self.with(key)).collect();
        cards.sort_by(|a, b| a.id.cmp(&b.id));
        cards.dedup_by(|a, b| a.id == b.id);
        cards.retain(|card| card.can_be_named_by(list, row.action));
        let nearest = [Nearness::SameOrgan, Nearness::SamePlace, Nearness::Unsaid]
            .into_iter()
            .find(|near| cards.iter().any(|card| card.nearness(list) == *near));
        cards.retain(|card| Some(card.nearness(list)) == nearest);
        let years = years(&row.text, &row.title);
        let dated: Vec<&Card> = cards.iter().copied().filter(|card| card.is_of(&years)).collect();
        if dated.is_empty() { cards } else { dated }
    }

    fn with(&self, key: &str) -> impl Iterator<Item = &Card> {
        self.by_key.get(key).into_iter().flatten().map(|at| &self.cards[*at])
    }
}

/// Whether records of one title are one document, and the one with that number.
fn one_document<'a>(cards: &[&'a Card], number: Option<&DocumentNumber>) -> Outcome<'a> {
    let numbers: HashSet<String> =
        cards.iter().filter_map(|card| card.number.as_ref()).map(key_of_number).collect();
    let written: HashSet<i16> = cards.iter().filter_map(|card| card.written_on.map(Date::year)).collect();
    // One number is written with its series in several ways: 法（经）复, 法经复.
    let other = number.is_some_and(|number| {
        let differs = |held: &DocumentNumber| (held.year, held.serial) != (number.year, number.serial);
        cards.iter().filter_map(|card| card.number.as_ref()).any(differs)
    });
    if other {
        Outcome::Open { reason: "标题相同而文号不符", candidates: ids(cards) }
    } else if numbers.len() > 1 || written.len() > 1 && cards.iter().all(|card| card.is_recurring) {
        Outcome::Open {
            reason: "有几件同一标题的文件，无法确定是哪一件", candidates: ids(cards)
        }
    } else {
        Outcome::Named(ids(cards))
    }
}

/// How near a record's organ is to that of a list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nearness {
    SameOrgan,
    SamePlace,
    /// Nobody says where it is from.
    Unsaid,
    Elsewhere,
}

impl Card {
    fn of(record: &Record) -> Self {
        let number = record.document_number.as_deref().and_then(document_number::parse);
        let mut names = titles(&record.title);
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

    /// Everything under which a row may name it.
    fn keys(&self) -> impl Iterator<Item = String> {
        self.titles.iter().cloned().chain(self.number.as_ref().map(key_of_number))
    }

    /// A list names nothing younger than itself, and not itself. What it changes has a new
    /// text of the same day, which is not what was changed.
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
            Nearness::Unsaid
        } else if self.region == list.region && !list.issuers.is_empty() {
            Nearness::SamePlace
        } else if list.issuers.is_empty() && list.region.is_none() {
            Nearness::Unsaid
        } else {
            Nearness::Elsewhere
        }
    }

    /// Whether its title is that of a row, or near enough beside the same number.
    fn is_called(&self, keys: &[String]) -> bool {
        let whole = &keys[0][2..];
        self.titles.iter().any(|title| {
            let title = &title[2..];
            keys.iter().any(|key| key[2..] == *title)
                || title.contains(whole)
                || whole.contains(title)
                || alike(title, whole)
        })
    }

    /// Whether it is of one of these years; not if there are none.
    fn is_of(&self, years: &[i16]) -> bool {
        let own = [self.written_on, self.published_on].into_iter().flatten().map(Date::year);
        own.chain(self.year.map(|year| year as i16)).any(|year| years.contains(&year))
    }
}

fn ids<'a>(cards: &[&'a Card]) -> Vec<&'a str> {
    let mut ids: Vec<_> = cards.iter().map(|card| card.id.as_str()).collect();
    ids.sort_unstable();
    ids
}

/// The keys of a title: whole, without the organ before 关于, and the titles inside 《》 of
/// a notice that issues something.
fn titles(title: &str) -> Vec<String> {
    let mut keys = vec![title_key(title)];
    if let Some(at) = title.find("关于").filter(|at| *at > 0) {
        keys.push(title_key(&title[at..]));
    }
    if ["印发", "发布", "公布", "颁发", "颁布"].iter().any(|verb| title.contains(verb)) {
        keys.extend(citation::titles(title).iter().map(|inner| title_key(&inner.text)));
    }
    // Two characters name nothing.
    keys.retain(|key| key.chars().count() >= 2 + 3);
    if keys.is_empty() {
        keys.push(title_key(title));
    }
    let mut seen = HashSet::new();
    keys.retain(|key| seen.insert(key.clone()));
    keys
}

fn alike(a: &str, b: &str) -> bool {
    let pairs = |text: &str| -> HashSet<(char, char)> { text.chars().zip(text.chars().skip(1)).collect() };
    let (a, b) = (pairs(a), pairs(b));
    let shorter = a.len().min(b.len());
    shorter >= 4 && a.intersection(&b).count() as f64 >= ALIKE * shorter as f64
}

/// The years that a row gives beside the title: 1988年8月11日国务院发布.
fn years(row: &str, title: &str) -> Vec<i16> {
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
