//! Writing over HTTP: what was answered is searched, durable, and was asked for with a key.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use gongkai::config::Config;
use gongkai_index::{Embedded, Searcher};

use crate::keys::add;
use crate::support::client::{Asked, address};
use crate::support::{Reply, Server, record};

/// A server that holds two records, and a key to write to it.
struct Place {
    server: Server,
    bearer: String,
    data: TempDir,
}

impl Place {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(set: impl FnOnce(&mut Config)) -> Self {
        let data = TempDir::new().unwrap();
        let bearer = format!("Bearer {}", add(&data, "editor", "write"));
        let mut settings = Config { data: data.path().to_owned(), ..Config::default() };
        set(&mut settings);
        let server = Server::holding_with(&[record("a", "养老办法"), record("b", "养老通知")], settings);
        Self { server, bearer, data }
    }

    fn ask(&self, method: &str, path: &str, body: impl AsRef<[u8]>) -> Reply {
        let headers = [("authorization", self.bearer.as_str())];
        let body = (method != "DELETE").then_some(body.as_ref());
        self.server.ask_with(&Asked { method, path, headers: &headers, body })
    }

    fn put(&self, path: &str, record: &Value) -> Reply {
        self.ask("PUT", path, record.to_string())
    }

    fn holds(&self, id: &str) -> bool {
        self.server.get(&format!("/api/v1/records/{id}")).status == 200
    }

    fn total(&self, q: &str) -> u64 {
        self.server.search(&[("q", q), ("mode", "literal")]).total()
    }
}

