//! Maintenance commands: `gongkai reindex`, `check`, `backup` and `restore`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

/// Folder with a data directory of 40 records.
struct Workspace(TempDir);

/// Exit code and output of a program that has ended.
#[derive(Debug)]
struct Finished {
    code: i32,
    out: String,
    err: String,
}

impl Workspace {
    fn new() -> Self {
        let workspace = Self(TempDir::new().unwrap());
        workspace.index(&(0..40).map(|i| format!("第{i}号养老通知")).collect::<Vec<_>>());
        workspace
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

    fn run(&self, data: &str, arguments: &[&str]) -> Finished {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gongkai"));
        command.arg("--data").arg(self.path(data)).args(arguments).current_dir(self.0.path());
        let output = command.output().expect("the program starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Finished {
            code: output.status.code().expect("no signal"),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    /// Hits of a literal search, and the generation.
    fn search(&self, data: &str) -> (u64, u64) {
        let ended = self.run(data, &["search", "--json", "--param", "mode=literal", "养老"]);
        assert_eq!(ended.code, 0, "{ended:?}");
        let found: Value = serde_json::from_str(&ended.out).unwrap();
        (found["total"].as_u64().unwrap(), found["generation"].as_u64().unwrap())
    }

    /// First file with this ending.
    fn find_file(&self, data: &str, ending: &str) -> PathBuf {
        fn walk(folder: &Path, ending: &str) -> Option<PathBuf> {
            let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
            entries.into_iter().find_map(|path| match path.is_dir() {
                true => walk(&path, ending),
                false => path.extension().is_some_and(|e| e == ending).then_some(path),
            })
        }
        walk(&self.path(data), ending).expect("a file with this ending")
    }
}

#[test]
fn reindex_uses_next_version_and_rollback_the_previous() {
    let workspace = Workspace::new();
    let (total, generation) = workspace.search("data");
    let ended = workspace.run("data", &["reindex"]);
    assert_eq!((ended.code, ended.out.as_str()), (0, ""), "{ended:?}");
    assert!(ended.err.contains("index version 2 in use: 40 records"), "{ended:?}");
    assert_eq!(workspace.search("data"), (total, generation + 1));
    let ended = workspace.run("data", &["reindex", "--rollback"]);
    assert!(ended.code == 0 && ended.err.contains("index version 1 in use: 40 records"), "{ended:?}");
    assert_eq!(workspace.search("data"), (total, generation + 2));
    assert_eq!(workspace.run("nowhere", &["reindex"]).code, 3);
    assert!(!workspace.path("nowhere").exists());
}

#[test]
fn check_of_damaged_index_reports_and_changes_nothing() {
    let workspace = Workspace::new();
    let ended = workspace.run("data", &["check"]);
    assert_eq!((ended.code, ended.out.as_str()), (0, ""), "{ended:?}");
    let store = workspace.find_file("data", "store");
    let original = fs::read(&store).unwrap();
    let mut damaged = original.clone();
    damaged[original.len() / 2] ^= 16;
    fs::write(&store, &damaged).unwrap();
    let ended = workspace.run("data", &["check"]);
    assert_eq!((ended.code, ended.out.lines().count()), (1, 1), "{ended:?}");
    assert!(ended.out.contains(store.file_name().unwrap().to_str().unwrap()), "{ended:?}");
    // Neither reading nor writing opens the index, and both name the remedy.
    let file = workspace.path("a.ndjson");
    for arguments in
        [&["search", "养老"][..], &["serve", "--listen", "127.0.0.1:0"], &["index", file.to_str().unwrap()]]
    {
        let ended = workspace.run("data", arguments);
        assert_eq!(ended.code, 3, "{arguments:?} {ended:?}");
        assert!(ended.err.contains("gongkai check") && ended.err.contains("gongkai restore"), "{ended:?}");
    }
    assert_eq!(fs::read(&store).unwrap(), damaged, "the file is unchanged");
    fs::write(&store, original).unwrap();
    let typing = workspace.path("data/typing");
    let mut bytes = fs::read(&typing).unwrap();
    bytes[11] ^= 1;
    fs::write(&typing, bytes).unwrap();
    let ended = workspace.run("data", &["check"]);
    assert!(ended.code == 1 && ended.out.contains("typing"), "{ended:?}");
    assert_eq!(workspace.search("data").0, 40, "the file is built again");
    assert_eq!(workspace.run("nowhere", &["check"]).code, 3);
}

#[test]
fn restore_into_empty_folder_works_and_overwrites_nothing() {
    let workspace = Workspace::new();
    assert_eq!(workspace.run("data", &["key", "add", "k", "--scope", "read"]).code, 0);
    let backup = workspace.path("backup");
    let backup = backup.to_str().unwrap();
    let ended = workspace.run("data", &["backup", backup]);
    assert!(ended.code == 0 && ended.out.is_empty(), "{ended:?}");
    assert_eq!(workspace.run("backup", &["check"]).code, 0, "a backup is a data directory");
    let refused = workspace.run("data", &["restore", backup]);
    assert!(refused.code == 3 && refused.err.contains("overwrites nothing"), "{refused:?}");
    let ended = workspace.run("restored", &["restore", backup]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(workspace.search("restored"), workspace.search("data"));
    assert_eq!(
        fs::read(workspace.path("restored/keys.json")).unwrap(),
        fs::read(workspace.path("data/keys.json")).unwrap()
    );
    // A later backup into the same folder.
    workspace.index(&(0..50).map(|i| format!("第{i}号养老通知")).collect::<Vec<_>>());
    assert_eq!(workspace.run("data", &["backup", backup]).code, 0);
    assert_eq!((workspace.search("backup").0, workspace.search("restored").0), (50, 40));
    // An interrupted restore continues; a damaged backup is refused.
    fs::create_dir_all(workspace.path("half/index/1")).unwrap();
    fs::write(workspace.path("half/restoring"), "").unwrap();
    assert_eq!(workspace.run("half", &["restore", backup]).code, 0);
    assert_eq!(workspace.search("half").0, 50);
    let store = workspace.find_file("backup", "store");
    let mut bytes = fs::read(&store).unwrap();
    bytes[9] ^= 2;
    fs::write(store, bytes).unwrap();
    let ended = workspace.run("other", &["restore", backup]);
    assert!(ended.code == 3 && ended.err.contains("checksum"), "{ended:?}");
    // Impossible sources and targets.
    for (data, arguments) in [
        ("data", &["backup", "data/backup"][..]),
        ("data", &["backup", "."]),
        ("nowhere", &["backup", "b2"]),
        ("new", &["restore", "nowhere"]),
    ] {
        let ended = workspace.run(data, arguments);
        assert_eq!(ended.code, 3, "{arguments:?} {ended:?}");
    }
    fs::create_dir(workspace.path("mine")).unwrap();
    fs::write(workspace.path("mine/letter"), "x").unwrap();
    assert_eq!(workspace.run("data", &["backup", workspace.path("mine").to_str().unwrap()]).code, 3);
    assert_eq!(fs::read_dir(workspace.path("mine")).unwrap().count(), 1);
}

#[test]
fn log_files_are_checked_backed_up_and_rebuilt() {
    let workspace = Workspace::new();
    for name in ["relations.log", "commits.log"] {
        let ended = workspace.run("data", &["backup", workspace.path("whole").to_str().unwrap()]);
        assert!(ended.code == 0 && ended.out.is_empty(), "{ended:?}");
        let file = workspace.path("data/index").join(name);
        let original = fs::read(&file).unwrap();
        assert_eq!(
            fs::read(workspace.path("whole/index").join(name)).unwrap(),
            original,
            "the backup contains the file"
        );
        let mut damaged = original.clone();
        damaged[original.len() - 9] ^= 16;
        fs::write(&file, &damaged).unwrap();
        let ended = workspace.run("data", &["check"]);
        assert!(ended.code == 1 && ended.out.lines().count() == 1 && ended.out.contains(name), "{ended:?}");
        assert!(!ended.err.contains("restore"), "the index is undamaged: {ended:?}");
        // Searches go on and change nothing.
        assert_eq!(workspace.search("data").0, 40);
        assert_eq!(fs::read(&file).unwrap(), damaged);
        let _ = fs::remove_dir_all(workspace.path("part"));
        let ended = workspace.run("data", &["backup", workspace.path("part").to_str().unwrap()]);
        assert!(ended.code == 1 && ended.out.contains("left out") && ended.out.contains(name), "{ended:?}");
        assert_eq!(workspace.run("part", &["check"]).code, 0, "the backup has no corrupt file");
        // The next change repairs it.
        workspace.index(&[format!("新的通知{name}")]);
        assert_eq!(workspace.run("data", &["check"]).code, 0);
        let entries = fs::read_dir(workspace.path("data/index")).unwrap().flatten();
        let quarantined =
            entries.filter(|entry| entry.file_name().to_string_lossy().ends_with(".spoilt")).count();
        assert_eq!(
            quarantined,
            usize::from(name == "commits.log"),
            "a file that cannot be rebuilt is quarantined"
        );
        workspace.index(&(0..40).map(|i| format!("第{i}号养老通知")).collect::<Vec<_>>());
    }
}

#[test]
fn validity_by_cleanup_list_survives_reindex_and_rollback() {
    let workspace = Workspace::new();
    let index_record = |name: &str, record: Value| {
        fs::write(workspace.path(name), record.to_string()).unwrap();
        assert_eq!(workspace.run("data", &["index", workspace.path(name).to_str().unwrap()]).code, 0);
    };
    let common = json!({ "issuers": ["澜江市人民政府"], "region": "云州省/澜江市" });
    let with_common = |own: Value| {
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
    let validity = || {
        let ended = workspace.run("data", &["search", "--json", "澜江市集市管理办法"]);
        let found: Value = serde_json::from_str(&ended.out).unwrap();
        let hits = found["hits"].as_array().unwrap();
        let hit = hits.iter().find(|hit| hit["id"] == "market").unwrap();
        hit["validity"].as_str().unwrap().to_owned()
    };
    index_record("market.ndjson", with_common(market));
    assert_eq!(workspace.run("data", &["reindex", "--full-speed"]).code, 0);
    assert_eq!(validity(), "in_force");
    index_record("list.ndjson", with_common(list));
    assert_eq!(validity(), "repealed");
    // The previous version of the index has the record as it was before the list.
    for round in 0..3 {
        assert_eq!(workspace.run("data", &["reindex", "--rollback"]).code, 0);
        assert_eq!(validity(), "repealed", "round {round}");
    }
    assert_eq!(workspace.run("data", &["check"]).code, 0);
}
