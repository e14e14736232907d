//! Pages and cursors: one after the other they give the whole list.

use gongkai_index::Collection;
use gongkai_index::query::plan::SearchPlan;
use gongkai_index::query::{Query, Start};

use crate::backends::{CHANGED, MADE};
use crate::comparison::{Comparable, assert_same_answer, search_plan, unlimited};
use crate::plans::{OF_MADE, for_cases, queries, ranked};

/// Walks through all pages by cursors.
fn walk_cursors(collection: &Collection, plan: &SearchPlan) -> Vec<String> {
    let mut plan = SearchPlan { start: Start::Offset(0), facets: Vec::new(), ..plan.clone() };
    let mut walked = Vec::new();
    loop {
        let page = search_plan(collection, &plan);
        let ids = page.documents.iter().map(|(id, ..)| id.clone());
        walked.extend(ids);
        let Some((_, last, _)) = page.documents.last() else {
            assert!(!page.more, "an empty page has none behind it");
            return walked;
        };
        assert_eq!(page.more, (walked.len() as u64) < page.total, "{plan:#?}");
        plan.start = Start::After(*last);
    }
}

/// Reads all pages by their offsets.
fn read_offsets(collection: &Collection, plan: &SearchPlan) -> Vec<String> {
    let page =
        |offset: usize| search_plan(collection, &SearchPlan { start: Start::Offset(offset), ..plan.clone() });
    let mut ids = Vec::new();
    loop {
        let Comparable { documents, more, .. } = page(ids.len());
        ids.extend(documents.into_iter().map(|(id, ..)| id));
        if !more {
            return ids;
        }
    }
}

fn whole(collection: &Collection, plan: &SearchPlan) -> Vec<String> {
    let plan = SearchPlan { start: Start::Offset(0), size: usize::MAX, ..plan.clone() };
    search_plan(collection, &plan).documents.into_iter().map(|(id, ..)| id).collect()
}

fn assert_pages_agree(collection: &Collection, query: &Query, name: &str) {
    let plan = SearchPlan { size: query.per_page.max(1), ..SearchPlan::from_query(query) };
    let whole = whole(collection, &plan);
    assert_eq!(walk_cursors(collection, &plan), whole, "{name}: cursors of {plan:#?}");
    assert_eq!(read_offsets(collection, &plan), whole, "{name}: offsets of {plan:#?}");
    let order = collection.reader().order(query, &unlimited()).unwrap();
    let ids = order.entries.iter().map(|(id_hash, _)| *id_hash);
    let hashes = whole.iter().map(|id| gongkai_index::keys::id::id_hash(id));
    assert!(ids.eq(hashes), "{name}: order of {plan:#?}");
}

#[test]
fn pages_by_date_give_whole_list() {
    let everywhere = CHANGED.get();
    for_cases(24, queries(&OF_MADE, false), |query| {
        for named in &everywhere.0 {
            assert_pages_agree(&named.collection, &query, named.name);
        }
    });
}

#[test]
fn pages_by_relevance_give_whole_list() {
    let everywhere = CHANGED.get();
    for_cases(24, ranked(&OF_MADE, queries(&OF_MADE, true)), |query| {
        for named in &everywhere.0 {
            assert_pages_agree(&named.collection, &query, named.name);
        }
    });
}

#[test]
fn cursor_of_one_backend_leads_on_in_another() {
    let everywhere = MADE.get();
    for_cases(32, (queries(&OF_MADE, false), 0..100_usize), |(query, at)| {
        let plan = SearchPlan { start: Start::Offset(0), size: usize::MAX, ..SearchPlan::from_query(&query) };
        let list = search_plan(everywhere.first(), &plan).documents;
        if let Some((_, position, _)) = list.get(at % list.len().max(1)) {
            let after = Query { start: Start::After(*position), ..query };
            everywhere.pairs().for_each(|pair| assert_same_answer(pair, &after));
        }
    });
}
