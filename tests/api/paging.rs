//! Walks through all hits, page by page: each once, whatever happens meanwhile.

use gongkai_index::Writer;
use serde_json::Value;

use crate::support::server::put;
use crate::support::{Reply, SAMPLE, Server, record, sample};

/// The ids from this answer to the last, by `next`.
#[track_caller]
pub fn walk(server: &Server, first: Reply) -> Vec<String> {
    let mut ids = Vec::new();
    let mut reply = first;
    loop {
        assert_eq!(reply.status, 200, "{}", reply.text);
        ids.extend(reply.ids());
        let Value::String(next) = reply.json()["next"].clone() else { return ids };
        assert!(!reply.ids().is_empty(), "an empty page has no next one");
        reply = server.get(&next);
    }
}

#[track_caller]
fn assert_each_once(ids: &[String], total: u64) {
    let mut distinct = ids.to_vec();
    distinct.sort();
    distinct.dedup();
    assert_eq!((ids.len() as u64, distinct.len()), (total, ids.len()));
}

#[test]
fn cursors_visit_every_hit_once_in_any_order() {
    for sort in ["relevance", "-published_on", "published_on", "-effective_on", "effective_on", "written_on"]
    {
        for (q, per_page) in [("", "37"), ("公开", "7"), ("“通知” OR “公告”", "100"), ("“婚姻登记”", "1")]
        {
            let first = sample().search(&[("q", q), ("sort", sort), ("per_page", per_page)]);
            let total = first.total();
            assert!(total > 0, "{q}");
            assert_each_once(&walk(sample(), first), total);
        }
    }
}

#[test]
fn pages_and_cursors_give_the_same_order() {
    let by_cursor = walk(sample(), sample().search(&[("q", "公开 通知"), ("per_page", "10")]));
    let mut by_page = Vec::new();
    for page in 1..=by_cursor.len().div_ceil(10) + 1 {
        let reply = sample().search(&[("q", "公开 通知"), ("page", &page.to_string())]);
        by_page.extend(reply.ids());
    }
    assert_eq!(by_cursor, by_page);
}

#[test]
fn the_last_page_has_no_next_even_when_it_is_full() {
    let records: Vec<_> = (0..20).map(|i| record(&format!("r{i}"), "同一个标题")).collect();
    let server = Server::holding(&records);
    let first = server.search(&[("q", "标题"), ("per_page", "10")]);
    let second = server.get(first.json()["next"].as_str().expect("ten more follow"));
    assert_eq!(second.ids().len(), 10);
    assert!(second.json()["next"].is_null(), "{}", second.text);
    assert!(server.search(&[("q", "标题"), ("per_page", "20")]).json()["next"].is_null());
}

#[test]
fn a_walk_goes_on_over_commits_on_the_generation_it_began_on() {
    for (q, sort) in [("", "-published_on"), ("公开", "relevance"), ("公开 OR 通知", "published_on")] {
        let server = Server::holding(&SAMPLE);
        let engine = server.engine();
        let before = walk(&server, server.search(&[("q", q), ("sort", sort), ("per_page", "100")]));
        let first = server.search(&[("q", q), ("sort", sort), ("per_page", "20")]);
        let generation = first.header("gongkai-generation").to_owned();
        // Between two pages, what was found is changed, removed and joined by others.
        let mut writer = engine.writer().unwrap();
        for id in before.iter().step_by(3) {
            assert!(writer.delete(id).unwrap());
        }
        (0..50).for_each(|i| drop(writer.put(&record(&format!("new-{i}"), "公开 通知 新来的"))));
        writer.commit().unwrap();
        drop(writer);
        let second = server.get(first.json()["next"].as_str().unwrap());
        assert_eq!(second.header("gongkai-generation"), generation);
        let mut after = first.ids();
        after.extend(walk(&server, second));
        assert_eq!(before, after, "{q} {sort}");
        assert_ne!(server.search(&[("q", q)]).header("gongkai-generation"), generation);
    }
}

#[test]
fn a_walk_is_not_disturbed_by_a_merge() {
    let server = Server::holding(&SAMPLE);
    // Replaced records leave holes in the segments, which count in statistics until they are merged away.
    for round in 0..3 {
        let mut changed: Vec<_> = SAMPLE.iter().skip(round * 40).take(120).cloned().collect();
        for record in &mut changed {
            record.body.push_str(&"公开补充说明。".repeat(round + 1));
        }
        put(server.engine(), &changed);
    }
    let search = [("q", "公开 OR 通知"), ("per_page", "25"), ("facets", "")];
    let first = server.search(&search);
    let total = first.total();
    // In steps of another size, so that no answer is remembered from here.
    let held = walk(&server, server.search(&[("q", "公开 OR 通知"), ("per_page", "100"), ("facets", "")]));
    server.engine().writer().unwrap().optimise(1).unwrap();
    let mut ids = first.ids();
    ids.extend(walk(&server, server.get(first.json()["next"].as_str().unwrap())));
    assert_each_once(&ids, total);
    assert_eq!(ids, held);
}

#[test]
fn a_cursor_of_a_generation_that_is_gone_says_so() {
    let server = Server::holding(&SAMPLE[..50]);
    let next = server.search(&[("per_page", "10")]).json()["next"].as_str().unwrap().to_owned();
    for i in 0..12 {
        put(server.engine(), &[record(&format!("n{i}"), "新来的")]);
    }
    assert_eq!(server.get(&next).status, 200, "commits alone end no walk");
    let other = next.replacen("cursor=", "cursor=9", 1);
    server.get(&other).problem(410, "generation-gone");
}

#[test]
fn a_cursor_fits_no_other_search() {
    let first = sample().search(&[("q", "公开")]).json();
    let next = first["next"].as_str().expect("more than ten");
    let cursor = next.split("cursor=").nth(1).unwrap().split('&').next().unwrap();
    for other in [
        &[("q", "通知"), ("cursor", cursor)][..],
        &[("q", "公开"), ("kind", "policy"), ("cursor", cursor)],
        &[("q", "公开"), ("sort", "published_on"), ("cursor", cursor)],
        &[("q", "公开"), ("from", "2019"), ("cursor", cursor)],
        &[("q", "公开"), ("page", "2"), ("cursor", cursor)],
        &[("q", "公开"), ("cursor", "x")],
    ] {
        assert!(
            sample().search(other).problem(400, "parameters").contains(&"cursor".to_owned()),
            "{other:?}"
        );
    }
    // How much of it is shown, counted or listed does not make it another search.
    let narrower =
        sample().search(&[("q", "公开"), ("per_page", "3"), ("facets", "kind"), ("cursor", cursor)]);
    assert_eq!(narrower.ids(), sample().get(next).ids()[..3]);
}
