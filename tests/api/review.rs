//! `GET /api/v1/admin/review` and its page: findings for operators.

use gongkai::access::Scope;
use gongkai::access::key_ring::KeyRing;
use gongkai::config::Config;
use gongkai_index::backend::Load;
use gongkai_index::record::{Kind, parse_iso_date};
use gongkai_index::{Record, RecordWriter};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::Server;
use crate::support::client::Request;

fn policy(id: &str, title: &str, published: &str) -> Record {
    let mut record = Record::new(id, Kind::Policy, title);
    record.published_on = parse_iso_date(published);
    record.issuers = vec!["河北省教育厅".into()];
    record.body = format!("{title}的正文，{id}，根据《河北省没有入库的某某条例》制定。");
    record
}

fn interpretation_of(id: &str, title: &str, published: &str) -> Record {
    let mut record = Record::new(id, Kind::Interpretation, format!("《{title}》政策解读"));
    record.published_on = parse_iso_date(published);
    record
}

/// Records with findings of most kinds.
fn records_with_findings() -> [Record; 7] {
    let mut private = policy("private", "河北省名单公示办法", "2023-09-28");
    private.body.push_str("联系人身份证号码11010519491231002X。");
    [
        policy("late", "河北省学校食堂管理办法", "2023-09-28"),
        // Three working days later: 7, 8 and 9 October were worked.
        interpretation_of("in-time", "河北省校车安全管理办法", "2023-10-09"),
        policy("timely", "河北省校车安全管理办法", "2023-09-28"),
        interpretation_of("too-late", "河北省学校食堂管理办法", "2023-10-10"),
        policy("old", "河北省学校档案管理办法", "1999-01-04"),
        interpretation_of("old-told", "河北省学校档案管理办法", "1999-03-04"),
        private,
    ]
}

