//! Editions, checks and copies of an index, while others write to it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use gongkai_index::embedded::{self, Change, Limits, Progress, WriteQueue, Written};
use gongkai_index::{Effort, Embedded, Error, Record, Searcher, Writer, checksum};
use tempfile::TempDir;

fn record(id: &str, title: &str) -> Record {
    let json =
        serde_json::json!({ "id": id, "kind": "policy", "title": title, "body": format!("{title}的正文。") });
    Record::from_json(json.to_string().as_bytes()).expect("valid")
}

fn put_all(engine: &Embedded, records: impl IntoIterator<Item = Record>) {
    let mut writer = engine.writer_of_few().expect("the only writer");
    for record in records {
        writer.put(&record).expect("taken");
    }
    writer.commit().expect("commits");
}

fn live(engine: &Embedded) -> WriteQueue {
    WriteQueue::start(engine.clone(), Limits { changes: 1_000, bytes: 64 << 20 }).expect("a thread")
}

fn ask(live: &WriteQueue, change: Change) -> Written {
    let (tell, told) = channel();
    live.ask(change, Box::new(move |written| drop(tell.send(written)))).expect("there is room");
    told.recv().expect("answered").expect("written")
}

/// Ids and titles of all records.
fn all(engine: &Embedded) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    engine.each_record(&mut |record| drop(all.insert(record.id.clone(), record.title.clone()))).unwrap();
    all
}

/// What is known of the records together, beside their number.
fn known(engine: &Embedded) -> (u64, u128, usize) {
    let mut known = (0, 0, 0);
    engine.relations(&mut |relations| known = (relations.generation, relations.digest, relations.len()));
    known
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        match entry.is_dir() {
            true => found.extend(files(&entry)),
            false if entry.extension().is_none_or(|e| e != "lock") => found.push(entry),
            false => {}
        }
    }
    found.sort();
    found
}

#[test]
fn the_next_edition_takes_over_while_others_search_and_write() {
    let folder = TempDir::new().unwrap();
    let engine = Embedded::open(folder.path()).unwrap();
    put_all(&engine, (0..800).map(|i| record(&format!("r{i}"), &format!("第{i}号通知"))));
    let live = live(&engine);
    let done = AtomicBool::new(false);
    let (generation, slowest) = std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let mut round = 0;
            while !done.load(Ordering::Relaxed) {
                ask(
                    &live,
                    Change::Put(Box::new(record(&format!("r{}", round % 900), &format!("第{round}版")))),
                );
                ask(&live, Change::Delete(format!("r{}", (round + 450) % 900)));
                round += 1;
            }
            engine.generation()
        });
        let searching = scope.spawn(|| {
            let mut slowest = Duration::ZERO;
            let mut last = 0;
            while !done.load(Ordering::Relaxed) {
                let begun = Instant::now();
                engine.refresh_if_changed().unwrap();
                assert!(engine.record("r1000").unwrap().is_none());
                assert!(engine.generation() >= last, "generations never go back");
                last = engine.generation();
                slowest = slowest.max(begun.elapsed());
            }
            slowest
        });
        for _ in 0..2 {
            let rebuilt = embedded::rebuild(folder.path(), Effort::Full, &mut |_| {}).unwrap();
            assert!(rebuilt.generation > 1 && rebuilt.records > 0);
        }
        done.store(true, Ordering::Relaxed);
        (writing.join().unwrap(), searching.join().unwrap())
    });
    assert!(slowest < Duration::from_secs(20), "{slowest:?}");
    drop(live);
    engine.refresh_if_changed().unwrap();
    assert!(engine.generation() >= generation);
    let again = Embedded::open(folder.path()).unwrap();
    assert_eq!(all(&again), all(&engine));
    assert_eq!(embedded::check(folder.path()).unwrap().faults, []);
    let folders: Vec<_> =
        fs::read_dir(folder.path()).unwrap().filter(|e| e.as_ref().unwrap().path().is_dir()).collect();
    assert_eq!(folders.len(), 2, "the one in use and the one before");
}

