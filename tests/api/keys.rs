//! Keys: made on the command line, used over HTTP, worthless once revoked.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};

use gongkai::config::Config;
use tempfile::TempDir;

use crate::support::client::Asked;
use crate::support::{SAMPLE, Server};

const GUARDED: &str = "/api/v1/admin/stats";

/// `gongkai --data DIR key …`
pub fn key(data: &TempDir, arguments: &[&str]) -> (i32, String, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_gongkai"));
    program.arg("--data").arg(data.path()).arg("key").args(arguments);
    let Output { status, stdout, stderr } = program.output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (status.code().expect("no signal"), text(stdout), text(stderr))
}

/// Makes a key.
pub fn add(data: &TempDir, name: &str, scope: &str) -> String {
    let (code, out, err) = key(data, &["add", name, "--scope", scope]);
    assert_eq!((code, err.as_str(), out.lines().count()), (0, "", 1), "the key stands alone");
    out.trim_end().to_owned()
}

/// A server of the sample whose data directory is given.
fn server(data: &TempDir) -> Server {
    let settings = Config { data: data.path().to_owned(), ..Config::default() };
    Server::holding_with(&SAMPLE, settings)
}

#[test]
fn a_key_is_shown_once_and_kept_as_a_hash() {
    let data = TempDir::new().unwrap();
    let secret = add(&data, "portal", "write");
    assert_eq!((secret.len(), secret.starts_with("gk_")), (67, true), "256 bits");
    assert_ne!(secret, add(&data, "other", "read"));
    for file in fs::read_dir(data.path()).unwrap().map(|file| file.unwrap().path()) {
        let held = fs::read_to_string(&file).unwrap();
        assert!(!held.contains(&secret[3..]), "{file:?}");
    }
    let mode = fs::metadata(data.path().join("keys.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "nobody else reads it");
    let (code, out, _) = key(&data, &["list"]);
    let rows: Vec<Vec<&str>> = out.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(
        (code, rows.len(), &rows[0][..2], &rows[1][..2]),
        (0, 2, &["portal", "write"][..], &["other", "read"][..])
    );
    assert!(!out.contains("gk_"));
}

#[test]
fn a_wrong_use_is_told_and_changes_nothing() {
    let data = TempDir::new().unwrap();
    add(&data, "门户-1", "admin");
    for (arguments, told) in [
        (&["add", "门户-1", "--scope", "read"][..], "already"),
        (&["add", "a b", "--scope", "read"], "letters"),
        (&["add", "", "--scope", "read"], "letters"),
        (&["add", "x", "--scope", "root"], "admin"),
        (&["add", "x"], "--scope"),
        (&["revoke", "nobody"], "no key"),
    ] {
        let (code, out, err) = key(&data, arguments);
        assert_eq!((code, out.as_str(), err.contains(told)), (2, "", true), "{arguments:?}: {err}");
    }
    assert_eq!(key(&data, &["list"]).1.lines().count(), 1);
    let file = data.path().join("keys.json");
    fs::write(&file, "{ not keys").unwrap();
    assert_eq!(key(&data, &["add", "y", "--scope", "read"]).0, 3);
    assert_eq!(fs::read_to_string(&file).unwrap(), "{ not keys", "what is damaged is left as it is");
}

#[test]
fn many_processes_add_at_once_and_none_is_lost() {
    let data = TempDir::new().unwrap();
    std::thread::scope(|scope| {
        for i in 0..8 {
            let data = &data;
            scope.spawn(move || add(data, &format!("k{i}"), "read"));
        }
    });
    assert_eq!(key(&data, &["list"]).1.lines().count(), 8);
}

#[test]
fn the_door_opens_with_the_right_key_alone() {
    let data = TempDir::new().unwrap();
    let server = server(&data);
    let off = server.get(GUARDED);
    off.problem(403, "switched-off");
    assert!(off.json()["detail"].as_str().unwrap().contains("gongkai key add NAME --scope admin"));

    // The server runs on and sees each change.
    let (reader, writer, admin) =
        (add(&data, "r", "read"), add(&data, "w", "write"), add(&data, "a", "admin"));
    let nobody = server.get(GUARDED);
    nobody.problem(401, "unauthorized");
    assert!(nobody.header("www-authenticate").starts_with("Bearer "), "{nobody:?}");
    for short in [&reader, &writer] {
        let refused = server.with_key(short, "GET", GUARDED);
        refused.problem(403, "forbidden");
        let challenge = refused.header("www-authenticate");
        assert!(challenge.contains("insufficient_scope") && challenge.contains("\"admin\""), "{challenge}");
    }
    let stats = server.with_key(&admin, "GET", GUARDED);
    assert_eq!((stats.status, stats.json()["records"].as_u64()), (200, Some(SAMPLE.len() as u64)));

    let cut = &admin[..admin.len() - 1];
    let almost = format!("{cut}{}", if admin.ends_with('0') { '1' } else { '0' });
    for wrong in [almost.as_str(), cut, "", "gk_", "gk_ff"] {
        server.with_key(wrong, "GET", GUARDED).problem(401, "unauthorized");
    }
    let basic =
        server.ask_with(&Asked { headers: &[("authorization", "Basic YTpi")], ..Asked::get(GUARDED) });
    basic.problem(401, "unauthorized");

    assert_eq!(key(&data, &["revoke", "a"]).0, 0);
    let after = server.with_key(&admin, "GET", GUARDED);
    after.problem(401, "unauthorized");
    assert!(after.header("www-authenticate").contains("invalid_token"));
    server.get(GUARDED).problem(403, "switched-off");
}

#[test]
fn a_wrong_key_is_refused_where_none_is_needed() {
    let data = TempDir::new().unwrap();
    let server = server(&data);
    let reader = add(&data, "r", "read");
    assert_eq!(server.with_key(&reader, "GET", "/api/v1/search").status, 200);
    server.with_key("gk_0", "GET", "/api/v1/search").problem(401, "unauthorized");
    assert_eq!(server.get("/api/v1/search").status, 200);
}

#[test]
fn keys_that_cannot_be_read_let_nobody_in_and_stop_no_reader() {
    let data = TempDir::new().unwrap();
    let server = server(&data);
    let admin = add(&data, "a", "admin");
    assert_eq!(server.with_key(&admin, "GET", GUARDED).status, 200);
    fs::write(data.path().join("keys.json"), "{").unwrap();
    server.with_key(&admin, "GET", GUARDED).problem(503, "unavailable");
    server.get(GUARDED).problem(503, "unavailable");
    assert_eq!(server.get("/api/v1/search").status, 200);
}

#[test]
fn administration_can_have_an_address_of_its_own() {
    let data = TempDir::new().unwrap();
    let admin = add(&data, "a", "admin");
    let mut program = Command::new(env!("CARGO_BIN_EXE_gongkai"))
        .arg("--data")
        .arg(data.path())
        .envs([
            ("GONGKAI_SERVER__LISTEN", "127.0.0.1:0"),
            ("GONGKAI_SERVER__ADMIN_LISTEN", "127.0.0.1:0"),
            ("GONGKAI_SERVER__TRUSTED_PROXIES", "[127.0.0.0/8, \"::1\"]"),
            ("GONGKAI_LIMITS__BURST", "1"),
            ("GONGKAI_LIMITS__PER_MINUTE", "1"),
            ("GONGKAI_LOG", "off"),
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut told = BufReader::new(program.stderr.take().expect("piped")).lines().map_while(Result::ok);
    let private = told.find_map(|line| line.strip_prefix("administration: ").map(str::to_owned));
    let private = private.expect("it tells the address");
    let mut public = String::new();
    BufReader::new(program.stdout.take().expect("piped")).read_line(&mut public).expect("its address");
    let status = |at: &str, path: &str, header: (&str, &str)| {
        let url = format!("{}{path}", at.trim().trim_end_matches('/'));
        let asked = ureq::get(url).config().http_status_as_error(false).build().header(header.0, header.1);
        asked.call().expect("answered").status().as_u16()
    };
    let bearer = format!("Bearer {admin}");
    let key = ("authorization", bearer.as_str());
    let seen = [GUARDED, "/metrics", "/readyz", "/api/v1/search"]
        .map(|path| (status(&public, path, key), status(&private, path, key)));
    assert_eq!(seen, [(404, 200), (404, 200), (200, 200), (200, 404)]);
    // The settings of the environment reach the edge: one request for each client.
    let from = ("x-forwarded-for", "198.51.100.1");
    assert_eq!((status(&public, "/", from), status(&public, "/", from)), (200, 429));
    program.kill().expect("it runs");
    program.wait().expect("it ends");
}

#[test]
fn it_listens_on_ipv6() {
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        println!("skipped: this machine has no IPv6");
        return;
    }
    let data = TempDir::new().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_gongkai"))
        .arg("--data")
        .arg(data.path())
        .envs([("GONGKAI_SERVER__LISTEN", "[::1]:0"), ("GONGKAI_LOG", "off")])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut address = String::new();
    BufReader::new(program.stdout.take().expect("piped")).read_line(&mut address).expect("its address");
    assert!(address.starts_with("http://[::1]:"), "{address}");
    let alive = ureq::get(format!("{}livez", address.trim())).call().expect("answered").status();
    assert_eq!(alive, 200);
    program.kill().expect("it runs");
    program.wait().expect("it ends");
}
