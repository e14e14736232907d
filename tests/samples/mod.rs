//! Files of every format the importer reads, made in memory. Places and organs are invented.
#![allow(dead_code, reason = "each test takes what it needs")]

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The text of a notice that issues rules, a line a paragraph.
pub const NOTICE: &[&str] = &[
    "澜江市人民政府办公室关于印发澜江市政务公开工作办法的通知",
    "澜政办发〔2018〕31号",
    "各县（市、区）人民政府，市政府各部门：",
    "《澜江市政务公开工作办法》已经市政府同意，现印发给你们，请结合实际认真贯彻执行。",
    "澜江市人民政府办公室",
    "2018年5月9日",
    "澜江市政务公开工作办法",
    "第一条 为了规范政务公开工作，保障公民、法人和其他组织依法获取政府信息，制定本办法。",
    "第二条 本市行政机关公开政府信息，适用本办法。行政机关应当及时、准确地公开政府信息。",
    "第三条 本办法自2018年6月1日起施行，有效期五年。",
];

/// A page of a portal: `paragraphs` of text, `chrome` links around it.
pub fn page(paragraphs: usize, chrome: usize) -> String {
    let links: String = (0..chrome)
        .map(|i| format!("<li class=\"list-item clearfix\"><a href=\"/zwgk/zcwj/2018/0509/t2018_{i}.html\" target=\"_blank\" title=\"栏目{i}\">关于公布第{i}批便民服务事项的公告</a><span>2018-05-09</span></li>\n"))
        .collect();
    let head = &NOTICE[2..6];
    let body: String = head.iter().map(|line| format!("<p style=\"text-indent:2em;line-height:28pt\"><span style=\"font-family:仿宋\">{line}</span></p>\n")).collect();
    let more: String = (0..paragraphs)
        .map(|i| format!("<p style=\"text-indent:2em;line-height:28pt\"><span style=\"font-family:仿宋;font-size:16pt\">第{}条 行政机关应当建立健全政府信息发布协调机制，及时、准确地公开政府信息，不得收取费用，并接受社会监督。</span></p>\n", i + 1))
        .collect();
    let script = "<script>var _hmt=_hmt||[];(function(){var h=document.createElement('script');h.src='//x.example/h.js';})();</script>\n".repeat(20);
    let style =
        "<style>.nav li a:hover{color:#c00;text-decoration:none}.con p{margin:0 0 12px}</style>\n".repeat(20);
    format!(
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>{title}_澜江市人民政府</title>\
         <meta name=\"SiteName\" content=\"澜江市人民政府\"><meta name=\"ArticleTitle\" content=\"{title}\">\
         <meta name=\"PubDate\" content=\"2018-05-16 09:30\"><meta name=\"ContentSource\" content=\"市政府办公室\">{style}{script}</head>\
         <body><div class=\"nav\"><ul>{links}</ul></div><div class=\"crumb\">当前位置：<a href=\"/\">首页</a> &gt; 政务公开</div>\
         <table class=\"bd\"><tr><td>索引号：</td><td>014220015/2018-00031</td><td>发文字号：</td><td>澜政办发〔2018〕31号</td></tr>\
         <tr><td>成文日期：</td><td>2018-05-09</td><td>时效性：</td><td>有效</td></tr></table>\
         <h1>{title}</h1><div class=\"content\" id=\"zoom\">{body}<p align=\"center\"><b>澜江市政务公开工作办法</b></p>{more}</div>\
         <div class=\"related\"><h3>相关推荐</h3><ul>{links}</ul></div><div class=\"footer\">版权所有：澜江市人民政府 苏ICP备05000000号</div></body></html>",
        title = NOTICE[0]
    )
}

