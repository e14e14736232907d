//! Versions, checks and backups of an index, during writes.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use gongkai_index::backend::Progress;
use gongkai_index::collection::write_queue::{Change, Limits, WriteQueue, Written};
use gongkai_index::{Collection, Error, Record, RecordWriter, checksum};
use tempfile::TempDir;

use crate::support::{back_up, check, open, read_record, reindex, roll_back, try_open, writer};

fn record(id: &str, title: &str) -> Record {
    let json =
        serde_json::json!({ "id": id, "kind": "policy", "title": title, "body": format!("{title}的正文。") });
    Record::from_json(json.to_string().as_bytes()).expect("valid")
}

fn write_records(collection: &Collection, records: impl IntoIterator<Item = Record>) {
    let mut writer = writer(&collection);
    for record in records {
        writer.put(&record).expect("taken");
    }
    writer.commit().expect("commits");
}

fn start_queue(collection: &Collection) -> WriteQueue {
    WriteQueue::start(collection.clone(), Limits { changes: 1_000, bytes: 64 << 20 }).expect("a thread")
}

/// Hands over a change and waits until it is written.
fn apply_change(queue: &WriteQueue, change: Change) -> Written {
    let (sender, receiver) = channel();
    queue.submit(change, Box::new(move |written| drop(sender.send(written)))).expect("there is room");
    receiver.recv().expect("answered").expect("written")
}

/// Ids and titles of all records.
fn titles_by_id(collection: &Collection) -> BTreeMap<String, String> {
    let mut titles = BTreeMap::new();
    collection
        .reader()
        .each_record(&mut |record| drop(titles.insert(record.id.clone(), record.title.clone())))
        .unwrap();
    titles
}

/// State of the relations: generation, digest, number of records.
fn relations_state(collection: &Collection) -> (u64, u128, usize) {
    let snapshot = collection.backend().snapshot();
    let documents = snapshot.documents(None, usize::MAX).unwrap();
    let known = snapshot.facts(&documents).unwrap().into_iter().flatten().count();
    (snapshot.generation(), snapshot.digest(), known)
}

/// Files of a folder and its subfolders, without locks.
fn list_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        match entry.is_dir() {
            true => found.extend(list_files(&entry)),
            false if entry.extension().is_none_or(|e| e != "lock") => found.push(entry),
            false => {}
        }
    }
    found.sort();
    found
}

#[test]
fn rebuild_during_searches_and_writes_takes_over() {
    let folder = TempDir::new().unwrap();
    let collection = open(folder.path());
    write_records(&collection, (0..800).map(|i| record(&format!("r{i}"), &format!("第{i}号通知"))));
    let queue = start_queue(&collection);
    let is_finished = AtomicBool::new(false);
    let (generation, slowest) = std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let mut round = 0;
            while !is_finished.load(Ordering::Relaxed) {
                apply_change(
                    &queue,
                    Change::Put(Box::new(record(&format!("r{}", round % 900), &format!("第{round}版")))),
                );
                apply_change(&queue, Change::Delete(format!("r{}", (round + 450) % 900)));
                round += 1;
            }
            collection.generation()
        });
        let searching = scope.spawn(|| {
            let mut slowest = Duration::ZERO;
            let mut last = 0;
            while !is_finished.load(Ordering::Relaxed) {
                let begun = Instant::now();
                collection.refresh().unwrap();
                assert!(read_record(&collection, "r1000").is_none());
                assert!(collection.generation() >= last, "generations never decrease");
                last = collection.generation();
                slowest = slowest.max(begun.elapsed());
            }
            slowest
        });
        for _ in 0..2 {
            let rebuilt = reindex(folder.path(), &mut |_| {}).unwrap();
            assert!(rebuilt.generation > 1 && rebuilt.records > 0);
        }
        is_finished.store(true, Ordering::Relaxed);
        (writing.join().unwrap(), searching.join().unwrap())
    });
    assert!(slowest < Duration::from_secs(20), "{slowest:?}");
    drop(queue);
    collection.refresh().unwrap();
    assert!(collection.generation() >= generation);
    let reopened = open(folder.path());
    assert_eq!(titles_by_id(&reopened), titles_by_id(&collection));
    assert_eq!(check(folder.path()).faults, []);
    let folders: Vec<_> =
        fs::read_dir(folder.path()).unwrap().filter(|e| e.as_ref().unwrap().path().is_dir()).collect();
    assert_eq!(folders.len(), 2, "the version in use and the previous one");
}

