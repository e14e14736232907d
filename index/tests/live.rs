//! Many write at once: each is answered when its change is durable and searched, and what
//! was answered is there afterwards.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::mpsc::channel;

use gongkai_index::embedded::{Change, Changed, Limits, QueueFull, WriteQueue, Written};
use gongkai_index::{Embedded, Error, Put, Record, Searcher};
use tempfile::TempDir;

const LIMITS: Limits = Limits { changes: 256, bytes: 64 << 20 };

fn record(id: &str, title: &str) -> Record {
    let json = serde_json::json!({ "id": id, "kind": "policy", "title": title });
    Record::from_json(json.to_string().as_bytes()).expect("valid")
}

fn put(id: &str, title: &str) -> Change {
    Change::Put(Box::new(record(id, title)))
}

/// Asks and waits for the answer.
fn ask(live: &WriteQueue, change: Change) -> Result<Written, String> {
    let (tell, told) = channel();
    live.ask(change, Box::new(move |written| drop(tell.send(written)))).expect("there is room");
    told.recv().expect("answered").map_err(|e| e.to_string())
}

#[test]
fn every_writer_sees_its_change_when_it_is_answered_and_so_does_everybody_later() {
    let folder = TempDir::new().unwrap();
    let engine = Embedded::open(folder.path()).unwrap();
    let live = WriteQueue::start(engine.clone(), LIMITS).unwrap();
    let last = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for writer in 0..16 {
            let (live, engine, last) = (&live, &engine, &last);
            scope.spawn(move || {
                for round in 0..12 {
                    let (id, title) = (format!("w{writer}-{}", round % 5), format!("第{round}版"));
                    let written = ask(live, put(&id, &title)).unwrap();
                    let expected = if round < 5 { Put::Added } else { Put::Updated };
                    assert_eq!(written.changed, Changed::Put(expected));
                    assert!(engine.generation() >= written.generation);
                    assert_eq!(engine.record(&id).unwrap().map(|r| r.title), Some(title.clone()));
                    last.lock().unwrap().insert(id, title);
                }
                let gone = format!("w{writer}-0");
                assert_eq!(ask(live, Change::Delete(gone.clone())).unwrap().changed, Changed::Deleted);
                assert_eq!(ask(live, Change::Delete(gone.clone())).unwrap().changed, Changed::Absent);
                assert_eq!(engine.record(&gone).unwrap(), None);
                last.lock().unwrap().remove(&gone);
            });
        }
    });
    // 16 times 14 changes, and those that waited together shared a commit.
    assert!(engine.generation() < 16 * 14, "{} commits", engine.generation());
    drop(live);
    let again = Embedded::open(folder.path()).unwrap();
    let last = last.into_inner().unwrap();
    assert_eq!((again.len(), last.len()), (64, 64));
    for (id, title) in last {
        assert_eq!(again.record(&id).unwrap().map(|r| r.title), Some(title));
    }
}

#[test]
fn what_changes_nothing_makes_no_commit() {
    let folder = TempDir::new().unwrap();
    let engine = Embedded::open(folder.path()).unwrap();
    let live = WriteQueue::start(engine.clone(), LIMITS).unwrap();
    let first = ask(&live, put("a", "甲")).unwrap();
    assert_eq!(first, Written { changed: Changed::Put(Put::Added), generation: 1 });
    let again = ask(&live, put("a", "甲")).unwrap();
    assert_eq!(again, Written { changed: Changed::Put(Put::Unchanged), generation: 1 });
    assert_eq!(ask(&live, Change::Delete("b".into())).unwrap().generation, 1);
    assert_eq!(engine.generation(), 1);
}

#[test]
fn a_full_queue_says_so_and_what_it_took_is_written_when_the_door_closes() {
    let folder = TempDir::new().unwrap();
    let engine = Embedded::open(folder.path()).unwrap();
    let live = WriteQueue::start(engine.clone(), Limits { changes: 3, bytes: 64 << 20 }).unwrap();
    let (entered, in_reply) = channel();
    let (open, opened) = channel::<()>();
    // The writing thread is held in the answer to the first.
    live.ask(
        put("first", "甲"),
        Box::new(move |_| {
            entered.send(()).unwrap();
            opened.recv().unwrap();
        }),
    )
    .unwrap();
    in_reply.recv().unwrap();
    let (tell, told) = channel();
    for i in 0..3 {
        let tell = tell.clone();
        live.ask(put(&format!("r{i}"), "乙"), Box::new(move |written| tell.send(written.is_ok()).unwrap()))
            .unwrap();
    }
    assert!(matches!(live.ask(put("r3", "乙"), Box::new(|_| panic!("not taken"))), Err(QueueFull(_))));
    open.send(()).unwrap();
    drop((live, tell));
    assert_eq!(told.iter().collect::<Vec<_>>(), [true; 3]);
    assert_eq!((engine.len(), engine.generation()), (4, 2));
}

#[test]
fn while_another_process_writes_it_says_so_and_goes_on_afterwards() {
    let folder = TempDir::new().unwrap();
    let engine = Embedded::open(folder.path()).unwrap();
    let other = Embedded::open(folder.path()).unwrap();
    let live = WriteQueue::start(engine.clone(), LIMITS).unwrap();
    let writer = other.writer().unwrap();
    let refused = ask(&live, put("a", "甲")).unwrap_err();
    assert_eq!(refused, Error::InUse(folder.path().to_owned()).to_string());
    drop(writer);
    assert_eq!(ask(&live, put("a", "甲")).unwrap().changed, Changed::Put(Put::Added));
    assert!(matches!(other.writer(), Err(Error::InUse(_))), "the lock is held while there is work");
    drop(live);
    assert!(other.writer().is_ok());
}
