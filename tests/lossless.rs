//! Nothing lost at import: each line of a source ends in title, body or the list of removed lines.

mod samples;

use std::path::PathBuf;

use gongkai::import::formats::sandbox;
use gongkai::import::{self, Item, Options, RemovalReason, RemovedLine};
use gongkai_index::Record;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError};

/// Records of a file, its removed lines and its rejections.
#[derive(Debug, Default)]
struct FileItems {
    records: Vec<Record>,
    removed: Vec<RemovedLine>,
    rejected: usize,
}

impl FileItems {
    /// All words that the import kept or listed, without white space.
    fn words(&self) -> String {
        let kept = self.records.iter().flat_map(|record| [record.title.as_str(), record.body.as_str()]);
        let listed = self.removed.iter().map(|line| line.text.as_str());
        kept.chain(listed).map(|text| squeeze(text) + "\n").collect()
    }
}

fn import_file(name: &str, content: &[u8]) -> FileItems {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_gongkai"));
    let reader = sandbox::Reader { program, limits: sandbox::Limits::default() };
    let options = Options { reader: Some(reader), ..Options::default() };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    let mut items = FileItems::default();
    import::read_paths(&[path], &options, &mut |item| {
        match item {
            Item::Record { record, .. } => items.records.push(*record),
            Item::Removed { lines, .. } => items.removed.extend(lines),
            Item::Rejected { .. } => items.rejected += 1,
        }
        true
    })
    .unwrap();
    items
}

fn squeeze(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '|').collect()
}

/// Words that sites have around texts, and texts have too.
const SITE_WORDS: &[&str] = &[
    "密码",
    "注册",
    "举报",
    "二维码",
    "适老",
    "人才招聘",
    "所在位置",
    "打印",
    "收藏",
    "首页",
    "搜索",
    "微信",
    "网站地图",
    "版权所有",
    "点击",
    "导航",
    "咨询",
    "分享",
    "友情链接",
    "用户名",
    "返回",
    "扫一扫",
    "VIP",
    "加载中",
    "相关文件",
    "技术支持",
    "你好",
    "谢谢",
    "请问",
];

/// Makes lines of a document with words of sites in them.
fn document_line() -> impl Strategy<Value = String> {
    let word = || prop::sample::select(SITE_WORDS);
    prop_oneof![
        4 => (1..40_u32, word()).prop_map(|(n, word)| format!("第{}条 单位应当公布{word}，并接受监督。", numeral(n))),
        1 => (1..9_u32, word()).prop_map(|(n, word)| format!("第{}章 {word}管理", numeral(n))),
        2 => (1..12_u32, word()).prop_map(|(n, word)| format!("{}、{word}", numeral(n))),
        2 => (1..12_u32, word(), word()).prop_map(|(n, a, b)| format!("（{}）{a}和{b}；", numeral(n))),
        2 => (word(), word()).prop_map(|(a, b)| format!("任何单位和个人不得妨碍{a}，有权要求{b}的，应当及时办理。")),
        1 => word().prop_map(|word| format!("{word}：0899-1234567")),
        1 => word().prop_map(str::to_owned),
        1 => (word(), word(), word(), word()).prop_map(|(a, b, c, d)| format!("{a} {b} {c} {d}")),
        1 => word().prop_map(|word| format!("云州省{word}管理办法")),
        1 => (2000..2024_u32, 1..12_u32).prop_map(|(year, month)| format!("{year}年{month}月5日")),
        1 => (2000..2024_u32, 1..12_u32).prop_map(|(year, month)| format!("发布日期：{year}-{month}-05 来源：云州省人民政府")),
        1 => Just("云州省人民政府办公厅".to_owned()),
        1 => (1..99_u32).prop_map(|n| format!("云政办发〔2019〕{n}号")),
        1 => Just("附件：1.任务分工表".to_owned()),
        1 => Just("附件1".to_owned()),
        1 => Just("各市、县人民政府，省政府各部门：".to_owned()),
    ]
}

