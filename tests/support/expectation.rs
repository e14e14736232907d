//! What a search must give, found by looking at every record.
//!
//! The text part knows nothing of grams and phrases: both texts become rows of
//! units, and one row must stand in the other.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use gongkai_index::Record;
use gongkai_index::analysis::{Class, Fold, class, fold::fold};
use gongkai_index::query::MISSING;
use gongkai_index::record::{Date, Validity};
use gongkai_index::relations::{Change, Facts, Relations};
use gongkai_index::schema::fields::{DateField, Facet};

/// A text as the search sees it: Han characters one by one, letters and digits in
/// runs, and a gap wherever punctuation stands.
pub fn units(text: &str) -> Vec<String> {
    let folded = fold(text, Fold::Grams);
    let chars: Vec<char> = folded.text().chars().collect();
    let mut units: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(c) = chars.get(at) {
        match class(*c) {
            Class::Han => units.push(c.to_string()),
            Class::Letter => {
                let end = run_end(&chars, at);
                units.push(chars[at..end].iter().collect());
                at = end;
                continue;
            }
            Class::Break if units.last().is_some_and(|unit| unit != GAP) => units.push(GAP.to_owned()),
            Class::Break | Class::Skip => {}
        }
        at += 1;
    }
    units
}

const GAP: &str = "";

/// `25,984` and `12.5%` are one unit.
fn run_end(chars: &[char], start: usize) -> usize {
    let digit = |i: usize| chars.get(i).is_some_and(char::is_ascii_digit);
    let mut end = start;
    loop {
        match chars.get(end) {
            Some(c) if class(*c) == Class::Letter => end += 1,
            Some('.' | ',') if digit(end - 1) && digit(end + 1) => end += 1,
            Some('%') if digit(end - 1) => return end + 1,
            _ => return end,
        }
    }
}

/// The units of what is looked for: gaps at its ends say nothing.
pub fn wanted(text: &str) -> Vec<String> {
    let units = units(text);
    let first = units.iter().position(|unit| unit != GAP);
    let last = units.iter().rposition(|unit| unit != GAP);
    first.zip(last).map(|(first, last)| units[first..=last].to_vec()).unwrap_or_default()
}

/// All searchable texts of a record as units; none runs into the next.
pub struct Texts {
    title: Vec<String>,
    all: Vec<Vec<String>>,
}

impl Texts {
    pub fn of(record: &Record) -> Self {
        let title = units(&record.title);
        let mut all = vec![title.clone(), units(&record.body)];
        all.extend(record.issuers.iter().chain(&record.keywords).map(|text| units(text)));
        all.extend(record.document_number.iter().chain(&record.index_number).map(|text| units(text)));
        Self { title, all }
    }

    /// Whether a text stands anywhere in the record.
    pub fn contain(&self, wanted: &[String]) -> bool {
        self.all.iter().any(|text| stands_in(wanted, text))
    }

    /// Whether a text stands in the title.
    pub fn title_contains(&self, wanted: &[String]) -> bool {
        stands_in(wanted, &self.title)
    }
}

fn stands_in(wanted: &[String], text: &[String]) -> bool {
    wanted.is_empty() || text.windows(wanted.len()).any(|window| window == wanted)
}

/// A filter as written on the wire, value by value.
pub type Filters<'a> = BTreeMap<Facet, Vec<&'a str>>;

/// What follows from the records of the sample together, made without an index.
pub static RELATIONS: LazyLock<Relations> = LazyLock::new(|| {
    let mut relations = Relations::default();
    let facts = super::SAMPLE.iter().map(|record| Change::Put(Box::new(Facts::of(record))));
    let put = relations.apply(facts.collect());
    let body = |id: &str| super::SAMPLE.iter().find(|record| record.id == id).map(|r| r.body.clone());
    relations.regroup(&put, &mut { body });
    relations
});

/// The date a field holds.
pub fn date_of(record: &Record, field: DateField) -> Option<Date> {
    match field {
        DateField::PublishedOn => record.published_on,
        DateField::WrittenOn => record.written_on,
        DateField::EffectiveOn => record.effective_on,
        DateField::EndsOn => record.ends_on,
    }
}

/// The values of a facet of a record; with everything above, for paths.
pub fn values(record: &Record, facet: Facet, field: DateField, today: Date) -> Vec<String> {
    let alone = || Validity::on(today, record.validity, record.effective_on, record.ends_on);
    let day = gongkai_index::relations::day_number(today);
    let state = || RELATIONS.slot(&record.id).map_or_else(alone, |slot| RELATIONS.term(slot).state(day));
    let own: Vec<String> = match facet {
        Facet::Kind => vec![record.kind.name().to_owned()],
        Facet::Issuer => record.issuers.clone(),
        Facet::Category => record.categories.clone(),
        Facet::Region => record.region.iter().cloned().collect(),
        Facet::Validity => vec![state().name().to_owned()],
        Facet::Genre => record.genre.iter().cloned().collect(),
        Facet::Year => date_of(record, field).iter().map(|date| format!("{:04}", date.year())).collect(),
    };
    if !facet.is_path() {
        return own;
    }
    let mut paths: Vec<String> = Vec::new();
    for path in own {
        let steps: Vec<&str> = path.split('/').collect();
        paths.extend((1..=steps.len()).map(|n| steps[..n].join("/")));
    }
    paths.sort();
    paths.dedup();
    paths
}

/// Whether a record passes the values of one filter: OR within, `!` excludes.
pub fn passes(record: &Record, facet: Facet, filter: &[&str], field: DateField, today: Date) -> bool {
    let values = values(record, facet, field, today);
    // Validity is never absent: nobody having said it is its own state, and what is missing.
    let silent = values.is_empty() || values == ["unknown"];
    let has = |value: &str| if value == MISSING { silent } else { values.iter().any(|v| v == value) };
    let (excluded, demanded): (Vec<&str>, Vec<&str>) =
        filter.iter().partition(|value| value.starts_with('!'));
    !excluded.iter().any(|value| has(&value[1..]))
        && (demanded.is_empty() || demanded.iter().any(|value| has(value)))
}

/// Whether a record passes all filters but that of one facet.
pub fn passes_all(
    record: &Record,
    filters: &Filters<'_>,
    but: Option<Facet>,
    field: DateField,
    today: Date,
) -> bool {
    let others = filters.iter().filter(|(facet, _)| Some(**facet) != but);
    others.into_iter().all(|(facet, values)| passes(record, *facet, values, field, today))
}

/// The counts of a facet over records, `_missing` among them.
pub fn count<'a>(
    records: impl Iterator<Item = &'a Record>,
    facet: Facet,
    field: DateField,
    today: Date,
) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for record in records {
        let mut values = values(record, facet, field, today);
        if values.is_empty() {
            values.push(MISSING.to_owned());
        }
        for value in values {
            *counts.entry(value).or_default() += 1;
        }
    }
    counts
}
