//! Private numbers hidden in every answer of the server.

use std::sync::Arc;

use gongkai::config;
use gongkai_index::Embedded;
use gongkai_index::collection::masking::Masked;

use crate::support::server::put;
use crate::support::{Server, record};

/// There is no such county.
const IDENTITY: &str = "139901190001011004";
const WIDE_MOBILE: &str = "１３８００００１２３４";

#[test]
fn every_door_of_a_masked_collection_hides_them() {
    let directory = tempfile::tempdir().unwrap();
    let engine = Embedded::open(directory.path()).unwrap();
    let mut held = record("relief", &format!("低保公示 {IDENTITY}"));
    held.body = format!("第一条　公示名单\n张某{IDENTITY}，电话{WIDE_MOBILE}。\n第二条　以上");
    held.attachments = vec![gongkai_index::record::Attachment { name: format!("{IDENTITY}.pdf"), url: None }];
    let start = held.body.find("第二条").unwrap();
    held.parts = vec![gongkai_index::record::Part { title: "附件".into(), start, end: held.body.len() }];
    put(&engine, &[held]);
    let server = Server::of(Arc::new(Masked(engine)), config::Search::default());
    let doors = [
        "/api/v1/search?q=%E5%90%8D%E5%8D%95",
        &format!("/api/v1/search?q={IDENTITY}"),
        "/api/v1/search.ndjson?q=%E5%90%8D%E5%8D%95",
        "/api/v1/records/relief",
        "/d/relief",
        "/?q=%E5%90%8D%E5%8D%95",
    ];
    for door in doors {
        let reply = server.get(door);
        assert_eq!(reply.status, 200, "{door}");
        // What somebody typed himself is echoed; what the record says is not.
        let shown = reply.text.split_once("\"hits\"").map_or(reply.text.as_str(), |(_, hits)| hits);
        assert!(reply.text.contains("低保公示"), "{door}: {}", reply.text);
        assert!(!shown.contains(&IDENTITY[6..14]) && !shown.contains(WIDE_MOBILE), "{door}: {shown}");
    }
    let whole = server.get("/api/v1/records/relief").json();
    let (body, part) = (whole["body"].as_str().unwrap(), &whole["parts"][0]);
    let cut = part["start"].as_u64().unwrap() as usize..part["end"].as_u64().unwrap() as usize;
    assert_eq!(&body[cut], "第二条　以上", "places in the text stay what they are");
}
