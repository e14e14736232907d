//! Queries that break other search engines: each is answered in time and shows the parsed query.

use std::time::{Duration, Instant};

use crate::support::client::path_with_query;
use crate::support::sample_server;

const HARD_QUERIES: &[&str] = &[
    "[",
    "]",
    "(",
    ")",
    "/",
    "\\",
    "~",
    "!",
    "！",
    "AND",
    "OR",
    "NOT",
    "-",
    "--",
    "\"",
    "“",
    "”",
    "《",
    "》",
    "《条例",
    "收费标准!",
    "",
    " ",
    "　",
    "的",
    "😀",
    "👨‍👩‍👧",
    "\0",
    "\u{feff}",
    "\u{202e}公开",
    "a\u{300}",
    "公开\0收费",
    "标题:",
    "标题：",
    "标题:“”",
    "文号:",
    "无此前缀:公开",
    "((((((((((",
    "()",
    "(公开",
    "公开)",
    "OR OR OR",
    "NOT NOT 公开",
    "- - -",
    "\"\"",
    "“”",
    "《》",
    "*",
    "?",
    "公开*",
    "^",
    "{",
    "}",
    "${jndi:ldap://x}",
    "'; DROP TABLE records; --",
    "<script>alert(1)</script>",
    "%",
    "%s%n",
    "..",
    "null",
    "国发〔2015〕58号",
    "２０１９",
    "𠮷野家",
    "\u{10ffff}",
];

fn assert_answered(q: &str) {
    for path in ["/api/v1/search", "/"] {
        let begun = Instant::now();
        let reply = sample_server().get(&path_with_query(path, &[("q", q)]));
        let shown: String = q.chars().take(40).collect();
        assert_eq!(reply.status, 200, "{path} {shown:?}: {}", reply.text);
        assert!(begun.elapsed() < Duration::from_secs(5), "{path} {shown:?} took {:?}", begun.elapsed());
        if path != "/" {
            let understood = reply.json()["query"]["understood"].as_str().unwrap_or_default().to_owned();
            assert!(!understood.is_empty(), "{shown:?}: the parsed query is not shown");
        }
    }
}

#[test]
fn hard_query_is_answered() {
    HARD_QUERIES.iter().for_each(|q| assert_answered(q));
}

#[test]
fn long_query_is_answered() {
    for q in ["a", "(", "\"", "-x ", "公 ", "《", "公开 OR ", "(公开 ", "NOT ", "标题:", "“x” "] {
        // As many as an address can carry; in percent signs a Chinese character takes nine bytes of it.
        let times = 6_000 / q.len();
        assert_answered(&q.repeat(times));
    }
    let reply = sample_server().search_for(&"a".repeat(10_000));
    assert!(reply.json()["query"]["warnings"][0]["reason"].as_str().unwrap().contains("过长"));
    // In percent signs this is longer than any address that is read.
    let target = path_with_query("/api/v1/search", &[("q", &"公开".repeat(5_000))]);
    let line = sample_server()
        .status_line_for(format!("GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes());
    assert_eq!(line, "HTTP/1.1 414 URI Too Long");
}

#[test]
fn unmatched_mark_or_operator_gives_warning() {
    for (q, offset) in [("《条例", 0), ("公开 《条例", 3), ("AND", 0), ("(公开", 0)] {
        let json = sample_server().search_for(q).json();
        assert_eq!(json["query"]["warnings"][0]["offset"], offset, "{q}: {json}");
    }
    assert_eq!(sample_server().search_for("《条例").total(), sample_server().search_for("条例").total());
    assert_eq!(
        sample_server().search_for("收费标准!").total(),
        sample_server().search_for("收费标准").total()
    );
    assert_eq!(sample_server().search_for("").total(), sample_server().search_for("[").total());
}