#[test]
fn going_back_loses_nothing_that_was_written_since() {
    let folder = TempDir::new().unwrap();
    let engine = Embedded::open(folder.path()).unwrap();
    put_all(&engine, (0..30).map(|i| record(&format!("r{i}"), "旧")));
    assert!(matches!(embedded::roll_back(folder.path(), &mut |_| {}), Err(Error::Index(_))));
    let mut told = Vec::new();
    let first = embedded::rebuild(folder.path(), Effort::Full, &mut |progress| told.push(progress)).unwrap();
    assert_eq!((first.edition, first.records, first.generation), (2, 30, 2));
    assert!(told.contains(&Progress::Built(30)));
    engine.refresh_if_changed().unwrap();
    let mut writer = engine.writer_of_few().unwrap();
    writer.put(&record("r3", "新")).unwrap();
    writer.put(&record("n", "新")).unwrap();
    writer.delete("r4").unwrap();
    writer.commit().unwrap();
    drop(writer);
    let before = all(&engine);
    let back = embedded::roll_back(folder.path(), &mut |_| {}).unwrap();
    assert_eq!((back.edition, back.records, back.generation), (1, 30, 4));
    assert!(engine.refresh_if_changed().unwrap());
    assert_eq!((all(&engine), engine.generation()), (before.clone(), 4));
    assert_eq!(all(&Embedded::open(folder.path()).unwrap()), before);
    assert_eq!(embedded::roll_back(folder.path(), &mut |_| {}).unwrap().edition, 2, "and forth again");
}

#[test]
fn an_index_of_another_format_is_converted_from_its_records() {
    let folder = TempDir::new().unwrap();
    let engine = Embedded::open(folder.path()).unwrap();
    put_all(&engine, (0..30).map(|i| record(&format!("r{i}"), &format!("第{i}号"))));
    let before = all(&engine);
    drop(engine);
    let meta = folder.path().join("1/meta.json");
    let own = fs::read(&meta).unwrap();
    let own = std::str::from_utf8(checksum::verify_checksum(&own).unwrap()).unwrap();
    let other = own.replace("\\\"format\\\":", "\\\"format\\\":9");
    fs::write(&meta, checksum::add_checksum(other.into_bytes())).unwrap();
    let refused = Embedded::open(folder.path()).map(|_| ()).unwrap_err();
    assert!(refused.to_string().contains("gongkai reindex"), "{refused}");
    let done = embedded::rebuild(folder.path(), Effort::Full, &mut |_| {}).unwrap();
    assert_eq!((done.edition, done.records, done.generation), (2, 30, 2));
    assert_eq!(all(&Embedded::open(folder.path()).unwrap()), before);
}

