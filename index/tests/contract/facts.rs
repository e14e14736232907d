//! Look-ups, facts, derived values, validity, words.

use std::collections::{BTreeMap, BTreeSet};

use gongkai_index::Record;
use gongkai_index::backend::Snapshot;
use gongkai_index::keys::id::id_hash;
use gongkai_index::lexicon::LexiconSource;
use gongkai_index::record::Date;
use gongkai_index::relations::facts::Facts;
use gongkai_index::relations::sketch::bands;
use gongkai_index::relations::validity_period::ValidityPeriod;
use gongkai_index::schema::doc_ref::{DocRef, KeyField};
use gongkai_index::{Collection, Validity};

use crate::backends::{CHANGED, FIXTURES, MADE, Named, Shared};
use crate::comparison::ids;

const COLLECTIONS: [&Shared; 3] = [&FIXTURES, &MADE, &CHANGED];

fn documents(snapshot: &dyn Snapshot) -> Vec<DocRef> {
    snapshot.documents(None, usize::MAX).expect("documents")
}

fn facts_by_id(snapshot: &dyn Snapshot) -> BTreeMap<String, Facts> {
    let facts = snapshot.facts(&documents(snapshot)).expect("facts");
    facts.into_iter().flatten().map(|facts| (facts.id.clone(), (*facts).clone())).collect()
}

fn each_pair(check: impl Fn((&Named, &dyn Snapshot), (&Named, &dyn Snapshot))) {
    for shared in COLLECTIONS {
        for (a, b) in shared.get().pairs() {
            let [first, second] = [a, b].map(|named| named.collection.backend().snapshot());
            check((a, &*first), (b, &*second));
        }
    }
}

#[test]
fn facts_and_digests_agree() {
    each_pair(|(a, first), (b, second)| {
        assert_eq!(facts_by_id(first), facts_by_id(second), "{} and {}", a.name, b.name);
        assert_eq!(first.digest(), second.digest());
        assert_eq!(first.document_count(), second.document_count());
        assert_eq!(first.document_count() as usize, documents(first).len());
    });
}

/// Every key of a document in a key field.
fn keys_of(facts: &Facts, group: u32, field: KeyField) -> Vec<u64> {
    let cited = || facts.cited.iter().flat_map(|cited| cited.keys());
    match field {
        KeyField::Id => vec![id_hash(&facts.id)],
        KeyField::Title => facts.titles.clone(),
        KeyField::Enclosed => facts.enclosed.clone(),
        KeyField::Number => vec![facts.number],
        KeyField::Family => vec![facts.family],
        KeyField::Cites | KeyField::Repeals => cited().collect(),
        KeyField::Explains => facts.explains.iter().flat_map(|cited| cited.keys()).collect(),
        KeyField::Band => bands(&facts.sketch).collect(),
        KeyField::Fingerprint => vec![facts.fingerprint, facts.title_fingerprint],
        KeyField::CopyGroup => vec![u64::from(group)],
    }
}

#[test]
fn lookups_of_every_key_field_agree() {
    each_pair(|(a, first), (b, second)| {
        let documents = documents(first);
        let (facts, derived) = (first.facts(&documents).unwrap(), first.derived(&documents).unwrap());
        for field in KeyField::ALL {
            let keys = facts.iter().flatten().zip(&derived);
            let keys: BTreeSet<u64> =
                keys.flat_map(|(facts, derived)| keys_of(facts, derived.group, field)).collect();
            let keys: Vec<u64> = keys.into_iter().chain([0, 1, u64::MAX]).collect();
            for limit in [usize::MAX, 2] {
                let [found, others] = [first, second].map(|snapshot| -> Vec<Vec<String>> {
                    let found = snapshot.lookup(field, &keys, limit).unwrap();
                    assert_eq!(found.len(), keys.len());
                    assert!(found.iter().all(|found| found.len() <= limit && found.is_sorted()));
                    found.iter().map(|found| ids(snapshot, found)).collect()
                });
                assert_eq!(found, others, "{} and {}: {field:?}", a.name, b.name);
            }
            // Every made collection has documents under every kind of key but enclosed titles.
            let found = first.lookup(field, &keys, 1).unwrap().iter().flatten().count();
            let rare = [KeyField::Enclosed, KeyField::Explains, KeyField::Repeals].contains(&field);
            assert!(rare || found > 0, "{field:?}");
        }
    });
}

/// Derived values with ids for documents and, for a group of copies, the ids of its members.
fn derived_by_id(snapshot: &dyn Snapshot) -> BTreeMap<String, String> {
    let documents = documents(snapshot);
    let derived = snapshot.derived(&documents).expect("derived values");
    let name = |ending: Option<(Date, DocRef)>| ending.map(|(on, by)| (on, ids(snapshot, &[by])));
    let mut groups: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for (id, derived) in ids(snapshot, &documents).into_iter().zip(&derived) {
        groups.entry(derived.group).or_default().push(id);
    }
    groups.values_mut().for_each(|members| members.sort());
    let values = derived.iter().map(|derived| {
        let members = (derived.group != 0).then(|| groups[&derived.group].clone());
        format!("{members:?} {:?} {:?}", name(derived.repealed), name(derived.superseded))
    });
    ids(snapshot, &documents).into_iter().zip(values).collect()
}

