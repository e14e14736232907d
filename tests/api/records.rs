//! `GET /api/v1/records/{id}`.

use gongkai_index::Record;

use crate::support::{SAMPLE, Server, record, sample};

#[test]
fn a_record_comes_back_whole() {
    for record in SAMPLE.iter().step_by(40) {
        let reply = sample().get(&format!("/api/v1/records/{}", record.id));
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
fn any_id_can_be_asked_for() {
    let ids = ["a/b", "a b", "中文〔2019〕1号", "%41", "a?b#c", "..", "a+b", "<b>", "\"", "a\\b", "😀"];
    let records: Vec<Record> = ids.iter().map(|id| record(id, "标题")).collect();
    let server = Server::holding(&records);
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
fn what_is_not_there_is_not_found() {
    for id in ["nothing", "%E4%B8%8D", "a%2Fb", "%00"] {
        sample().get(&format!("/api/v1/records/{id}")).problem(404, "not-found");
    }
    let long = "x".repeat(5_000);
    sample().get(&format!("/api/v1/records/{long}")).problem(404, "not-found");
    let garbled = sample().get("/api/v1/records/%ff");
    assert!(
        !garbled.problem(garbled.status, "not-found").contains(&"id".to_owned()) && garbled.status == 404
    );
}
