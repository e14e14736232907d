//! `GET /api/v1/search.ndjson`: every match, one per line.

use serde_json::Value;

use crate::support::client::path_with_query;
use crate::support::server::write_records;
use crate::support::{Reply, Server, record, sample_server};

fn lines(reply: &Reply) -> Vec<Value> {
    reply
        .text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e} in {line}")))
        .collect()
}

#[test]
fn stream_returns_every_match_in_search_order() {
    for parameters in [
        &[][..],
        &[("q", "公开")],
        &[("q", "公开"), ("kind", "policy"), ("sort", "-published_on")],
        &[("q", "没有这样的东西")],
    ] {
        let reply = sample_server().get(&path_with_query("/api/v1/search.ndjson", parameters));
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(reply.header("content-type"), "application/x-ndjson");
        let ids: Vec<String> =
            lines(&reply).iter().map(|hit| hit["id"].as_str().unwrap().to_owned()).collect();
        let paged = super::paging::collect_ids(sample_server(), sample_server().search(parameters));
        assert_eq!(ids, paged, "{parameters:?}");
        assert_eq!(reply.header("gongkai-total"), ids.len().to_string());
        assert!(!reply.header("gongkai-generation").is_empty());
        assert!(lines(&reply).iter().all(|hit| hit.get("highlights").is_none()));
    }
}

#[test]
fn stream_of_many_chunks_during_writes_returns_each_match_once() {
    let records: Vec<_> = (0..1_700).map(|i| record(&format!("r{i:04}"), &format!("第{i}号通知"))).collect();
    let server = Server::with_records(&records);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            (0..3).for_each(|i| write_records(server.collection(), &[record(&format!("n{i}"), "新来的通知")]))
        });
        for _ in 0..3 {
            let reply = server.get(&path_with_query("/api/v1/search.ndjson", &[("q", "通知")]));
            let mut ids: Vec<String> = lines(&reply).iter().map(|hit| hit["id"].to_string()).collect();
            assert_eq!(reply.header("gongkai-total"), ids.len().to_string());
            ids.sort();
            ids.dedup();
            assert_eq!(reply.header("gongkai-total"), ids.len().to_string());
            assert!(ids.len() >= 1_700);
        }
    });
}

#[test]
fn stream_refuses_paging_parameters() {
    for query in ["page=2", "per_page=5", "receipt=true", "explain=true"] {
        let name = query.split('=').next().unwrap();
        assert_eq!(
            sample_server().get(&format!("/api/v1/search.ndjson?{query}")).assert_problem(400, "parameters"),
            [name]
        );
    }
}

#[test]
fn title_with_line_separators_stays_on_one_line() {
    let title = "关于\u{2028}分行的\u{2029}标题\u{85}测试";
    let server = Server::with_records(&[record("a", title), record("b", "第二条")]);
    let reply = server.get("/api/v1/search.ndjson?q=");
    assert!(!reply.text.contains(['\u{85}', '\u{2028}', '\u{2029}']), "{}", reply.text);
    let titles: Vec<Value> = lines(&reply).into_iter().map(|hit| hit["title"].clone()).collect();
    assert_eq!(titles.len(), 2);
    assert!(titles.contains(&title.into()), "the value is the same: {titles:?}");
}