#[test]
fn review_counts_lists_and_exports_findings() {
    let data = TempDir::new().unwrap();
    let settings = Config { data: data.path().to_owned(), ..Config::default() };
    let key = KeyRing::new(settings.keys_file()).add("operator", Scope::Admin).unwrap();
    let server = Server::with_settings(&records_with_findings(), settings);
    assert_eq!(server.get("/api/v1/admin/review").status, 401);
    let review = |query: &str| -> Value {
        let reply = server.call_with_key(&key, "GET", &format!("/api/v1/admin/review{query}"));
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()
    };
    let counts: Vec<(String, u64)> = review("")["counts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| (c["issue"].as_str().unwrap().to_owned(), c["count"].as_u64().unwrap()))
        .collect();
    let expected = [
        ("without_interpretation", 1),
        ("late_interpretation", 1),
        ("undecided_interpretation", 1),
        ("without_validity", 4),
        ("conflict", 0),
        ("dangling_citation", 4),
        ("lapsed_basis", 0),
        ("personal_data", 1),
    ];
    assert_eq!(counts, expected.map(|(issue, count)| (issue.to_owned(), count)));
    let late = review("?issue=late_interpretation");
    assert_eq!(late["findings"][0]["record"]["id"], "too-late");
    assert_eq!(late["findings"][0]["other"]["id"], "late");
    assert_eq!(late["findings"][0]["working_days"], 4);
    let dangling =
        review("?issue=dangling_citation&issuer=%E6%B2%B3%E5%8C%97%E7%9C%81%E6%95%99%E8%82%B2%E5%8E%85");
    assert_eq!(dangling["findings"][0]["cited"][0], "《河北省没有入库的某某条例》");
    let table = server.call_with_key(&key, "GET", "/api/v1/admin/review.csv?issue=personal_data");
    assert_eq!(table.text.lines().count(), 2);
    assert!(table.text.contains("private") && !table.text.contains("194912"), "{}", table.text);
    let by_issuer = review("?issue=dangling_citation");
    let by_count: Vec<(Option<&str>, u64, u64)> = by_issuer["issuers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| (i["issuer"].as_str(), i["count"].as_u64().unwrap(), i["citations"].as_u64().unwrap()))
        .collect();
    assert_eq!(by_count, [(Some("河北省教育厅"), 4, 4)]);
    assert_eq!((by_issuer["total"].as_u64(), by_issuer["issuers_total"].as_u64()), (Some(4), Some(1)));
    assert_eq!(by_issuer["findings"][0]["cited_total"], 1);
    let unnamed = review("?issue=late_interpretation&issuer=_missing");
    assert_eq!(unnamed["findings"][0]["record"]["id"], "too-late");
    assert_eq!(review("?issue=dangling_citation&issuer=_missing")["total"], 0);
    let grouped =
        server.call_with_key(&key, "GET", "/api/v1/admin/review.csv?issue=dangling_citation&group=issuer");
    assert_eq!(grouped.text.lines().nth(1), Some("引用的文件未入库,河北省教育厅,4,4"), "{}", grouped.text);
    let wrong = server.call_with_key(&key, "GET", "/api/v1/admin/review.csv?group=colour");
    assert_eq!(wrong.assert_problem(400, "parameters"), ["group"]);
    let wrong = server.call_with_key(&key, "GET", "/api/v1/admin/review?issue=all&page=0");
    assert!(!wrong.assert_problem(400, "parameters").is_empty());
}

#[test]
fn review_csv_escapes_formulas_of_every_width() {
    let data = TempDir::new().unwrap();
    let settings = Config { data: data.path().to_owned(), ..Config::default() };
    let key = KeyRing::new(settings.keys_file()).add("operator", Scope::Admin).unwrap();
    let formulas =
        ["=1", "+1", "-1", "@1", "＝1", "＋1", "－1", "＠1", " =1", "\u{3000}＝1", "\u{feff}\u{200b}=1"];
    let plain = ["第1号", "甲=1", "１－２"];
    let records: Vec<Record> = formulas
        .iter()
        .chain(&plain)
        .enumerate()
        .map(|(n, start)| policy(&format!("p{n:02}"), &format!("{start}办法"), "2023-09-28"))
        .collect();
    let server = Server::with_settings(&records, settings);
    let table = server.call_with_key(&key, "GET", "/api/v1/admin/review.csv?issue=without_validity").text;
    let mut reader = csv::Reader::from_reader(table.trim_start_matches('\u{feff}').as_bytes());
    let mut titles: Vec<(String, String)> =
        reader.records().map(|row| row.unwrap()).map(|row| (row[1].to_owned(), row[2].to_owned())).collect();
    titles.sort();
    let expected = formulas.iter().map(|start| format!("'{start}办法"));
    let expected: Vec<String> = expected.chain(plain.iter().map(|start| format!("{start}办法"))).collect();
    assert_eq!(titles.into_iter().map(|(_, title)| title).collect::<Vec<_>>(), expected);
}

/// `Authorization` header of a browser whose user typed a name and this key.
fn basic_header(key: &str) -> String {
    use base64::Engine;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("any:{key}")))
}

