//! HTTP around the handlers: rate limits, headers, conditional requests, slow and hostile clients.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use gongkai::config::{self, Config, Limits};
use gongkai_index::Record;
use tempfile::TempDir;

use crate::support::client::Request;
use crate::support::{Reply, SAMPLE, Server, Stub, sample_server};

/// Server of the sample with changed settings.
struct ConfiguredServer {
    server: Server,
    _data: TempDir,
}

impl ConfiguredServer {
    fn new(change: impl FnOnce(&mut Config)) -> Self {
        let data = TempDir::new().unwrap();
        let mut settings = Config { data: data.path().to_owned(), ..Config::default() };
        change(&mut settings);
        Self { server: Server::with_settings(&SAMPLE, settings), _data: data }
    }

    /// Sends `GET` as a client at that address, through a proxy on this machine.
    fn get_from(&self, address: &str, path: &str) -> Reply {
        self.server.send(&Request { headers: &[("x-forwarded-for", address)], ..Request::get(path) })
    }
}

fn set_proxy_and_limits(settings: &mut Config) {
    settings.server.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    // One more request after an hour: none during the test.
    settings.limits =
        Limits { burst: 3, per_minute: 1, exports_burst: 1, exports_per_minute: 1, ..count_requests() };
}

/// Limits by which every request costs one unit, however much work it is on this machine.
fn count_requests() -> Limits {
    Limits { unit_ms: 0, unit_kib: 0, ..Limits::default() }
}

#[test]
fn client_beyond_rate_limit_is_refused_with_headers() {
    let configured = ConfiguredServer::new(set_proxy_and_limits);
    let remaining = |reply: &Reply| {
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(reply.header("ratelimit-policy"), "\"address\";q=3;w=180");
        reply.header("ratelimit").split(';').nth(1).unwrap_or_default().to_owned()
    };
    let search = "/api/v1/search?q=a";
    let seen: Vec<String> = (0..3).map(|_| remaining(&configured.get_from("198.51.100.7", search))).collect();
    assert_eq!(seen, ["r=2", "r=1", "r=0"]);
    let refused = configured.get_from("198.51.100.7", search);
    refused.assert_problem(429, "rate");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait) && refused.header("ratelimit").contains(&format!("t={wait}")));
    assert_eq!(configured.get_from("198.51.100.7", "/").status, 429, "pages are requests too");
    assert_eq!(configured.get_from("198.51.100.7", "/readyz").status, 200);
    assert_eq!(
        configured.get_from("198.51.100.8", search).status,
        200,
        "other clients have a limit of their own"
    );

    for (n, address) in ["2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff::3"].iter().enumerate() {
        assert_eq!(
            remaining(&configured.get_from(address, search)),
            format!("r={}", 2 - n),
            "a /64 is one client"
        );
    }
    assert_eq!(configured.get_from("2001:db8:0:1::1", search).status, 200);
}

#[test]
fn exports_are_limited_apart_and_keys_have_larger_limits() {
    let configured = ConfiguredServer::new(set_proxy_and_limits);
    // One chunk: a longer one would wait for its budget.
    let export = "/api/v1/search.ndjson?q=%E5%85%AC%E7%A7%AF%E9%87%91";
    assert_eq!(configured.get_from("198.51.100.7", export).status, 200);
    let refused = configured.get_from("198.51.100.7", export);
    refused.assert_problem(429, "rate");
    assert!(refused.header("ratelimit-policy").starts_with("\"address-exports\""));
    assert_eq!(configured.get_from("198.51.100.7", "/api/v1/search").status, 200, "searching goes on");

    let keys = gongkai::access::KeyRing::new(configured._data.path().join("keys.json"));
    let key = keys.add("archive", gongkai::access::Scope::Read).unwrap();
    for _ in 0..5 {
        let reply = configured.server.call_with_key(&key, "GET", export);
        assert_eq!(reply.status, 200);
        assert!(reply.header("ratelimit-policy").starts_with("\"key-exports\""));
    }
}

