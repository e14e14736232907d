//! Masking of private numbers in every answer of the server.

use std::sync::Arc;

use gongkai::config;
use gongkai_index::Embedded;
use gongkai_index::masked::Masked;

use crate::support::server::write_records;
use crate::support::{Server, record};

/// Identity number of a county that does not exist.
const IDENTITY: &str = "139901190001011004";
const WIDE_MOBILE: &str = "１３８００００１２３４";

#[test]
fn every_path_of_masked_collection_hides_private_numbers() {
    let directory = tempfile::tempdir().unwrap();
    let engine = Embedded::open(directory.path()).unwrap();
    let mut record = record("relief", &format!("低保公示 {IDENTITY}"));
    record.body = format!("第一条　公示名单\n张某{IDENTITY}，电话{WIDE_MOBILE}。\n第二条　以上");
    record.attachments =
        vec![gongkai_index::record::Attachment { name: format!("{IDENTITY}.pdf"), url: None }];
    let start = record.body.find("第二条").unwrap();
    record.parts =
        vec![gongkai_index::record::Part { title: "附件".into(), start, end: record.body.len() }];
    write_records(&engine, &[record]);
    let server = Server::with_searcher(Arc::new(Masked(engine)), config::Search::default());
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
    let whole = server.get("/api/v1/records/relief").json();
    let (body, part) = (whole["body"].as_str().unwrap(), &whole["parts"][0]);
    let cut = part["start"].as_u64().unwrap() as usize..part["end"].as_u64().unwrap() as usize;
    assert_eq!(&body[cut], "第二条　以上", "offsets in the text do not change");
}