#[test]
fn rollback_keeps_writes_since_rebuild() {
    let folder = TempDir::new().unwrap();
    let collection = open(folder.path());
    write_records(&collection, (0..30).map(|i| record(&format!("r{i}"), "旧")));
    assert!(matches!(roll_back(folder.path()), Err(Error::Index(_))));
    let mut progress = Vec::new();
    let first = reindex(folder.path(), &mut |step| progress.push(step)).unwrap();
    assert_eq!((first.index_version, first.records, first.generation), (2, 30, 2));
    assert!(progress.contains(&Progress::Built(30)));
    collection.refresh().unwrap();
    let mut writer = writer(&collection);
    writer.put(&record("r3", "新")).unwrap();
    writer.put(&record("n", "新")).unwrap();
    writer.delete("r4").unwrap();
    writer.commit().unwrap();
    drop(writer);
    let before = titles_by_id(&collection);
    let back = roll_back(folder.path()).unwrap();
    assert_eq!((back.index_version, back.records, back.generation), (1, 30, 4));
    assert!(collection.refresh().unwrap());
    assert_eq!((titles_by_id(&collection), collection.generation()), (before.clone(), 4));
    assert_eq!(titles_by_id(&open(folder.path())), before);
    assert_eq!(roll_back(folder.path()).unwrap().index_version, 2, "a second rollback returns to version 2");
}

#[test]
fn rebuild_of_index_of_other_format_converts_it() {
    let folder = TempDir::new().unwrap();
    let collection = open(folder.path());
    write_records(&collection, (0..30).map(|i| record(&format!("r{i}"), &format!("第{i}号"))));
    let before = titles_by_id(&collection);
    drop(collection);
    let meta = folder.path().join("1/meta.json");
    let own = fs::read(&meta).unwrap();
    let own = std::str::from_utf8(checksum::verify_checksum(&own).unwrap()).unwrap();
    let other = own.replace("\\\"format\\\":", "\\\"format\\\":9");
    fs::write(&meta, checksum::add_checksum(other.into_bytes())).unwrap();
    let refused = try_open(folder.path()).map(|_| ()).unwrap_err();
    assert!(refused.to_string().contains("gongkai reindex"), "{refused}");
    let done = reindex(folder.path(), &mut |_| {}).unwrap();
    assert_eq!((done.index_version, done.records, done.generation), (2, 30, 2));
    assert_eq!(titles_by_id(&open(folder.path())), before);
}

