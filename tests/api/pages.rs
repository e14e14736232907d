//! `/` and `/d/{id}`: pages for people. Text of records and queries never becomes markup.

use gongkai_index::Record;
use gongkai_index::record::Attachment;

use crate::support::client::path_with_query;
use crate::support::{SAMPLE, Server, record, sample_server};

const HOSTILE: &str = "<b1d>'\"onb1d=x&lt;";

fn hostile_record() -> Record {
    let text = |name: &str| format!("{name}{HOSTILE}公开");
    let mut hostile = record(&format!("id{HOSTILE}"), &text("标题"));
    hostile.body = format!("{}\n第一章 {HOSTILE}\n第一条 {HOSTILE}公开的内容。", text("正文"));
    hostile.issuers = vec![text("机关")];
    hostile.document_number = Some(text("号"));
    hostile.index_number = Some(text("索引"));
    hostile.categories = vec![format!("{HOSTILE}类")];
    hostile.genre = Some(text("文种"));
    hostile.region = Some(text("地区"));
    hostile.keywords = vec![text("词")];
    hostile.source_name = Some(text("来源"));
    hostile.source_url = Some(format!("javascript:{HOSTILE}"));
    hostile.attachments =
        vec![Attachment { name: text("附件"), url: Some(format!("javascript:{HOSTILE}")) }];
    hostile
}

#[track_caller]
fn assert_escaped(html: &str) {
    // The only script is in a file of its own.
    let lower = html.to_lowercase().replace("<script src=\"/assets/suggest.js\" defer></script>", "");
    for raw in
        ["<b1d", "\"onb1d", "'onb1d", "<script", "javascript:<", "href=\"javascript", "href='javascript"]
    {
        assert!(!lower.contains(raw), "{raw} in {html}");
    }
}

#[test]
fn hostile_text_on_pages_is_escaped() {
    let server = Server::with_records(&[hostile_record()]);
    let pages = [
        path_with_query("/", &[]),
        path_with_query("/", &[("q", "公开")]),
        path_with_query("/", &[("q", HOSTILE)]),
        path_with_query("/", &[("q", &format!("“{HOSTILE}"))]),
        path_with_query(
            "/",
            &[("q", "公开"), ("issuer", &format!("机关{HOSTILE}公开")), ("genre", &format!("!{HOSTILE}"))],
        ),
        path_with_query("/", &[("q", "没有"), ("category", HOSTILE)]),
        path_with_query("/", &[(HOSTILE, HOSTILE)]),
        path_with_query("/", &[("sort", HOSTILE), ("from", HOSTILE), ("cursor", HOSTILE)]),
        "/d/%3Cb1d%3E%22onb1d=x".to_owned(),
    ];
    for page in pages {
        let reply = server.get(&page);
        assert!(reply.header("content-type").starts_with("text/html"), "{page}: {}", reply.text);
        assert_escaped(&reply.text);
    }
    let url = server.search_for("公开").json()["hits"][0]["url"].as_str().unwrap().to_owned();
    let page = server.get(&url);
    assert_eq!(page.status, 200);
    assert_escaped(&page.text);
    assert!(page.text.contains("公开的内容"), "the text itself is shown");
}

/// Ends of what is still open in a text, by the rules of the bidirectional algorithm; panics at an end
/// of nothing.
fn open_directions(text: &str, mut open: Vec<char>) -> Vec<char> {
    for c in text.chars() {
        match c {
            '\u{202a}' | '\u{202b}' | '\u{202d}' | '\u{202e}' => open.push('\u{202c}'),
            '\u{2066}'..='\u{2068}' => open.push('\u{2069}'),
            '\u{202c}' => assert_eq!(open.pop(), Some(c), "{text:?}"),
            '\u{2069}' => {
                assert!(open.contains(&c), "{text:?}");
                while open.pop() != Some(c) {}
            }
            _ => {}
        }
    }
    open
}

