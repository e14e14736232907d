//! Observability: metrics, search log, audit log, log lines on stderr.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Output, Stdio};

use gongkai::config::Config;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{SAMPLE, Server};

/// Runs the program; returns exit code, stdout and stderr.
fn run_program(data: &TempDir, arguments: &[&str]) -> (i32, String, String) {
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

#[test]
fn program_logs_client_and_query_in_separate_lines() {
    let data = TempDir::new().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_gongkai"))
        .arg("--data")
        .arg(data.path())
        .envs([
            ("GONGKAI_SERVER__LISTEN", "127.0.0.1:0"),
            ("GONGKAI_LOGS__SLOW_MS", "1"),
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
