//! Limits: deadlines, abandoned searches, documents of other snapshots, what a backend says it can do.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use gongkai_index::backend::{Backend, Budget};
use gongkai_index::query::plan::SearchPlan;
use gongkai_index::query::{Clause, ParsedQuery, Query};
use gongkai_index::record::Date;
use gongkai_index::results::{Interval, TrendQuery};
use gongkai_index::schema::doc_ref::DocRef;
use gongkai_index::{Collection, Error};

use crate::backends::{fill, for_every_backend};
use crate::records::made_records;

fn plan() -> SearchPlan {
    let day = Date::new(2024, 1, 1).expect("a day of the calendar");
    SearchPlan::from_query(&Query::new(ParsedQuery::from_clause(Clause::All), day))
}

/// The errors of everything that has a budget.
fn errors(backend: &Arc<dyn Backend>, budget: &Budget) -> Vec<Error> {
    let snapshot = backend.snapshot();
    let request = TrendQuery { interval: Interval::Year, split: None };
    [
        snapshot.search(&plan(), budget).map(drop),
        snapshot.order(&plan(), budget).map(drop),
        snapshot.count(&[Clause::All], budget).map(drop),
        snapshot.trend(&plan(), &request, budget).map(drop),
    ]
    .into_iter()
    .map(|result| result.expect_err("the budget is spent"))
    .collect()
}

for_every_backend! {
    spent_budget_stops_every_search(backend: Arc<dyn Backend>) {
        fill(&Collection::new(backend.clone(), false), &made_records(20));
        let late = Budget { deadline: Some(Instant::now()), abandoned: None };
        assert!(errors(&backend, &late).iter().all(|error| matches!(error, Error::Deadline)));
        let abandoned = Budget { deadline: None, abandoned: Some(Arc::new(AtomicBool::new(true))) };
        assert!(errors(&backend, &abandoned).iter().all(|error| matches!(error, Error::Abandoned)));
    }

    document_that_is_not_of_the_snapshot_is_an_error(backend: Arc<dyn Backend>) {
        fill(&Collection::new(backend.clone(), false), &made_records(3));
        let snapshot = backend.snapshot();
        assert!(snapshot.fetch(&[DocRef::new(99)]).is_err());
        assert_eq!(snapshot.facts(&[DocRef::new(99)]).unwrap(), [None]);
        assert!(snapshot.fetch(&[]).unwrap().is_empty() && snapshot.find(&[]).unwrap().is_empty());
    }

    backend_explains_if_it_says_so(backend: Arc<dyn Backend>) {
        fill(&Collection::new(backend.clone(), false), &made_records(3));
        let snapshot = backend.snapshot();
        let documents = snapshot.search(&plan(), &Budget::default()).unwrap().documents;
        let explained = snapshot.explain(&plan(), &documents);
        assert_eq!(backend.capabilities().explain, explained.is_ok_and(|parts| parts.len() == documents.len()));
    }
}
