//! Tests of records.

use super::*;

fn problems(json: &str) -> Vec<String> {
    Record::from_json(json.as_bytes()).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn from_json_of_serialised_record_returns_it() {
    let json = r#"{"id":"a","kind":"policy","title":"办法","body":"第一条","issuers":["甲"],"categories":["综合政务\\其他"],"published_on":"2017-06-08","validity":"in_force","attachments":[{"name":"附件.pdf"}]}"#;
    let record = Record::from_json(json.as_bytes()).unwrap();
    assert_eq!(record.categories, ["综合政务/其他"]);
    let again = Record::from_json(&serde_json::to_vec(&record).unwrap()).unwrap();
    assert_eq!(record, again);
    assert_eq!(record.content_hash(), again.content_hash());
}

#[test]
fn from_json_with_problems_reports_all_with_fields() {
    assert_eq!(
        problems(r#"{"id":" ","kind":"law","title":"t","published_on":"2016-13-05","issuers":["甲",""]}"#),
        [
            "kind: “law” is unknown, expected one of document, policy, interpretation",
            "id: is empty, expected a unique name",
            "issuers[1]: is empty, expected a value or no field at all",
            "published_on: “2016-13-05” is not a date, expected YYYY-MM-DD such as 2017-05-15",
        ]
    );
}

#[test]
fn from_json_unreadable_names_field() {
    assert_eq!(problems(r#"{"kind":"policy","title":"t"}"#), ["id: is required and missing"]);
    assert!(
        problems(r#"{"id":"a","kind":"policy","title":"t","colour":1}"#)[0]
            .contains("unknown field `colour`")
    );
    assert!(problems(r#"{"id":"a","kind":"policy","title":"t","issuers":"甲"}"#)[0].starts_with("issuers: "));
    assert!(!problems("not json").is_empty());
    assert!(!problems(r#"{"id":"a","kind":"policy","title":"t"} x"#).is_empty());
}

#[test]
fn content_hash_ignores_key_order_and_sees_changes() {
    let hash = |json: &str| Record::from_json(json.as_bytes()).unwrap().content_hash();
    let a = hash(r#"{"id":"a","kind":"policy","title":"t"}"#);
    assert_eq!(a, hash(r#"{"title": "t", "kind":"policy", "id":"a", "body": null}"#));
    assert_ne!(a, hash(r#"{"id":"a","kind":"policy","title":"t","body":"x"}"#));
}

#[test]
fn content_hash_ignores_evidence_of_other_records() {
    let plain = Record::from_json(r#"{"id":"a","kind":"policy","title":"t"}"#.as_bytes()).unwrap();
    let json = r#"{"id":"a","kind":"policy","title":"t","validity_evidence":[{"state":"repealed","since":"2020-05-01","from":"cleanup_list","record":"l","title":"清理目录","quote":"1. t"}]}"#;
    let record = Record::from_json(json.as_bytes()).unwrap();
    assert_eq!(record.validity_evidence[0].since, parse_iso_date("2020-05-01"));
    assert_eq!(Record::from_json(&serde_json::to_vec(&record).unwrap()).unwrap(), record);
    assert_eq!(record.content_hash(), plain.content_hash());
    let own = json.replace(r#""record":"l","#, "");
    assert_ne!(Record::from_json(own.as_bytes()).unwrap().content_hash(), plain.content_hash());
    let bad = json.replace("2020-05-01", "2020-13-01");
    assert!(problems(&bad)[0].contains("validity_evidence"), "{:?}", problems(&bad));
}
