//! `GET /api/v1/search.ndjson`: every match, one a line.

use serde_json::Value;

use crate::support::client::address;
use crate::support::server::put;
use crate::support::{Reply, Server, record, sample};

fn lines(reply: &Reply) -> Vec<Value> {
    reply
        .text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e} in {line}")))
        .collect()
}

#[test]
fn every_match_comes_once_in_the_order_of_the_search() {
    for parameters in [
        &[][..],
        &[("q", "公开")],
        &[("q", "公开"), ("kind", "policy"), ("sort", "-published_on")],
        &[("q", "没有这样的东西")],
    ] {
        let reply = sample().get(&address("/api/v1/search.ndjson", parameters));
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(reply.header("content-type"), "application/x-ndjson");
        let ids: Vec<String> =
            lines(&reply).iter().map(|hit| hit["id"].as_str().unwrap().to_owned()).collect();
        let paged = super::paging::walk(sample(), sample().search(parameters));
        assert_eq!(ids, paged, "{parameters:?}");
        assert_eq!(reply.header("gongkai-total"), ids.len().to_string());
        assert!(!reply.header("gongkai-generation").is_empty());
        assert!(lines(&reply).iter().all(|hit| hit.get("highlights").is_none()));
    }
}

#[test]
fn more_than_one_chunk_is_still_each_once_while_others_write() {
    let records: Vec<_> = (0..1_700).map(|i| record(&format!("r{i:04}"), &format!("第{i}号通知"))).collect();
    let server = Server::holding(&records);
    std::thread::scope(|scope| {
        scope.spawn(|| (0..3).for_each(|i| put(server.engine(), &[record(&format!("n{i}"), "新来的通知")])));
        for _ in 0..3 {
            let reply = server.get(&address("/api/v1/search.ndjson", &[("q", "通知")]));
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
fn pages_have_no_meaning_here() {
    for query in ["page=2", "per_page=5"] {
        let name = query.split('=').next().unwrap();
        assert_eq!(
            sample().get(&format!("/api/v1/search.ndjson?{query}")).problem(400, "parameters"),
            [name]
        );
    }
}
