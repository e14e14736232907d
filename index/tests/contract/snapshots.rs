//! Snapshots while others write: whoever holds one sees that generation and no other.

use std::sync::Arc;

use gongkai_index::backend::{Backend, Load, Snapshot};
use gongkai_index::query::plan::SearchPlan;
use gongkai_index::query::{Clause, KeyBoost, ParsedQuery, Phrase, Query, ScoreTerm, Sort, Stream};
use gongkai_index::record::Date;
use gongkai_index::record::generation::SnapshotToken;
use gongkai_index::schema::doc_ref::KeyField;
use gongkai_index::schema::fields::{DateField, Facet};
use gongkai_index::{Collection, CollectionWriter, Error, Record, RecordWriter};

use crate::backends::{fill, for_every_backend};
use crate::comparison::{comparable, ids, unlimited};
use crate::records::{made_records, record};

fn plans() -> Vec<SearchPlan> {
    let day = Date::new(2021, 6, 1).expect("a day of the calendar");
    let text = |text: &str| Clause::Text(Phrase { text: text.to_owned(), field: None });
    let newest = Query {
        sort: Sort::Newest(DateField::PublishedOn),
        per_page: 500,
        collapse: true,
        facets: Facet::ALL.map(|facet| (facet, None)).to_vec(),
        ..Query::new(ParsedQuery::from_clause(Clause::All), day)
    };
    let mut ranked = Query { sort: Sort::Relevance, ..newest.clone() };
    let clauses = ["公开", "补贴", "残疾人", "登记"].map(text).to_vec();
    ranked.parsed.matching = Clause::MinimumShouldMatch { clauses, percent: 40 };
    let term = |text: &str| ScoreTerm {
        stream: Stream::Words,
        text: text.to_owned(),
        weight: 1.0,
        idf_cap: Vec::new(),
    };
    ranked.parsed.scoring = ["公开", "补贴", "残疾人", "登记"].map(term).to_vec();
    ranked.parsed.keys = vec![KeyBoost { key: "t:新的通知".into(), boost: 4_000.0 }];
    [newest, ranked].iter().map(SearchPlan::from_query).collect()
}

/// Everything that a snapshot answers, in words.
fn answers(snapshot: &dyn Snapshot) -> String {
    let documents = snapshot.documents(None, usize::MAX).unwrap();
    let searched: Vec<_> = plans()
        .iter()
        .map(|plan| {
            let matches = snapshot.search(plan, &unlimited()).unwrap();
            let order = snapshot.order(plan, &unlimited()).unwrap();
            (comparable(snapshot, &matches), order)
        })
        .collect();
    let mut scanned = Vec::new();
    snapshot.scan(&mut |record| scanned.push(record.clone())).unwrap();
    scanned.sort_by(|a, b| a.id.cmp(&b.id));
    let ids = ids(snapshot, &documents);
    let asked: Vec<&str> = ids.iter().map(String::as_str).collect();
    let facts: Vec<_> = snapshot.facts(&documents).unwrap().into_iter().flatten().collect();
    let titles: Vec<u64> = facts.iter().flat_map(|facts| facts.titles.iter().copied()).collect();
    format!(
        "{} {} {} {searched:?} {scanned:?} {:?} {:?} {facts:?} {:?} {:?} {:?}",
        snapshot.generation(),
        snapshot.document_count(),
        snapshot.digest(),
        snapshot.fetch(&documents).unwrap(),
        snapshot.find(&asked).unwrap(),
        snapshot.derived(&documents).unwrap(),
        snapshot.lookup(KeyField::Title, &titles, 5).unwrap(),
        snapshot.count(&[Clause::All, plans()[1].matching.clone()], &unlimited()).unwrap(),
    )
}

/// Changes a collection: adds, replaces, deletes some, deletes all, begins anew.
fn change(writer: &mut CollectionWriter, step: usize, records: &[Record]) {
    let delete = |writer: &mut CollectionWriter, record: &Record| {
        writer.delete(&record.id).unwrap();
    };
    match step {
        0 => {
            for record in &records[40..] {
                writer.put(record).unwrap();
            }
        }
        1 | 3 => {
            for (record, other) in records.iter().skip(step).step_by(5).zip(records.iter().rev()) {
                writer.put(&Record { id: record.id.clone(), ..other.clone() }).unwrap();
            }
        }
        2 => records.iter().step_by(3).for_each(|record| delete(writer, record)),
        4 => records.iter().for_each(|record| delete(writer, record)),
        _ => {
            writer.put(&record("neu", "新的通知")).unwrap();
        }
    }
}

