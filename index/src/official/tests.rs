//! Tests of all modules together.

use super::{citation, date, document_number, genre, issuer, privacy, validity};

/// A hostile page is one endless line: work that looks back without bound would grow with its
/// square, and this test would not end.
#[test]
fn every_reader_on_endless_line_takes_linear_time() {
    for piece in [
        "2017年5月15日",
        "自发布之日起施行",
        "有效期至2025年12月31日",
        "有效期五年",
        "《甲》",
        "《",
        "〈〈》",
        "《甲》同时废止",
        "根据《甲》",
        "（以下简称",
        "（以下简称《条例》）",
        "国发〔2015〕58号、",
        "第711号令",
        "号",
        "1《甲》",
        "一、决定废止的文件",
        "13800001234 ",
        "1",
        "中共市委办公室",
        "（研）",
        "第一条",
        " ",
    ] {
        let text = piece.repeat(40_000 / piece.len());
        document_number::find_all(&text);
        document_number::own(&text, &text);
        document_number::parse(&text);
        date::roles(&text);
        citation::find_all(&text);
        citation::articles(&text);
        citation::headings(&text);
        validity::statements(&text);
        validity::cleanup_list(&text);
        privacy::mask(&text);
        issuer::split(&text);
        genre::of_title(&text);
    }
}