fn lines(reply: &Reply) -> Vec<Value> {
    assert_eq!((reply.status, reply.header("content-type")), (200, "application/x-ndjson"), "{}", reply.text);
    reply.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_record_that_was_put_is_found_by_the_next_search_and_after_opening_again() {
    let place = Place::new();
    let new = json!({ "kind": "policy", "title": "残疾人就业条例", "body": "第一条 为了促进就业。" });
    let reply = place.put("/api/v1/records/n%2F1", &new);
    assert_eq!(
        (reply.status, &reply.json()["outcome"], &reply.json()["id"]),
        (201, &json!("added"), &json!("n/1"))
    );
    let generation = reply.json()["generation"].as_u64().unwrap();
    assert_eq!(reply.header("gongkai-generation"), generation.to_string());
    assert_eq!((place.total("残疾人就业"), place.total("养老")), (1, 2));
    assert_eq!(place.server.get("/api/v1/records/n%2F1").json()["title"], "残疾人就业条例");
    // The same again is nothing new.
    let again = place.put("/api/v1/records/n%2F1", &new);
    assert_eq!((again.status, &again.json()["outcome"]), (200, &json!("unchanged")));
    assert_eq!(again.json()["generation"], generation);
    let other =
        place.put("/api/v1/records/n%2F1", &json!({ "id": "n/1", "kind": "policy", "title": "新的标题" }));
    assert_eq!((other.status, &other.json()["outcome"]), (200, &json!("updated")));
    assert_eq!((place.total("残疾人就业"), place.total("新的标题")), (0, 1));
    let held = Embedded::open(&place.data.path().join("index")).unwrap();
    assert_eq!((held.len(), held.record("n/1").unwrap().unwrap().title), (3, "新的标题".to_owned()));
}

#[test]
fn what_a_client_asked_for_that_then_went_away_is_audited_where_it_is_done() {
    let place = Place::new();
    let body = json!({ "kind": "policy", "title": "不等回答" }).to_string();
    let begun = Instant::now();
    let mut asked = 0;
    // Some are gone before it is read, some while their change waits for the disk.
    while asked < 20 || !(0..asked).any(|n| place.holds(&format!("gone-{n}"))) {
        assert!(begun.elapsed() < Duration::from_secs(30), "nothing of {asked} was done");
        let n = asked;
        asked += 1;
        let mut client = TcpStream::connect(place.server.address).expect("accepted");
        let (bearer, length) = (&place.bearer, body.len());
        let request = format!(
            "PUT /api/v1/records/gone-{n} HTTP/1.1\r\nhost: x\r\nauthorization: {bearer}\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        client.write_all(request.as_bytes()).expect("sent");
        client.set_read_timeout(Some(Duration::from_millis(1 + n % 50))).expect("more than nothing");
        let _ = client.read(&mut [0]);
    }
    let done = || (0..asked).map(|n| format!("gone-{n}")).filter(|id| place.holds(id)).collect::<Vec<_>>();
    loop {
        let audited = std::fs::read_to_string(place.data.path().join("audit.ndjson")).unwrap_or_default();
        let done = done();
        let missing = done.iter().find(|id| !audited.contains(&format!("PUT /api/v1/records/{id}\"")));
        if missing.is_none() {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{} done, not audited: {missing:?}", done.len());
    }
}

#[test]
fn a_record_that_was_deleted_is_gone_and_was_there() {
    let place = Place::new();
    let reply = place.ask("DELETE", "/api/v1/records/a", "");
    assert_eq!((reply.status, &reply.json()["outcome"]), (200, &json!("deleted")));
    assert_eq!((place.total("养老"), place.server.get("/api/v1/records/a").status), (1, 404));
    place.ask("DELETE", "/api/v1/records/a", "").problem(404, "not-found");
}

#[test]
fn what_is_wrong_with_a_record_is_told_by_field_and_nothing_is_written() {
    let place = Place::new();
    let wrong = json!({ "kind": "law", "title": "t", "published_on": "2016-13-05" });
    let named = place.put("/api/v1/records/x", &wrong).problem(400, "record");
    assert_eq!(named, ["kind", "published_on"]);
    let other = json!({ "id": "y", "kind": "policy", "title": "t" });
    assert_eq!(place.put("/api/v1/records/x", &other).problem(400, "record"), ["id"]);
    for body in ["", "nonsense", "[1]", "{\"id\":1}"] {
        place.ask("PUT", "/api/v1/records/x", body).problem(400, "record");
    }
    let long = vec![b' '; gongkai::api::writing::MAX_RECORD_BYTES + 1];
    place.ask("PUT", "/api/v1/records/x", long).problem(413, "too-large");
    assert_eq!(place.server.search(&[]).total(), 2);
}

#[test]
fn a_bad_line_stops_no_other_and_outcomes_come_in_the_order_of_the_lines() {
    let place = Place::new();
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
    let reply = place.ask("POST", "/api/v1/records", body.join("\n"));
    let lines = lines(&reply);
    let told: Vec<(u64, &str)> =
        lines.iter().map(|l| (l["line"].as_u64().unwrap(), l["outcome"].as_str().unwrap())).collect();
    let expected =
        [(1, "unchanged"), (2, "added"), (3, "rejected"), (5, "rejected"), (6, "updated"), (7, "updated")];
    assert_eq!(told, expected);
    assert_eq!((&lines[1]["id"], &lines[3]["errors"][0]["parameter"]), (&json!("new"), &json!("kind")));
    assert_eq!((place.total("养老通告"), place.total("又来的"), place.server.search(&[]).total()), (1, 1, 3));
}

#[test]
fn many_records_in_one_request_share_commits() {
    let place = Place::new();
    let line = |i: u32| json!({ "id": format!("r{i}"), "kind": "document", "title": format!("第{i}号通知") });
    let body: Vec<String> = (0..3_000).map(|i| line(i).to_string()).collect();
    let lines = lines(&place.ask("POST", "/api/v1/records", body.join("\n")));
    assert!(lines.len() == 3_000 && lines.iter().all(|line| line["outcome"] == "added"));
    assert_eq!(place.server.search(&[]).total(), 3_002);
    let generations = lines[2_999]["generation"].as_u64().unwrap();
    assert!(generations < 1_000, "{generations} commits for 3,000 records");
}

#[test]
fn without_a_key_nothing_is_written() {
    let place = Place::new();
    for (method, path) in
        [("PUT", "/api/v1/records/x"), ("DELETE", "/api/v1/records/a"), ("POST", "/api/v1/records")]
    {
        let body = br#"{"id":"x","kind":"document","title":"t"}"#;
        let reply = place.server.ask_with(&Asked { method, path, headers: &[], body: Some(body) });
        reply.problem(401, "unauthorized");
    }
    assert_eq!(place.server.search(&[]).total(), 2);
    assert_eq!(place.server.get("/api/v1/records/a").status, 200, "reading needs none");
}

#[test]
fn while_another_process_writes_a_change_is_refused_for_now() {
    let place = Place::new();
    let writer = place.server.engine().writer().unwrap();
    let new = json!({ "kind": "policy", "title": "甲" });
    let refused = place.put("/api/v1/records/x", &new);
    refused.problem(503, "unavailable");
    assert_eq!(refused.header("retry-after"), "5");
    let told = lines(&place.ask("POST", "/api/v1/records", r#"{"id":"y","kind":"policy","title":"乙"}"#));
    assert_eq!(
        (&told[0]["outcome"], &told[0]["status"], &told[0]["id"]),
        (&json!("failed"), &json!(503), &json!("y"))
    );
    drop(writer);
    assert_eq!(place.put("/api/v1/records/x", &new).status, 201);
}

#[test]
fn a_walk_through_all_matches_outlives_many_commits() {
    let place = Place::new();
    let first = place.server.search(&[("q", "养老"), ("per_page", "1")]).json();
    for i in 0..20 {
        place.put(&format!("/api/v1/records/n{i}"), &json!({ "kind": "document", "title": "养老的新规定" }));
    }
    let next = place.server.get(first["next"].as_str().unwrap());
    assert_eq!((next.status, next.total(), &next.json()["generation"]), (200, 2, &first["generation"]));
    assert_eq!(place.total("养老"), 22);
    let all = place.server.get(&address("/api/v1/search.ndjson", &[("q", "养老")]));
    assert_eq!(all.text.lines().count(), 22);
}

/// Asks until the answer is as wished; what follows a change in the background takes a moment.
fn until(place: &Place, path: &str, wished: impl Fn(&Value) -> bool) -> Value {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let found = place.server.get(path).json();
        if wished(&found) {
            return found;
        }
        assert!(Instant::now() < end, "{path} stays {found}");
        std::thread::yield_now();
    }
}

#[test]
fn what_clean_up_lists_say_follows_live_writing() {
    let place = Place::new();
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
    assert_eq!(place.put("/api/v1/records/market", &market).status, 201);
    assert_eq!(place.put("/api/v1/records/list", &list(both)).status, 201);
    // What links say is there at once; the evidence follows.
    let repealed = |record: &Value| {
        record["validity_today"] == "repealed" && record["validity_evidence"][0]["record"] == "list"
    };
    let found = until(&place, "/api/v1/records/market", repealed);
    assert_eq!(found["validity_evidence"][0]["record"], "list", "{found}");
    // A record that a held list names comes later, with others that no list has to do with.
    let parking = document("澜江市停车办法", "澜政发〔2001〕8号");
    assert_eq!(
        place.put("/api/v1/records/other", &document("澜江市养犬规定", "澜政发〔2001〕9号")).status,
        201
    );
    assert_eq!(place.put("/api/v1/records/parking", &parking).status, 201);
    until(&place, "/api/v1/records/parking", repealed);
    assert_eq!(place.server.get("/api/v1/records/other").json()["validity_today"], "in_force");
    // A changed record keeps what is said of it, and evidence goes with its list.
    let mut changed = market.clone();
    changed["body"] = json!("第一条 新的文字。");
    assert_eq!(place.put("/api/v1/records/market", &changed).json()["outcome"], "updated");
    until(&place, "/api/v1/records/market", repealed);
    assert_eq!(
        place.put("/api/v1/records/list", &list("1.《澜江市停车办法》（澜政发〔2001〕8号）\n")).status,
        200
    );
    until(&place, "/api/v1/records/market", |record| record["validity_today"] == "in_force");
    assert!(repealed(&place.server.get("/api/v1/records/parking").json()));
    assert_eq!(place.ask("DELETE", "/api/v1/records/list", "").status, 200);
    until(&place, "/api/v1/records/parking", |record| record["validity_today"] == "in_force");
}