/// Asserts that directions are set inside `<bdi>` and in the title alone, and end there.
#[track_caller]
fn assert_isolated(html: &str) -> usize {
    let (mut depth, mut isolates, mut open) = (0, 0, Vec::new());
    for piece in html.split('<') {
        let (tag, text) = piece.split_once('>').unwrap_or(("", piece));
        match tag {
            "bdi" | "title" => depth += 1,
            "/bdi" | "/title" => {
                depth -= 1;
                assert_eq!(open, [], "a direction goes on behind its text: {html}");
            }
            _ => {}
        }
        let is_directed = text.contains(|c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'));
        assert!(depth > 0 || !is_directed, "{tag}: {text:?}");
        isolates += usize::from(is_directed);
        open = open_directions(text, open);
    }
    isolates
}

#[test]
fn direction_controls_of_texts_cannot_reorder_the_page() {
    let text = |name: &str| format!("{name}\u{202e}一\u{2069}\u{2067}公开\u{202c}二\u{2069}\u{202c}\u{2066}");
    let mut strange = record("strange", &text("标题"));
    strange.body =
        format!("{}\n第一章 {}\n第一条 {}内容。\n甲 | {}", text("a"), text("b"), text("c"), text("d"));
    strange.issuers = vec![text("机关")];
    strange.document_number = Some(text("号"));
    strange.categories = vec![text("类")];
    strange.genre = Some(text("文种"));
    strange.region = Some(text("地区"));
    strange.source_name = Some(text("来源"));
    strange.source_url = Some(text("https://例子"));
    strange.attachments = vec![Attachment { name: text("附件"), url: Some(text("ftp:")) }];
    let server = Server::with_records(&[strange]);
    let facets = [("q", "公开"), ("issuer", &text("机关")), ("region", &text("地区"))];
    for (path, least) in [
        ("/d/strange".to_owned(), 15),
        (path_with_query("/", &[("q", "公开")]), 5),
        (path_with_query("/", &facets), 6),
        (path_with_query("/", &[("q", &text("没有"))]), 2),
        (path_with_query("/", &[(&text("参数"), "")]), 1),
    ] {
        let page = server.get(&path);
        let isolates = assert_isolated(&page.text);
        assert!(isolates >= least, "{isolates} texts with directions on {path}: {}", page.text);
    }
    // What a form sends back is what was typed.
    let page = server.get(&path_with_query("/", &facets)).text;
    assert!(page.contains(&format!("name=\"issuer\" value=\"{}\"", text("机关"))), "{page}");
}

#[test]
fn start_page_shows_newest_records_and_search_box() {
    let reply = sample_server().get("/");
    assert_eq!(reply.status, 200);
    assert!(reply.text.contains("<input id=\"q\" name=\"q\""));
    assert!(reply.text.contains(&format!("馆藏 {} 条", SAMPLE.len())), "{}", reply.text);
    assert!(reply.text.contains("href=\"/d/"));
}

#[test]
fn result_page_shows_parsed_query_and_working_links() {
    let reply = sample_server().get(&path_with_query("/", &[("q", "婚姻登记"), ("region", "云州省")]));
    assert!(reply.text.contains("理解为") && reply.text.contains("<mark>婚姻登记</mark>"), "{}", reply.text);
    let mut followed = 0;
    for link in reply.text.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        let plain = link.replace("&#38;", "&").replace("&amp;", "&");
        if plain.starts_with('/') && followed < 60 {
            assert_eq!(sample_server().get(&plain).status, 200, "{plain}");
            followed += 1;
        }
    }
    assert!(followed > 10);
}

#[test]
fn next_links_reach_every_hit() {
    let total = sample_server().search_for("通知").total();
    let mut page = sample_server().get(&path_with_query("/", &[("q", "通知")]));
    let mut seen = 0;
    loop {
        seen += page.text.matches("<h2><a href=\"/d/").count() as u64;
        let Some(next) = page
            .text
            .split("href=\"")
            .find(|rest| rest.split('>').next().is_some_and(|tag| tag.contains("rel=\"next\"")))
        else {
            break;
        };
        let next = next.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
        page = sample_server().get(&next);
        assert_eq!(page.status, 200, "{next}");
    }
    assert_eq!(seen, total);
}

/// Visible text of a page.
fn without_tags(page: &str) -> String {
    let pieces = page.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
    pieces.collect()
}

#[test]
fn record_page_shows_text_number_and_validity() {
    for record in SAMPLE.iter().step_by(37) {
        let reply = sample_server().get(&format!("/d/{}", record.id));
        assert_eq!(reply.status, 200, "{}", record.id);
        let last =
            record.body.lines().rfind(|line| !line.trim().is_empty()).map(str::trim).unwrap_or_default();
        assert!(without_tags(&reply.text).contains(last), "{}: {last}", record.id);
        assert!(record.document_number.as_ref().is_none_or(|number| reply.text.contains(number)));
    }
    assert!(sample_server().get("/d/yz-mz-2021-014").text.contains("时效性：有效"));
}

#[test]
fn wrong_request_is_answered_by_page_with_its_status() {
    for (path, status) in [("/?per_page=x", 400), ("/?colour=red", 400), ("/d/nothing", 404)] {
        let reply = sample_server().get(path);
        assert_eq!(reply.status, status, "{path}");
        assert!(reply.header("content-type").starts_with("text/html"), "{path}");
    }
}