#[test]
fn forwarded_address_from_untrusted_peer_is_ignored() {
    let configured = ConfiguredServer::new(|settings| {
        set_proxy_and_limits(settings);
        settings.server.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    });
    for _ in 0..10 {
        // These come from this machine, which has no limit.
        let reply = configured.server.get("/api/v1/search");
        assert_eq!((reply.status, reply.header("ratelimit")), (200, ""));
    }
    // These come through a proxy that nobody named: all its clients are one.
    let seen = [7, 8, 9, 10].map(|n| configured.get_from(&format!("198.51.100.{n}"), "/").status);
    assert_eq!(seen, [200, 200, 200, 429]);
}

#[test]
fn answers_carry_generation_and_security_headers() {
    for path in ["/", "/livez", "/readyz", "/nothing", "/api/v1/search?x=1", "/assets/style.css", "/d/none"] {
        let reply = sample_server().get(path);
        assert_eq!(reply.header("gongkai-generation"), "1", "{path}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        let policy = reply.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(reply.header("access-control-allow-origin"), "", "{path}");
    }
    assert_eq!(sample_server().call("DELETE", "/").header("gongkai-generation"), "1");
}

#[test]
fn cors_headers_are_sent_to_configured_origins_alone() {
    let configured = ConfiguredServer::new(|settings| {
        settings.server.cors_origins = vec!["https://portal.example".into()];
    });
    let ask = |method, origin| {
        let headers = [("origin", origin), ("access-control-request-method", "GET")];
        configured.server.send(&Request { method, headers: &headers, ..Request::get("/api/v1/search") })
    };
    assert_eq!(
        sample_server().send(&Request { method: "OPTIONS", ..Request::get("/api/v1/search") }).status,
        405
    );
    for method in ["GET", "OPTIONS"] {
        let reply = ask(method, "https://portal.example");
        assert_eq!(
            (reply.status, reply.header("access-control-allow-origin")),
            (200, "https://portal.example")
        );
        assert_eq!(ask(method, "https://other.example").header("access-control-allow-origin"), "");
    }
}

/// Sends bytes; returns everything received before the connection ends.
fn send_bytes(server: &Server, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address).expect("accepted");
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    // The server may answer and close before it has read all of it.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(n @ 1..) = stream.read(&mut piece) {
        answer.extend_from_slice(&piece[..n]);
    }
    String::from_utf8(answer).expect("text")
}

#[test]
fn malformed_request_is_answered_by_problem() {
    let long = format!("GET /?q={} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(70_000));
    let many = format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "x: y\r\n".repeat(500));
    let wide = format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "y".repeat(200_000));
    let requests = [(long.as_bytes(), 414), (many.as_bytes(), 431), (wide.as_bytes(), 431)];
    for (request, status) in requests.into_iter().chain([(&b"NONSENSE\r\n\r\n"[..], 400)]) {
        let answer = send_bytes(sample_server(), request);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{status}: {answer:?}"));
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
        assert!(head.contains("content-type: application/problem+json"), "{head}");
        assert!(head.contains("gongkai-generation: 1\r\n"), "{head}");
        let problem: serde_json::Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(
            (problem["status"].as_u64(), problem["type"].as_str()),
            (Some(status), Some("/problems/request"))
        );
    }
}

#[test]
fn oversized_body_is_refused() {
    let body = vec![b'a'; (2 << 20) + 1];
    let request = Request { method: "POST", body: Some(&body), ..Request::get("/api/v1/resolve") };
    sample_server().send(&request).assert_problem(413, "too-large");
    // Without a length, in one chunk.
    let mut chunked = b"POST /api/v1/resolve HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n".to_vec();
    chunked.extend_from_slice(format!("{:x}\r\n", body.len()).as_bytes());
    chunked.extend_from_slice(&body);
    chunked.extend_from_slice(b"\r\n0\r\n\r\n");
    let answer = send_bytes(sample_server(), &chunked);
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("/problems/too-large"), "{answer:.300}");
}

#[test]
fn unknown_path_is_answered_by_page_for_browsers() {
    let ask = |accept, path| {
        sample_server().send(&Request { headers: &[("accept", accept)], ..Request::get(path) })
    };
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let page = ask(browser, "/nothing");
    assert_eq!((page.status, page.header("content-type")), (404, "text/html; charset=utf-8"));
    assert!(page.text.contains("没有找到这一页"));
    ask(browser, "/api/v1/nothing").assert_problem(404, "not-found");
    ask("application/json, text/html", "/nothing").assert_problem(404, "not-found");
}

