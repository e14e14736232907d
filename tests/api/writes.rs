//! Writes over HTTP: an answered change is searchable, durable and authorised by a key.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use gongkai::config::Config;
use gongkai_index::backend::Load;

use crate::keys::add_key;
use crate::support::client::{Request, path_with_query};
use crate::support::{Reply, Server, record};

/// Server of two records, and a key to write to it.
struct WritableServer {
    http: Server,
    bearer: String,
    data: TempDir,
}

impl WritableServer {
    fn start() -> Self {
        Self::start_with(|_| {})
    }

    fn start_with(set: impl FnOnce(&mut Config)) -> Self {
        let data = TempDir::new().unwrap();
        let bearer = format!("Bearer {}", add_key(&data, "editor", "write"));
        let mut settings = Config { data: data.path().to_owned(), ..Config::default() };
        set(&mut settings);
        let http = Server::with_settings(&[record("a", "养老办法"), record("b", "养老通知")], settings);
        Self { http, bearer, data }
    }

    fn send(&self, method: &str, path: &str, body: impl AsRef<[u8]>) -> Reply {
        let headers = [("authorization", self.bearer.as_str())];
        let body = (method != "DELETE").then_some(body.as_ref());
        self.http.send(&Request { method, path, headers: &headers, body })
    }

    fn put(&self, path: &str, record: &Value) -> Reply {
        self.send("PUT", path, record.to_string())
    }

    fn has_record(&self, id: &str) -> bool {
        self.http.get(&format!("/api/v1/records/{id}")).status == 200
    }

    fn total(&self, q: &str) -> u64 {
        self.http.search(&[("q", q), ("mode", "literal")]).total()
    }
}

