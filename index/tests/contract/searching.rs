//! Searches: what matches, what is counted, in which order by date.

use std::sync::Arc;

use gongkai_index::backend::{Backend, Load};
use gongkai_index::query::plan::SearchPlan;
use gongkai_index::query::{Clause, Filter, ParsedQuery, Phrase, Query, Sort, Start};
use gongkai_index::record::Date;
use gongkai_index::results::{Interval, TrendQuery};
use gongkai_index::schema::fields::{DateField, Facet, TextField};
use gongkai_index::{Collection, Record, RecordWriter};
use proptest::prelude::*;

use crate::backends::{CHANGED, FIXTURES, MADE, fill, for_every_backend};
use crate::comparison::{assert_equal, assert_same_answer, search_plan, unlimited};
use crate::plans::{OF_FIXTURES, OF_MADE, clauses, for_cases, queries, value_of};
use crate::records::record;

fn day() -> Date {
    Date::new(2021, 6, 1).expect("a day of the calendar")
}

fn text(text: &str, field: Option<TextField>) -> Clause {
    Clause::Text(Phrase { text: text.to_owned(), field })
}

fn query(matching: Clause) -> Query {
    let sort = Sort::Newest(DateField::PublishedOn);
    let facets = Facet::ALL.map(|facet| (facet, None)).to_vec();
    Query { sort, per_page: 500, facets, ..Query::new(ParsedQuery::from_clause(matching), day()) }
}

#[test]
fn queries_over_made_records_agree() {
    let everywhere = MADE.get();
    for_cases(96, queries(&OF_MADE, true), |query| {
        everywhere.pairs().for_each(|pair| assert_same_answer(pair, &query));
    });
}

#[test]
fn queries_over_fixtures_agree() {
    let everywhere = FIXTURES.get();
    for_cases(96, queries(&OF_FIXTURES, true), |query| {
        everywhere.pairs().for_each(|pair| assert_same_answer(pair, &query));
    });
}

#[test]
fn queries_after_replacing_and_deleting_agree() {
    let everywhere = CHANGED.get();
    for_cases(96, queries(&OF_MADE, false), |query| {
        everywhere.pairs().for_each(|pair| assert_same_answer(pair, &query));
    });
}

#[test]
fn counts_agree() {
    let everywhere = CHANGED.get();
    for_cases(96, prop::collection::vec(clauses(&OF_MADE, false), 0..4), |clauses| {
        assert_equal(&everywhere, |collection| {
            let counts = collection.backend().snapshot().count(&clauses, &unlimited()).unwrap();
            assert_eq!(collection.reader().count(&clauses, &unlimited()).unwrap(), counts);
            counts
        });
    });
}

#[test]
fn counts_are_those_of_searches() {
    let everywhere = CHANGED.get();
    for_cases(64, clauses(&OF_MADE, true), |clause| {
        let plan = SearchPlan::from_query(&query(clause.clone()));
        for named in &everywhere.0 {
            let counted =
                named.collection.reader().count(std::slice::from_ref(&clause), &unlimited()).unwrap();
            assert_eq!(counted, [search_plan(&named.collection, &plan).matched], "{}", named.name);
        }
    });
}

#[test]
fn trends_agree() {
    let everywhere = CHANGED.get();
    let intervals = prop::sample::select(vec![Interval::Year, Interval::Month]);
    let splits = prop::option::of(prop::sample::select(Facet::ALL.to_vec()));
    for_cases(96, (queries(&OF_MADE, false), intervals, splits), |(query, interval, split)| {
        let request = TrendQuery { interval, split };
        let plan = SearchPlan { size: 0, ..SearchPlan::from_query(&query) };
        assert_equal(&everywhere, |collection| {
            let counts = collection.backend().snapshot().trend(&plan, &request, &unlimited()).unwrap();
            (counts, collection.reader().trend(&query, &request, &unlimited()).unwrap())
        });
    });
}

#[test]
fn orders_by_date_agree() {
    let everywhere = CHANGED.get();
    for_cases(64, queries(&OF_MADE, false), |query| {
        assert_equal(&everywhere, |collection| collection.reader().order(&query, &unlimited()).unwrap());
    });
}