#[test]
fn slow_clients_are_closed_without_blocking_others() {
    let configured = ConfiguredServer::new(|settings| {
        let server = &mut settings.server;
        (server.header_timeout_seconds, server.stall_timeout_seconds) = (1, 1);
    });
    let post = b"POST /api/v1/resolve HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc";
    let starts: [&[u8]; 5] =
        [b"", b"GET / HT", b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: ", b"PRI * HTTP/2.0\r\n", post];
    let slow: Vec<TcpStream> = (0..60)
        .map(|i| {
            let mut stream = TcpStream::connect(configured.server.address).expect("accepted");
            stream.write_all(starts[i % starts.len()]).expect("sent");
            stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
            stream
        })
        .collect();
    assert_eq!(configured.server.get("/api/v1/search?q=a").status, 200);
    for (i, mut stream) in slow.into_iter().enumerate() {
        // Read to the end: some are told why, all are closed.
        let mut answer = Vec::new();
        let mut piece = [0; 1024];
        loop {
            match stream.read(&mut piece) {
                Ok(0) => break,
                Ok(n) => answer.extend_from_slice(&piece[..n]),
                Err(e) if e.kind() == std::io::ErrorKind::ConnectionReset => break,
                Err(e) => panic!("still open: {:?}: {e}", starts[i % starts.len()]),
            }
        }
        if i % starts.len() == 4 {
            assert!(answer.starts_with(b"HTTP/1.1 408 "), "{}", String::from_utf8_lossy(&answer));
        }
    }
    assert_eq!(configured.server.get("/api/v1/search?q=a").status, 200);
}

/// Backend whose searches run until its budget ends, with channels for its start and the reason of its end.
fn endless_backend() -> (Stub, Receiver<()>, Receiver<String>) {
    let ((start_sender, starts), (end_sender, ends)) = (channel(), channel());
    let (start_sender, end_sender) = (Mutex::new(start_sender), Mutex::new(end_sender));
    let backend = Stub::with_search(move |_, budget| {
        let _ = start_sender.lock().unwrap().send(());
        let error = loop {
            if let Err(error) = budget.check() {
                break error;
            }
            std::thread::yield_now();
        };
        let _ = end_sender.lock().unwrap().send(format!("{error:?}"));
        Err(error)
    });
    (backend, starts, ends)
}

#[test]
fn search_of_disconnected_client_is_abandoned() {
    let (backend, starts, ends) = endless_backend();
    let search = config::Search { concurrent: 1, queue: 1, deadline_ms: 600_000, cache_mib: 0 };
    let server = Server::with_collection(backend.collection(), search);
    for _ in 0..3 {
        let mut stream = TcpStream::connect(server.address).expect("accepted");
        stream.write_all(b"GET /api/v1/search?q=a HTTP/1.1\r\nhost: x\r\n\r\n").expect("sent");
        starts.recv_timeout(Duration::from_secs(60)).expect("the search starts");
        drop(stream);
        assert_eq!(ends.recv_timeout(Duration::from_secs(60)).expect("the search ends"), "Abandoned");
    }
}

#[test]
fn conditional_request_on_same_generation_is_not_modified() {
    let data = TempDir::new().unwrap();
    let settings = Config { data: data.path().to_owned(), ..Config::default() };
    let server = Server::with_settings(&SAMPLE, settings);
    let paths = ["/", "/d/yz-mz-2021-014", "/api/v1/search?q=a", "/api/v1/records/yz-mz-2021-014"];
    let again = |path: &str, tag: &str| {
        server.send(&Request { headers: &[("if-none-match", tag)], ..Request::get(path) }).status
    };
    let tags: Vec<String> = paths.iter().map(|path| server.get(path).header("etag").to_owned()).collect();
    for (path, tag) in paths.iter().zip(&tags) {
        assert!(tag.starts_with("W/\""), "{path}: {tag}");
        assert_eq!((again(path, tag), again(path, "W/\"0\"")), (304, 200), "{path}");
        assert_eq!(server.get(path).header("cache-control"), "private, no-cache");
    }
    let mut changed = SAMPLE[0].clone();
    changed.title = "另一个标题".into();
    crate::support::server::write_records(server.collection(), &[changed]);
    for (path, tag) in paths.iter().zip(&tags) {
        assert_eq!(again(path, tag), 200, "{path}");
    }
    for path in ["/readyz", "/livez"] {
        assert_eq!(server.get(path).header("etag"), "");
    }
    assert_eq!(server.get("/d/nothing").header("cache-control"), "no-store");
}

#[test]
fn style_sheet_with_version_is_immutable() {
    let page = sample_server().get("/").text;
    let address =
        page.split('"').find(|part| part.starts_with("/assets/style.css?v=")).expect("a style sheet");
    let versioned = sample_server().get(address);
    assert_eq!((versioned.status, versioned.header("content-type")), (200, "text/css; charset=utf-8"));
    assert!(versioned.header("cache-control").contains("immutable"));
    for other in ["/assets/style.css", "/assets/style.css?v=0"] {
        assert_eq!(sample_server().get(other).header("cache-control"), "no-cache");
    }
}

#[test]
fn page_accepts_facets_and_cursor_without_repeating_them() {
    let page = sample_server().get("/?facets=kind&q=a");
    assert_eq!(page.status, 200, "{}", page.text);
    let next = sample_server().get("/api/v1/search?per_page=1").json()["next"].as_str().unwrap().to_owned();
    let query = next.split_once('?').unwrap().1;
    let page = sample_server().get(&format!("/?{query}"));
    assert_eq!(page.status, 200);
    assert!(!page.text.contains("cursor"), "{}", page.text);
}

#[test]
fn hostile_text_of_record_and_request_is_escaped() {
    let hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> 公开</title></textarea>";
    let json = serde_json::json!({
        "id": "hostile/<b>&\"'", "kind": "policy", "title": hostile, "body": format!("第一条 {hostile}\n{hostile}\n第二章 {hostile}"),
        "issuers": [hostile], "document_number": hostile, "index_number": hostile, "categories": [hostile],
        "genre": hostile, "region": hostile, "keywords": [hostile], "source_name": hostile,
        "source_url": "javascript:alert(1)//<script>",
        "attachments": [{"name": hostile, "url": "javascript:alert(3)"}, {"name": hostile}],
    });
    let record = Record::from_json(json.to_string().as_bytes()).unwrap_or_else(|e| panic!("{e:?}"));
    let server = Server::with_records(&[record]);
    let queries = ["", "公开", "script alert", "<script>公开", "\"'><img", "“<b>公开”", "标题:<i>公开"];
    let mut pages: Vec<String> =
        queries.iter().map(|q| crate::support::client::path_with_query("/", &[("q", q)])).collect();
    let link = server.search_for("公开").json()["hits"][0]["url"].as_str().unwrap().to_owned();
    pages.extend([link, crate::support::client::path_with_query("/", &[("issuer", hostile)])]);
    pages.extend([
        "/?%3Cscript%3E=1".to_owned(),
        "/d/%3Cscript%3E".to_owned(),
        "/?from=%3Cscript%3E".to_owned(),
    ]);
    for path in pages {
        let headers = [("accept", "text/html")];
        let html = server.send(&Request { headers: &headers, ..Request::get(&path) }).text;
        assert!(html.starts_with("<!doctype html>"), "{path}");
        for never in ["<script>", "<img", "<b>", "<i>", "</textarea>", "href=\"javascript:"] {
            assert!(!html.contains(never), "{path}: {never}");
        }
        assert_eq!(html.matches("</title>").count(), 1, "{path}");
    }
    let hits = server.search_for("公开 script").json();
    let highlights = &hits["hits"][0]["highlights"];
    let pieces = highlights["body"].as_array().unwrap().iter().map(|piece| &piece["html"]);
    for html in pieces.chain([&highlights["title"]]) {
        let plain = html.as_str().unwrap().replace("<mark>", "").replace("</mark>", "");
        assert!(html.as_str().unwrap().contains("<mark>") && !plain.contains(['<', '>', '"']), "{html}");
    }
}