#[test]
fn index_without_versions_is_opened_checked_and_rebuilt() {
    let source = TempDir::new().unwrap();
    write_records(&open(source.path()), [record("a", "甲"), record("b", "乙")]);
    // Layout of earlier programs: files in the folder itself, a segment list without a checksum.
    let folder = TempDir::new().unwrap();
    for file in list_files(&source.path().join("1")) {
        let name = file.file_name().unwrap();
        let bytes = fs::read(&file).unwrap();
        let bytes = match checksum::verify_checksum(&bytes) {
            Some(content) => {
                let text = std::str::from_utf8(content).unwrap().trim_end();
                text.as_bytes()[..text.rfind('\n').unwrap()].to_vec()
            }
            None => bytes,
        };
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    fs::write(folder.path().join(".managed.json"), "[]").unwrap();
    assert_eq!(check(folder.path()).faults, []);
    let collection = open(folder.path());
    write_records(&collection, [record("c", "丙")]);
    let term =
        list_files(folder.path()).into_iter().find(|f| f.extension().is_some_and(|e| e == "term")).unwrap();
    let own = fs::read(&term).unwrap();
    let mut damaged = own.clone();
    damaged[3] ^= 1;
    fs::write(&term, damaged).unwrap();
    assert!(!check(folder.path()).faults.is_empty());
    fs::write(&term, own).unwrap();
    assert!(back_up(folder.path(), &source.path().join("copy")).is_err(), "not every file has a checksum");
    let done = reindex(folder.path(), &mut |_| {}).unwrap();
    assert_eq!((done.index_version, done.records), (1, 3));
    assert_eq!(open(folder.path()).len(), 3);
    assert_eq!(check(folder.path()).faults, []);
    reindex(folder.path(), &mut |_| {}).unwrap();
    assert!(!folder.path().join("meta.json").exists(), "the old layout is removed");
    assert_eq!(open(folder.path()).len(), 3);
}

#[test]
fn backup_during_writes_is_complete_and_can_continue() {
    let (folder, copies) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let collection = open(folder.path());
    write_records(&collection, (0..300).map(|i| record(&format!("r{i}"), "旧")));
    let queue = start_queue(&collection);
    let is_finished = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..u32::MAX {
                if is_finished.load(Ordering::Relaxed) {
                    return;
                }
                apply_change(&queue, Change::Put(Box::new(record("same", &format!("第{round}版")))));
                apply_change(&queue, Change::Put(Box::new(record(&format!("n{round}"), "新"))));
            }
        });
        for round in 0..6 {
            // Into one folder again and again, and into a new one each time.
            for name in ["all".to_owned(), format!("{round}")] {
                let at_least = collection.generation();
                let to = copies.path().join(name);
                back_up(folder.path(), &to).unwrap();
                assert_eq!(check(&to).faults, []);
                let copy = open(&to);
                assert!(!copy.health().unwrap().facts_rebuilt, "the backup contains the relations");
                let commits = copy.commits();
                assert!(commits.last().unwrap().generation + 1 >= copy.generation());
                assert!(copy.generation() >= at_least);
                assert_eq!(copy.len(), titles_by_id(&copy).len() as u64);
            }
        }
        is_finished.store(true, Ordering::Relaxed);
    });
    drop(queue);
    let to = copies.path().join("all");
    back_up(folder.path(), &to).unwrap();
    assert_eq!(back_up(folder.path(), &to).unwrap().files, 0, "nothing is copied twice");
    assert_eq!(titles_by_id(&open(&to)), titles_by_id(&collection));
    // An interrupted backup: no file `current`, and half of a file.
    fs::remove_file(to.join("current")).unwrap();
    let half =
        list_files(&to).into_iter().find(|file| file.extension().is_some_and(|e| e == "store")).unwrap();
    let bytes = fs::read(&half).unwrap();
    fs::write(&half, &bytes[..bytes.len() / 2]).unwrap();
    assert!(try_open(&to).is_err());
    assert_eq!(back_up(folder.path(), &to).unwrap().files, 1);
    assert_eq!(titles_by_id(&open(&to)), titles_by_id(&collection));
}

#[test]
fn backup_of_damaged_index_fails() {
    let (folder, copies) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    write_records(&open(folder.path()), [record("a", "甲")]);
    let store =
        list_files(folder.path()).into_iter().find(|f| f.extension().is_some_and(|e| e == "store")).unwrap();
    let mut bytes = fs::read(&store).unwrap();
    bytes[7] ^= 4;
    fs::write(&store, bytes).unwrap();
    assert!(
        matches!(back_up(folder.path(), copies.path()), Err(Error::Damaged { path, .. }) if path == store)
    );
    assert!(!copies.path().join("current").exists());
}

#[test]
fn flipped_bit_is_found_by_check_and_index_is_not_opened() {
    let (source, folder) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let collection = open(source.path());
    for round in 0..3 {
        write_records(
            &collection,
            (0..20).map(|i| record(&format!("r{}", i + round * 7), &format!("第{round}轮通知"))),
        );
    }
    // A backup has all files of the index and no other.
    back_up(source.path(), folder.path()).unwrap();
    // GONGKAI_FAULTS sets the number of bits.
    let times: usize = std::env::var("GONGKAI_FAULTS").ok().and_then(|n| n.parse().ok()).unwrap_or(300);
    let files = list_files(folder.path());
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % limit as u64) as usize
    };
    let (mut found, mut logs) = (0, 0);
    let expected = relations_state(&collection);
    for _ in 0..times {
        let file = &files[below(files.len())];
        let original = fs::read(file).unwrap();
        let mut changed = original.clone();
        if changed.is_empty() {
            continue;
        }
        let bit = below(changed.len() * 8);
        changed[bit / 8] ^= 1 << (bit % 8);
        fs::write(file, &changed).unwrap();
        let checked = check(folder.path());
        if file.extension().is_some_and(|e| e == "log") {
            // The index is complete without the log, and relations are built again.
            assert_eq!(
                (checked.faults.len(), checked.beside.len()),
                (0, 1),
                "bit {bit} of {}",
                file.display()
            );
            assert_eq!(checked.beside[0].path, *file);
            let opened = open(folder.path());
            assert_eq!(relations_state(&opened), expected, "bit {bit} of {}", file.display());
            logs += 1;
        } else {
            assert!(!checked.faults.is_empty(), "bit {bit} of {}", file.display());
            assert!(try_open(folder.path()).is_err(), "bit {bit} of {}", file.display());
        }
        assert_eq!(fs::read(file).unwrap(), changed, "opening changes no file");
        fs::write(file, original).unwrap();
        found += 1;
    }
    assert!(logs > 0, "no log file was among them");
    println!("{found} of {found} changed bits found, none opened but {logs} in log files");
    let checked = check(folder.path());
    assert_eq!((checked.faults, checked.beside, checked.missing), (vec![], vec![], vec![]));
    assert!(try_open(folder.path()).is_ok());
}