#[test]
fn every_single_filter_agrees() {
    let everywhere = CHANGED.get();
    for facet in Facet::ALL {
        let values = vec![value_of(facet).to_owned()];
        let filters = [
            Filter { any: values.clone(), ..Filter::default() },
            Filter { not: values.clone(), ..Filter::default() },
            Filter { any: values, missing: true, ..Filter::default() },
            Filter { missing: true, ..Filter::default() },
            Filter { not_missing: true, ..Filter::default() },
        ];
        for filter in filters {
            for collapse in [false, true] {
                let mut query = Query { collapse, ..query(Clause::All) };
                query.filters.insert(facet, filter.clone());
                everywhere.pairs().for_each(|pair| assert_same_answer(pair, &query));
            }
        }
    }
}

fn found(collection: &Collection, matching: Clause) -> Vec<String> {
    let plan = SearchPlan::from_query(&query(matching));
    let mut ids: Vec<String> =
        search_plan(collection, &plan).documents.into_iter().map(|(id, ..)| id).collect();
    ids.sort();
    ids
}

fn texts() -> Vec<Record> {
    let body = |id: &str, body: &str| Record { body: body.to_owned(), ..record(id, "某某") };
    vec![
        body("quoted", "压缩“三公”经费。"),
        body("listed", "供水、供电、供气"),
        body("dated", "自2017年5月15日起施行"),
        body("numbered", "国发〔2016〕11号文件，共25,984户，增长12.5%"),
        body("article", "依照行政许可法第三十八条"),
        Record { issuers: vec!["财政部".into(), "民政部".into()], ..body("issued", "有关补贴") },
    ]
}

