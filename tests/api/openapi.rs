//! `GET /openapi.json`: complete, and changed only on purpose.

use std::collections::BTreeSet;
use std::path::Path;

use gongkai::api::parameters::PARAMETERS;
use serde_json::Value;

use crate::support::sample_server;

/// Expected document; `GONGKAI_UPDATE=1 cargo test` writes it again.
const EXPECTED: &str = "tests/api/openapi.json";

#[test]
fn document_lists_every_route_for_programs() {
    let routes = include_str!("../../src/serving/routes.rs");
    let (pages, programs) =
        routes.split_once("fn search_routes").expect("routes are grouped by who uses them");
    let paths = |text: &str| -> BTreeSet<String> {
        let route = |rest: &str| rest.split('"').nth(1).unwrap_or_default().to_owned();
        text.split(".route(").skip(1).map(route).collect()
    };
    assert!(!paths(pages).is_empty());
    let mut served = paths(programs);
    assert!(served.remove("/openapi.json"));
    let document = sample_server().get("/openapi.json").json();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
    let listed: BTreeSet<String> = document["paths"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(listed, served);
}

#[test]
fn document_lists_every_search_parameter() {
    let document = sample_server().get("/openapi.json").json();
    let names = |path: &str| -> BTreeSet<String> {
        let parameters = document["paths"][path]["get"]["parameters"].as_array().cloned().unwrap_or_default();
        parameters.iter().map(|p| p["name"].as_str().unwrap().to_owned()).collect()
    };
    let all: BTreeSet<String> = PARAMETERS.iter().map(|p| p.name.to_owned()).collect();
    assert_eq!(names("/api/v1/search"), all);
    let unpaged = all
        .into_iter()
        .filter(|name| !["page", "per_page", "receipt", "explain"].contains(&name.as_str()))
        .collect();
    assert_eq!(names("/api/v1/search.ndjson"), unpaged);
}

#[test]
fn references_in_document_resolve() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => members.iter().for_each(|(name, member)| match member {
                Value::String(target) if name == "$ref" => found.push(target.clone()),
                other => references(other, found),
            }),
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let document = sample_server().get("/openapi.json").json();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for target in found {
        let pointer = target.strip_prefix('#').expect("within the document");
        assert!(document.pointer(pointer).is_some(), "{target}");
    }
}

#[test]
fn document_equals_the_expected_one() {
    let current = serde_json::to_string_pretty(&sample_server().get("/openapi.json").json()).unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(EXPECTED);
    if std::env::var_os("GONGKAI_UPDATE").is_some() {
        std::fs::write(&path, &current).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == current,
        "the API has changed; if on purpose, run again with GONGKAI_UPDATE=1 and look at the difference"
    );
}
