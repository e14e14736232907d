//! Answers of backends in a form in which they can be compared: documents as ids.

use std::collections::{BTreeMap, BTreeSet};

use gongkai_index::backend::{Budget, Snapshot};
use gongkai_index::query::plan::SearchPlan;
use gongkai_index::query::{Position, Query, Sort, Start};
use gongkai_index::results::{Matches, SearchResults};
use gongkai_index::schema::doc_ref::DocRef;
use gongkai_index::schema::fields::Facet;
use gongkai_index::{Collection, Reader, Validity};

use crate::backends::{Everywhere, Named};

/// Share of a score by which backends may differ.
pub const SCORE_TOLERANCE: f32 = 0.001;

/// Limits of a search that has none.
pub fn unlimited() -> Budget {
    Budget::default()
}

/// Returns the ids of documents.
pub fn ids(snapshot: &dyn Snapshot, documents: &[DocRef]) -> Vec<String> {
    let facts = snapshot.facts(documents).expect("facts");
    facts.into_iter().map(|facts| facts.expect("a document of the snapshot").id.clone()).collect()
}

/// Matches with ids for documents and facet values in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparable {
    pub total: u64,
    pub matched: u64,
    pub more: bool,
    pub facets: Vec<(Facet, BTreeMap<String, u64>)>,
    pub documents: Vec<(String, Position, Validity)>,
}

/// Makes matches comparable.
pub fn comparable(snapshot: &dyn Snapshot, matches: &Matches) -> Comparable {
    let documents: Vec<DocRef> = matches.documents.iter().map(|ranked| ranked.document).collect();
    let ranked = ids(snapshot, &documents).into_iter().zip(&matches.documents);
    let facet = |(facet, values): &(Facet, Vec<(String, u64)>)| {
        let counted: BTreeMap<String, u64> = values.iter().cloned().collect();
        assert_eq!(counted.len(), values.len(), "a value of {facet:?} is listed twice");
        assert!(counted.values().all(|count| *count > 0), "a value of {facet:?} has count 0");
        (*facet, counted)
    };
    Comparable {
        total: matches.total,
        matched: matches.matched,
        more: matches.more,
        facets: matches.facets.iter().map(facet).collect(),
        documents: ranked.map(|(id, ranked)| (id, ranked.position, ranked.validity)).collect(),
    }
}

/// Runs a plan on the newest snapshot.
pub fn search_plan(collection: &Collection, plan: &SearchPlan) -> Comparable {
    let snapshot = collection.backend().snapshot();
    comparable(&*snapshot, &snapshot.search(plan, &unlimited()).expect("searched"))
}

/// Checks that something read from each collection is equal on all backends.
pub fn assert_equal<T: PartialEq + std::fmt::Debug>(
    everywhere: &Everywhere,
    read: impl Fn(&Collection) -> T,
) {
    for (a, b) in everywhere.pairs() {
        assert_eq!(read(&a.collection), read(&b.collection), "{} and {}", a.name, b.name);
    }
}

/// Checks that two backends give the same for a query through both doors: the snapshot and the
/// reader above it.
pub fn assert_same_answer((a, b): (&Named, &Named), query: &Query) {
    let plan = SearchPlan::from_query(query);
    let by_relevance = plan.sort == Sort::Relevance;
    let [first, second] = [a, b].map(|named| search_plan(&named.collection, &plan));
    if by_relevance {
        assert_eq!(without_order(&first), without_order(&second), "{} and {}: {plan:#?}", a.name, b.name);
        assert_same_ranking((a, b), &plan);
    } else {
        assert_eq!(first, second, "{} and {}: {plan:#?}", a.name, b.name);
    }
    let [first, second] = [a, b].map(|named| results(&named.collection.reader(), query));
    assert_eq!((first.total, first.matched, first.more), (second.total, second.matched, second.more));
    assert_eq!(first.facets, second.facets, "{} and {}: {plan:#?}", a.name, b.name);
    assert_eq!(first.generation, second.generation);
    if !by_relevance {
        let hits = |results: &SearchResults| format!("{:?}", results.hits);
        assert_eq!(hits(&first), hits(&second), "{} and {}: {plan:#?}", a.name, b.name);
    }
}

fn without_order(comparable: &Comparable) -> (usize, Comparable) {
    (comparable.documents.len(), Comparable { documents: Vec::new(), ..comparable.clone() })
}

/// Runs a query through a reader.
pub fn results(reader: &Reader, query: &Query) -> SearchResults {
    reader.search(query, &unlimited()).expect("searched")
}

/// Checks that two backends rank all matches of a plan by the same scores, and so in the same
/// order wherever scores differ by more than the tolerance.
pub fn assert_same_ranking((a, b): (&Named, &Named), plan: &SearchPlan) {
    let whole = SearchPlan { start: Start::Offset(0), size: usize::MAX, facets: Vec::new(), ..plan.clone() };
    let [first, second] = [a, b].map(|named| scores(&search_plan(&named.collection, &whole)));
    let sets = [&first, &second].map(|scores| scores.iter().map(|(id, _)| id).collect::<BTreeSet<_>>());
    assert_eq!(sets[0], sets[1], "{} and {}: {plan:#?}", a.name, b.name);
    let by_id: BTreeMap<&String, f32> = second.iter().map(|(id, score)| (id, *score)).collect();
    for ((id, score), (other_id, other)) in first.iter().zip(&second) {
        let tolerance = SCORE_TOLERANCE * score.abs().max(other.abs());
        let same_document = by_id[id];
        assert!(
            (score - same_document).abs() <= tolerance && (score - other).abs() <= tolerance,
            "{} gives {id} {score}, {} gives {same_document}, and {other} to {other_id} in its place: {plan:#?}",
            a.name,
            b.name,
        );
    }
}

fn scores(comparable: &Comparable) -> Vec<(String, f32)> {
    let score = |position: &Position| f32::from_bits(u32::try_from(position.key).expect("a score"));
    comparable.documents.iter().map(|(id, position, _)| (id.clone(), score(position))).collect()
}
