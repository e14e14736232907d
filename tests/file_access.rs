//! Access of other users to what the program writes, and locks that another process holds.

#[path = "support/mod.rs"]
mod support;

use std::fs::{self, File, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::process::{Pid, Signal, kill_process};

use support::workspace::{Finished, Workspace};

/// Prepares the program under an umask that hides nothing.
fn open_command(place: &Workspace, arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "umask 000; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_gongkai"), "--data"]);
    command.arg(place.path("data")).args(arguments).current_dir(place.path(""));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run_open(place: &Workspace, arguments: &[&str]) -> Finished {
    let ended = Finished::from_output(open_command(place, arguments).output().unwrap());
    assert_eq!(ended.code, 0, "{arguments:?}: {ended:?}");
    ended
}

fn mode_of(path: impl AsRef<Path>) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

/// Lists a folder with everything below it.
fn list_below(path: &Path) -> Vec<String> {
    let mut found = vec![path.display().to_string()];
    if path.is_dir() {
        let entries = fs::read_dir(path).unwrap();
        found.extend(entries.flat_map(|entry| list_below(&entry.unwrap().path())));
    }
    found
}

/// Asserts that others have no permission on anything below a folder.
fn assert_private(folder: &str, expected: &[&str]) {
    let found = list_below(Path::new(folder));
    for path in &found {
        assert_eq!(mode_of(path) & 0o077, 0, "{path}: {:o}", mode_of(path));
    }
    for name in expected {
        assert!(found.iter().any(|path| path.ends_with(name)), "{name} in {found:?}");
    }
}

#[test]
fn data_and_backup_are_private_under_any_umask() {
    let place = Workspace::new();
    let file = place.write("a.ndjson", r#"{"id":"a","kind":"policy","title":"养老办法"}"#);
    let report = place.path("report.json");
    run_open(&place, &["index", &file, "--report", &report]);
    let key = run_open(&place, &["key", "add", "editor", "--scope", "write"]).out;
    let mut server = open_command(&place, &["serve", "--listen", "127.0.0.1:0"]).spawn().unwrap();
    let mut address = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut address).unwrap();
    let address = address.trim();
    let put = ureq::put(format!("{address}api/v1/records/b"))
        .header("authorization", format!("Bearer {}", key.trim()))
        .send(r#"{"kind":"policy","title":"水獭保护管理办法"}"#);
    assert_eq!(put.unwrap().status(), 201);
    assert_eq!(ureq::get(format!("{address}api/v1/search?q=a")).call().unwrap().status(), 200);
    kill_process(Pid::from_child(&server), Signal::TERM).unwrap();
    assert!(server.wait().unwrap().success());
    run_open(&place, &["search", "养老"]);
    run_open(&place, &["backup", "backup"]);
    assert_private(
        &place.path("data"),
        &["index/1/meta.json", "keys.json", "audit.ndjson", "typing", "keys.lock"],
    );
    assert_eq!(fs::read_dir(place.path("data/searches")).unwrap().count(), 1, "the log of searches");
    assert_private(&place.path("backup"), &["index/1/meta.json", "keys.json", "audit.ndjson", "typing"]);
    assert_eq!(mode_of(&report), 0o666, "a report is the user's, with the user's umask");
}

#[test]
fn open_data_directory_is_closed_and_shared_one_told() {
    let place = Workspace::new();
    let file = place.write("a.ndjson", r#"{"id":"a","kind":"policy","title":"养老办法"}"#);
    assert_eq!(place.run(&["index", &file]).code, 0);
    for (mode, message, after) in [(0o755, "closed to them now", 0o700), (0o1777, "warning", 0o1777)] {
        fs::set_permissions(place.path("data"), Permissions::from_mode(mode)).unwrap();
        fs::set_permissions(place.path("data/index"), Permissions::from_mode(0o755)).unwrap();
        let ended = place.run(&["index", &file]);
        assert!(ended.code == 0 && ended.err.contains(message), "{ended:?}");
        assert_eq!(mode_of(place.path("data")), after);
        assert_eq!(mode_of(place.path("data/index")), 0o700);
    }
    fs::create_dir(place.path("backup")).unwrap();
    fs::set_permissions(place.path("backup"), Permissions::from_mode(0o777)).unwrap();
    assert_eq!(place.run(&["backup", "backup"]).code, 0);
    assert_private(&place.path("backup"), &["current"]);
}

#[test]
fn lock_held_by_another_process_ends_with_error() {
    let place = Workspace::new();
    assert_eq!(place.run(&["key", "add", "first", "--scope", "read"]).code, 0);
    for name in ["keys.lock", "audit.ndjson"] {
        let held = File::open(place.path("data").to_owned() + "/" + name).unwrap();
        flock(&held, FlockOperation::NonBlockingLockExclusive).unwrap();
        let begun = Instant::now();
        let ended = place.run(&["key", "add", "second", "--scope", "read"]);
        assert_eq!((ended.code, ended.out.as_str()), (3, ""), "{ended:?}");
        assert!(ended.err.contains(name) && ended.err.contains("fuser"), "{ended:?}");
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    }
    let listed = place.run(&["key", "list"]);
    assert!(listed.out.contains("first") && !listed.out.contains("second"), "{listed:?}");
}

#[test]
fn lock_file_that_is_a_link_is_refused() {
    let place = Workspace::new();
    assert_eq!(place.run(&["key", "add", "first", "--scope", "read"]).code, 0);
    let letter = place.write("letter", "mine");
    fs::remove_file(place.path("data/keys.lock")).unwrap();
    symlink(&letter, place.path("data/keys.lock")).unwrap();
    let ended = place.run(&["key", "add", "second", "--scope", "read"]);
    assert!(ended.code == 3 && ended.err.contains("keys.lock"), "{ended:?}");
    assert_eq!(fs::read_to_string(letter).unwrap(), "mine");
}
