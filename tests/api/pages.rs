//! `/` and `/d/{id}`: pages for people. Whatever a record or a query holds is text there.

use gongkai_index::Record;
use gongkai_index::record::Attachment;

use crate::support::client::address;
use crate::support::{SAMPLE, Server, record, sample};

const EVIL: &str = "<b1d>'\"onb1d=x&lt;";

fn evil_record() -> Record {
    let text = |name: &str| format!("{name}{EVIL}公开");
    let mut evil = record(&format!("id{EVIL}"), &text("标题"));
    evil.body = format!("{}\n第一章 {EVIL}\n第一条 {EVIL}公开的内容。", text("正文"));
    evil.issuers = vec![text("机关")];
    evil.document_number = Some(text("号"));
    evil.index_number = Some(text("索引"));
    evil.categories = vec![format!("{EVIL}类")];
    evil.genre = Some(text("文种"));
    evil.region = Some(text("地区"));
    evil.keywords = vec![text("词")];
    evil.source_name = Some(text("来源"));
    evil.source_url = Some(format!("javascript:{EVIL}"));
    evil.attachments = vec![Attachment { name: text("附件"), url: Some(format!("javascript:{EVIL}")) }];
    evil
}

#[track_caller]
fn assert_harmless(html: &str) {
    // The one script there is stands in a file of its own.
    let lower = html.to_lowercase().replace("<script src=\"/assets/suggest.js\" defer></script>", "");
    for raw in
        ["<b1d", "\"onb1d", "'onb1d", "<script", "javascript:<", "href=\"javascript", "href='javascript"]
    {
        assert!(!lower.contains(raw), "{raw} in {html}");
    }
}

#[test]
fn no_text_becomes_markup() {
    let server = Server::holding(&[evil_record()]);
    let pages = [
        address("/", &[]),
        address("/", &[("q", "公开")]),
        address("/", &[("q", EVIL)]),
        address("/", &[("q", &format!("“{EVIL}"))]),
        address(
            "/",
            &[("q", "公开"), ("issuer", &format!("机关{EVIL}公开")), ("genre", &format!("!{EVIL}"))],
        ),
        address("/", &[("q", "没有"), ("category", EVIL)]),
        address("/", &[(EVIL, EVIL)]),
        address("/", &[("sort", EVIL), ("from", EVIL), ("cursor", EVIL)]),
        "/d/%3Cb1d%3E%22onb1d=x".to_owned(),
    ];
    for page in pages {
        let reply = server.get(&page);
        assert!(reply.header("content-type").starts_with("text/html"), "{page}: {}", reply.text);
        assert_harmless(&reply.text);
    }
    let url = server.ask("公开").json()["hits"][0]["url"].as_str().unwrap().to_owned();
    let page = server.get(&url);
    assert_eq!(page.status, 200);
    assert_harmless(&page.text);
    assert!(page.text.contains("公开的内容"), "the text itself is there");
}

#[test]
fn the_first_page_shows_the_newest_and_a_box() {
    let reply = sample().get("/");
    assert_eq!(reply.status, 200);
    assert!(reply.text.contains("<input id=\"q\" name=\"q\""));
    assert!(reply.text.contains(&format!("馆藏 {} 条", SAMPLE.len())), "{}", reply.text);
    assert!(reply.text.contains("href=\"/d/"));
}

#[test]
fn results_say_what_was_understood_and_every_link_leads_somewhere() {
    let reply = sample().get(&address("/", &[("q", "婚姻登记"), ("region", "云州省")]));
    assert!(reply.text.contains("理解为") && reply.text.contains("<mark>婚姻登记</mark>"), "{}", reply.text);
    let mut followed = 0;
    for link in reply.text.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        let plain = link.replace("&#38;", "&").replace("&amp;", "&");
        if plain.starts_with('/') && followed < 60 {
            assert_eq!(sample().get(&plain).status, 200, "{plain}");
            followed += 1;
        }
    }
    assert!(followed > 10);
}

#[test]
fn paging_without_a_script_reaches_the_end() {
    let total = sample().ask("通知").total();
    let mut page = sample().get(&address("/", &[("q", "通知")]));
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
        page = sample().get(&next);
        assert_eq!(page.status, 200, "{next}");
    }
    assert_eq!(seen, total);
}

/// What a reader sees of a page.
fn without_tags(page: &str) -> String {
    let pieces = page.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
    pieces.collect()
}

#[test]
fn a_record_has_its_text_and_its_facts() {
    for record in SAMPLE.iter().step_by(37) {
        let reply = sample().get(&format!("/d/{}", record.id));
        assert_eq!(reply.status, 200, "{}", record.id);
        let last =
            record.body.lines().rfind(|line| !line.trim().is_empty()).map(str::trim).unwrap_or_default();
        assert!(without_tags(&reply.text).contains(last), "{}: {last}", record.id);
        assert!(record.document_number.as_ref().is_none_or(|number| reply.text.contains(number)));
    }
    assert!(sample().get("/d/yz-mz-2021-014").text.contains("时效性：有效"));
}

#[test]
fn what_is_wrong_is_said_on_a_page_with_its_status() {
    for (path, status) in [("/?per_page=x", 400), ("/?colour=red", 400), ("/d/nothing", 404)] {
        let reply = sample().get(path);
        assert_eq!(reply.status, status, "{path}");
        assert!(reply.header("content-type").starts_with("text/html"), "{path}");
    }
}
