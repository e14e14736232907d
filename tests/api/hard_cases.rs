//! Queries that break search boxes elsewhere: each is answered, in time, and says what was understood.

use std::time::{Duration, Instant};

use crate::support::client::address;
use crate::support::sample;

const HARD: &[&str] = &[
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

fn answered(q: &str) {
    for path in ["/api/v1/search", "/"] {
        let begun = Instant::now();
        let reply = sample().get(&address(path, &[("q", q)]));
        let shown: String = q.chars().take(40).collect();
        assert_eq!(reply.status, 200, "{path} {shown:?}: {}", reply.text);
        assert!(begun.elapsed() < Duration::from_secs(5), "{path} {shown:?} took {:?}", begun.elapsed());
        if path != "/" {
            let understood = reply.json()["query"]["understood"].as_str().unwrap_or_default().to_owned();
            assert!(!understood.is_empty(), "{shown:?}: nothing is said of what was understood");
        }
    }
}

#[test]
fn every_hard_string_is_answered() {
    HARD.iter().for_each(|q| answered(q));
}

#[test]
fn long_strings_are_answered() {
    for q in ["a", "(", "\"", "-x ", "公 ", "《", "公开 OR ", "(公开 ", "NOT ", "标题:", "“x” "] {
        // As many as an address can carry; in percent signs a Chinese character takes nine bytes of it.
        let times = 6_000 / q.len();
        answered(&q.repeat(times));
    }
    let reply = sample().ask(&"a".repeat(10_000));
    assert!(reply.json()["query"]["warnings"][0]["reason"].as_str().unwrap().contains("过长"));
    // In percent signs this is longer than any address that is read.
    let target = address("/api/v1/search", &[("q", &"公开".repeat(5_000))]);
    let line =
        sample().raw(format!("GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes());
    assert_eq!(line, "HTTP/1.1 414 URI Too Long");
}

#[test]
fn what_was_not_taken_as_typed_is_said() {
    for (q, offset) in [("《条例", 0), ("公开 《条例", 3), ("AND", 0), ("(公开", 0)] {
        let json = sample().ask(q).json();
        assert_eq!(json["query"]["warnings"][0]["offset"], offset, "{q}: {json}");
    }
    assert_eq!(sample().ask("《条例").total(), sample().ask("条例").total());
    assert_eq!(sample().ask("收费标准!").total(), sample().ask("收费标准").total());
    assert_eq!(sample().ask("").total(), sample().ask("[").total());
}
