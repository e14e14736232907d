//! Write queue: a change is answered once it is durable and searchable.

mod support;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::mpsc::channel;

use gongkai_index::backend::Load;
use gongkai_index::collection::write_queue::{Change, Changed, Limits, QueueFull, WriteQueue, Written};
use gongkai_index::{Error, Put, Record};
use tempfile::TempDir;

use crate::support::{bulk_writer, open, read_record};

const LIMITS: Limits = Limits { changes: 256, bytes: 64 << 20 };

fn record(id: &str, title: &str) -> Record {
    let json = serde_json::json!({ "id": id, "kind": "policy", "title": title });
    Record::from_json(json.to_string().as_bytes()).expect("valid")
}

fn put(id: &str, title: &str) -> Change {
    Change::Put(Box::new(record(id, title)))
}

/// Hands over a change and waits for the answer.
fn apply_change(queue: &WriteQueue, change: Change) -> Result<Written, String> {
    let (sender, receiver) = channel();
    queue.submit(change, Box::new(move |written| drop(sender.send(written)))).expect("there is room");
    receiver.recv().expect("answered").map_err(|e| e.to_string())
}

#[test]
fn answered_change_is_visible_and_durable() {
    let folder = TempDir::new().unwrap();
    let collection = open(folder.path());
    let queue = WriteQueue::start(collection.clone(), LIMITS).unwrap();
    let last = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for writer in 0..16 {
            let (queue, collection, last) = (&queue, &collection, &last);
            scope.spawn(move || {
                for round in 0..12 {
                    let (id, title) = (format!("w{writer}-{}", round % 5), format!("第{round}版"));
                    let written = apply_change(queue, put(&id, &title)).unwrap();
                    let expected = if round < 5 { Put::Added } else { Put::Updated };
                    assert_eq!(written.changed, Changed::Put(expected));
                    assert!(collection.generation() >= written.generation);
                    assert_eq!(read_record(collection, &id).map(|r| r.title), Some(title.clone()));
                    last.lock().unwrap().insert(id, title);
                }
                let deleted = format!("w{writer}-0");
                assert_eq!(
                    apply_change(queue, Change::Delete(deleted.clone())).unwrap().changed,
                    Changed::Deleted
                );
                assert_eq!(
                    apply_change(queue, Change::Delete(deleted.clone())).unwrap().changed,
                    Changed::Absent
                );
                assert_eq!(read_record(collection, &deleted), None);
                last.lock().unwrap().remove(&deleted);
            });
        }
    });
    // 16 times 14 changes; those that wait together share a commit.
    assert!(collection.generation() < 16 * 14, "{} commits", collection.generation());
    drop(queue);
    let reopened = open(folder.path());
    let last = last.into_inner().unwrap();
    assert_eq!((reopened.len(), last.len()), (64, 64));
    for (id, title) in last {
        assert_eq!(read_record(&reopened, &id).map(|r| r.title), Some(title));
    }
}

#[test]
fn change_without_effect_makes_no_commit() {
    let folder = TempDir::new().unwrap();
    let collection = open(folder.path());
    let queue = WriteQueue::start(collection.clone(), LIMITS).unwrap();
    let first = apply_change(&queue, put("a", "甲")).unwrap();
    assert_eq!(first, Written { changed: Changed::Put(Put::Added), generation: 1 });
    let again = apply_change(&queue, put("a", "甲")).unwrap();
    assert_eq!(again, Written { changed: Changed::Put(Put::Unchanged), generation: 1 });
    assert_eq!(apply_change(&queue, Change::Delete("b".into())).unwrap().generation, 1);
    assert_eq!(collection.generation(), 1);
}

#[test]
fn full_queue_refuses_changes_and_writes_accepted_ones() {
    let folder = TempDir::new().unwrap();
    let collection = open(folder.path());
    let queue = WriteQueue::start(collection.clone(), Limits { changes: 3, bytes: 64 << 20 }).unwrap();
    let (entered, entries) = channel();
    let (release, released) = channel::<()>();
    // The writing thread waits in the reply to the first change.
    queue
        .submit(
            put("first", "甲"),
            Box::new(move |_| {
                entered.send(()).unwrap();
                released.recv().unwrap();
            }),
        )
        .unwrap();
    entries.recv().unwrap();
    let (sender, receiver) = channel();
    for i in 0..3 {
        let sender = sender.clone();
        queue
            .submit(
                put(&format!("r{i}"), "乙"),
                Box::new(move |written| sender.send(written.is_ok()).unwrap()),
            )
            .unwrap();
    }
    assert!(matches!(queue.submit(put("r3", "乙"), Box::new(|_| panic!("not accepted"))), Err(QueueFull(_))));
    release.send(()).unwrap();
    drop((queue, sender));
    assert_eq!(receiver.iter().collect::<Vec<_>>(), [true; 3]);
    assert_eq!((collection.len(), collection.generation()), (4, 2));
}

#[test]
fn change_during_other_writer_is_refused_and_later_written() {
    let folder = TempDir::new().unwrap();
    let collection = open(folder.path());
    let other = open(folder.path());
    let queue = WriteQueue::start(collection.clone(), LIMITS).unwrap();
    let writer = bulk_writer(&other);
    let refused = apply_change(&queue, put("a", "甲")).unwrap_err();
    assert_eq!(refused, Error::InUse(folder.path().to_owned()).to_string());
    drop(writer);
    assert_eq!(apply_change(&queue, put("a", "甲")).unwrap().changed, Changed::Put(Put::Added));
    assert!(matches!(other.writer(Load::Bulk), Err(Error::InUse(_))), "the lock is held while there is work");
    drop(queue);
    assert!(other.writer(Load::Bulk).is_ok());
}