fn numeral(n: u32) -> String {
    let digit = |n: u32| "零一二三四五六七八九".chars().nth(n as usize).unwrap();
    match (n / 10, n % 10) {
        (0, ones) => digit(ones).to_string(),
        (tens, ones) => {
            let tens = if tens == 1 { String::new() } else { digit(tens).to_string() };
            format!("{tens}十{}", if ones == 0 { String::new() } else { digit(ones).to_string() })
        }
    }
}

fn document_lines() -> impl Strategy<Value = Vec<String>> {
    let title = prop_oneof![
        4 => prop::sample::select(SITE_WORDS).prop_map(|word| format!("云州省{word}管理条例")),
        1 => Just("公告".to_owned()),
        1 => document_line(),
    ];
    (title, prop::collection::vec(document_line(), 1..14)).prop_map(|(title, mut lines)| {
        lines.insert(0, title);
        lines
    })
}

/// Writes the lines as a file of each format.
fn write_as(format: &str, lines: &[String]) -> Vec<u8> {
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    match format {
        "txt" => lines.join("\n").into_bytes(),
        "md" => format!("# {}\n\n{}", lines[0], lines[1..].join("\n\n")).into_bytes(),
        "html" => html_page(&lines).into_bytes(),
        "docx" => samples::word(&lines),
        "ofd" => samples::ofd(&lines),
        "pdf" => samples::pdf(&lines),
        other => panic!("no writer for {other}"),
    }
}

/// A page with the lines in its main element, and a site around it.
fn html_page(lines: &[&str]) -> String {
    let body: String = lines[1..].iter().map(|line| format!("<p>{line}</p>")).collect();
    format!(
        "<html><head><meta charset=utf-8><title>{title}_云州省人民政府</title></head><body>\
         <div class=nav><a href=/>首页</a><a href=/x>政务公开</a></div><h1>{title}</h1>\
         <div id=zoom>{body}</div><div class=footer>版权所有：云州省人民政府</div></body></html>",
        title = lines[0]
    )
}

fn assert_no_line_lost(format: &str, lines: &[String]) -> Result<(), TestCaseError> {
    let items = import_file(&format!("a.{format}"), &write_as(format, lines));
    prop_assert!(items.records.len() + items.rejected > 0, "{format}: no item for {lines:?}");
    if items.records.is_empty() {
        return Ok(());
    }
    let words = items.words();
    for line in lines {
        prop_assert!(
            words.contains(&squeeze(line)),
            "{format}: “{line}” is in no record and no list\n{items:#?}"
        );
    }
    // The first line is the page's heading, outside the text.
    for line in lines[1..].iter().filter(|line| line.starts_with('第')) {
        let listed = items.removed.iter().any(|removed| squeeze(&removed.text) == squeeze(line));
        prop_assert!(!listed, "{format}: the article “{line}” was taken away");
    }
    if format != "html" {
        let site = items.removed.iter().filter(|line| line.reason == RemovalReason::Site);
        prop_assert_eq!(site.count(), 0, "{}: a file without a site has no lines of one", format);
    }
    Ok(())
}

fn check_format(format: &str, cases: u32) {
    // The cases are the same in every run.
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let random = proptest::test_runner::TestRng::deterministic_rng(config.rng_algorithm);
    let mut runner = proptest::test_runner::TestRunner::new_with_rng(config, random);
    let checked = runner.run(&document_lines(), |lines| assert_no_line_lost(format, &lines));
    if let Err(error) = checked {
        panic!("{error}");
    }
}

#[test]
fn lines_of_plain_text_are_kept_or_listed() {
    check_format("txt", 400);
}

#[test]
fn lines_of_markdown_are_kept_or_listed() {
    check_format("md", 400);
}

#[test]
fn lines_of_html_are_kept_or_listed() {
    check_format("html", 300);
}

#[test]
fn lines_of_docx_are_kept_or_listed() {
    check_format("docx", 25);
}

#[test]
fn lines_of_ofd_are_kept_or_listed() {
    check_format("ofd", 25);
}

#[test]
fn lines_of_pdf_are_kept_or_listed() {
    check_format("pdf", 25);
}