#[test]
fn an_index_of_before_there_were_editions_is_opened_checked_and_rebuilt() {
    let made = TempDir::new().unwrap();
    put_all(&Embedded::open(made.path()).unwrap(), [record("a", "甲"), record("b", "乙")]);
    // What an earlier program made: the files in the folder itself, a list without a checksum.
    let folder = TempDir::new().unwrap();
    for file in files(&made.path().join("1")) {
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
    assert_eq!(embedded::check(folder.path()).unwrap().faults, []);
    let engine = Embedded::open(folder.path()).unwrap();
    put_all(&engine, [record("c", "丙")]);
    let term = files(folder.path()).into_iter().find(|f| f.extension().is_some_and(|e| e == "term")).unwrap();
    let own = fs::read(&term).unwrap();
    let mut damaged = own.clone();
    damaged[3] ^= 1;
    fs::write(&term, damaged).unwrap();
    assert!(!embedded::check(folder.path()).unwrap().faults.is_empty());
    fs::write(&term, own).unwrap();
    assert!(
        embedded::copy(folder.path(), &made.path().join("copy")).is_err(),
        "not every file has a checksum"
    );
    let done = embedded::rebuild(folder.path(), Effort::Full, &mut |_| {}).unwrap();
    assert_eq!((done.edition, done.records), (1, 3));
    assert_eq!(Embedded::open(folder.path()).unwrap().len(), 3);
    assert_eq!(embedded::check(folder.path()).unwrap().faults, []);
    embedded::rebuild(folder.path(), Effort::Full, &mut |_| {}).unwrap();
    assert!(!folder.path().join("meta.json").exists(), "the first of all is not needed any more");
    assert_eq!(Embedded::open(folder.path()).unwrap().len(), 3);
}

#[test]
fn a_copy_is_whole_while_others_write_and_is_gone_on_with() {
    let (folder, copies) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let engine = Embedded::open(folder.path()).unwrap();
    put_all(&engine, (0..300).map(|i| record(&format!("r{i}"), "旧")));
    let live = live(&engine);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..u32::MAX {
                if done.load(Ordering::Relaxed) {
                    return;
                }
                ask(&live, Change::Put(Box::new(record("same", &format!("第{round}版")))));
                ask(&live, Change::Put(Box::new(record(&format!("n{round}"), "新"))));
            }
        });
        for round in 0..6 {
            // One after the other into the same folder, and each into one of its own.
            for name in ["all".to_owned(), format!("{round}")] {
                let at_least = engine.generation();
                let to = copies.path().join(name);
                embedded::copy(folder.path(), &to).unwrap();
                assert_eq!(embedded::check(&to).unwrap().faults, []);
                let copy = Embedded::open(&to).unwrap();
                assert!(!copy.made_relations_again(), "what follows from the records came along");
                let commits = copy.commits().unwrap();
                assert!(commits.last().unwrap().generation + 1 >= copy.generation());
                assert!(copy.generation() >= at_least);
                assert_eq!(copy.len(), all(&copy).len() as u64);
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    drop(live);
    let to = copies.path().join("all");
    embedded::copy(folder.path(), &to).unwrap();
    assert_eq!(embedded::copy(folder.path(), &to).unwrap().files, 0, "nothing is copied twice");
    assert_eq!(all(&Embedded::open(&to).unwrap()), all(&engine));
    // Broken off: no pointer, a file that is half there.
    fs::remove_file(to.join("current")).unwrap();
    let half = files(&to).into_iter().find(|file| file.extension().is_some_and(|e| e == "store")).unwrap();
    let bytes = fs::read(&half).unwrap();
    fs::write(&half, &bytes[..bytes.len() / 2]).unwrap();
    assert!(Embedded::open(&to).is_err());
    assert_eq!(embedded::copy(folder.path(), &to).unwrap().files, 1);
    assert_eq!(all(&Embedded::open(&to).unwrap()), all(&engine));
}

#[test]
fn what_is_damaged_is_not_copied() {
    let (folder, copies) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    put_all(&Embedded::open(folder.path()).unwrap(), [record("a", "甲")]);
    let store =
        files(folder.path()).into_iter().find(|f| f.extension().is_some_and(|e| e == "store")).unwrap();
    let mut bytes = fs::read(&store).unwrap();
    bytes[7] ^= 4;
    fs::write(&store, bytes).unwrap();
    assert!(
        matches!(embedded::copy(folder.path(), copies.path()), Err(Error::Damaged { path, .. }) if path == store)
    );
    assert!(!copies.path().join("current").exists());
}

#[test]
fn every_changed_bit_is_found_and_nothing_damaged_is_opened() {
    let (made, folder) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let engine = Embedded::open(made.path()).unwrap();
    for round in 0..3 {
        put_all(
            &engine,
            (0..20).map(|i| record(&format!("r{}", i + round * 7), &format!("第{round}轮通知"))),
        );
    }
    // A copy has all files that count and no other.
    embedded::copy(made.path(), folder.path()).unwrap();
    // More bits with GONGKAI_FAULTS.
    let times: usize = std::env::var("GONGKAI_FAULTS").ok().and_then(|n| n.parse().ok()).unwrap_or(300);
    let files = files(folder.path());
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % limit as u64) as usize
    };
    let (mut found, mut logs) = (0, 0);
    let all_known = known(&engine);
    for _ in 0..times {
        let file = &files[below(files.len())];
        let whole = fs::read(file).unwrap();
        let mut changed = whole.clone();
        if changed.is_empty() {
            continue;
        }
        let bit = below(changed.len() * 8);
        changed[bit / 8] ^= 1 << (bit % 8);
        fs::write(file, &changed).unwrap();
        let checked = embedded::check(folder.path()).unwrap();
        if file.extension().is_some_and(|e| e == "log") {
            // The index is whole without it, and what follows from the records is made again.
            assert_eq!(
                (checked.faults.len(), checked.beside.len()),
                (0, 1),
                "bit {bit} of {}",
                file.display()
            );
            assert_eq!(checked.beside[0].path, *file);
            let opened = Embedded::open(folder.path()).unwrap();
            assert_eq!(known(&opened), all_known, "bit {bit} of {}", file.display());
            logs += 1;
        } else {
            assert!(!checked.faults.is_empty(), "bit {bit} of {}", file.display());
            assert!(Embedded::open(folder.path()).is_err(), "bit {bit} of {}", file.display());
        }
        assert_eq!(fs::read(file).unwrap(), changed, "opening changes nothing");
        fs::write(file, whole).unwrap();
        found += 1;
    }
    assert!(logs > 0, "files beside the editions were among them");
    println!("{found} of {found} changed bits found, none opened but {logs} beside the editions");
    let checked = embedded::check(folder.path()).unwrap();
    assert_eq!((checked.faults, checked.beside, checked.missing), (vec![], vec![], vec![]));
    assert!(Embedded::open(folder.path()).is_ok());
}