/// An archive with these entries.
pub fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The XML of a Word file's main part.
pub fn word_xml(lines: &[&str]) -> String {
    let body: String = lines.iter().map(|line| format!("<w:p><w:pPr><w:jc w:val=\"both\"/></w:pPr><w:r><w:rPr><w:sz w:val=\"32\"/></w:rPr><w:t>{line}</w:t></w:r></w:p>")).collect();
    let row = "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>项目</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>期限</w:t></w:r></w:p></w:tc></w:tr></w:tbl>";
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><w:document xmlns:w=\"w\"><w:body>{body}{row}</w:body></w:document>"
    )
}

/// A Word file.
pub fn word(lines: &[&str]) -> Vec<u8> {
    archive(&[("word/document.xml", word_xml(lines).as_bytes())])
}

/// The content of an OFD page.
pub fn ofd_page(lines: &[&str]) -> String {
    let texts: String = lines
        .iter()
        .enumerate()
        .map(|(i, line)| {
            let steps = line.chars().count().saturating_sub(1);
            format!("<ofd:TextObject ID=\"{i}\" Boundary=\"20 {} 170 6\" Size=\"5\"><ofd:TextCode X=\"0\" Y=\"5\" DeltaX=\"g {steps} 5\">{line}</ofd:TextCode></ofd:TextObject>", 20 + i * 9)
        })
        .collect();
    format!("<ofd:Page xmlns:ofd=\"o\"><ofd:Content><ofd:Layer>{texts}</ofd:Layer></ofd:Content></ofd:Page>")
}

/// An OFD file of one page.
pub fn ofd(lines: &[&str]) -> Vec<u8> {
    archive(&[
        ("OFD.xml", b"<ofd:OFD xmlns:ofd='o'><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>"),
        ("Doc_0/Document.xml", b"<ofd:Document xmlns:ofd='o'><ofd:Pages><ofd:Page ID='1' BaseLoc='Pages/P0.xml'/></ofd:Pages></ofd:Document>"),
        ("Doc_0/Pages/P0.xml", ofd_page(lines).as_bytes()),
    ])
}

/// A PDF whose text is drawn with a font in the encoding of Chinese systems.
pub fn pdf(lines: &[&str]) -> Vec<u8> {
    let mut content = String::from("BT /F1 12 Tf 60 780 Td 20 TL\n");
    for line in lines {
        let bytes = encoding_rs::GB18030.encode(line).0.into_owned();
        let hex: String = bytes.iter().map(|b| format!("{b:02X}")).collect();
        content.push_str(&format!("<{hex}> Tj T*\n"));
    }
    content.push_str("ET");
    pdf_of(content.as_bytes())
}

/// A PDF of one page with this content.
pub fn pdf_of(content: &[u8]) -> Vec<u8> {
    let objects: [Vec<u8>; 6] = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>".to_vec(),
        [format!("<< /Length {} >>\nstream\n", content.len()).as_bytes(), content, b"\nendstream"].concat(),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /SimSun /Encoding /GBK-EUC-H /DescendantFonts [6 0 R] >>".to_vec(),
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /SimSun /DW 1000 >>".to_vec(),
    ];
    let mut bytes = b"%PDF-1.4\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (i, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", bytes.len()));
        bytes.extend([format!("{} 0 obj\n", i + 1).as_bytes(), object, b"\nendobj\n"].concat());
    }
    let end = format!(
        "{table}trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{}\n%%EOF\n",
        objects.len() + 1,
        bytes.len()
    );
    bytes.extend_from_slice(end.as_bytes());
    bytes
}

/// An export of `rows` records.
pub fn export(rows: usize) -> String {
    let mut text = String::from("标题,文号,发文机关,成文日期,发布日期,正文\r\n");
    for i in 0..rows {
        text.push_str(&format!("澜江市财政局关于第{i}号事项的通知,澜财发〔2018〕{i}号,澜江市财政局,2018-05-09,2018/5/16,\"各单位：\n为规范第{i}号事项的办理，现通知如下，请认真执行。\"\r\n"));
    }
    text
}
