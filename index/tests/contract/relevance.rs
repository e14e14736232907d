//! The order by relevance, and its explanations.

use gongkai_index::analysis::Analyzer;
use gongkai_index::query::parse::parse;
use gongkai_index::query::plan::SearchPlan;
use gongkai_index::query::{Mode, Query, Sort};
use gongkai_index::record::Date;
use gongkai_index::results::Explanation;
use gongkai_index::schema::fields::Facet;

use crate::backends::{FIXTURES, MADE, Named};
use crate::comparison::{SCORE_TOLERANCE, assert_same_answer, results, unlimited};
use crate::plans::{OF_FIXTURES, OF_MADE, for_cases, queries, ranked};

#[test]
fn rankings_of_made_records_agree() {
    let everywhere = MADE.get();
    for_cases(64, ranked(&OF_MADE, queries(&OF_MADE, true)), |query| {
        everywhere.pairs().for_each(|pair| assert_same_answer(pair, &query));
    });
}

#[test]
fn rankings_of_fixtures_agree() {
    let everywhere = FIXTURES.get();
    for_cases(64, ranked(&OF_FIXTURES, queries(&OF_FIXTURES, true)), |query| {
        everywhere.pairs().for_each(|pair| assert_same_answer(pair, &query));
    });
}

fn today() -> Date {
    Date::new(2024, 1, 1).expect("a day of the calendar")
}

/// Queries as people type them, of the fixtures.
fn typed() -> Vec<String> {
    let lines = include_str!("../../../fixtures/queries.jsonl").lines();
    let text = |line: &str| {
        let query: serde_json::Value = serde_json::from_str(line).expect("a query in JSON");
        query["text"].as_str().expect("a text").to_owned()
    };
    lines.map(text).collect()
}

#[test]
fn typed_queries_agree_as_typed_and_relaxed() {
    let everywhere = FIXTURES.get();
    for text in typed() {
        let parsed = parse(&text, Mode::Smart, &Analyzer::shared());
        let relaxed = parsed.relaxed.clone();
        let facets = Facet::ALL.map(|facet| (facet, Some(5))).to_vec();
        let mut query = Query { facets, ..Query::new(parsed, today()) };
        everywhere.pairs().for_each(|pair| assert_same_answer(pair, &query));
        if let Some(relaxed) = relaxed {
            query.parsed.matching = relaxed;
            query.collapse = true;
            everywhere.pairs().for_each(|pair| assert_same_answer(pair, &query));
        }
    }
}

fn explanations(named: &Named, query: &Query) -> Vec<(String, f32, Explanation)> {
    let hits = results(&named.collection.reader(), query).hits;
    hits.into_iter().map(|hit| (hit.record.id, hit.score, hit.explanation.expect("was asked for"))).collect()
}

#[test]
fn explanations_agree_and_come_to_the_score() {
    let everywhere = FIXTURES.get();
    for text in typed().into_iter().step_by(4) {
        let query = Query {
            explain: true,
            highlight: false,
            sort: Sort::Relevance,
            ..Query::new(parse(&text, Mode::Smart, &Analyzer::shared()), today())
        };
        for named in &everywhere.0 {
            let capable = named.collection.capabilities().explain;
            assert!(capable, "{} explains nothing: leave it out here", named.name);
            for (id, score, parts) in explanations(named, &query) {
                let off = (parts.score() - score).abs();
                assert!(off <= SCORE_TOLERANCE * score.abs(), "{}: {text}: {id}: {parts:?}", named.name);
            }
        }
        for (a, b) in everywhere.pairs() {
            let [first, second] = [a, b].map(|named| explanations(named, &query));
            for ((_, _, first), (_, _, second)) in first.iter().zip(&second) {
                let named = |parts: &Explanation| {
                    let mut terms: Vec<_> = parts
                        .terms
                        .iter()
                        .map(|term| (term.text.clone(), term.field, term.frequency))
                        .collect();
                    terms.sort();
                    (terms, parts.factors.iter().map(|(name, _)| *name).collect::<Vec<_>>())
                };
                assert_eq!(named(first), named(second), "{} and {}: {text}", a.name, b.name);
            }
        }
    }
}

#[test]
fn plan_of_size_0_counts_without_documents() {
    for named in &FIXTURES.get().0 {
        let query =
            Query { per_page: 0, ..Query::new(parse("补贴", Mode::Smart, &Analyzer::shared()), today()) };
        let snapshot = named.collection.backend().snapshot();
        let matches = snapshot.search(&SearchPlan::from_query(&query), &unlimited()).unwrap();
        assert!(matches.total > 0 && matches.documents.is_empty() && !matches.more, "{}", named.name);
    }
}