#[test]
fn relations_survive_rebuild_and_rollback() {
    let folder = TempDir::new().unwrap();
    let collection = open(folder.path());
    write_records(&collection, (0..30).map(|i| record(&format!("r{i}"), &format!("第{i}号通知"))));
    let digest = relations_state(&collection).1;
    for round in 2..5 {
        match round {
            2 => reindex(folder.path(), &mut |_| {}).unwrap(),
            _ => roll_back(folder.path()).unwrap(),
        };
        // Neither a running server nor a new one reads the records again.
        assert!(collection.refresh().unwrap());
        let reopened = open(folder.path());
        for collection in [&collection, &reopened] {
            assert!(!collection.health().unwrap().facts_rebuilt, "round {round}");
            assert_eq!(relations_state(collection), (round, digest, 30));
        }
        // The commit log states that the other version has the same records.
        let commits = reopened.commits();
        let last = commits.last().unwrap();
        assert_eq!((commits.len() as u64, last.generation), (round, round));
        assert!(last.complete && last.changes.is_empty() && last.digest == digest);
        let checked = check(folder.path());
        assert_eq!((checked.faults, checked.beside, checked.missing), (vec![], vec![], vec![]));
    }
    // Writes continue from there.
    write_records(&collection, [record("r3", "新"), record("n", "新")]);
    let reopened = open(folder.path());
    assert!(!reopened.health().unwrap().facts_rebuilt);
    assert_eq!(relations_state(&reopened), relations_state(&collection));
    assert!(reopened.commits().iter().all(|commit| commit.complete));
}

#[test]
fn corrupt_log_is_rebuilt_by_next_write_and_left_out_of_backups() {
    let (folder, copies) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let collection = open(folder.path());
    for round in 0..4 {
        write_records(&collection, [record(&format!("r{round}"), "通知")]);
    }
    let expected = relations_state(&collection);
    drop(collection);
    for name in ["relations.log", "commits.log"] {
        let path = folder.path().join(name);
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 4;
        fs::write(&path, bytes).unwrap();
    }
    let checked = check(folder.path());
    assert_eq!((checked.faults.len(), checked.beside.len()), (0, 2));
    let copied = back_up(folder.path(), copies.path()).unwrap();
    assert_eq!(copied.left_out.len(), 2, "{copied:?}");
    let copy = check(copies.path());
    assert_eq!((copy.faults.len(), copy.beside.len(), copy.missing.len()), (0, 0, 1), "{copy:?}");
    assert_eq!(relations_state(&open(copies.path())), expected);
    let collection = open(folder.path());
    assert!(collection.health().unwrap().facts_rebuilt);
    assert_eq!(relations_state(&collection), expected);
    write_records(&collection, [record("later", "通知")]);
    let checked = check(folder.path());
    assert_eq!((checked.faults.len(), checked.beside.len(), checked.missing.len()), (0, 0, 0), "{checked:?}");
    let reopened = open(folder.path());
    assert!(!reopened.health().unwrap().facts_rebuilt);
    assert_eq!(relations_state(&reopened), relations_state(&collection));
    // One commit is missing from the log, and the next one is marked incomplete.
    let commits = reopened.commits();
    assert_eq!(commits.len(), 4, "{commits:?}");
    assert!(commits.iter().any(|commit| !commit.complete));
    assert!(folder.path().join("commits.log.spoilt").is_file());
    // A second backup into the same folder completes it.
    assert_eq!(back_up(folder.path(), copies.path()).unwrap().left_out, []);
    let copy = check(copies.path());
    assert_eq!((copy.faults, copy.beside, copy.missing), (vec![], vec![], vec![]));
    assert_eq!(open(copies.path()).commits(), commits);
}
