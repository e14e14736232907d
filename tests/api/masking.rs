//! Masking of private numbers in every answer of the server.

use gongkai::config;

use crate::support::{Server, record};

/// Identity number of a county that does not exist.
const IDENTITY: &str = "139901190001011004";
const WIDE_MOBILE: &str = "１３８００００１２３４";

#[test]
fn every_path_of_masked_collection_hides_private_numbers() {
    let directory = tempfile::tempdir().unwrap();
    let privacy = config::Privacy { mask: true };
    let settings = config::Config { data: directory.path().to_owned(), privacy, ..Default::default() };
    let mut record = record("relief", &format!("低保公示 {IDENTITY}"));
    record.body = format!("第一条　公示名单\n张某{IDENTITY}，电话{WIDE_MOBILE}。\n第二条　以上");
    record.attachments =
        vec![gongkai_index::record::Attachment { name: format!("{IDENTITY}.pdf"), url: None }];
    let start = record.body.find("第二条").unwrap();
    record.parts =
        vec![gongkai_index::record::Part { title: "附件".into(), start, end: record.body.len() }];
    let server = Server::with_settings(&[record], settings);
    let paths = [
        "/api/v1/search?q=%E5%90%8D%E5%8D%95",
        &format!("/api/v1/search?q={IDENTITY}"),
        "/api/v1/search.ndjson?q=%E5%90%8D%E5%8D%95",
        "/api/v1/records/relief",
        "/d/relief",
        "/?q=%E5%90%8D%E5%8D%95",
    ];
    for path in paths {
        let reply = server.get(path);
        assert_eq!(reply.status, 200, "{path}");
        // The query is echoed as typed; text of the record is masked.
        let shown = reply.text.split_once("\"hits\"").map_or(reply.text.as_str(), |(_, hits)| hits);
        assert!(reply.text.contains("低保公示"), "{path}: {}", reply.text);
        assert!(!shown.contains(&IDENTITY[6..14]) && !shown.contains(WIDE_MOBILE), "{path}: {shown}");
    }
    assert!(server.get("/metrics").text.contains("\ngongkai_segments 1\n"), "masking hides no figure");
    let whole = server.get("/api/v1/records/relief").json();
    let (body, part) = (whole["body"].as_str().unwrap(), &whole["parts"][0]);
    let cut = part["start"].as_u64().unwrap() as usize..part["end"].as_u64().unwrap() as usize;
    assert_eq!(&body[cut], "第二条　以上", "offsets in the text do not change");
}

/// Two versions of one list, each with a private number in its title, and a key for operators.
fn server_with_related_lists(mask: bool) -> (Server, String, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let privacy = config::Privacy { mask };
    let settings = config::Config { data: directory.path().to_owned(), privacy, ..Default::default() };
    let key = gongkai::access::KeyRing::new(settings.keys_file())
        .add("operator", gongkai::access::Scope::Admin)
        .unwrap();
    let list = |id: &str, day: &str| {
        let mut list = record(id, &format!("张某{IDENTITY}低保审批办法"));
        list.kind = gongkai_index::Kind::Policy;
        list.published_on = gongkai_index::record::parse_iso_date(day);
        list.body = format!("第一条　{id}\n张某{IDENTITY}按照《没有入库的{IDENTITY}号办法》领取低保。");
        list
    };
    let server = Server::with_settings(&[list("old", "2018-01-01"), list("new", "2020-01-01")], settings);
    (server, key, directory)
}

#[test]
fn private_numbers_follow_the_setting_on_every_door() {
    for mask in [false, true] {
        let (server, key, _directory) = server_with_related_lists(mask);
        let search = server.search(&[("q", "低保审批"), ("receipt", "true")]);
        let versions = server.get("/api/v1/records/old").json()["related"]["versions"].to_string();
        let page = server.get("/d/old").text;
        let review = server.call_with_key(&key, "GET", "/api/v1/admin/review?issue=dangling_citation");
        let csv = server.call_with_key(&key, "GET", "/api/v1/admin/review.csv");
        assert_eq!((review.status, csv.status), (200, 200), "{}", review.text);
        let hits = search.json()["hits"].to_string();
        for (door, text) in [
            ("hits", &hits),
            ("versions", &versions),
            ("page", &page),
            ("review", &review.text),
            ("review.csv", &csv.text),
        ] {
            assert!(text.contains("低保审批办法"), "{door}: {text}");
            assert_eq!(text.contains(&IDENTITY[6..14]), !mask, "{door} with mask {mask}: {text}");
        }
    }
}
