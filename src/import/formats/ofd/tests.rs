//! Tests of the OFD reader.

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::import::formats::ofd::{read, resolve_location};

fn ofd_file(pages: &[&str]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let mut add = |name: &str, content: &str| {
        writer.start_file(name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    };
    add(
        "OFD.xml",
        "<ofd:OFD xmlns:ofd='o'><ofd:DocBody><ofd:DocInfo><ofd:Title>第一行。</ofd:Title></ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
    );
    let list: String =
        (0..pages.len()).map(|i| format!("<ofd:Page ID='{i}' BaseLoc='Pages/P{i}/Content.xml'/>")).collect();
    add(
        "Doc_0/Document.xml",
        &format!("<ofd:Document xmlns:ofd='o'><ofd:Pages>{list}</ofd:Pages></ofd:Document>"),
    );
    for (i, page) in pages.iter().enumerate() {
        add(
            &format!("Doc_0/Pages/P{i}/Content.xml"),
            &format!(
                "<ofd:Page xmlns:ofd='o'><ofd:Content><ofd:Layer>{page}</ofd:Layer></ofd:Content></ofd:Page>"
            ),
        );
    }
    writer.finish().unwrap().into_inner()
}

fn text_object(x: u32, y: u32, words: &str) -> String {
    let steps = words.chars().count() - 1;
    format!(
        "<ofd:TextObject Boundary='{x} {y} 100 6' Size='5'><ofd:TextCode X='0' Y='5' DeltaX='g {steps} 5'>{words}</ofd:TextCode></ofd:TextObject>"
    )
}

#[test]
fn text_comes_in_page_order_from_top_to_bottom() {
    let first = text_object(30, 40, "第二行。") + &text_object(30, 20, "第一行。");
    let bytes = ofd_file(&[&first, &text_object(30, 20, "第二页。")]);
    let content = read(&bytes).unwrap();
    let lines: Vec<_> = content.blocks.iter().map(|b| b.text.as_str()).collect();
    assert_eq!(lines.join(""), "第一行。第二行。第二页。");
    assert_eq!(content.titles[0].text, "第一行。");
}

#[test]
fn resolve_location_is_relative_to_naming_file() {
    assert_eq!(resolve_location("Doc_0/Document.xml", "Pages/a.xml"), "Doc_0/Pages/a.xml");
    assert_eq!(resolve_location("Doc_0/Document.xml", "../x/./a.xml"), "x/a.xml");
    assert_eq!(resolve_location("Document.xml", "/x/a.xml"), "/x/a.xml");
}

#[test]
fn ofd_without_text_is_marked_and_without_pages_is_error() {
    assert!(read(&ofd_file(&[""])).unwrap().without_text);
    assert!(read(b"PK").is_err());
}
