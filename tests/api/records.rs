//! `GET /api/v1/records/{id}`: whole records under any id.

use std::sync::atomic::{AtomicBool, Ordering};

use gongkai_index::backend::Load;
use gongkai_index::{Record, RecordWriter};

use crate::support::{SAMPLE, Server, record, sample_server};

#[test]
fn record_is_returned_whole() {
    for record in SAMPLE.iter().step_by(40) {
        let reply = sample_server().get(&format!("/api/v1/records/{}", record.id));
        assert_eq!(reply.status, 200, "{}", reply.text);
        let mut json = reply.json();
        assert_eq!(json["url"], format!("/d/{}", record.id));
        assert_eq!(reply.header("gongkai-generation"), json["generation"].to_string());
        let whole = serde_json::to_value(record).unwrap();
        json.as_object_mut().unwrap().retain(|member, _| whole.get(member).is_some());
        assert_eq!(json, whole);
    }
}

#[test]
fn record_with_special_characters_in_id_is_found() {
    let ids = ["a/b", "a b", "中文〔2019〕1号", "%41", "a?b#c", "..", "a+b", "<b>", "\"", "a\\b", "😀"];
    let records: Vec<Record> = ids.iter().map(|id| record(id, "标题")).collect();
    let server = Server::with_records(&records);
    let hits = server.search(&[("per_page", "100")]).json()["hits"].as_array().unwrap().clone();
    assert_eq!(hits.len(), ids.len());
    for hit in hits {
        let (id, url) = (hit["id"].as_str().unwrap(), hit["url"].as_str().unwrap());
        let page = server.get(url);
        assert_eq!(page.status, 200, "{id} at {url}: {}", page.text);
        let reply = server.get(&url.replacen("/d/", "/api/v1/records/", 1));
        assert_eq!(reply.json()["id"], id);
    }
}

#[test]
fn unknown_id_is_not_found() {
    for id in ["nothing", "%E4%B8%8D", "a%2Fb", "%00"] {
        sample_server().get(&format!("/api/v1/records/{id}")).assert_problem(404, "not-found");
    }
    let long = "x".repeat(5_000);
    sample_server().get(&format!("/api/v1/records/{long}")).assert_problem(404, "not-found");
    let garbled = sample_server().get("/api/v1/records/%ff");
    assert!(
        !garbled.assert_problem(garbled.status, "not-found").contains(&"id".to_owned())
            && garbled.status == 404
    );
}

#[test]
fn outline_anchors_exist_on_the_page() {
    let mut notice = record("notice", "关于印发《甲办法》的通知");
    notice.body =
        "现印发给你们。\n第一条　本通知有附件。\n甲办法\n第一章　总则\n第一条　为了规范。第二条　内容。\n\
                 序号 | 名称\n1 | 某事项\n第二章　附则\n第三条　施行。"
            .to_owned();
    let start = notice.body.find("甲办法").unwrap();
    notice.parts =
        vec![gongkai_index::record::Part { title: "甲办法".into(), start, end: notice.body.len() }];
    notice.inferred.insert(
        "written_on".into(),
        gongkai_index::record::Inference { from: "signature".into(), evidence: "2020年1月2日".into() },
    );
    notice.written_on = gongkai_index::record::parse_iso_date("2020-01-02");
    notice.provenance = Some(gongkai_index::record::Provenance {
        origin: gongkai_index::record::Origin::Reprint,
        reason: "网站不是发文机关的".into(),
    });
    let server = Server::with_records(&[notice]);
    let reply = server.get("/api/v1/records/notice").json();
    let outline = reply["outline"].as_array().unwrap();
    let anchors: Vec<&str> = outline.iter().map(|section| section["anchor"].as_str().unwrap()).collect();
    assert_eq!(anchors, ["第一条", "附件1", "第一章", "第一条~2", "第二条", "第二章", "第三条"]);
    let second = &outline[4];
    let body = reply["body"].as_str().unwrap();
    let cut = second["start"].as_u64().unwrap() as usize..second["end"].as_u64().unwrap() as usize;
    assert!(body[cut].starts_with("第二条　内容。"), "{second}");
    assert_eq!(reply["provenance"]["origin"], "reprint");
    assert_eq!(reply["inferred"]["written_on"]["evidence"], "2020年1月2日");
    let page = server.get(outline[4]["url"].as_str().unwrap().split('#').next().unwrap()).page();
    for anchor in &anchors {
        assert_eq!(page.matches(&format!("id=\"{anchor}\"")).count(), 1, "{anchor}: {page}");
    }
    assert!(page.contains("<td>某事项</td>"), "table rows become rows");
    assert!(
        page.contains("推断自落款：2020年1月2日")
            && page.contains("转载")
            && page.contains("网站不是发文机关的")
    );
}

/// Record whose title names the generation that it is written by.
fn record_of_generation(generation: u64) -> Record {
    record("same", &format!("第{generation}版"))
}

#[test]
fn record_read_during_commits_names_the_generation_it_was_read_from() {
    let server = Server::with_records(&[record_of_generation(1)]);
    let is_finished = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut writer = server.collection().writer(Load::Few).unwrap();
            for generation in 2..=80 {
                writer.put(&record_of_generation(generation)).unwrap();
                assert_eq!(writer.commit().unwrap(), generation);
            }
            is_finished.store(true, Ordering::Relaxed);
        });
        while !is_finished.load(Ordering::Relaxed) {
            let reply = server.get("/api/v1/records/same");
            let title = format!("第{}版", reply.header("gongkai-generation"));
            assert_eq!(reply.json()["title"], title);
            let page = server.get("/d/same");
            let title = format!("第{}版", page.header("gongkai-generation"));
            assert!(page.text.contains(&title), "{title}: {}", page.text);
        }
    });
}
