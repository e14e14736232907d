//! `gongkai reindex`, `check`, `backup` and `restore`, as an operator meets them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

/// A data directory with some records.
struct Place(TempDir);

#[derive(Debug)]
struct Ended {
    code: i32,
    out: String,
    err: String,
}

impl Place {
    fn new() -> Self {
        let place = Self(TempDir::new().unwrap());
        place.index(&(0..40).map(|i| format!("第{i}号养老通知")).collect::<Vec<_>>());
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn index(&self, titles: &[String]) {
        let line =
            |(i, title): (usize, &String)| json!({ "id": format!("r{i}"), "kind": "policy", "title": title });
        let lines: Vec<String> = titles.iter().enumerate().map(|pair| line(pair).to_string()).collect();
        fs::write(self.path("a.ndjson"), lines.join("\n")).unwrap();
        assert_eq!(self.run("data", &["index", self.path("a.ndjson").to_str().unwrap()]).code, 0);
    }

    fn run(&self, data: &str, arguments: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gongkai"));
        command.arg("--data").arg(self.path(data)).args(arguments).current_dir(self.0.path());
        let output = command.output().expect("the program starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Ended {
            code: output.status.code().expect("no signal"),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    fn total(&self, data: &str) -> (u64, u64) {
        let ended = self.run(data, &["search", "--json", "--param", "mode=literal", "养老"]);
        assert_eq!(ended.code, 0, "{ended:?}");
        let found: Value = serde_json::from_str(&ended.out).unwrap();
        (found["total"].as_u64().unwrap(), found["generation"].as_u64().unwrap())
    }

    fn file(&self, data: &str, ending: &str) -> PathBuf {
        fn walk(folder: &Path, ending: &str) -> Option<PathBuf> {
            let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
            entries.into_iter().find_map(|path| match path.is_dir() {
                true => walk(&path, ending),
                false => path.extension().is_some_and(|e| e == ending).then_some(path),
            })
        }
        walk(&self.path(data), ending).expect("there is one")
    }
}

#[test]
fn reindex_makes_the_next_edition_and_goes_back() {
    let place = Place::new();
    let (total, generation) = place.total("data");
    let ended = place.run("data", &["reindex"]);
    assert_eq!((ended.code, ended.out.as_str()), (0, ""), "{ended:?}");
    assert!(ended.err.contains("edition 2 in use: 40 records"), "{ended:?}");
    assert_eq!(place.total("data"), (total, generation + 1));
    let ended = place.run("data", &["reindex", "--rollback"]);
    assert!(ended.code == 0 && ended.err.contains("edition 1 in use: 40 records"), "{ended:?}");
    assert_eq!(place.total("data"), (total, generation + 2));
    assert_eq!(place.run("nowhere", &["reindex"]).code, 3);
    assert!(!place.path("nowhere").exists());
}

#[test]
fn check_finds_what_is_wrong_and_changes_nothing() {
    let place = Place::new();
    let ended = place.run("data", &["check"]);
    assert_eq!((ended.code, ended.out.as_str()), (0, ""), "{ended:?}");
    let store = place.file("data", "store");
    let whole = fs::read(&store).unwrap();
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 16;
    fs::write(&store, &damaged).unwrap();
    let ended = place.run("data", &["check"]);
    assert_eq!((ended.code, ended.out.lines().count()), (1, 1), "{ended:?}");
    assert!(ended.out.contains(store.file_name().unwrap().to_str().unwrap()), "{ended:?}");
    // Neither reading nor writing opens it, and both say what to do.
    let file = place.path("a.ndjson");
    for arguments in
        [&["search", "养老"][..], &["serve", "--listen", "127.0.0.1:0"], &["index", file.to_str().unwrap()]]
    {
        let ended = place.run("data", arguments);
        assert_eq!(ended.code, 3, "{arguments:?} {ended:?}");
        assert!(ended.err.contains("gongkai check") && ended.err.contains("gongkai restore"), "{ended:?}");
    }
    assert_eq!(fs::read(&store).unwrap(), damaged, "nothing was changed");
    fs::write(&store, whole).unwrap();
    let typing = place.path("data/typing");
    let mut bytes = fs::read(&typing).unwrap();
    bytes[11] ^= 1;
    fs::write(&typing, bytes).unwrap();
    let ended = place.run("data", &["check"]);
    assert!(ended.code == 1 && ended.out.contains("typing"), "{ended:?}");
    assert_eq!(place.total("data").0, 40, "it is made again");
    assert_eq!(place.run("nowhere", &["check"]).code, 3);
}

#[test]
fn a_backup_is_restored_into_an_empty_place_and_overwrites_nothing() {
    let place = Place::new();
    assert_eq!(place.run("data", &["key", "add", "k", "--scope", "read"]).code, 0);
    let backup = place.path("backup");
    let backup = backup.to_str().unwrap();
    let ended = place.run("data", &["backup", backup]);
    assert!(ended.code == 0 && ended.out.is_empty(), "{ended:?}");
    assert_eq!(place.run("backup", &["check"]).code, 0, "a backup is a data directory");
    let refused = place.run("data", &["restore", backup]);
    assert!(refused.code == 3 && refused.err.contains("overwrites nothing"), "{refused:?}");
    let ended = place.run("restored", &["restore", backup]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(place.total("restored"), place.total("data"));
    assert_eq!(
        fs::read(place.path("restored/keys.json")).unwrap(),
        fs::read(place.path("data/keys.json")).unwrap()
    );
    // A later backup into the same place.
    place.index(&(0..50).map(|i| format!("第{i}号养老通知")).collect::<Vec<_>>());
    assert_eq!(place.run("data", &["backup", backup]).code, 0);
    assert_eq!((place.total("backup").0, place.total("restored").0), (50, 40));
    // A restoring that was broken off is gone on with; what is not whole is not taken.
    fs::create_dir_all(place.path("half/index/1")).unwrap();
    fs::write(place.path("half/restoring"), "").unwrap();
    assert_eq!(place.run("half", &["restore", backup]).code, 0);
    assert_eq!(place.total("half").0, 50);
    let store = place.file("backup", "store");
    let mut bytes = fs::read(&store).unwrap();
    bytes[9] ^= 2;
    fs::write(store, bytes).unwrap();
    let ended = place.run("other", &["restore", backup]);
    assert!(ended.code == 3 && ended.err.contains("checksum"), "{ended:?}");
    // Places that make no sense.
    for (data, arguments) in [
        ("data", &["backup", "data/backup"][..]),
        ("data", &["backup", "."]),
        ("nowhere", &["backup", "b2"]),
        ("new", &["restore", "nowhere"]),
    ] {
        let ended = place.run(data, arguments);
        assert_eq!(ended.code, 3, "{arguments:?} {ended:?}");
    }
    fs::create_dir(place.path("mine")).unwrap();
    fs::write(place.path("mine/letter"), "x").unwrap();
    assert_eq!(place.run("data", &["backup", place.path("mine").to_str().unwrap()]).code, 3);
    assert_eq!(fs::read_dir(place.path("mine")).unwrap().count(), 1);
}

#[test]
fn what_is_kept_beside_the_records_is_checked_backed_up_and_made_again() {
    let place = Place::new();
    for name in ["relations.log", "commits.log"] {
        let ended = place.run("data", &["backup", place.path("whole").to_str().unwrap()]);
        assert!(ended.code == 0 && ended.out.is_empty(), "{ended:?}");
        let file = place.path("data/index").join(name);
        let whole = fs::read(&file).unwrap();
        assert_eq!(fs::read(place.path("whole/index").join(name)).unwrap(), whole, "it came along");
        let mut damaged = whole.clone();
        damaged[whole.len() - 9] ^= 16;
        fs::write(&file, &damaged).unwrap();
        let ended = place.run("data", &["check"]);
        assert!(ended.code == 1 && ended.out.lines().count() == 1 && ended.out.contains(name), "{ended:?}");
        assert!(!ended.err.contains("restore"), "the index is whole: {ended:?}");
        // Searching goes on, and nothing is changed by it.
        assert_eq!(place.total("data").0, 40);
        assert_eq!(fs::read(&file).unwrap(), damaged);
        let _ = fs::remove_dir_all(place.path("part"));
        let ended = place.run("data", &["backup", place.path("part").to_str().unwrap()]);
        assert!(ended.code == 1 && ended.out.contains("left out") && ended.out.contains(name), "{ended:?}");
        assert_eq!(place.run("part", &["check"]).code, 0, "the copy has nothing that is spoilt");
        // The next change mends it.
        place.index(&[format!("新的通知{name}")]);
        assert_eq!(place.run("data", &["check"]).code, 0);
        let other = fs::read_dir(place.path("data/index")).unwrap().flatten();
        let aside = other.filter(|entry| entry.file_name().to_string_lossy().ends_with(".spoilt")).count();
        assert_eq!(aside, usize::from(name == "commits.log"), "what cannot be made again is kept");
        place.index(&(0..40).map(|i| format!("第{i}号养老通知")).collect::<Vec<_>>());
    }
}

#[test]
fn what_lists_say_goes_over_to_another_edition() {
    let place = Place::new();
    let file = |name: &str, record: Value| {
        fs::write(place.path(name), record.to_string()).unwrap();
        assert_eq!(place.run("data", &["index", place.path(name).to_str().unwrap()]).code, 0);
    };
    let common = json!({ "issuers": ["澜江市人民政府"], "region": "云州省/澜江市" });
    let with = |own: Value| {
        let mut record = common.clone();
        record.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        record
    };
    let market = json!({
        "id": "market", "kind": "policy", "title": "澜江市集市管理办法", "document_number": "澜政发〔2001〕3号",
        "written_on": "2001-03-01", "validity": "in_force",
    });
    let list = json!({
        "id": "list", "kind": "document", "title": "澜江市人民政府关于公布规范性文件清理结果的通知",
        "written_on": "2020-05-01", "body": "一、废止的规范性文件目录\n1.《澜江市集市管理办法》（澜政发〔2001〕3号）\n",
    });
    let state = || {
        let ended = place.run("data", &["search", "--json", "澜江市集市管理办法"]);
        let found: Value = serde_json::from_str(&ended.out).unwrap();
        let hits = found["hits"].as_array().unwrap();
        let hit = hits.iter().find(|hit| hit["id"] == "market").unwrap();
        hit["validity"].as_str().unwrap().to_owned()
    };
    file("market.ndjson", with(market));
    assert_eq!(place.run("data", &["reindex", "--full-speed"]).code, 0);
    assert_eq!(state(), "in_force");
    file("list.ndjson", with(list));
    assert_eq!(state(), "repealed");
    // The edition before has the same text of the record, from before the list.
    for round in 0..3 {
        assert_eq!(place.run("data", &["reindex", "--rollback"]).code, 0);
        assert_eq!(state(), "repealed", "round {round}");
    }
    assert_eq!(place.run("data", &["check"]).code, 0);
}
