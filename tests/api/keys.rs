//! Keys: added on the command line, used over HTTP, refused once revoked.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};

use gongkai::config::Config;
use tempfile::TempDir;

use crate::support::client::Request;
use crate::support::{SAMPLE, Server};

const ADMIN_PATH: &str = "/api/v1/admin/stats";

/// Runs `gongkai --data DIR key …`; returns exit code, stdout and stderr.
pub fn run_key_command(data: &TempDir, arguments: &[&str]) -> (i32, String, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_gongkai"));
    program.arg("--data").arg(data.path()).arg("key").args(arguments);
    let Output { status, stdout, stderr } = program.output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (status.code().expect("no signal"), text(stdout), text(stderr))
}

/// Adds a key and returns its secret.
pub fn add_key(data: &TempDir, name: &str, scope: &str) -> String {
    let (code, out, err) = run_key_command(data, &["add", name, "--scope", scope]);
    assert_eq!((code, err.as_str(), out.lines().count()), (0, "", 1), "the key is all of the output");
    out.trim_end().to_owned()
}

/// Server of the sample with this data directory.
fn server_in(data: &TempDir) -> Server {
    let settings = Config { data: data.path().to_owned(), ..Config::default() };
    Server::with_settings(&SAMPLE, settings)
}

#[test]
fn key_after_adding_is_stored_only_as_hash() {
    let data = TempDir::new().unwrap();
    let secret = add_key(&data, "portal", "write");
    assert_eq!((secret.len(), secret.starts_with("gk_")), (67, true), "256 bits");
    assert_ne!(secret, add_key(&data, "other", "read"));
    for file in fs::read_dir(data.path()).unwrap().map(|file| file.unwrap().path()) {
        let content = fs::read_to_string(&file).unwrap();
        assert!(!content.contains(&secret[3..]), "{file:?}");
    }
    let mode = fs::metadata(data.path().join("keys.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "the file is readable by its owner alone");
    let (code, out, _) = run_key_command(&data, &["list"]);
    let rows: Vec<Vec<&str>> = out.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(
        (code, rows.len(), &rows[0][..2], &rows[1][..2]),
        (0, 2, &["portal", "write"][..], &["other", "read"][..])
    );
    assert!(!out.contains("gk_"));
}

#[test]
fn key_command_with_wrong_arguments_fails_and_changes_nothing() {
    let data = TempDir::new().unwrap();
    add_key(&data, "门户-1", "admin");
    for (arguments, message) in [
        (&["add", "门户-1", "--scope", "read"][..], "already"),
        (&["add", "a b", "--scope", "read"], "letters"),
        (&["add", "", "--scope", "read"], "letters"),
        (&["add", "x", "--scope", "root"], "admin"),
        (&["add", "x"], "--scope"),
        (&["revoke", "nobody"], "no key"),
    ] {
        let (code, out, err) = run_key_command(&data, arguments);
        assert_eq!((code, out.as_str(), err.contains(message)), (2, "", true), "{arguments:?}: {err}");
    }
    assert_eq!(run_key_command(&data, &["list"]).1.lines().count(), 1);
    let file = data.path().join("keys.json");
    fs::write(&file, "{ not keys").unwrap();
    assert_eq!(run_key_command(&data, &["add", "y", "--scope", "read"]).0, 3);
    assert_eq!(fs::read_to_string(&file).unwrap(), "{ not keys", "a damaged key file stays as it is");
}

#[test]
fn keys_added_by_concurrent_processes_are_all_stored() {
    let data = TempDir::new().unwrap();
    std::thread::scope(|scope| {
        for i in 0..8 {
            let data = &data;
            scope.spawn(move || add_key(data, &format!("k{i}"), "read"));
        }
    });
    assert_eq!(run_key_command(&data, &["list"]).1.lines().count(), 8);
}

#[test]
fn admin_path_with_any_other_key_is_refused() {
    let data = TempDir::new().unwrap();
    let server = server_in(&data);
    let without_keys = server.get(ADMIN_PATH);
    without_keys.assert_problem(403, "switched-off");
    assert!(without_keys.json()["detail"].as_str().unwrap().contains("gongkai key add NAME --scope admin"));

    // The running server reads each change of the key file.
    let (reader, writer, admin) =
        (add_key(&data, "r", "read"), add_key(&data, "w", "write"), add_key(&data, "a", "admin"));
    let anonymous = server.get(ADMIN_PATH);
    anonymous.assert_problem(401, "unauthorized");
    assert!(anonymous.header("www-authenticate").starts_with("Bearer "), "{anonymous:?}");
    for lower_scope in [&reader, &writer] {
        let refused = server.call_with_key(lower_scope, "GET", ADMIN_PATH);
        refused.assert_problem(403, "forbidden");
        let challenge = refused.header("www-authenticate");
        assert!(challenge.contains("insufficient_scope") && challenge.contains("\"admin\""), "{challenge}");
    }
    let stats = server.call_with_key(&admin, "GET", ADMIN_PATH);
    assert_eq!((stats.status, stats.json()["records"].as_u64()), (200, Some(SAMPLE.len() as u64)));

    let cut = &admin[..admin.len() - 1];
    let almost = format!("{cut}{}", if admin.ends_with('0') { '1' } else { '0' });
    for wrong in [almost.as_str(), cut, "", "gk_", "gk_ff"] {
        server.call_with_key(wrong, "GET", ADMIN_PATH).assert_problem(401, "unauthorized");
    }
    let basic =
        server.send(&Request { headers: &[("authorization", "Basic YTpi")], ..Request::get(ADMIN_PATH) });
    basic.assert_problem(401, "unauthorized");

    assert_eq!(run_key_command(&data, &["revoke", "a"]).0, 0);
    let after = server.call_with_key(&admin, "GET", ADMIN_PATH);
    after.assert_problem(401, "unauthorized");
    assert!(after.header("www-authenticate").contains("invalid_token"));
    server.get(ADMIN_PATH).assert_problem(403, "switched-off");
}

#[test]
fn answers_for_operators_are_never_stored() {
    let data = TempDir::new().unwrap();
    let server = server_in(&data);
    let (reader, writer, admin) =
        (add_key(&data, "r", "read"), add_key(&data, "w", "write"), add_key(&data, "a", "admin"));
    let (stats, search, unknown) = (ADMIN_PATH, "/api/v1/search", "/api/v1/admin/nothing");
    for path in [stats, "/api/v1/admin/review", "/api/v1/admin/review.csv", "/api/v1/admin/searches", unknown]
    {
        for reply in [server.call_with_key(&admin, "GET", path), server.get(path)] {
            assert_eq!(reply.header("cache-control"), "no-store", "{path}: {}", reply.status);
        }
    }
    for (key, path) in [(&admin, search), (&writer, search), (&writer, "/"), (&admin, "/review")] {
        let reply = server.call_with_key(key, "GET", path);
        assert_eq!((reply.header("cache-control"), reply.header("etag")), ("no-store", ""), "{path}");
    }
    for reply in [server.get("/review"), server.get("/metrics"), server.call_with_key("gk_0", "GET", search)]
    {
        assert_eq!(reply.header("cache-control"), "no-store");
    }
    for reply in [server.get(search), server.call_with_key(&reader, "GET", search)] {
        assert_eq!(reply.header("cache-control"), "private, no-cache");
    }
}

#[test]
fn wrong_key_on_public_path_is_refused() {
    let data = TempDir::new().unwrap();
    let server = server_in(&data);
    let reader = add_key(&data, "r", "read");
    assert_eq!(server.call_with_key(&reader, "GET", "/api/v1/search").status, 200);
    server.call_with_key("gk_0", "GET", "/api/v1/search").assert_problem(401, "unauthorized");
    assert_eq!(server.get("/api/v1/search").status, 200);
}

#[test]
fn unreadable_key_file_blocks_admin_and_allows_public_reading() {
    let data = TempDir::new().unwrap();
    let server = server_in(&data);
    let admin = add_key(&data, "a", "admin");
    assert_eq!(server.call_with_key(&admin, "GET", ADMIN_PATH).status, 200);
    fs::write(data.path().join("keys.json"), "{").unwrap();
    server.call_with_key(&admin, "GET", ADMIN_PATH).assert_problem(503, "unavailable");
    server.get(ADMIN_PATH).assert_problem(503, "unavailable");
    assert_eq!(server.get("/api/v1/search").status, 200);
}

#[test]
fn admin_listener_serves_admin_paths_alone() {
    let data = TempDir::new().unwrap();
    let admin = add_key(&data, "a", "admin");
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
    let mut log_lines = BufReader::new(program.stderr.take().expect("piped")).lines().map_while(Result::ok);
    let private = log_lines.find_map(|line| line.strip_prefix("administration: ").map(str::to_owned));
    let private = private.expect("the log names the address");
    let mut public = String::new();
    BufReader::new(program.stdout.take().expect("piped")).read_line(&mut public).expect("its address");
    let status = |base: &str, path: &str, header: (&str, &str)| {
        let url = format!("{}{path}", base.trim().trim_end_matches('/'));
        let request = ureq::get(url).config().http_status_as_error(false).build().header(header.0, header.1);
        request.call().expect("answered").status().as_u16()
    };
    let bearer = format!("Bearer {admin}");
    let key = ("authorization", bearer.as_str());
    let seen = [ADMIN_PATH, "/metrics", "/readyz", "/api/v1/search"]
        .map(|path| (status(&public, path, key), status(&private, path, key)));
    assert_eq!(seen, [(404, 200), (404, 200), (200, 200), (200, 404)]);
    // Settings of the environment reach the rate limits: one request for each client.
    let from = ("x-forwarded-for", "198.51.100.1");
    assert_eq!((status(&public, "/", from), status(&public, "/", from)), (200, 429));
    program.kill().expect("the program runs");
    program.wait().expect("the program ends");
}

#[test]
fn server_on_ipv6_address_answers() {
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
    program.kill().expect("the program runs");
    program.wait().expect("the program ends");
}