#[test]
fn what_follows_from_the_records_goes_over_to_the_next_edition_and_back() {
    let folder = TempDir::new().unwrap();
    let engine = Embedded::open(folder.path()).unwrap();
    put_all(&engine, (0..30).map(|i| record(&format!("r{i}"), &format!("第{i}号通知"))));
    let digest = known(&engine).1;
    for round in 2..5 {
        match round {
            2 => embedded::rebuild(folder.path(), Effort::Full, &mut |_| {}).unwrap(),
            _ => embedded::roll_back(folder.path(), &mut |_| {}).unwrap(),
        };
        // A server follows without reading the records again, and so does one that starts.
        assert!(engine.refresh_if_changed().unwrap());
        let again = Embedded::open(folder.path()).unwrap();
        for engine in [&engine, &again] {
            assert!(!engine.made_relations_again(), "round {round}");
            assert_eq!(known(engine), (round, digest, 30));
        }
        // Receipts know that the other edition holds the same.
        let commits = again.commits().unwrap();
        let last = commits.last().unwrap();
        assert_eq!((commits.len() as u64, last.generation), (round, round));
        assert!(last.complete && last.changes.is_empty() && last.digest == digest);
        let checked = embedded::check(folder.path()).unwrap();
        assert_eq!((checked.faults, checked.beside, checked.missing), (vec![], vec![], vec![]));
    }
    // What is written then goes on from there.
    put_all(&engine, [record("r3", "新"), record("n", "新")]);
    let again = Embedded::open(folder.path()).unwrap();
    assert!(!again.made_relations_again());
    assert_eq!(known(&again), known(&engine));
    assert!(again.commits().unwrap().iter().all(|commit| commit.complete));
}

#[test]
fn a_spoilt_log_is_made_again_by_the_next_who_writes_and_a_copy_says_what_it_lacks() {
    let (folder, copies) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let engine = Embedded::open(folder.path()).unwrap();
    for round in 0..4 {
        put_all(&engine, [record(&format!("r{round}"), "通知")]);
    }
    let everything = known(&engine);
    drop(engine);
    for name in ["relations.log", "commits.log"] {
        let path = folder.path().join(name);
        let mut bytes = fs::read(&path).unwrap();
        let at = bytes.len() / 2;
        bytes[at] ^= 4;
        fs::write(&path, bytes).unwrap();
    }
    let checked = embedded::check(folder.path()).unwrap();
    assert_eq!((checked.faults.len(), checked.beside.len()), (0, 2));
    let copied = embedded::copy(folder.path(), copies.path()).unwrap();
    assert_eq!(copied.left_out.len(), 2, "{copied:?}");
    let copy = embedded::check(copies.path()).unwrap();
    assert_eq!((copy.faults.len(), copy.beside.len(), copy.missing.len()), (0, 0, 1), "{copy:?}");
    assert_eq!(known(&Embedded::open(copies.path()).unwrap()), everything);
    let engine = Embedded::open(folder.path()).unwrap();
    assert!(engine.made_relations_again());
    assert_eq!(known(&engine), everything);
    put_all(&engine, [record("later", "通知")]);
    let checked = embedded::check(folder.path()).unwrap();
    assert_eq!((checked.faults.len(), checked.beside.len(), checked.missing.len()), (0, 0, 0), "{checked:?}");
    let again = Embedded::open(folder.path()).unwrap();
    assert!(!again.made_relations_again());
    assert_eq!(known(&again), known(&engine));
    // One commit is not on record any more, and the one behind it says so.
    let commits = again.commits().unwrap();
    assert_eq!(commits.len(), 4, "{commits:?}");
    assert!(commits.iter().any(|commit| !commit.complete));
    assert!(folder.path().join("commits.log.spoilt").is_file());
    // The copy is brought up to date.
    assert_eq!(embedded::copy(folder.path(), copies.path()).unwrap().left_out, []);
    let copy = embedded::check(copies.path()).unwrap();
    assert_eq!((copy.faults, copy.beside, copy.missing), (vec![], vec![], vec![]));
    assert_eq!(Embedded::open(copies.path()).unwrap().commits().unwrap(), commits);
}
