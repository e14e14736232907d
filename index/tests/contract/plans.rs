//! Random queries over a collection: clause trees, filters, sorts, pages.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use gongkai_index::Record;
use gongkai_index::analysis::Analyzer;
use gongkai_index::analysis::fold::{Fold, fold};
use gongkai_index::analysis::grams::Grams;
use gongkai_index::keys::record::record_keys;
use gongkai_index::keys::subject::{interpretation_key, subject_keys};
use gongkai_index::query::{
    Clause, DateRange, Filter, KeyBoost, ParsedQuery, Phrase, Preference, PreferenceKind, Query, ScoreTerm,
    Sort, Start, Stream,
};
use gongkai_index::ranking::weights;
use gongkai_index::record::Date;
use gongkai_index::schema::fields::{DateField, Facet, TextField};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;

use crate::records::{CATEGORIES, GENRES, ISSUERS, REGIONS, fixture_records, made_records};

/// Runs a check on so many random values; a value that fails it is made as small as possible.
pub fn for_cases<S: Strategy>(cases: u32, values: S, check: impl Fn(S::Value)) {
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    };
    let outcome = TestRunner::new(config).run(&values, |value| {
        check(value);
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

/// Parts of which random queries are made.
pub struct Material {
    /// Texts from which phrases are cut.
    texts: Vec<String>,
    keys: Vec<String>,
    values: BTreeMap<Facet, Vec<String>>,
    /// Allows phrases across punctuation. In texts made of few words, a gap of a phrase may meet one
    /// character of a text in its place, which gram positions do not tell apart: there phrases end
    /// at punctuation.
    gaps: bool,
}

impl Material {
    fn new(records: &[Record], gaps: bool) -> Self {
        let texts = records.iter().flat_map(|record| [record.title.clone(), record.body.clone()]);
        let keys = records.iter().flat_map(|record| {
            let mut keys = record_keys(&record.title, record.document_number.as_deref());
            keys.extend(subject_keys(&record.title, record.kind));
            keys
        });
        let mut values: BTreeMap<Facet, Vec<String>> = BTreeMap::new();
        for record in records {
            let mut add = |facet, value: &str| values.entry(facet).or_default().push(value.to_owned());
            add(Facet::Kind, record.kind.name());
            record.issuers.iter().for_each(|value| add(Facet::Issuer, value));
            record.categories.iter().for_each(|value| add(Facet::Category, value));
            record.region.iter().for_each(|value| add(Facet::Region, value));
            record.genre.iter().for_each(|value| add(Facet::Genre, value));
            record.published_on.iter().for_each(|day| add(Facet::Year, &day.year().to_string()));
        }
        let paths = [(Facet::Category, "民政"), (Facet::Category, "财政/补贴"), (Facet::Region, "云州省")];
        let others = paths.into_iter().chain(Facet::ALL.map(|facet| (facet, "没有的值")));
        others.for_each(|(facet, value)| values.entry(facet).or_default().push(value.to_owned()));
        let states = ["in_force", "amended", "repealed", "expired", "not_yet_effective", "unknown"];
        values.entry(Facet::Validity).or_default().extend(states.map(str::to_owned));
        for known in values.values_mut() {
            known.sort();
            known.dedup();
        }
        Self { texts: texts.collect(), keys: keys.collect(), values, gaps }
    }

    fn phrase(&self, text: usize, start: usize, length: usize) -> String {
        let text: Vec<char> = self.texts[text % self.texts.len()].chars().collect();
        let cut: String = text.iter().skip(start % text.len().max(1)).take(length).collect();
        let ends = |c: char| "，。、；：\n,.:;!?！？-/·…—".contains(c);
        match self.gaps {
            true => cut,
            false => cut.split(ends).find(|part| !part.is_empty()).unwrap_or_default().to_owned(),
        }
    }
}

/// Material of the fixtures.
pub static OF_FIXTURES: LazyLock<Material> = LazyLock::new(|| Material::new(&fixture_records(), true));
/// Material of made records.
pub static OF_MADE: LazyLock<Material> = LazyLock::new(|| Material::new(&made_records(200), false));

fn phrases(material: &'static Material) -> impl Strategy<Value = String> {
    let cut = (any::<usize>(), any::<usize>(), 1..9_usize);
    prop_oneof![
        12 => cut.prop_map(|(text, start, length)| material.phrase(text, start, length)),
        1 => select(vec!["", "，", "没有", "2017-05-15", "25984", "第38条", "行政许可法", "２５,９８４户", "a"])
            .prop_map(str::to_owned),
    ]
}

fn text_clauses(material: &'static Material) -> impl Strategy<Value = Clause> {
    let field = prop_oneof![3 => Just(None), 2 => select(TextField::ALL.to_vec()).prop_map(Some)];
    (phrases(material), field).prop_map(|(text, field)| Clause::Text(Phrase { text, field }))
}

/// Makes clause trees; `weighed` ones have clauses of which most must match.
pub fn clauses(material: &'static Material, weighed: bool) -> impl Strategy<Value = Clause> {
    let leaf = prop_oneof![
        10 => text_clauses(material),
        2 => select(material.keys.clone()).prop_map(Clause::Key),
        1 => (2014..2025_i16).prop_map(Clause::Year),
        1 => Just(Clause::All),
    ];
    leaf.prop_recursive(3, 16, 4, move |inner| {
        let several = || prop::collection::vec(inner.clone(), 0..4);
        let most = (several(), 0..=100_u8)
            .prop_map(|(clauses, percent)| Clause::MinimumShouldMatch { clauses, percent });
        prop_oneof![
            4 => several().prop_map(Clause::And),
            4 => several().prop_map(Clause::Or),
            2 => inner.clone().prop_map(|clause| Clause::Not(Box::new(clause))),
            if weighed { 3 } else { 0 } => most,
        ]
    })
}

fn filters(material: &'static Material) -> impl Strategy<Value = BTreeMap<Facet, Filter>> {
    let filter = |facet: Facet| {
        let values = || prop::collection::vec(select(material.values[&facet].clone()), 0..3);
        // Both together ask for what is not wanted.
        let missing =
            prop_oneof![8 => Just((false, false)), 1 => Just((true, false)), 1 => Just((false, true))];
        (values(), values(), missing).prop_map(move |(any, not, (missing, not_missing))| {
            let not = if any.is_empty() || missing { not } else { Vec::new() };
            (facet, Filter { any, not, missing, not_missing })
        })
    };
    let one = select(Facet::ALL.to_vec()).prop_flat_map(filter);
    prop_oneof![
        2 => Just(BTreeMap::new()),
        3 => prop::collection::vec(one, 1..4).prop_map(|filters| filters.into_iter().collect()),
    ]
}

fn days() -> impl Strategy<Value = Date> {
    (2014..2026_i16, 1..=12_i8, 1..=28_i8)
        .prop_map(|(year, month, day)| Date::new(year, month, day).expect("a day of the calendar"))
}

fn ranges() -> impl Strategy<Value = DateRange> {
    let bound = || prop::option::of(days());
    prop_oneof![3 => Just(DateRange::default()), 1 => (bound(), bound()).prop_map(|(from, to)| DateRange { from, to })]
}

fn date_fields() -> impl Strategy<Value = DateField> {
    select(DateField::ALL.to_vec())
}

/// Makes orders by date.
pub fn date_sorts() -> impl Strategy<Value = Sort> {
    prop_oneof![date_fields().prop_map(Sort::Newest), date_fields().prop_map(Sort::Oldest)]
}

fn pages() -> impl Strategy<Value = (Start, usize)> {
    ((0..40_usize).prop_map(Start::Offset), 0..25_usize)
}

/// Makes queries with a clause tree, filters, dates, facets, an order by date and a page.
pub fn queries(material: &'static Material, weighed: bool) -> impl Strategy<Value = Query> {
    let dates = (date_fields(), ranges(), days(), prop::bool::weighted(0.2), any::<bool>());
    let listed = prop::option::of(0..6_usize);
    (clauses(material, weighed), filters(material), dates, date_sorts(), pages(), listed).prop_map(
        |(matching, filters, (date_field, range, today, as_of, collapse), sort, (start, per_page), limit)| {
            Query {
                filters,
                date_field,
                range,
                as_of,
                collapse,
                sort,
                start,
                per_page,
                facets: Facet::ALL.map(|facet| (facet, limit)).to_vec(),
                ..Query::new(ParsedQuery::from_clause(matching), today)
            }
        },
    )
}

/// Gives a query an order by relevance: terms of texts, keys, preferences.
pub fn ranked(
    material: &'static Material,
    query: impl Strategy<Value = Query>,
) -> impl Strategy<Value = Query> {
    let texts = prop::collection::vec(phrases(material), 1..4);
    let boosts = vec![
        weights::NUMBER_KEY,
        weights::WHOLE_TITLE,
        weights::INTERPRETATION,
        weights::SUBJECT,
        weights::SUBJECT_ITSELF,
    ];
    let key = prop_oneof![
        select(material.keys.clone()),
        select(material.keys.clone()).prop_map(|key| interpretation_key(&key[2..])),
    ];
    let keys =
        prop::collection::vec((key, select(boosts)).prop_map(|(key, boost)| KeyBoost { key, boost }), 0..4);
    let preference = prop_oneof![
        select(ISSUERS.to_vec()).prop_map(|value| (PreferenceKind::Issuer, value)),
        select(REGIONS.to_vec()).prop_map(|value| (PreferenceKind::Region, value)),
        select(vec!["2018", "2021"]).prop_map(|value| (PreferenceKind::Year, value)),
    ];
    let preferences = prop::collection::vec(preference, 0..3);
    let capped = prop::collection::vec(select(vec!["政务", "公开", "管理", "没有"]), 0..3);
    (query, texts, keys, preferences, capped, any::<bool>()).prop_map(
        |(mut query, texts, keys, preferences, capped, question)| {
            query.sort = Sort::Relevance;
            query.parsed.question = question;
            query.parsed.keys = keys;
            query.parsed.preferences = preferences.into_iter().map(preference_of).collect();
            query.parsed.scoring = texts.iter().flat_map(|text| terms_of(text, &capped)).collect();
            query
        },
    )
}

fn preference_of((kind, value): (PreferenceKind, &str)) -> Preference {
    Preference { text: value.to_owned(), kind, value: value.to_owned() }
}

/// Returns the words and the character pairs of a text as terms; the last stands in for others.
fn terms_of(text: &str, capped: &[&str]) -> Vec<ScoreTerm> {
    let term =
        |stream, text: &str, weight| ScoreTerm { stream, text: text.to_owned(), weight, idf_cap: Vec::new() };
    let words = Analyzer::shared().words(text);
    let mut terms: Vec<ScoreTerm> = words.iter().map(|word| term(Stream::Words, &word.text, 1.0)).collect();
    let folded = fold(text, Fold::Grams);
    let grams = Grams::new(folded.text()).filter(|gram| !gram.anywhere);
    terms.extend(grams.map(|gram| term(Stream::Grams, &folded.text()[gram.range], 0.5)));
    if let Some(last) = terms.last_mut() {
        last.idf_cap = capped.iter().map(|word| (*word).to_owned()).collect();
    }
    terms
}

/// Facet values that made records have, for queries written by hand.
pub fn value_of(facet: Facet) -> &'static str {
    match facet {
        Facet::Kind => "policy",
        Facet::Issuer => ISSUERS[0],
        Facet::Category => CATEGORIES[1],
        Facet::Region => REGIONS[1],
        Facet::Validity => "in_force",
        Facet::Genre => GENRES[0],
        Facet::Year => "2018",
    }
}
