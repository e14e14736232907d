//! Tests of the PDF reader.

use crate::import::formats::pdf::read;
use crate::import::read_error::ReadError;

/// Makes a PDF with one page, object by object.
pub fn file(font: &str, content: &[u8], more: &[&[u8]]) -> Vec<u8> {
    let stream =
        [format!("<< /Length {} >>\nstream\n", content.len()).as_bytes(), content, b"\nendstream"].concat();
    let mut objects: Vec<Vec<u8>> = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /CharacterCount 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>".to_vec(),
        stream,
        font.as_bytes().to_vec(),
    ];
    objects.extend(more.iter().map(|object| object.to_vec()));
    let mut bytes = b"%PDF-1.4\n".to_vec();
    let mut places = Vec::new();
    for (i, object) in objects.iter().enumerate() {
        places.push(bytes.len());
        bytes.extend_from_slice(format!("{} 0 obj\n", i + 1).as_bytes());
        bytes.extend_from_slice(object);
        bytes.extend_from_slice(b"\nendobj\n");
    }
    let start = bytes.len();
    bytes.extend_from_slice(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).as_bytes());
    places.iter().for_each(|place| bytes.extend_from_slice(format!("{place:010} 00000 n \n").as_bytes()));
    let end = format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1);
    bytes.extend_from_slice(end.as_bytes());
    bytes
}

fn text(bytes: &[u8]) -> String {
    read(bytes).unwrap().blocks.iter().map(|b| b.text.as_str()).collect::<Vec<_>>().join("\n")
}

fn shown(bytes: &[u8]) -> Vec<u8> {
    let hex: String = bytes.iter().map(|b| format!("{b:02X}")).collect();
    format!("BT /F1 16 Tf 72 700 Td <{hex}> Tj ET").into_bytes()
}

const WORDS: &str = "关于印发《办法》的通知2017";

#[test]
fn encodings_of_chinese_fonts_are_read() {
    let gbk = encoding_rs::GB18030.encode(WORDS).0.into_owned();
    let utf16: Vec<u8> = WORDS.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (encoding, bytes) in
        [("GBK-EUC-H", &gbk), ("GBpc-EUC-H", &gbk), ("UniGB-UCS2-H", &utf16), ("UniGB-UTF16-H", &utf16)]
    {
        let font = format!(
            "<< /Type /Font /Subtype /Type0 /BaseFont /SimSun /Encoding /{encoding} /DescendantFonts [<< /Type /Font /Subtype /CIDFontType2 >>] >>"
        );
        assert_eq!(text(&file(&font, &shown(bytes), &[])), WORDS, "{encoding}");
    }
}

#[test]
fn glyph_numbers_with_map_are_read() {
    let map = b"1 begincodespacerange <0000> <FFFF> endcodespacerange 1 beginbfchar <0003> <7532> endbfchar";
    let object = [format!("<< /Length {} >>\nstream\n", map.len()).as_bytes(), map, b"\nendstream"].concat();
    let font = "<< /Type /Font /Subtype /Type0 /Encoding /Identity-H /ToUnicode 6 0 R >>";
    assert_eq!(text(&file(font, &shown(&[0, 3]), &[&object])), "甲");
}

#[test]
fn glyph_numbers_without_map_are_no_text_layer() {
    let font = "<< /Type /Font /Subtype /Type0 /Encoding /Identity-H >>";
    assert!(read(&file(font, &shown(&[0, 3, 0, 4]), &[])).unwrap().without_text);
    assert!(read(&file(font, b"", &[])).unwrap().without_text);
}

#[test]
fn read_of_other_bytes_reports_damage() {
    assert!(matches!(read(b"%PDF-1.4 nothing"), Err(ReadError::Damaged(_))));
}