for_every_backend! {
    phrase_matches_where_its_characters_stand_together(backend: Arc<dyn Backend>) {
        let collection = Collection::new(backend, false);
        fill(&collection, &texts());
        for (phrase, expected) in [
            ("三公经费", vec!["quoted"]),
            ("供水、供电", vec!["listed"]),
            ("供水，供电", vec!["listed"]),
            ("水供电", vec![]),
            ("供", vec!["listed"]),
            ("2017-05-15", vec!["dated"]),
            ("２０１７年５月", vec!["dated"]),
            ("11号", vec!["numbered"]),
            ("1号", vec![]),
            ("25984", vec!["numbered"]),
            ("12.5%", vec!["numbered"]),
            ("第38条", vec!["article"]),
            ("財政部", vec!["issued"]),
            ("财政部民政部", vec![]),
        ] {
            assert_eq!(found(&collection, text(phrase, None)), expected, "{phrase}");
        }
        assert_eq!(found(&collection, text("，", None)).len(), texts().len(), "punctuation is everywhere");
    }

    phrase_of_one_field_matches_there_alone(backend: Arc<dyn Backend>) {
        let collection = Collection::new(backend, false);
        fill(&collection, &texts());
        assert_eq!(found(&collection, text("民政部", Some(TextField::Issuers))), ["issued"]);
        assert!(found(&collection, text("民政部", Some(TextField::Body))).is_empty());
        assert!(found(&collection, text("供水", Some(TextField::Title))).is_empty());
    }

    facet_counts_ignore_their_own_filter(backend: Arc<dyn Backend>) {
        let collection = Collection::new(backend, false);
        let genre = |id: &str, genre: &str, region: &str| Record {
            genre: Some(genre.to_owned()),
            region: Some(region.to_owned()),
            ..record(id, "某某")
        };
        let records = [
            genre("a", "通知", "云州省/澜江市"),
            genre("b", "通知", "瀚海省"),
            genre("c", "决定", "云州省"),
            record("d", "某某"),
        ];
        fill(&collection, &records);
        let mut query = query(Clause::All);
        query.filters.insert(Facet::Genre, Filter { any: vec!["通知".into()], ..Filter::default() });
        query.filters.insert(Facet::Region, Filter { any: vec!["云州省".into()], ..Filter::default() });
        let matches = search_plan(&collection, &SearchPlan::from_query(&query));
        assert_eq!((matches.total, matches.matched), (1, 4));
        let counts = |wanted: Facet| -> Vec<(String, u64)> {
            let found = matches.facets.iter().find(|(facet, _)| *facet == wanted).unwrap();
            found.1.clone().into_iter().collect()
        };
        let pair = |value: &str, count| (value.to_owned(), count);
        assert_eq!(counts(Facet::Genre), [pair("决定", 1), pair("通知", 1)]);
        assert_eq!(counts(Facet::Region), [pair("云州省", 1), pair("云州省/澜江市", 1), pair("瀚海省", 1)]);
        assert_eq!(counts(Facet::Year), [pair("_missing", 1)]);
        assert_eq!(counts(Facet::Validity), [pair("unknown", 1)]);
    }

    spellings_of_one_issuer_are_one_value(backend: Arc<dyn Backend>) {
        let collection = Collection::new(backend, false);
        let issued = |id: &str, issuers: &[&str]| Record {
            issuers: issuers.iter().map(ToString::to_string).collect(),
            ..record(id, "某某")
        };
        let spellings =
            ["云州省财政厅", "云州省财政厅 ", "云州省　财政厅", "云州省财政厅\u{200b}", "雲州省財政廳", "雲州省財政廳"];
        let mut records: Vec<Record> =
            spellings.iter().enumerate().map(|(i, name)| issued(&format!("f{i}"), &[name])).collect();
        records.push(issued("two", &["云州省税务局（筹备组）", "云州省税务局(筹备组)"]));
        records.push(issued("long", &["中华人民共和国国务院"]));
        records.push(issued("short", &["国务院"]));
        fill(&collection, &records);
        let issuers = |query: &Query| -> Vec<(String, u64)> {
            let matches = search_plan(&collection, &SearchPlan::from_query(query));
            let found = matches.facets.iter().find(|(facet, _)| *facet == Facet::Issuer).unwrap();
            found.1.clone().into_iter().collect()
        };
        let pair = |value: &str, count| (value.to_owned(), count);
        let [state_council, tax] = [pair("国务院", 2), pair("云州省税务局(筹备组)", 1)];
        let mut query = query(Clause::All);
        assert_eq!(issuers(&query), [tax.clone(), state_council.clone(), pair("雲州省財政廳", 6)]);
        for spelling in spellings {
            query.filters.insert(Facet::Issuer, Filter { any: vec![spelling.into()], ..Filter::default() });
            assert_eq!(search_plan(&collection, &SearchPlan::from_query(&query)).total, 6, "{spelling:?}");
        }
        let not = Filter { not: vec!["中华人民共和国国务院".into()], ..Filter::default() };
        query.filters.insert(Facet::Issuer, not);
        assert_eq!(search_plan(&collection, &SearchPlan::from_query(&query)).total, 7);
        query.filters.clear();
        let mut writer = collection.writer(Load::Bulk).unwrap();
        writer.delete("f5").unwrap();
        writer.put(&issued("f4", &["云州省财政厅"])).unwrap();
        writer.commit().unwrap();
        drop(writer);
        assert_eq!(issuers(&query), [tax, pair("云州省财政厅", 5), state_council], "of those that are left");
    }

    empty_collection_answers(backend: Arc<dyn Backend>) {
        let collection = Collection::new(backend, false);
        assert!(collection.is_empty() && collection.generation() == 0);
        let query = query(Clause::All);
        let matches = search_plan(&collection, &SearchPlan::from_query(&query));
        assert_eq!((matches.total, matches.matched, matches.more), (0, 0, false));
        assert!(matches.facets.iter().all(|(_, values)| values.is_empty()));
        let ranked = Query { sort: Sort::Relevance, start: Start::Offset(3), ..query };
        assert!(search_plan(&collection, &SearchPlan::from_query(&ranked)).documents.is_empty());
        assert_eq!(collection.reader().count(&[Clause::All], &unlimited()).unwrap(), [0]);
        assert!(collection.commits().is_empty());
    }
}
