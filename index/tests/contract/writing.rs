//! Writing: put, replace, delete, commit; one writer; the commit log.

use std::sync::Arc;

use gongkai_index::backend::{Backend, Load, Writer};
use gongkai_index::query::Clause;
use gongkai_index::record::commit::Commit;
use gongkai_index::schema::document::IndexDocument;
use gongkai_index::{Collection, Error, Put, Record, RecordWriter};

use crate::backends::{CHANGED, Everywhere, FIXTURES, for_every_backend};
use crate::comparison::unlimited;
use crate::records::{made_records, record};

fn document(record: &Record) -> IndexDocument {
    IndexDocument::from_record(record, record.content_hash()).expect("a document")
}

fn titles(backend: &Arc<dyn Backend>) -> Vec<String> {
    let mut titles = Vec::new();
    backend.snapshot().scan(&mut |record| titles.push(format!("{} {}", record.id, record.title))).unwrap();
    titles.sort();
    titles
}

for_every_backend! {
    put_record_is_visible_after_commit_only(backend: Arc<dyn Backend>) {
        let collection = Collection::new(backend.clone(), false);
        let mut writer = collection.writer(Load::Few).unwrap();
        assert_eq!(writer.put(&record("a", "甲")).unwrap(), Put::Added);
        assert!(collection.is_empty() && collection.reader().record("a").unwrap().is_none());
        assert_eq!(writer.commit().unwrap(), 1);
        assert_eq!((collection.len(), collection.generation()), (1, 1));
        assert_eq!(collection.reader().record("a").unwrap(), Some(record("a", "甲")));
        assert_eq!(writer.put(&record("a", "乙")).unwrap(), Put::Updated);
        drop(writer);
        assert_eq!(titles(&backend), ["a 甲"], "what was not committed is dropped with the writer");
        assert_eq!(collection.generation(), 1);
    }

    unchanged_record_is_decided_above_the_seam(backend: Arc<dyn Backend>) {
        let collection = Collection::new(backend.clone(), false);
        let mut writer = collection.writer(Load::Few).unwrap();
        writer.put(&record("a", "甲")).unwrap();
        assert_eq!(writer.put(&record("a", "甲")).unwrap(), Put::Unchanged, "also before the commit");
        writer.commit().unwrap();
        assert_eq!(writer.put(&record("a", "甲")).unwrap(), Put::Unchanged);
        assert_eq!(writer.commit().unwrap(), 1, "nothing changed");
        assert_eq!(writer.put(&record("a", "乙")).unwrap(), Put::Updated);
        assert_eq!(writer.put(&record("a", "甲")).unwrap(), Put::Updated, "the last one counts");
        assert_eq!(writer.commit().unwrap(), 2);
        assert_eq!(titles(&backend), ["a 甲"]);
    }

    put_replaces_and_delete_removes(backend: Arc<dyn Backend>) {
        let collection = Collection::new(backend.clone(), false);
        let mut writer = collection.writer(Load::Few).unwrap();
        for id in ["a", "b", "c"] {
            writer.put(&record(id, "甲")).unwrap();
        }
        writer.commit().unwrap();
        writer.put(&record("b", "乙")).unwrap();
        assert!(writer.delete("c").unwrap());
        assert!(!writer.delete("c").unwrap(), "it is gone already");
        assert!(!writer.delete("d").unwrap(), "it was never there");
        writer.commit().unwrap();
        assert_eq!(titles(&backend), ["a 甲", "b 乙"]);
        assert_eq!(collection.reader().count(&[Clause::All], &unlimited()).unwrap(), [2]);
        assert_eq!(backend.snapshot().find(&["c"]).unwrap(), [None]);
    }

    last_change_of_an_id_in_one_commit_counts(backend: Arc<dyn Backend>) {
        let collection = Collection::new(backend.clone(), false);
        let mut writer = collection.writer(Load::Few).unwrap();
        writer.put(&record("a", "甲")).unwrap();
        writer.commit().unwrap();
        assert!(writer.delete("a").unwrap());
        assert_eq!(writer.put(&record("a", "乙")).unwrap(), Put::Added);
        writer.put(&record("b", "丙")).unwrap();
        assert!(writer.delete("b").unwrap());
        writer.put(&record("c", "丁")).unwrap();
        writer.put(&record("c", "戊")).unwrap();
        writer.commit().unwrap();
        assert_eq!(titles(&backend), ["a 乙", "c 戊"]);
        assert_eq!(collection.len(), 2);
    }

    raw_writer_writes_what_a_collection_writes(backend: Arc<dyn Backend>) {
        let mut writer: Box<dyn Writer> = backend.writer(Load::Bulk).unwrap();
        assert_eq!(writer.commit().unwrap(), 0, "nothing changed");
        writer.put(document(&record("a", "甲")), false).unwrap();
        writer.put(document(&record("b", "乙")), false).unwrap();
        assert_eq!(writer.commit().unwrap(), 1);
        writer.put(document(&record("a", "丙")), true).unwrap();
        writer.delete("b").unwrap();
        assert_eq!(writer.commit().unwrap(), 2);
        assert_eq!(titles(&backend), ["a 丙"]);
        let before = backend.snapshot().digest();
        assert!(writer.optimise(1).unwrap() >= 2);
        assert_eq!(backend.snapshot().digest(), before, "merging changes no record");
        assert_eq!(titles(&backend), ["a 丙"]);
    }

    second_writer_is_refused_until_the_first_is_dropped(backend: Arc<dyn Backend>) {
        let collection = Collection::new(backend.clone(), false);
        let writer = collection.writer(Load::Few).unwrap();
        assert!(matches!(backend.writer(Load::Bulk), Err(Error::InUse(_))));
        assert!(matches!(collection.writer(Load::Few), Err(Error::InUse(_))));
        drop(writer);
        assert!(backend.writer(Load::Bulk).is_ok());
        assert!(!backend.is_handing_over());
        backend.wait_for_handover();
    }

    second_writer_goes_on_from_the_last_commit(backend: Arc<dyn Backend>) {
        let collection = Collection::new(backend.clone(), false);
        for (at, title) in ["甲", "乙", "丙"].into_iter().enumerate() {
            let mut writer = collection.writer(Load::Few).unwrap();
            let put = if at == 0 { Put::Added } else { Put::Updated };
            assert_eq!(writer.put(&record("a", title)).unwrap(), put);
            assert_eq!(writer.commit().unwrap(), at as u64 + 1);
        }
        assert_eq!(titles(&backend), ["a 丙"]);
        assert!(!collection.refresh().unwrap(), "the commits of this process are visible");
        assert!(!collection.health().unwrap().facts_rebuilt);
    }

    commit_log_has_every_change(backend: Arc<dyn Backend>) {
        let collection = Collection::new(backend.clone(), false);
        let (first, second) = (record("a", "甲"), record("a", "乙"));
        let mut writer = collection.writer(Load::Few).unwrap();
        writer.put(&first).unwrap();
        writer.put(&record("b", "乙")).unwrap();
        writer.commit().unwrap();
        writer.put(&second).unwrap();
        writer.delete("b").unwrap();
        writer.commit().unwrap();
        writer.commit().unwrap();
        let changes = |commit: &Commit| (commit.generation, commit.records, commit.changes.clone());
        let logged: Vec<_> = collection.commits().iter().map(changes).collect();
        let hash = |record: &Record| Some(record.content_hash());
        let expected = [
            (1, 2, vec![("a".to_owned(), hash(&first)), ("b".to_owned(), hash(&record("b", "乙")))]),
            (2, 1, vec![("a".to_owned(), hash(&second)), ("b".to_owned(), None)]),
        ];
        assert_eq!(logged, expected);
        assert!(collection.commits().iter().all(|commit| commit.complete));
        assert_eq!(collection.commits()[1].digest, backend.snapshot().digest());
        // A collection opened later reads the same log.
        drop(writer);
        assert_eq!(Collection::new(backend, false).commits(), collection.commits());
    }

    journal_gives_its_entries_once_and_all_after_a_rewrite(backend: Arc<dyn Backend>) {
        let commit = |generation| Commit {
            generation,
            seconds: 7,
            records: 1,
            digest: 9,
            complete: true,
            changes: vec![("a".to_owned(), None)],
        };
        let (mut writer, mut reader) = (backend.journal(), backend.journal());
        assert_eq!(reader.read(9).unwrap(), Some(Vec::new()));
        writer.append(&commit(1)).unwrap();
        writer.append(&commit(2)).unwrap();
        assert_eq!(reader.read(1).unwrap(), Some(vec![commit(1)]));
        assert_eq!(reader.read(9).unwrap(), Some(vec![commit(2)]));
        assert_eq!(reader.read(9).unwrap(), Some(Vec::new()));
        writer.rewrite(&[commit(2)]).unwrap();
        assert_eq!(reader.read(9).unwrap(), None);
        assert_eq!(reader.read(9).unwrap(), Some(vec![commit(2)]));
        assert!(!reader.is_corrupt());
    }

    digest_depends_on_records_alone(backend: Arc<dyn Backend>) {
        let collection = Collection::new(backend.clone(), false);
        assert_eq!(backend.snapshot().digest(), 0);
        let records = made_records(12);
        let mut writer = collection.writer(Load::Few).unwrap();
        for record in records.iter().rev() {
            writer.put(record).unwrap();
            writer.commit().unwrap();
        }
        let whole = backend.snapshot().digest();
        writer.delete(&records[3].id).unwrap();
        writer.commit().unwrap();
        assert_ne!(backend.snapshot().digest(), whole);
        writer.put(&records[3]).unwrap();
        writer.commit().unwrap();
        assert_eq!(backend.snapshot().digest(), whole);
    }
}

#[test]
fn commit_logs_agree() {
    let timeless = |everywhere: &Everywhere| -> Vec<Vec<Commit>> {
        let commits = everywhere.0.iter().map(|named| {
            let commits = named.collection.commits();
            commits.into_iter().map(|commit| Commit { seconds: 0, ..commit }).collect()
        });
        commits.collect()
    };
    for shared in [&FIXTURES, &CHANGED] {
        let logs = timeless(&shared.get());
        assert!(!logs[0].is_empty() && logs[0].iter().all(|commit| commit.complete));
        logs.iter().for_each(|log| assert_eq!(*log, logs[0]));
    }
}