#[test]
fn derived_values_agree() {
    each_pair(|(a, first), (b, second)| {
        assert_eq!(derived_by_id(first), derived_by_id(second), "{} and {}", a.name, b.name);
    });
    let made = MADE.get();
    let values = derived_by_id(&*made.first().backend().snapshot());
    let having = |part: &str| values.values().filter(|value| value.contains(part)).count();
    assert!(having("Some([\"made") > 10, "some documents have copies");
    assert!(having("None None") < values.len(), "some documents are ended by others");
}

#[test]
fn validity_agrees_on_several_days() {
    let days = [2014, 2017, 2019, 2021, 2024, 2030].map(|year| Date::new(year, 5, 1).expect("a day"));
    type Periods = BTreeMap<String, (ValidityPeriod, Vec<Validity>)>;
    let periods = |collection: &Collection| -> Periods {
        let reader = collection.reader();
        let documents = reader.documents(None, usize::MAX).unwrap();
        let read = reader.relations(|relations| {
            documents
                .iter()
                .map(|document| {
                    let states = days.iter().map(|day| relations.validity_on(*document, *day).state);
                    let id = relations.facts(*document).expect("a document").id.clone();
                    (id, (relations.validity_period(*document), states.collect()))
                })
                .collect()
        });
        read.expect("relations")
    };
    for shared in COLLECTIONS {
        for (a, b) in shared.get().pairs() {
            assert_eq!(periods(&a.collection), periods(&b.collection), "{} and {}", a.name, b.name);
        }
    }
}

#[test]
fn documents_are_listed_in_pages_and_found_by_id() {
    each_pair(|first, second| {
        for (named, snapshot) in [first, second] {
            let whole = documents(snapshot);
            let (mut paged, mut after) = (Vec::new(), None);
            loop {
                let page = snapshot.documents(after, 7).unwrap();
                after = page.last().copied().or(after);
                if page.is_empty() {
                    break;
                }
                paged.extend(page);
            }
            assert_eq!(paged, whole, "{}", named.name);
            let ids = ids(snapshot, &whole);
            let asked: Vec<&str> = ids.iter().map(String::as_str).chain(["没有"]).collect();
            let found = snapshot.find(&asked).unwrap();
            assert_eq!(found[..whole.len()].iter().flatten().copied().collect::<Vec<_>>(), whole);
            assert_eq!(found.last(), Some(&None));
        }
    });
}

#[test]
fn records_are_fetched_as_they_were_put() {
    each_pair(|(a, first), (b, second)| {
        let [one, other] = [(a, first), (b, second)].map(|(named, snapshot)| {
            let fetched = snapshot.fetch(&documents(snapshot)).unwrap();
            let cards = snapshot.fetch_cards(&documents(snapshot)).unwrap();
            let without_body =
                |record: &Record| Record { body: String::new(), parts: Vec::new(), ..record.clone() };
            assert_eq!(cards, fetched.iter().map(without_body).collect::<Vec<_>>());
            let mut scanned = Vec::new();
            snapshot.scan(&mut |record| scanned.push(record.clone())).unwrap();
            scanned.sort_by(|a, b| a.id.cmp(&b.id));
            let mut sorted = fetched.clone();
            sorted.sort_by(|a, b| a.id.cmp(&b.id));
            assert_eq!(sorted, scanned, "{}", named.name);
            for record in sorted.iter().step_by(20) {
                assert_eq!(named.collection.reader().record(&record.id).unwrap().as_ref(), Some(record));
            }
            sorted
        });
        assert_eq!(one, other);
    });
    let fixtures = FIXTURES.get();
    for named in &fixtures.0 {
        for record in crate::records::fixture_records() {
            assert_eq!(named.collection.reader().record(&record.id).unwrap(), Some(record), "{}", named.name);
        }
    }
}

#[test]
fn words_and_their_frequencies_agree() {
    // On collections without deleted documents: a backend may count these until it merges.
    for shared in [&FIXTURES, &MADE] {
        for (a, b) in shared.get().pairs() {
            let [first, second] = [a, b].map(|named| {
                let mut words: BTreeMap<String, u32> = BTreeMap::new();
                let mut count =
                    |word: &str, records: u32| *words.entry(word.to_owned()).or_default() += records;
                named.collection.reader().each_word(&mut count).unwrap();
                words
            });
            assert_eq!(first, second, "{} and {}", a.name, b.name);
        }
    }
}
