//! Paging by cursor: every hit once, whatever is committed meanwhile.

use serde_json::Value;

use gongkai_index::RecordWriter;
use gongkai_index::backend::Load;

use crate::support::server::write_records;
use crate::support::{Reply, SAMPLE, Server, record, sample_server};

/// Follows `next` from this answer to the last; returns all ids.
#[track_caller]
pub fn collect_ids(server: &Server, first: Reply) -> Vec<String> {
    let mut ids = Vec::new();
    let mut reply = first;
    loop {
        assert_eq!(reply.status, 200, "{}", reply.text);
        ids.extend(reply.ids());
        let Value::String(next) = reply.json()["next"].clone() else { return ids };
        assert!(!reply.ids().is_empty(), "an empty page has no `next`");
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
fn cursor_in_any_order_visits_every_hit_once() {
    for sort in ["relevance", "-published_on", "published_on", "-effective_on", "effective_on", "written_on"]
    {
        for (q, per_page) in [("", "37"), ("公开", "7"), ("“通知” OR “公告”", "100"), ("“婚姻登记”", "1")]
        {
            let first = sample_server().search(&[("q", q), ("sort", sort), ("per_page", per_page)]);
            let total = first.total();
            assert!(total > 0, "{q}");
            assert_each_once(&collect_ids(sample_server(), first), total);
        }
    }
}

#[test]
fn page_numbers_and_cursors_give_same_order() {
    let by_cursor =
        collect_ids(sample_server(), sample_server().search(&[("q", "公开 通知"), ("per_page", "10")]));
    let mut by_page = Vec::new();
    for page in 1..=by_cursor.len().div_ceil(10) + 1 {
        let reply = sample_server().search(&[("q", "公开 通知"), ("page", &page.to_string())]);
        by_page.extend(reply.ids());
    }
    assert_eq!(by_cursor, by_page);
}

#[test]
fn full_last_page_has_no_next() {
    let records: Vec<_> = (0..20).map(|i| record(&format!("r{i}"), "同一个标题")).collect();
    let server = Server::with_records(&records);
    let first = server.search(&[("q", "标题"), ("per_page", "10")]);
    let second = server.get(first.json()["next"].as_str().expect("ten more follow"));
    assert_eq!(second.ids().len(), 10);
    assert!(second.json()["next"].is_null(), "{}", second.text);
    assert!(server.search(&[("q", "标题"), ("per_page", "20")]).json()["next"].is_null());
}

#[test]
fn cursor_after_commit_stays_on_its_generation() {
    for (q, sort) in [("", "-published_on"), ("公开", "relevance"), ("公开 OR 通知", "published_on")] {
        let server = Server::with_records(&SAMPLE);
        let collection = server.collection();
        let before = collect_ids(&server, server.search(&[("q", q), ("sort", sort), ("per_page", "100")]));
        let first = server.search(&[("q", q), ("sort", sort), ("per_page", "20")]);
        let generation = first.header("gongkai-generation").to_owned();
        // Between two pages hits are removed and others added.
        let mut writer = collection.writer(Load::Bulk).unwrap();
        for id in before.iter().step_by(3) {
            assert!(writer.delete(id).unwrap());
        }
        (0..50).for_each(|i| drop(writer.put(&record(&format!("new-{i}"), "公开 通知 新来的"))));
        writer.commit().unwrap();
        drop(writer);
        let second = server.get(first.json()["next"].as_str().unwrap());
        assert_eq!(second.header("gongkai-generation"), generation);
        let mut after = first.ids();
        after.extend(collect_ids(&server, second));
        assert_eq!(before, after, "{q} {sort}");
        assert_ne!(server.search(&[("q", q)]).header("gongkai-generation"), generation);
    }
}

#[test]
fn cursor_after_merge_returns_same_hits() {
    let server = Server::with_records(&SAMPLE);
    // Replaced records leave holes in the segments, which count in statistics until they are merged away.
    for round in 0..3 {
        let mut changed: Vec<_> = SAMPLE.iter().skip(round * 40).take(120).cloned().collect();
        for record in &mut changed {
            record.body.push_str(&"公开补充说明。".repeat(round + 1));
        }
        write_records(server.collection(), &changed);
    }
    let search = [("q", "公开 OR 通知"), ("per_page", "25"), ("facets", "")];
    let first = server.search(&search);
    let total = first.total();
    // In pages of another size, so that no answer comes from the cache.
    let expected =
        collect_ids(&server, server.search(&[("q", "公开 OR 通知"), ("per_page", "100"), ("facets", "")]));
    server.collection().writer(Load::Bulk).unwrap().optimise(1).unwrap();
    let mut ids = first.ids();
    ids.extend(collect_ids(&server, server.get(first.json()["next"].as_str().unwrap())));
    assert_each_once(&ids, total);
    assert_eq!(ids, expected);
}

#[test]
fn cursor_of_unknown_generation_is_gone() {
    let server = Server::with_records(&SAMPLE[..50]);
    let next = server.search(&[("per_page", "10")]).json()["next"].as_str().unwrap().to_owned();
    for i in 0..12 {
        write_records(server.collection(), &[record(&format!("n{i}"), "新来的")]);
    }
    assert_eq!(server.get(&next).status, 200, "commits alone end no cursor");
    let other = next.replacen("cursor=", "cursor=9", 1);
    server.get(&other).assert_problem(410, "generation-gone");
}

#[test]
fn cursor_of_other_search_is_refused() {
    let first = sample_server().search(&[("q", "公开")]).json();
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
            sample_server().search(other).assert_problem(400, "parameters").contains(&"cursor".to_owned()),
            "{other:?}"
        );
    }
    // Page size and facets do not make it another search.
    let narrower =
        sample_server().search(&[("q", "公开"), ("per_page", "3"), ("facets", "kind"), ("cursor", cursor)]);
    assert_eq!(narrower.ids(), sample_server().get(next).ids()[..3]);
}
