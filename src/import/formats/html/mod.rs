//! HTML pages: the main text without navigation, advertisements and lists of
//! recommendations, and the metadata about it.
//!
//! One pass of the standard's tokenizer fills a flat list of lines and a flat list of
//! elements (`tree`); one walk down the elements finds the one that holds the text
//! (`main_text`). No tree of nodes is built and nothing is searched twice, because a portal's
//! archive is gigabytes of markup.

mod attachments;
mod builder;
mod elements;
mod feeding;
mod hidden;
mod lines;
mod main_text;
mod page;
mod tree;

use crate::import::file_content::{FileContent, MetadataEntry, TitleCandidate, TitlePlace};
use crate::import::formats::charset;
use crate::import::formats::html::page::Page;

/// Amount of running text below which a page may hide its text, in bytes.
const MIN_PROSE_BYTES: usize = 150;
/// Size of the beginning of a file in which its charset may be declared.
const PRESCAN_BYTES: usize = 8 << 10;

/// Reads a page; `declared` is the charset of the HTTP header, if there is one.
pub fn read(bytes: &[u8], declared: Option<&str>) -> FileContent {
    let stated = charset_in_markup(&bytes[..bytes.len().min(PRESCAN_BYTES)]);
    let decoded = charset::decode(bytes, declared.or(stated.as_deref()));
    let repaired = charset::repair_double_encoding(&decoded.text);
    let markup = repaired.as_deref().unwrap_or(&decoded.text);
    let mut page = tree::read(markup, tree::HiddenText::Skip);
    if page.prose_bytes() < MIN_PROSE_BYTES {
        // Some sites show the text by script, from an element that is hidden at first.
        let all = tree::read(markup, tree::HiddenText::Keep);
        if all.prose_bytes() >= MIN_PROSE_BYTES {
            page = all;
        }
    }
    let mut content = main_text::choose_main_text(&page);
    content.titles.extend(title_candidates(&page));
    content.titles.sort_by_key(|title| title.place);
    content.address = page.address;
    content.metadata = page.metas.into_iter().map(|(label, value)| MetadataEntry { label, value }).collect();
    content.shows_file = page.shows_file;
    content.files = page.files;
    content
}

/// Collects the title candidates that the markup names.
fn title_candidates(page: &Page) -> Vec<TitleCandidate> {
    let meta = |wanted: &str| {
        let found = page.metas.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, content)| TitleCandidate { place: TitlePlace::Meta, text: content.clone() })
    };
    let window = (!page.window_title.is_empty())
        .then(|| TitleCandidate { place: TitlePlace::Window, text: page.window_title.clone() });
    meta("ArticleTitle").into_iter().chain(window).collect()
}

