//! `server.base_path`: every path is served below it, and every link leads below it.

use std::collections::BTreeSet;

use gongkai::config::Config;
use gongkai::links::BasePath;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::client::path_with_query;
use crate::support::{SAMPLE, Server};

const BASE: &str = "/gov/search";

fn server_below_base() -> (Server, TempDir) {
    let directory = TempDir::new().unwrap();
    let mut settings = Config { data: directory.path().to_owned(), ..Config::default() };
    settings.server.base_path = BasePath::try_from(BASE.to_owned()).unwrap();
    settings.limits.per_minute = 0;
    (Server::with_settings(&SAMPLE, settings), directory)
}

/// Links of a page to this server, without fragments.
fn links(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    for name in ["href=\"", "src=\"", "action=\""] {
        for part in html.split(name).skip(1) {
            let value = part.split('"').next().unwrap_or_default();
            let plain = value.replace("&amp;", "&").replace("&#38;", "&").replace("&#x26;", "&");
            let target = plain.split('#').next().unwrap_or_default().to_owned();
            if !target.is_empty() && !target.starts_with("http://") && !target.starts_with("https://") {
                found.push(target);
            }
        }
    }
    found
}

/// Collects every `url` and `next` of an answer.
fn collect_urls(json: &Value, urls: &mut Vec<String>) {
    match json {
        Value::Array(values) => values.iter().for_each(|value| collect_urls(value, urls)),
        Value::Object(members) => {
            for (name, value) in members {
                match value.as_str() {
                    Some(text) if name == "url" || name == "next" => urls.push(text.to_owned()),
                    _ => collect_urls(value, urls),
                }
            }
        }
        _ => {}
    }
}

#[test]
fn page_links_stay_below_base_path_and_work() {
    let (server, _directory) = server_below_base();
    let mut paths = vec![
        format!("{BASE}/"),
        path_with_query(&format!("{BASE}/"), &[("q", "养老")]),
        path_with_query(&format!("{BASE}/"), &[("q", "正务公开")]),
        path_with_query(&format!("{BASE}/"), &[("q", "通知"), ("kind", "policy"), ("as_of", "2024-01-01")]),
    ];
    let mut seen: BTreeSet<String> = paths.iter().cloned().collect();
    let mut visited = 0;
    // Two steps from these pages, so that every kind of link occurs.
    for step in 0..3 {
        let mut further = Vec::new();
        for path in paths.drain(..) {
            let reply = server.get(&path);
            assert_eq!(reply.status, 200, "{path}: {}", reply.text);
            visited += 1;
            if !reply.header("content-type").starts_with("text/html") {
                continue;
            }
            for link in links(&reply.text) {
                assert!(link.starts_with(&format!("{BASE}/")), "{link} on {path}");
                if step < 2 && visited < 400 && seen.insert(link.clone()) {
                    further.push(link);
                }
            }
        }
        // Enough of each kind, in any order.
        further.truncate(150);
        paths = further;
    }
    assert!(visited > 100 && seen.iter().any(|path| path.starts_with(&format!("{BASE}/d/"))), "{visited}");
    assert!(
        seen.iter().any(|path| path.contains("/assets/")) && seen.iter().any(|path| path.contains("/api/"))
    );
}

#[test]
fn problem_pages_link_below_base_path() {
    let (server, _directory) = server_below_base();
    for path in ["/gov/search/nowhere", "/gov/search/d/nothing", "/gov/search/?sort=x", "/elsewhere"] {
        let reply = server.send(&crate::support::client::Request {
            headers: &[("accept", "text/html")],
            ..crate::support::client::Request::get(path)
        });
        assert!(reply.status >= 400, "{path}");
        assert!(reply.header("content-type").starts_with("text/html"), "{path}");
        let links = links(&reply.text);
        assert!(!links.is_empty());
        for link in links {
            assert!(link.starts_with(&format!("{BASE}/")), "{link} on {path}");
            assert_eq!(server.get(&link).status, 200, "{link}");
        }
    }
}

#[test]
fn api_urls_stay_below_base_path() {
    let (server, _directory) = server_below_base();
    let found =
        server.get(&path_with_query("/gov/search/api/v1/search", &[("q", "通知"), ("per_page", "3")]));
    let (mut all, mut records) = (Vec::new(), Vec::new());
    collect_urls(&found.json(), &mut all);
    assert!(found.json()["next"].is_string());
    for line in server.get("/gov/search/api/v1/search.ndjson?q=养老").text.lines().take(3) {
        collect_urls(&serde_json::from_str(line).unwrap(), &mut all);
    }
    for hit in found.json()["hits"].as_array().unwrap() {
        let id = hit["id"].as_str().unwrap();
        let record = server.get(&format!("/gov/search/api/v1/records/{id}"));
        assert_eq!(record.status, 200);
        collect_urls(&record.json(), &mut records);
    }
    assert!(all.len() >= 6 && records.len() >= 3, "{all:?} {records:?}");
    for url in all.iter().chain(&records).filter(|url| !url.starts_with("http")) {
        assert!(url.starts_with("/gov/search/"), "{url}");
        let page = url.split('#').next().unwrap();
        assert_eq!(server.get(page).status, 200, "{url}");
    }
    let document = server.get("/gov/search/openapi.json").json();
    assert_eq!(document["servers"][0]["url"], BASE);
    assert!(Server::with_records(&[]).get("/openapi.json").json()["servers"].is_null());
}

#[test]
fn paths_without_base_path_are_served_too() {
    let (server, _directory) = server_below_base();
    for path in ["/livez", "/readyz", "/metrics", "/assets/style.css", "/favicon.ico", "/?q=养老"] {
        assert_eq!(server.get(path).status, 200, "{path}");
        assert_eq!(server.get(&format!("{BASE}{path}")).status, 200, "{path}");
    }
    assert_eq!(server.get(BASE).status, 200, "without the trailing slash");
    assert!(links(&server.get("/?q=养老").text).iter().all(|link| link.starts_with("/gov/search/")));
    assert_eq!(server.get("/gov/searching/").status, 404);
    // Rate limits and conditional requests treat both forms alike.
    let page = server.get("/gov/search/?q=养老");
    assert!(page.header("etag").starts_with("W/"));
    assert_eq!(
        server.status_line_for(b"GET /gov/search/livez HTTP/1.1\r\nHost: a\r\n\r\n"),
        "HTTP/1.1 200 OK"
    );
}

#[test]
fn review_page_links_stay_below_base_path() {
    let (server, directory) = server_below_base();
    let key = crate::keys::add_key(&directory, "operator", "admin");
    let page = server.call_with_key(&key, "GET", "/gov/search/review");
    assert_eq!(page.status, 200, "{}", page.text);
    let links = links(&page.text);
    assert!(links.iter().any(|link| link.contains("review.csv")), "{links:?}");
    for link in links {
        assert!(link.starts_with(&format!("{BASE}/")), "{link}");
        assert_eq!(server.call_with_key(&key, "GET", &link).status, 200, "{link}");
    }
}