for_every_backend! {
    snapshot_answers_the_same_after_writes(backend: Arc<dyn Backend>) {
        let collection = Collection::new(backend.clone(), false);
        let records = made_records(60);
        fill(&collection, &records[..40]);
        let (before, reader) = (backend.snapshot(), collection.reader());
        let told = answers(&*before);
        let mut writer = collection.writer(Load::Few).unwrap();
        let mut generations = vec![before.generation()];
        for step in 0..6 {
            change(&mut writer, step, &records);
            assert_eq!(answers(&*before), told, "before commit {step}");
            generations.push(writer.commit().unwrap());
            assert_eq!(answers(&*before), told, "after commit {step}");
        }
        writer.optimise(1).unwrap();
        assert_eq!(answers(&*before), told);
        assert_eq!((collection.len(), reader.len()), (1, 40));
        let again = backend.snapshot_at(&before.token()).unwrap();
        assert_eq!(answers(&*again), told);
        assert_eq!(reader.generation(), before.generation());
        assert!(generations.is_sorted_by(|a, b| a < b), "{generations:?}");
    }

    token_finds_its_generation_among_later_ones(backend: Arc<dyn Backend>) {
        let collection = Collection::new(backend.clone(), false);
        let mut writer = collection.writer(Load::Few).unwrap();
        let mut held = Vec::new();
        for at in 0..12 {
            writer.put(&record(&format!("r{at}"), "通知")).unwrap();
            let generation = writer.commit().unwrap();
            let reader = collection.reader();
            assert_eq!((reader.generation(), reader.len()), (generation, at + 1));
            held.push((reader.token(), at + 1));
        }
        for (token, records) in held {
            let reader = collection.reader_at(&token).unwrap();
            assert_eq!((reader.token(), reader.len()), (token, records));
        }
    }

    token_of_unknown_generation_is_gone(backend: Arc<dyn Backend>) {
        let collection = Collection::new(backend.clone(), false);
        fill(&collection, &made_records(3));
        let token = SnapshotToken::of_generation(99);
        let Err(Error::GenerationGone { asked, current }) = backend.snapshot_at(&token) else {
            panic!("generation 99 was never made");
        };
        assert_eq!((asked, current), (99, collection.generation()));
        assert!(collection.reader_at(&token).is_err());
    }

    pin_of_token_is_bounded(backend: Arc<dyn Backend>) {
        let token = backend.snapshot().token();
        let bounded = |pin: &String| {
            let plain = pin.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
            plain && pin.len() <= SnapshotToken::MAX_PIN_BYTES
        };
        assert!(token.pin.as_ref().is_none_or(bounded), "{token:?}");
    }

    reader_in_another_thread_sees_whole_commits(backend: Arc<dyn Backend>) {
        // Each commit moves all three records to one title: a reader must never see two.
        let collection = Collection::new(backend, false);
        let write = |writer: &mut dyn RecordWriter, round: u32| {
            for id in ["a", "b", "c"] {
                writer.put(&record(id, &format!("第{round}版"))).unwrap();
            }
            writer.commit().unwrap();
        };
        write(&mut collection.writer(Load::Few).unwrap(), 0);
        std::thread::scope(|scope| {
            let writing = scope.spawn(|| {
                let mut writer = collection.writer(Load::Few).unwrap();
                (1..=20).for_each(|round| write(&mut writer, round));
            });
            while !writing.is_finished() {
                let mut titles = Vec::new();
                collection.reader().each_record(&mut |record| titles.push(record.title.clone())).unwrap();
                assert_eq!(titles.len(), 3);
                assert!(titles.iter().all(|title| *title == titles[0]), "{titles:?}");
            }
            writing.join().expect("written");
        });
        assert_eq!(collection.reader().record("a").unwrap().unwrap().title, "第20版");
    }
}
