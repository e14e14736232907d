//! Observability: metrics, search log, audit log, log lines on stderr.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Output, Stdio};

use gongkai::config::Config;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::client::path_with_query;
use crate::support::{SAMPLE, Server};

/// Runs the program; returns exit code, stdout and stderr.
pub fn run_program(data: &TempDir, arguments: &[&str]) -> (i32, String, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_gongkai"));
    program.arg("--data").arg(data.path()).args(arguments);
    let Output { status, stdout, stderr } = program.output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (status.code().expect("no signal"), text(stdout), text(stderr))
}

fn server_in(data: &TempDir, change: impl FnOnce(&mut Config)) -> Server {
    let mut settings = Config { data: data.path().to_owned(), ..Config::default() };
    change(&mut settings);
    Server::with_settings(&SAMPLE, settings)
}

fn add_admin_key(data: &TempDir) -> String {
    run_program(data, &["key", "add", "boss", "--scope", "admin"]).1.trim().to_owned()
}

/// Sample of a metric, by its name with labels.
fn metric_value(text: &str, name: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

#[test]
fn metrics_after_requests_count_them() {
    let data = TempDir::new().unwrap();
    let server = server_in(&data, |_| {});
    let read_metrics = || {
        let reply = server.get("/metrics");
        assert!(
            reply.status == 200 && reply.header("content-type").starts_with("application/openmetrics-text")
        );
        assert!(reply.text.ends_with("# EOF\n"));
        reply.text
    };
    for _ in 0..3 {
        server.search_for("公开");
    }
    server.get("/api/v1/search?x=1");
    server.get("/nothing/at/all");
    let text = read_metrics();
    let search = |status| {
        format!(r#"gongkai_http_requests_total{{route="/api/v1/search",method="GET",status="{status}"}}"#)
    };
    assert_eq!(metric_value(&text, &search(200)), Some(3.0), "{text}");
    assert_eq!(metric_value(&text, &search(400)), Some(1.0));
    assert_eq!(
        metric_value(&text, r#"gongkai_http_request_seconds_count{route="/api/v1/search"}"#),
        Some(4.0)
    );
    assert_eq!(
        metric_value(&text, r#"gongkai_http_requests_total{route="none",method="GET",status="404"}"#),
        Some(1.0)
    );
    assert_eq!(metric_value(&text, "gongkai_cache_hits_total"), Some(2.0));
    assert_eq!(metric_value(&text, "gongkai_records"), Some(SAMPLE.len() as f64));
    for name in
        ["segments", "generation", "disk_free_bytes", "data_bytes", "cache_bytes", "process_resident_bytes"]
    {
        assert!(metric_value(&text, &format!("gongkai_{name}")).is_some_and(|value| value > 0.0), "{name}");
    }
    for name in
        ["searches_running", "searches_waiting", "generation_age_seconds", "searches_turned_away_total"]
    {
        assert!(metric_value(&text, &format!("gongkai_{name}")).is_some(), "{name}");
    }
}

#[test]
fn readyz_below_free_disk_limit_is_unavailable() {
    let data = TempDir::new().unwrap();
    let full = server_in(&data, |settings| settings.server.min_free_disk_mib = u64::MAX >> 20);
    assert_eq!(full.get("/readyz").status, 503, "free space is below the limit");
    assert_eq!(full.get("/api/v1/search").status, 200, "searching goes on");
}

#[test]
fn readyz_asked_often_shares_its_result() {
    let data = TempDir::new().unwrap();
    let server = server_in(&data, |_| {});
    let search_count = || metric_value(&server.get("/metrics").text, "gongkai_searches_total").unwrap();
    let before = search_count();
    for _ in 0..100 {
        assert_eq!(server.get("/readyz").status, 200);
    }
    let searched = search_count() - before;
    assert!((1.0..100.0).contains(&searched), "{searched} searches: uncached, and at most two a second");
}

#[test]
fn search_log_lists_queries_by_day_without_clients() {
    let data = TempDir::new().unwrap();
    let server = server_in(&data, |_| {});
    let key = add_admin_key(&data);
    for q in ["公积金", "公积金", "没有人会这样写的词组甲乙丙", "13800138000"] {
        server.search(&[("q", q), ("mode", "literal")]);
    }
    server.get("/?q=%E5%85%AC%E7%A7%AF%E9%87%91");
    server.search(&[("q", "公积金"), ("page", "2"), ("per_page", "1")]);
    server.get("/api/v1/search");
    let path = "/api/v1/admin/searches";
    server.get(path).assert_problem(401, "unauthorized");
    let rows = |query: &str| -> Vec<(String, u64, u64)> {
        let reply = server.call_with_key(&key, "GET", &format!("{path}{query}"));
        assert_eq!(reply.status, 200, "{}", reply.text);
        let number = |row: &Value, name: &str| row[name].as_u64().unwrap();
        let json = reply.json();
        let rows = json["searches"].as_array().unwrap().iter();
        rows.map(|row| {
            (row["text"].as_str().unwrap().into(), number(row, "searched"), number(row, "nothing"))
        })
        .collect()
    };
    let all = rows("");
    assert_eq!(all[0], ("公积金".into(), 3, 0), "pages count, further pages do not");
    assert_eq!(all.len(), 3);
    assert!(all.iter().all(|(text, ..)| !text.contains("00138000")), "{all:?}");
    assert_eq!(rows("?nothing=true").len(), 2);
    assert_eq!(rows("?day=2001-01-01").len(), 0);
    assert_eq!(rows("?limit=1").len(), 1);
    for wrong in ["?day=yesterday", "?nothing=maybe", "?limit=0", "?who=me"] {
        server.call_with_key(&key, "GET", &format!("{path}{wrong}")).assert_problem(400, "parameters");
    }
}

#[test]
fn search_log_switched_off_keeps_nothing() {
    let data = TempDir::new().unwrap();
    let server = server_in(&data, |settings| settings.searches.keep = false);
    let key = add_admin_key(&data);
    server.search_for("公积金");
    let reply = server.call_with_key(&key, "GET", "/api/v1/admin/searches");
    assert_eq!(
        (reply.json()["searched"].as_u64(), reply.json()["searches"].as_array().unwrap().len()),
        (Some(0), 0)
    );
}

#[test]
fn audit_log_after_tampering_fails_verification() {
    let data = TempDir::new().unwrap();
    let server = server_in(&data, |_| {});
    let key = add_admin_key(&data);
    run_program(&data, &["key", "add", "w", "--scope", "write"]);
    server.call_with_key(&key, "GET", "/api/v1/admin/stats");
    run_program(&data, &["key", "revoke", "w"]);
    let (code, out, _) = run_program(&data, &["audit", "verify"]);
    let last = out.trim().split('\t').nth(1).unwrap().to_owned();
    assert_eq!((code, out.split('\t').next()), (0, Some("4")));

    let file = data.path().join("audit.ndjson");
    let whole = fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let names = |line: &str, name: &str| {
        serde_json::from_str::<Value>(line).unwrap()[name].as_str().unwrap().to_owned()
    };
    assert_eq!(
        (names(lines[2], "who"), names(lines[2], "what")),
        ("boss".into(), "GET /api/v1/admin/stats".into())
    );
    assert!(!whole.contains(&key));

    let broken = [
        (whole.replace("key revoke w", "key revoke x"), "line 4"),
        ([lines[0], lines[2], lines[3]].join("\n") + "\n", "line 2"),
        ([lines[0], lines[2], lines[1], lines[3]].join("\n") + "\n", "line 2"),
        (format!("{whole}nonsense\n"), "line 5"),
    ];
    for (text, line) in broken {
        fs::write(&file, text).unwrap();
        let (code, out, err) = run_program(&data, &["audit", "verify"]);
        assert_eq!((code, out.as_str(), err.contains(line)), (1, "", true), "{err}");
    }
    // Lines cut off at the end are found by a hash kept elsewhere.
    fs::write(&file, lines[..2].join("\n") + "\n").unwrap();
    assert_eq!(run_program(&data, &["audit", "verify"]).0, 0);
    assert_eq!(run_program(&data, &["audit", "verify", "--kept", &last]).0, 1);
    fs::write(&file, &whole).unwrap();
    assert_eq!(run_program(&data, &["audit", "verify", "--kept", &last]).0, 0);
}

/// Runs the server with these settings, sends the requests, and returns its log.
fn log_of(data: &TempDir, settings: &[(&str, &str)], paths: &[String]) -> String {
    let mut program = Command::new(env!("CARGO_BIN_EXE_gongkai"))
        .arg("--data")
        .arg(data.path())
        .env("GONGKAI_SERVER__LISTEN", "127.0.0.1:0")
        .envs(settings.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut line = String::new();
    BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let base = line.trim_end().trim_end_matches('/').to_owned();
    for path in paths {
        let request = ureq::get(format!("{base}{path}")).config().http_status_as_error(false).build();
        request.call().expect("answered");
    }
    let kill = Command::new("sh").args(["-c", &format!("kill -TERM {}", program.id())]).status();
    assert!(kill.expect("a shell").success());
    assert_eq!(program.wait().expect("the program ends").code(), Some(0));
    let mut log = String::new();
    program.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    log
}

fn search_path(q: &str) -> String {
    path_with_query("/api/v1/search", &[("q", q)])
}

#[test]
fn query_lines_cannot_be_joined_with_access_lines() {
    let data = TempDir::new().unwrap();
    let settings = [
        ("GONGKAI_LOGS__SLOW_MS", "1"),
        ("GONGKAI_LOGS__QUERY_BATCH", "3"),
        ("GONGKAI_LOGS__FORMAT", "json"),
    ];
    let paths = ["c", "a", "b", "e", "d", "f", "g"].map(search_path);
    let log = log_of(&data, &settings, &paths);
    let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let order: Vec<&str> = lines
        .iter()
        .filter_map(|line| match line["target"].as_str()? {
            "access" => Some("-"),
            "query" => line["text"].as_str(),
            _ => None,
        })
        .collect();
    // Three at once, by their texts; the rest when the server ends.
    assert_eq!(order, ["-", "-", "-", "a", "b", "c", "-", "-", "-", "d", "e", "f", "-", "g"]);
    for line in &lines {
        let has = |name: &str| line.get(name).is_some();
        match line["target"].as_str() {
            Some("access") => assert!(!has("bytes"), "the size of an answer tells its question: {line}"),
            Some("query" | "slow_query") => {
                assert!(!["ms", "bytes", "path", "route", "address"].into_iter().any(has), "{line}");
            }
            Some("slow") => assert!(has("route") && has("ms") && !has("asked"), "{line}"),
            _ => {}
        }
    }
    assert!(lines.iter().any(|line| line["target"] == "slow_query" && line["asked"] == "q=c"), "{log}");
}

#[test]
fn logs_mask_private_numbers_and_show_hidden_characters() {
    let asked = [
        "查 13800138000",
        "电话１３８００１３８０００",
        "11010519491231002X",
        "公\u{202e}开\u{9b}1m\u{2028}",
    ];
    for format in ["json", "text"] {
        let data = TempDir::new().unwrap();
        let mut paths: Vec<String> = asked.iter().map(|q| search_path(q)).collect();
        paths.extend(["/d/13800138000".to_owned(), "/d/%313800138000".to_owned()]);
        paths.push("/api/v1/suggest?q=13800138000".to_owned());
        let settings = [("GONGKAI_LOGS__SLOW_MS", "1"), ("GONGKAI_LOGS__FORMAT", format)];
        let log = log_of(&data, &settings, &paths);
        for number in ["13800138000", "１３８００１３８０００", "19491231", "3800138"] {
            assert!(!log.contains(number), "{number} in {log}");
        }
        assert!(log.contains("138****8000") && log.contains("/d/138****8000"), "{log}");
        let hidden = |c: char| (c.is_control() && c != '\n') || ('\u{2028}'..='\u{202e}').contains(&c);
        assert!(!log.contains(hidden), "{log:?}");
        assert!(log.contains("公\\u202e开") || log.contains("公\\u{202e}开"), "{log}");
    }
}

#[test]
fn audit_log_shows_hidden_characters_and_verifies() {
    let data = TempDir::new().unwrap();
    let server = server_in(&data, |_| {});
    run_program(&data, &["key", "add", "w", "--scope", "write"]);
    let request = "DELETE /api/v1/records/a\u{202e}b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    assert!(server.status_line_for(request.as_bytes()).contains(" 401 "));
    let text = fs::read_to_string(data.path().join("audit.ndjson")).unwrap();
    assert!(text.contains("DELETE /api/v1/records/a\\u202eb\"") && !text.contains('\u{202e}'), "{text}");
    assert_eq!(run_program(&data, &["audit", "verify"]).0, 0);
}

#[test]
fn program_logs_client_and_query_in_separate_lines() {
    let data = TempDir::new().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_gongkai"))
        .arg("--data")
        .arg(data.path())
        .envs([
            ("GONGKAI_SERVER__LISTEN", "127.0.0.1:0"),
            ("GONGKAI_LOGS__SLOW_MS", "1"),
            ("GONGKAI_LOGS__FORMAT", "json"),
            ("GONGKAI_SEARCHES__DAYS", "3"),
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut line = String::new();
    BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ask = |path: &str| ureq::get(format!("{}{path}", line.trim_end().trim_end_matches('/'))).call();
    assert!(ask("/api/v1/search?q=%E5%85%AC%E7%A7%AF%E9%87%91").is_ok());
    assert!(ask("/d/yz-mz-2021-014").is_ok());
    let kill = Command::new("sh").args(["-c", &format!("kill -TERM {}", program.id())]).status();
    assert!(kill.expect("a shell").success());
    assert_eq!(program.wait().expect("the program ends").code(), Some(0));
    let mut log = String::new();
    program.stderr.take().unwrap().read_to_string(&mut log).unwrap();

    let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let lines_of =
        |target: &str| -> Vec<&Value> { lines.iter().filter(|line| line["target"] == target).collect() };
    let (access, query) = (lines_of("access"), lines_of("query"));
    assert_eq!((access.len(), query.len()), (2, 1), "{log}");
    assert_eq!((&access[0]["path"], &access[0]["status"]), (&"/api/v1/search".into(), &200.into()));
    assert!(access.iter().all(|line| line["address"] == "127.0.0.1" && !line.to_string().contains("公积金")));
    assert_eq!((&query[0]["text"], query[0].get("address")), (&"公积金".into(), None));
    assert!(query[0]["total"].as_u64().is_some_and(|total| total > 0));

    let (code, out, _) = run_program(&data, &["stats"]);
    let stats: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, stats["records"].as_u64()), (0, Some(SAMPLE.len() as u64)));
    let (code, out, err) = run_program(&data, &["stats", "--searches"]);
    assert_eq!((code, out.as_str()), (0, "{\"text\":\"公积金\",\"searched\":1,\"nothing\":0}\n"), "{err}");
    assert_eq!(run_program(&data, &["stats", "--searches", "--nothing"]).1, "");
}