#[test]
fn review_page_asks_for_admin_key() {
    let data = TempDir::new().unwrap();
    let settings = Config { data: data.path().to_owned(), ..Config::default() };
    let keys = KeyRing::new(settings.keys_file());
    let mut records: Vec<Record> = (0..130)
        .map(|n| policy(&format!("p{n:03}"), &format!("河北省第{n}号管理办法"), "2023-09-28"))
        .collect();
    records.push(interpretation_of("too-late", "河北省第7号管理办法", "2023-10-10"));
    let server = Server::with_settings(&records, settings);
    assert_eq!(server.get("/review").status, 403, "there is no key yet");
    let key = keys.add("operator", Scope::Admin).unwrap();
    let reader = keys.add("reader", Scope::Read).unwrap();
    let refused = server.get("/review");
    assert_eq!(refused.status, 401);
    assert_eq!(refused.header("www-authenticate"), "Basic realm=\"gongkai\", charset=\"UTF-8\"");
    assert!(refused.text.contains("这一页需要管理密钥"), "{}", refused.text);
    let ask = |method: &str, path: &str, key: &str| {
        let header = basic_header(key);
        let headers = [("authorization", header.as_str())];
        let body: Option<&[u8]> = (method == "POST").then_some(b"{}");
        server.send(&Request { method, headers: &headers, body, ..Request::get(path) })
    };
    assert_eq!(ask("GET", "/review", "gk_wrong").status, 401);
    assert_eq!(ask("GET", "/review", &reader).status, 403);
    // Basic credentials, which a browser sends by itself, change nothing.
    assert_eq!(ask("DELETE", "/api/v1/records/p001", &key).status, 401);
    assert_eq!(ask("POST", "/api/v1/records", &key).status, 401);

    let page = ask("GET", "/review", &key);
    assert_eq!(page.status, 200, "{}", page.text);
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(page.text.contains("引用的文件未入库") && page.text.contains("2010 至 2026 年"));
    let dangling = ask("GET", "/review?issue=dangling_citation", &key).text;
    assert!(dangling.contains("引用的文件未入库（130）"), "{dangling}");
    assert_eq!(dangling.matches("《河北省没有入库的某某条例》").count(), 100);
    assert!(dangling.contains("130 件，未入库的引用 130 处"));
    assert!(dangling.contains("href=\"/d/p000\"") && dangling.contains("review.csv?issue=dangling_citation"));
    let second = ask("GET", "/review?issue=dangling_citation&page=2", &key).text;
    assert_eq!(second.matches("《河北省没有入库的某某条例》").count(), 30);
    assert!(
        second.contains("start=\"101\"")
            && second.contains("rel=\"prev\"")
            && !second.contains("rel=\"next\"")
    );
    let late = ask("GET", "/review?issue=late_interpretation", &key).text;
    assert!(late.contains("相隔 4 个工作日") && late.contains("河北省第7号管理办法"), "{late}");
    assert_eq!(ask("GET", "/review?issue=all", &key).status, 400);
    assert_eq!(
        ask("GET", "/api/v1/admin/review.csv?issue=dangling_citation", &key).text.lines().count(),
        131
    );
}

#[test]
fn review_page_links_stay_below_base_path() {
    let data = TempDir::new().unwrap();
    let mut settings = Config { data: data.path().to_owned(), ..Config::default() };
    settings.server.base_path = gongkai::links::BasePath::try_from("/gov/search".to_owned()).unwrap();
    let key = KeyRing::new(settings.keys_file()).add("operator", Scope::Admin).unwrap();
    let server = Server::with_settings(&[policy("p", "河北省某管理办法", "2023-09-28")], settings);
    let header = basic_header(&key);
    let headers = [("authorization", header.as_str())];
    let path = "/gov/search/review?issue=dangling_citation";
    let page = server.send(&Request { headers: &headers, ..Request::get(path) }).text;
    for link in page.split("href=\"").skip(1).map(|part| part.split('"').next().unwrap_or_default()) {
        assert!(link.starts_with("/gov/search/") || link.starts_with('#'), "{link}");
    }
    assert!(page.contains("/gov/search/d/p\""), "{page}");
}

#[test]
fn review_csv_during_commits_names_the_generation_it_was_read_from() {
    let data = TempDir::new().unwrap();
    let settings = Config { data: data.path().to_owned(), ..Config::default() };
    let key = KeyRing::new(settings.keys_file()).add("operator", Scope::Admin).unwrap();
    let of_generation = |generation: u64| policy("same", &format!("第{generation}版办法"), "2023-09-28");
    let server = Server::with_settings(&[of_generation(1)], settings);
    let is_finished = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut writer = server.collection().writer(Load::Few).unwrap();
            for generation in 2..=60 {
                writer.put(&of_generation(generation)).unwrap();
                assert_eq!(writer.commit().unwrap(), generation);
            }
            is_finished.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        while !is_finished.load(std::sync::atomic::Ordering::Relaxed) {
            let reply = server.call_with_key(&key, "GET", "/api/v1/admin/review.csv");
            assert_eq!(reply.status, 200, "{}", reply.text);
            let title = format!("第{}版办法", reply.header("gongkai-generation"));
            assert!(reply.text.contains(&title), "{title}: {}", reply.text);
        }
    });
}