fn lines(reply: &Reply) -> Vec<Value> {
    assert_eq!((reply.status, reply.header("content-type")), (200, "application/x-ndjson"), "{}", reply.text);
    reply.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn put_record_is_searchable_and_durable() {
    let server = WritableServer::start();
    let new = json!({ "kind": "policy", "title": "残疾人就业条例", "body": "第一条 为了促进就业。" });
    let reply = server.put("/api/v1/records/n%2F1", &new);
    assert_eq!(
        (reply.status, &reply.json()["outcome"], &reply.json()["id"]),
        (201, &json!("added"), &json!("n/1"))
    );
    let generation = reply.json()["generation"].as_u64().unwrap();
    assert_eq!(reply.header("gongkai-generation"), generation.to_string());
    assert_eq!((server.total("残疾人就业"), server.total("养老")), (1, 2));
    assert_eq!(server.http.get("/api/v1/records/n%2F1").json()["title"], "残疾人就业条例");
    // The same content again changes nothing.
    let again = server.put("/api/v1/records/n%2F1", &new);
    assert_eq!((again.status, &again.json()["outcome"]), (200, &json!("unchanged")));
    assert_eq!(again.json()["generation"], generation);
    let other =
        server.put("/api/v1/records/n%2F1", &json!({ "id": "n/1", "kind": "policy", "title": "新的标题" }));
    assert_eq!((other.status, &other.json()["outcome"]), (200, &json!("updated")));
    assert_eq!((server.total("残疾人就业"), server.total("新的标题")), (0, 1));
    let settings = Config { data: server.data.path().to_owned(), ..Config::default() };
    let reopened = gongkai::cli::open(&settings).unwrap();
    assert_eq!(
        (reopened.len(), reopened.reader().record("n/1").unwrap().unwrap().title),
        (3, "新的标题".to_owned())
    );
}

#[test]
fn write_of_disconnected_client_is_audited_if_it_is_done() {
    let server = WritableServer::start();
    let body = json!({ "kind": "policy", "title": "不等回答" }).to_string();
    let begun = Instant::now();
    let mut sent = 0;
    // Some clients are gone before the request is read, some while the change waits for the disk.
    while sent < 20 || !(0..sent).any(|n| server.has_record(&format!("gone-{n}"))) {
        assert!(begun.elapsed() < Duration::from_secs(30), "none of {sent} changes was written");
        let n = sent;
        sent += 1;
        let mut client = TcpStream::connect(server.http.address).expect("accepted");
        let (bearer, length) = (&server.bearer, body.len());
        let request = format!(
            "PUT /api/v1/records/gone-{n} HTTP/1.1\r\nhost: x\r\nauthorization: {bearer}\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        client.write_all(request.as_bytes()).expect("sent");
        client.set_read_timeout(Some(Duration::from_millis(1 + n % 50))).expect("more than nothing");
        let _ = client.read(&mut [0]);
    }
    let written =
        || (0..sent).map(|n| format!("gone-{n}")).filter(|id| server.has_record(id)).collect::<Vec<_>>();
    loop {
        let audited = std::fs::read_to_string(server.data.path().join("audit.ndjson")).unwrap_or_default();
        let written = written();
        let missing = written.iter().find(|id| !audited.contains(&format!("PUT /api/v1/records/{id}\"")));
        if missing.is_none() {
            break;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "{} written, not audited: {missing:?}",
            written.len()
        );
    }
}

#[test]
fn deleted_record_is_gone() {
    let server = WritableServer::start();
    let reply = server.send("DELETE", "/api/v1/records/a", "");
    assert_eq!((reply.status, &reply.json()["outcome"]), (200, &json!("deleted")));
    assert_eq!((server.total("养老"), server.http.get("/api/v1/records/a").status), (1, 404));
    server.send("DELETE", "/api/v1/records/a", "").assert_problem(404, "not-found");
}

#[test]
fn invalid_record_is_refused_with_its_fields() {
    let server = WritableServer::start();
    let wrong = json!({ "kind": "law", "title": "t", "published_on": "2016-13-05" });
    let named = server.put("/api/v1/records/x", &wrong).assert_problem(400, "record");
    assert_eq!(named, ["kind", "published_on"]);
    let other = json!({ "id": "y", "kind": "policy", "title": "t" });
    assert_eq!(server.put("/api/v1/records/x", &other).assert_problem(400, "record"), ["id"]);
    for body in ["", "nonsense", "[1]", "{\"id\":1}"] {
        server.send("PUT", "/api/v1/records/x", body).assert_problem(400, "record");
    }
    let long = vec![b' '; gongkai::api::writing::MAX_RECORD_BYTES + 1];
    server.send("PUT", "/api/v1/records/x", long).assert_problem(413, "too-large");
    assert_eq!(server.http.search(&[]).total(), 2);
}

#[test]
fn errors_of_a_record_end_after_twenty() {
    let server = WritableServer::start();
    let record = json!({ "kind": "document", "title": "t", "keywords": vec![""; 50] });
    let reply = server.put("/api/v1/records/x", &record);
    assert_eq!(reply.assert_problem(400, "record").len(), 21);
    assert_eq!(reply.json()["errors"][20]["reason"], "and 30 more errors");
}

#[test]
fn batch_with_bad_lines_reports_outcomes_in_line_order() {
    let server = WritableServer::start();
    let good = |id: &str, title: &str| json!({ "id": id, "kind": "document", "title": title }).to_string();
    let body = [
        good("a", "养老办法"),
        good("new", "新来的"),
        "nonsense".to_owned(),
        String::new(),
        json!({ "id": "x", "kind": "law", "title": "t" }).to_string(),
        good("b", "养老通告"),
        good("new", "又来的"),
    ];
    let reply = server.send("POST", "/api/v1/records", body.join("\n"));
    let lines = lines(&reply);
    let outcomes: Vec<(u64, &str)> =
        lines.iter().map(|l| (l["line"].as_u64().unwrap(), l["outcome"].as_str().unwrap())).collect();
    let expected =
        [(1, "unchanged"), (2, "added"), (3, "rejected"), (5, "rejected"), (6, "updated"), (7, "updated")];
    assert_eq!(outcomes, expected);
    assert_eq!((&lines[1]["id"], &lines[3]["errors"][0]["parameter"]), (&json!("new"), &json!("kind")));
    assert_eq!(
        (server.total("养老通告"), server.total("又来的"), server.http.search(&[]).total()),
        (1, 1, 3)
    );
}

#[test]
fn records_of_one_batch_share_commits() {
    let server = WritableServer::start();
    let line = |i: u32| json!({ "id": format!("r{i}"), "kind": "document", "title": format!("第{i}号通知") });
    let body: Vec<String> = (0..3_000).map(|i| line(i).to_string()).collect();
    let lines = lines(&server.send("POST", "/api/v1/records", body.join("\n")));
    assert!(lines.len() == 3_000 && lines.iter().all(|line| line["outcome"] == "added"));
    assert_eq!(server.http.search(&[]).total(), 3_002);
    let generations = lines[2_999]["generation"].as_u64().unwrap();
    assert!(generations < 1_000, "{generations} commits for 3,000 records");
}

#[test]
fn write_without_key_is_refused() {
    let server = WritableServer::start();
    for (method, path) in
        [("PUT", "/api/v1/records/x"), ("DELETE", "/api/v1/records/a"), ("POST", "/api/v1/records")]
    {
        let body = br#"{"id":"x","kind":"document","title":"t"}"#;
        let reply = server.http.send(&Request { method, path, headers: &[], body: Some(body) });
        reply.assert_problem(401, "unauthorized");
    }
    assert_eq!(server.http.search(&[]).total(), 2);
    assert_eq!(server.http.get("/api/v1/records/a").status, 200, "reading needs no key");
}

#[test]
fn write_during_other_writer_is_refused_for_now() {
    let server = WritableServer::start();
    let writer = server.http.collection().writer(Load::Bulk).unwrap();
    let new = json!({ "kind": "policy", "title": "甲" });
    let refused = server.put("/api/v1/records/x", &new);
    refused.assert_problem(503, "unavailable");
    assert_eq!(refused.header("retry-after"), "5");
    let lines = lines(&server.send("POST", "/api/v1/records", r#"{"id":"y","kind":"policy","title":"乙"}"#));
    assert_eq!(
        (&lines[0]["outcome"], &lines[0]["status"], &lines[0]["id"]),
        (&json!("failed"), &json!(503), &json!("y"))
    );
    drop(writer);
    assert_eq!(server.put("/api/v1/records/x", &new).status, 201);
}

#[test]
fn cursor_after_many_commits_returns_same_hits() {
    let server = WritableServer::start();
    let first = server.http.search(&[("q", "养老"), ("per_page", "1")]).json();
    for i in 0..20 {
        server.put(&format!("/api/v1/records/n{i}"), &json!({ "kind": "document", "title": "养老的新规定" }));
    }
    let next = server.http.get(first["next"].as_str().unwrap());
    assert_eq!((next.status, next.total(), &next.json()["generation"]), (200, 2, &first["generation"]));
    assert_eq!(server.total("养老"), 22);
    let all = server.http.get(&path_with_query("/api/v1/search.ndjson", &[("q", "养老")]));
    assert_eq!(all.text.lines().count(), 22);
}

/// Reads a path until the answer is as expected; background work after a change takes a moment.
fn poll_until(server: &WritableServer, path: &str, is_expected: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let answer = server.http.get(path).json();
        if is_expected(&answer) {
            return answer;
        }
        assert!(Instant::now() < deadline, "{path} stays {answer}");
        std::thread::yield_now();
    }
}

#[test]
fn validity_by_cleanup_list_follows_live_writes() {
    let server = WritableServer::start();
    let document = |title: &str, number: &str| {
        json!({
            "kind": "policy", "title": title, "document_number": number, "issuers": ["澜江市人民政府"],
            "region": "云州省/澜江市", "written_on": "2001-03-01", "validity": "in_force",
        })
    };
    let list = |rows: &str| {
        json!({
            "kind": "document", "title": "澜江市人民政府关于公布规范性文件清理结果的通知",
            "issuers": ["澜江市人民政府"], "region": "云州省/澜江市", "written_on": "2020-05-01",
            "body": format!("一、废止的规范性文件目录\n{rows}"),
        })
    };
    let market = document("澜江市集市管理办法", "澜政发〔2001〕3号");
    let both = "1.《澜江市集市管理办法》（澜政发〔2001〕3号）\n2.《澜江市停车办法》（澜政发〔2001〕8号）\n";
    assert_eq!(server.put("/api/v1/records/market", &market).status, 201);
    assert_eq!(server.put("/api/v1/records/list", &list(both)).status, 201);
    // Links are there at once; the evidence follows.
    let repealed = |record: &Value| {
        record["validity_today"] == "repealed" && record["validity_evidence"][0]["record"] == "list"
    };
    let found = poll_until(&server, "/api/v1/records/market", repealed);
    assert_eq!(found["validity_evidence"][0]["record"], "list", "{found}");
    // A record that a list in the collection names is written later, with one that no list names.
    let parking = document("澜江市停车办法", "澜政发〔2001〕8号");
    assert_eq!(
        server.put("/api/v1/records/other", &document("澜江市养犬规定", "澜政发〔2001〕9号")).status,
        201
    );
    assert_eq!(server.put("/api/v1/records/parking", &parking).status, 201);
    poll_until(&server, "/api/v1/records/parking", repealed);
    assert_eq!(server.http.get("/api/v1/records/other").json()["validity_today"], "in_force");
    // A changed record keeps its evidence; evidence goes with its list.
    let mut changed = market.clone();
    changed["body"] = json!("第一条 新的文字。");
    assert_eq!(server.put("/api/v1/records/market", &changed).json()["outcome"], "updated");
    poll_until(&server, "/api/v1/records/market", repealed);
    assert_eq!(
        server.put("/api/v1/records/list", &list("1.《澜江市停车办法》（澜政发〔2001〕8号）\n")).status,
        200
    );
    poll_until(&server, "/api/v1/records/market", |record| record["validity_today"] == "in_force");
    assert!(repealed(&server.http.get("/api/v1/records/parking").json()));
    assert_eq!(server.send("DELETE", "/api/v1/records/list", "").status, 200);
    poll_until(&server, "/api/v1/records/parking", |record| record["validity_today"] == "in_force");
}
