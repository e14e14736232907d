//! Oracle of searches: the right answer, found by looking at every record.
//!
//! Texts are compared without grams and phrases: query and record become rows of units, and
//! one row must be a part of the other.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use gongkai_index::Record;
use gongkai_index::analysis::{Class, Fold, class, fold::fold};
use gongkai_index::query::MISSING;
use gongkai_index::record::days::day_number;
use gongkai_index::record::{Date, Validity};
use gongkai_index::relations::fact_table::FactTable;
use gongkai_index::relations::facts::Facts;
use gongkai_index::relations::frames::Change;
use gongkai_index::schema::fields::{DateField, Facet};

/// Units of a text as the search sees it: Han characters one by one, letters and digits in
/// runs, and a gap wherever punctuation stands.
pub fn text_units(text: &str) -> Vec<String> {
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

/// Unit that stands for punctuation.
const GAP: &str = "";

/// End of the run of letters and digits; `25,984` and `12.5%` are one unit.
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

/// Units of a phrase, without the gaps at its ends, which match anything.
pub fn phrase_units(text: &str) -> Vec<String> {
    let units = text_units(text);
    let first = units.iter().position(|unit| unit != GAP);
    let last = units.iter().rposition(|unit| unit != GAP);
    first.zip(last).map(|(first, last)| units[first..=last].to_vec()).unwrap_or_default()
}

/// Searchable texts of a record as units; none runs into the next.
pub struct RecordTexts {
    title: Vec<String>,
    all: Vec<Vec<String>>,
}

impl RecordTexts {
    /// Splits the texts of a record.
    pub fn from_record(record: &Record) -> Self {
        let title = text_units(&record.title);
        let mut all = vec![title.clone(), text_units(&record.body)];
        all.extend(record.issuers.iter().chain(&record.keywords).map(|text| text_units(text)));
        all.extend(record.document_number.iter().chain(&record.index_number).map(|text| text_units(text)));
        Self { title, all }
    }

    /// True if a phrase stands anywhere in the record.
    pub fn contains(&self, phrase: &[String]) -> bool {
        self.all.iter().any(|text| is_part_of(phrase, text))
    }

    /// True if a phrase stands in the title.
    pub fn title_contains(&self, phrase: &[String]) -> bool {
        is_part_of(phrase, &self.title)
    }
}

fn is_part_of(phrase: &[String], text: &[String]) -> bool {
    phrase.is_empty() || text.windows(phrase.len()).any(|window| window == phrase)
}

/// Filters as in an address: values by facet.
pub type Filters<'a> = BTreeMap<Facet, Vec<&'a str>>;

/// Facts of the sample records, made without an index.
pub static RELATIONS: LazyLock<FactTable> = LazyLock::new(|| {
    let mut table = FactTable::default();
    let changes = super::SAMPLE.iter().map(|record| Change::Put(Box::new(Facts::from_record(record))));
    let put = table.apply(changes.collect());
    let body = |id: &str| super::SAMPLE.iter().find(|record| record.id == id).map(|r| r.body.clone());
    table.find_copies(&put, &mut { body });
    table
});

/// Date of a record in a field.
pub fn date_of(record: &Record, field: DateField) -> Option<Date> {
    match field {
        DateField::PublishedOn => record.published_on,
        DateField::WrittenOn => record.written_on,
        DateField::EffectiveOn => record.effective_on,
        DateField::EndsOn => record.ends_on,
    }
}

/// Values of a facet of a record; of a path also every level above.
pub fn facet_values(record: &Record, facet: Facet, field: DateField, today: Date) -> Vec<String> {
    let alone = || Validity::on(today, record.validity, record.effective_on, record.ends_on);
    let day = day_number(today);
    let relations = RELATIONS.relations();
    let state = || {
        let document = relations.find(&record.id);
        document.map_or_else(alone, |document| relations.validity_period(document).state(day))
    };
    let own: Vec<String> = match facet {
        Facet::Kind => vec![record.kind.name().to_owned()],
        // The key of an issuer in the sample is its most frequent spelling.
        Facet::Issuer => record.issuers.iter().map(|name| facet.value_key(name).into_owned()).collect(),
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

/// True if a record passes the values of one filter: OR within, `!` excludes.
pub fn passes_filter(record: &Record, facet: Facet, filter: &[&str], field: DateField, today: Date) -> bool {
    let values = facet_values(record, facet, field, today);
    // Validity is never absent: `unknown` is a state of its own and counts as missing.
    let is_missing = values.is_empty() || values == ["unknown"];
    let has = |value: &str| {
        if value == MISSING { is_missing } else { values.iter().any(|v| *v == facet.value_key(value)) }
    };
    let (excluded, demanded): (Vec<&str>, Vec<&str>) =
        filter.iter().partition(|value| value.starts_with('!'));
    !excluded.iter().any(|value| has(&value[1..]))
        && (demanded.is_empty() || demanded.iter().any(|value| has(value)))
}

/// True if a record passes all filters but that of one facet.
pub fn passes_other_filters(
    record: &Record,
    filters: &Filters<'_>,
    but: Option<Facet>,
    field: DateField,
    today: Date,
) -> bool {
    let others = filters.iter().filter(|(facet, _)| Some(**facet) != but);
    others.into_iter().all(|(facet, values)| passes_filter(record, *facet, values, field, today))
}

/// Counts of a facet over records, `_missing` among them.
pub fn count_facet<'a>(
    records: impl Iterator<Item = &'a Record>,
    facet: Facet,
    field: DateField,
    today: Date,
) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for record in records {
        let mut values = facet_values(record, facet, field, today);
        if values.is_empty() {
            values.push(MISSING.to_owned());
        }
        for value in values {
            *counts.entry(value).or_default() += 1;
        }
    }
    counts
}
