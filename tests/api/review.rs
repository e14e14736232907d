//! `GET /api/v1/admin/review`: what an operator should look at.

use gongkai::access::Scope;
use gongkai::access::keyring::KeyRing;
use gongkai::config::Config;
use gongkai_index::Record;
use gongkai_index::record::{Kind, parse_iso_date};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::Server;

fn policy(id: &str, title: &str, published: &str) -> Record {
    let mut record = Record::new(id, Kind::Policy, title);
    record.published_on = parse_iso_date(published);
    record.issuers = vec!["河北省教育厅".into()];
    record.body = format!("{title}的正文，{id}，根据《河北省没有入库的某某条例》制定。");
    record
}

fn explained(id: &str, title: &str, published: &str) -> Record {
    let mut record = Record::new(id, Kind::Interpretation, format!("《{title}》政策解读"));
    record.published_on = parse_iso_date(published);
    record
}

#[test]
fn every_kind_of_finding_is_counted_listed_and_in_the_table() {
    let data = TempDir::new().unwrap();
    let settings = Config { data: data.path().to_owned(), ..Config::default() };
    let mut private = policy("private", "河北省名单公示办法", "2023-09-28");
    private.body.push_str("联系人身份证号码11010519491231002X。");
    let records = [
        policy("late", "河北省学校食堂管理办法", "2023-09-28"),
        // Three working days later: 7, 8 and 9 October were worked.
        explained("in-time", "河北省校车安全管理办法", "2023-10-09"),
        policy("timely", "河北省校车安全管理办法", "2023-09-28"),
        explained("too-late", "河北省学校食堂管理办法", "2023-10-10"),
        policy("old", "河北省学校档案管理办法", "1999-01-04"),
        explained("old-told", "河北省学校档案管理办法", "1999-03-04"),
        private,
    ];
    let key = KeyRing::new(settings.keys_file()).add("operator", Scope::Admin).unwrap();
    let server = Server::holding_with(&records, settings);
    assert_eq!(server.get("/api/v1/admin/review").status, 401);
    let review = |query: &str| -> Value {
        let reply = server.with_key(&key, "GET", &format!("/api/v1/admin/review{query}"));
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
    let table = server.with_key(&key, "GET", "/api/v1/admin/review.csv?issue=personal_data");
    assert_eq!(table.text.lines().count(), 2);
    assert!(table.text.contains("private") && !table.text.contains("194912"), "{}", table.text);
    let wrong = server.with_key(&key, "GET", "/api/v1/admin/review?issue=all&page=0");
    assert!(!wrong.problem(400, "parameters").is_empty());
}