/// Finds the label after `charset=` in a `<meta>` or an XML declaration.
fn charset_in_markup(head: &[u8]) -> Option<String> {
    let head = head.to_ascii_lowercase();
    let after = |name: &[u8]| {
        let at = head.windows(name.len()).position(|window| window == name)?;
        Some(&head[at + name.len()..])
    };
    let rest = after(b"charset").or_else(|| after(b"encoding"))?;
    let rest = rest.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let rest =
        rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest).trim_ascii_start();
    let end = rest.iter().position(|b| !(b.is_ascii_alphanumeric() || b"-_:.".contains(b)))?;
    String::from_utf8(rest[..end].to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::file_content::{BlockKind, FileLink, Zone};

    fn main_lines(html: &str) -> Vec<String> {
        let content = read(html.as_bytes(), None);
        content.blocks.into_iter().filter(|b| b.zone == Zone::Main).map(|b| b.text).collect()
    }

    const BODY: &str = "<p>各县（市、区）人民政府，市政府各部门：</p><p>为进一步推进政务公开工作，\n现将有关事项通知如下。</p>\
        <p>一、充分认识政务公开工作的重要意义，切实加强组织领导，落实工作责任。</p><p style='text-align:right'>2017年5月15日</p>";

    #[test]
    fn charset_in_markup_reads_both_spellings() {
        let charset = |head: &str| charset_in_markup(head.as_bytes());
        assert_eq!(charset("<meta charset='GBK'>").as_deref(), Some("gbk"));
        assert_eq!(charset("<meta content=\"text/html; charset=gb2312\">").as_deref(), Some("gb2312"));
        assert_eq!(charset("<?xml version='1.0' encoding=\"UTF-8\"?>").as_deref(), Some("utf-8"));
        assert_eq!(charset("<html>"), None);
    }

    #[test]
    fn boilerplate_around_main_text_is_left_out() {
        let links: String =
            (0..20).map(|i| format!("<li><a href='/{i}.html'>关于推荐阅读的新闻标题{i}</a></li>")).collect();
        let html = format!(
            "<html><body><div class=nav><a href=/>首页</a><a href=/x>政务公开</a></div>\
             <div class=wrap><h1>关于推进政务公开的通知</h1><div>来源：市政府办公室</div><div id=zoom>{BODY}</div>\
             <div class=side><ul>{links}</ul></div></div><div class=footer>版权所有 某某市人民政府办公室主办，未经许可不得转载。</div></body></html>"
        );
        let lines = main_lines(&html);
        assert!(lines.iter().any(|l| l == "为进一步推进政务公开工作，现将有关事项通知如下。"), "{lines:?}");
        assert!(lines.iter().any(|l| l == "2017年5月15日"));
        assert!(
            !lines.iter().any(|l| l.contains("推荐阅读") || l.contains("版权所有") || l.contains("首页"))
        );
    }

    #[test]
    fn tables_keep_their_rows() {
        let html = format!(
            "<body><div>{BODY}<table><tr><th>项目</th><th>金额</th></tr><tr><td><p>水 费</p></td><td></td><td>3</td></tr></table></div>"
        );
        let lines = main_lines(&html);
        assert!(lines.contains(&"项目 | 金额".to_owned()), "{lines:?}");
        assert!(lines.contains(&"水 费 |  | 3".to_owned()));
    }

    #[test]
    fn layout_table_gives_no_rows() {
        let html = format!(
            "<table><tr><td><a href=1>栏目一</a></td><td><table><tr><td>{BODY}</td></tr></table></td></tr></table>"
        );
        let content = read(html.as_bytes(), None);
        let main: Vec<_> = content.blocks.iter().filter(|b| b.zone == Zone::Main).collect();
        assert!(main.len() >= 4 && main.iter().all(|b| b.kind != BlockKind::Row), "{main:?}");
    }

    #[test]
    fn hidden_and_scripted_text_is_left_out() {
        let html = format!(
            "<body><script>var a='<p>脚本</p>'</script><style>p{{}}</style><div>{BODY}<p style='display: none'>隐藏文字</p><select><option>选项</option></select></div>"
        );
        let all = main_lines(&html).join("\n");
        assert!(
            !all.contains("脚本") && !all.contains("隐藏") && !all.contains("选项") && !all.contains("p{")
        );
    }

    #[test]
    fn inline_hidden_text_and_readings_are_left_out() {
        let html = format!(
            "<body><div>{BODY}<p>一、<span style='display:none'>噪声<span>内层</span>还是</span>严格<font style='font-size:0'>零</font>执行<b hidden>隐</b>目录。</p>\
             <div style='display:none'><div>里</div>外</div><p style='visibility:hidden'>不可见<p>任命王<ruby>昶<rp>(</rp><rt>chǎng</rt><rp>)</rp></ruby>明为<ruby>厅<rt>tīng</ruby>长。</p>\
             <p>未关闭<span style='display:none'>的</p><p>后文仍在。</p></div>"
        );
        let lines = main_lines(&html);
        let end: Vec<_> = lines.iter().skip(lines.len() - 4).map(String::as_str).collect();
        assert_eq!(end, ["一、严格执行目录。", "任命王昶明为厅长。", "未关闭", "后文仍在。"]);
    }

    #[test]
    fn linked_files_are_kept_with_their_names() {
        let html = format!("<body><div>{BODY}<p>附件：<a href='./P020.pdf'>任务分工表.pdf</a></p></div>");
        let content = read(html.as_bytes(), None);
        assert_eq!(content.files, [FileLink { text: "任务分工表.pdf".into(), href: "./P020.pdf".into() }]);
    }

    #[test]
    fn unfinished_markup_is_read_to_its_end() {
        for html in
            ["<", "<p", "<p><table><tr><td>甲", "</p></div>乙", "<!--", "<a href=\"", "&#x", "<title>"]
        {
            let _ = read(html.as_bytes(), None);
        }
        let deep = "<div>".repeat(100_000) + "文字" + &"</div>".repeat(100_000);
        assert!(read(deep.as_bytes(), None).blocks.iter().any(|b| b.text == "文字"));
    }
}
