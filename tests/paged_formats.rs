//! PDF and OFD through the importer: pages in, text in reading order out.

mod samples;

use std::path::PathBuf;

use gongkai::import::formats::{pdf, sandbox};
use gongkai::import::removed::RemovalReason;
use gongkai::import::{self, Item, Options};
use gongkai_index::Record;

fn import_notice(name: &str, content: Vec<u8>) -> Record {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), content).unwrap();
    let program = PathBuf::from(env!("CARGO_BIN_EXE_gongkai"));
    let reader = Some(sandbox::Reader { program, limits: sandbox::Limits::default() });
    let options = Options { reader, ..Options::default() };
    let mut records = Vec::new();
    import::read_paths(&[folder.path().to_owned()], &options, &mut |item| {
        if let Item::Record { record, .. } = item {
            records.push(*record);
        }
        true
    })
    .unwrap();
    assert_eq!(records.len(), 1, "{name} is one record");
    records.remove(0)
}

fn read_pdf(pages: &[String]) -> Vec<String> {
    let content = pdf::read(&pdf_file(pages)).unwrap();
    content.blocks.into_iter().map(|block| block.text).collect()
}

/// A PDF with these pages. `/F1` is in the encoding of Chinese systems, `/F2` has no map of characters,
/// `/F3` is Unicode with digits of half a width, `/V1` is set from top to bottom, `/Im1` is a picture.
fn pdf_file(pages: &[String]) -> Vec<u8> {
    let kids: Vec<String> = (0..pages.len()).map(|i| format!("{} 0 R", 20 + i * 2)).collect();
    let font = |number: usize, encoding: &str, more: &str| {
        (
            number,
            format!(
                "<< /Type /Font /Subtype /Type0 /BaseFont /SimSun /Encoding /{encoding} /DescendantFonts [<< /Type /Font /Subtype /CIDFontType2 /DW 1000 {more} >>] >>"
            ),
        )
    };
    let mut objects = vec![
        (1, "<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Kids [<< /Names [(a) << /Type /Filespec /UF <FEFF65368D3976EE5F55> >>] >>] >> >> >>".to_owned()),
        (2, format!("<< /Type /Pages /Kids [{}] /Count {} /MediaBox [0 0 595 842] >>", kids.join(" "), pages.len())),
        font(3, "GBK-EUC-H", ""),
        font(4, "Identity-H", ""),
        font(5, "UniGB-UCS2-H", "/W [1 95 500]"),
        font(6, "GBK-EUC-V", ""),
        (7, "<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceGray /Length 1 >>\nstream\n0\nendstream".to_owned()),
    ];
    for (i, page) in pages.iter().enumerate() {
        let (own, content) = (20 + i * 2, 21 + i * 2);
        objects.push((own, format!("<< /Type /Page /Parent 2 0 R /Contents {content} 0 R /Resources << /Font << /F1 3 0 R /F2 4 0 R /F3 5 0 R /V1 6 0 R >> /XObject << /Im1 7 0 R >> >> >>")));
        objects.push((content, format!("<< /Length {} >>\nstream\n{page}\nendstream", page.len())));
    }
    let mut bytes = b"%PDF-1.7\n".to_vec();
    let mut table = String::from("xref\n0 1\n0000000000 65535 f \n");
    for (number, object) in &objects {
        table.push_str(&format!("{number} 1\n{:010} 00000 n \n", bytes.len()));
        bytes.extend(format!("{number} 0 obj\n{object}\nendobj\n").bytes());
    }
    let size = 22 + pages.len() * 2;
    let start = bytes.len();
    bytes.extend(
        format!("{table}trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n").bytes(),
    );
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02X}")).collect()
}

fn gbk(text: &str) -> String {
    hex(&encoding_rs::GB18030.encode(text).0)
}

/// A line of text at a place, `size` points high.
fn line(x: f32, y: f32, size: f32, text: &str) -> String {
    format!("BT /F1 {size} Tf 1 0 0 1 {x} {y} Tm <{}> Tj ET\n", gbk(text))
}

/// A line whose base line is turned counter-clockwise.
fn turned(x: f32, y: f32, degrees: f32, text: &str) -> String {
    let (sin, cos) = degrees.to_radians().sin_cos();
    format!("BT /F1 16 Tf {cos:.4} {sin:.4} {:.4} {cos:.4} {x} {y} Tm <{}> Tj ET\n", -sin, gbk(text))
}

/// A page of notice lines in 16 points from the top.
fn page(lines: &[&str]) -> String {
    lines.iter().enumerate().map(|(i, text)| line(80.0, 740.0 - i as f32 * 28.0, 16.0, text)).collect()
}

const FULL: &str = "为了规范政务公开工作依法保障公民法人和其他组织获取政府信";

#[test]
fn actual_text_and_radicals_become_characters() {
    let head = line(80.0, 740.0, 22.0, "澜江市教育局关于政务公开的通知");
    // The glyphs of the body have no characters of their own; radicals stand in the replacement as well.
    let text: Vec<u8> = "请\u{2f08}\u{2ea0}政府认真执行本通知的各项规定。"
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    let body = format!(
        "/Span << /ActualText <FEFF{}> >> BDC BT /F2 16 Tf 80 700 Td <000100020003> Tj ET EMC\n",
        hex(&text)
    );
    let day = line(380.0, 660.0, 16.0, "2018年5月9日");
    let record = import_notice("a.pdf", pdf_file(&[head + &body + &day]));
    assert!(record.body.contains("请人民政府认真执行"), "{}", record.body);
    assert_eq!(record.title, "澜江市教育局关于政务公开的通知");
}

#[test]
fn radicals_of_other_formats_become_characters() {
    let lines: Vec<String> =
        samples::NOTICE.iter().map(|line| line.replace('人', "\u{2f08}").replace('日', "\u{2f47}")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let formats = [
        ("a.txt", lines.join("\n").into_bytes()),
        ("a.docx", samples::word(&lines)),
        ("a.ofd", samples::ofd(&lines)),
    ];
    for (name, bytes) in formats {
        let record = import_notice(name, bytes);
        assert_eq!(record.written_on.map(|day| day.to_string()).as_deref(), Some("2018-05-09"), "{name}");
        assert_eq!(record.issuers, ["澜江市人民政府办公室"], "{name}");
        assert!(!record.body.contains('\u{2f08}'), "{name}: {}", record.body);
    }
}

#[test]
fn text_at_an_angle_is_left_out_and_listed() {
    let text = page(&["一、清单之外一律不得收费。", "二、各单位应当公布收费目录。"]);
    let marks = turned(100.0, 690.0, 45.0, "内部使用") + &turned(120.0, 735.0, 30.0, "注意");
    // Letters round a seal: the third stands upright.
    let seal: String = [60.0, 30.0, 0.0, -30.0, -60.0]
        .iter()
        .zip("财政局专用".chars())
        .enumerate()
        .map(|(i, (degrees, c))| turned(200.0 + i as f32 * 20.0, 712.0, *degrees, &c.to_string()))
        .collect();
    let content = pdf::read(&pdf_file(&[text + &marks + &seal])).unwrap();
    let lines: Vec<_> = content.blocks.iter().map(|block| block.text.as_str()).collect();
    assert_eq!(lines, ["一、清单之外一律不得收费。", "二、各单位应当公布收费目录。"]);
    let listed = content.removed.iter().filter(|line| line.reason == RemovalReason::Watermark).count();
    assert_eq!(listed, 7, "{:?}", content.removed);
}

#[test]
fn upright_watermark_on_every_page_is_left_out() {
    let pages: Vec<String> = ["甲", "乙"]
        .iter()
        .map(|name| {
            page(&[&format!("{name}单位应当公布收费目录清单。"), "未列入目录的一律不得收费。"])
                + &line(100.0, 716.0, 40.0, "仅供参考")
        })
        .collect();
    let text = read_pdf(&pages).join("\n");
    assert!(!text.contains("仅供参考") && text.contains("甲单位应当公布收费目录清单。"), "{text}");
}

#[test]
fn turned_pages_are_read_upright() {
    for (degrees, x, y) in [(90.0, 100.0, 80.0), (180.0, 500.0, 100.0), (270.0, 500.0, 760.0)] {
        let second = match degrees as u32 {
            90 => (x + 28.0, y),
            180 => (x, y + 28.0),
            _ => (x - 28.0, y),
        };
        let pages = [turned(second.0, second.1, degrees, "第二行在后，比第一行长一些。")
            + &turned(x, y, degrees, "第一行。")];
        assert_eq!(read_pdf(&pages), ["第一行。", "第二行在后，比第一行长一些。"], "turned by {degrees}");
    }
}

#[test]
fn label_at_the_side_of_a_page_keeps_the_text_together() {
    let text = page(&[FULL, "息，制定本办法。"]) + &turned(40.0, 300.0, 90.0, "装订线内不要答题");
    assert_eq!(read_pdf(&[text]), [format!("{FULL}息，制定本办法。"), "装订线内不要答题".to_owned()]);
}

#[test]
fn text_from_top_to_bottom_is_read_from_the_right() {
    let column = |x: f32, text: &str| format!("BT /V1 16 Tf {x} 700 Td <{}> Tj ET\n", gbk(text));
    assert_eq!(
        read_pdf(&[column(400.0, "左列在后，比右列长一些。") + &column(440.0, "右列。")]),
        ["右列。", "左列在后，比右列长一些。"]
    );
}

#[test]
fn one_font_without_characters_leaves_the_others() {
    let stamp: String = (0..3)
        .map(|i| format!("BT /F2 12 Tf 80 {} Td <00010002000300040005> Tj ET\n", 500 - i * 20))
        .collect();
    let text = page(&["请各单位结合实际认真贯彻执行本通知。"]) + &stamp;
    assert_eq!(read_pdf(&[text]), ["请各单位结合实际认真贯彻执行本通知。"]);
    let unreadable =
        "BT /F2 12 Tf 80 500 Td <0001000200030004> Tj ET\n".to_owned() + &line(80.0, 700.0, 16.0, "第页");
    assert!(pdf::read(&pdf_file(&[unreadable])).unwrap().without_text);
}

#[test]
fn scan_with_a_line_of_text_is_a_scan() {
    let picture = "q 595 0 0 842 0 0 cm /Im1 Do Q\n";
    let pages: Vec<String> = (1..3)
        .map(|i| format!("{picture}{}", line(80.0, 20.0, 9.0, &format!("由某扫描软件扫描 {i}"))))
        .collect();
    let record = import_notice("澜江市2019年工作要点.pdf", pdf_file(&pages));
    assert!(record.body.starts_with("全文未入库"), "{}", record.body);
    let searchable = page(&[FULL, FULL, FULL, "息。"]);
    assert!(!pdf::read(&pdf_file(&[format!("{picture}{searchable}")])).unwrap().without_text);
    assert!(!pdf::read(&pdf_file(&[page(&["短文。"])])).unwrap().without_text, "no picture, no scan");
}

#[test]
fn running_head_of_two_pages_is_left_out() {
    let pages: Vec<String> = (1..3)
        .map(|i| {
            let number = line(290.0, 30.0, 10.0, &format!("— {i} —"));
            line(220.0, 800.0, 10.0, "澜江市人民政府公报")
                + &page(&[&format!("第{i}页的正文到此为止。")])
                + &number
        })
        .collect();
    assert_eq!(read_pdf(&pages), ["第1页的正文到此为止。", "第2页的正文到此为止。"]);
}

#[test]
fn titles_and_days_of_equal_forms_are_text() {
    let form = |number: u32| {
        line(180.0, 740.0, 22.0, "澜江市人民政府关于征收土地的公告")
            + &line(230.0, 700.0, 16.0, &format!("澜政征〔2024〕{number}号"))
            + &line(80.0, 660.0, 16.0, &format!("现将第{number}号地块的征收事项公告如下。"))
            + &line(80.0, 632.0, 16.0, "请有关单位和个人知悉。")
            + &line(380.0, 600.0, 16.0, "2024年5月17日")
    };
    let lines = read_pdf(&[form(1), form(2)]);
    for text in ["澜江市人民政府关于征收土地的公告", "2024年5月17日"] {
        assert_eq!(lines.iter().filter(|line| line.contains(text)).count(), 2, "{text}: {lines:?}");
    }
    let list = line(80.0, 740.0, 22.0, "澜江市考试成绩表") + &page(&["", "", "甲", "9", "乙", "7"]);
    assert!(read_pdf(&[list]).iter().any(|line| line.contains('7')), "a figure of the last row");
}

#[test]
fn title_as_wide_as_the_text_is_joined() {
    let title = line(84.0, 815.0, 22.0, "澜江市人民政府办公室关于进一步加强农村义务")
        + &line(238.0, 785.0, 22.0, "教育工作的通知");
    let record = import_notice("a.pdf", pdf_file(&[title + &page(&[FULL, FULL, "息，制定本办法。"])]));
    assert_eq!(record.title, "澜江市人民政府办公室关于进一步加强农村义务教育工作的通知");
}

#[test]
fn files_inside_are_named() {
    let text = page(&["澜江市财政局关于规范收费的通知", "请各单位结合实际认真贯彻执行。"]);
    let record = import_notice("a.pdf", pdf_file(&[text]));
    assert_eq!(record.attachments[0].name, "收费目录");
}

#[test]
fn head_of_a_table_on_every_page_stays_once() {
    let row = |y: f32, cells: [&str; 2]| line(80.0, y, 12.0, cells[0]) + &line(300.0, y, 12.0, cells[1]);
    let pages = [
        row(780.0, ["收费项目", "收费标准"])
            + &row(760.0, ["水费甲", "三元"])
            + &row(740.0, ["水费乙", "四元"]),
        row(780.0, ["收费项目", "收费标准"])
            + &row(760.0, ["电费甲", "五元"])
            + &row(740.0, ["电费乙", "六元"]),
    ];
    assert_eq!(read_pdf(&pages).iter().filter(|line| line.contains("收费项目")).count(), 1);
}

#[test]
fn numbers_and_addresses_at_line_ends_have_no_blank() {
    let text =
        [&format!("{FULL}20"), "21年发布的办法同时废止，共安排12", "50万元，详见www.example.cn/mu", "lu。"];
    assert_eq!(
        read_pdf(&[page(&text)]),
        [format!("{FULL}2021年发布的办法同时废止，共安排1250万元，详见www.example.cn/mu"), "lu。".to_owned()]
    );
}

#[test]
fn typed_indents_begin_paragraphs() {
    let first = format!("\u{3000}\u{3000}{}", &FULL[..FULL.len() - 6]);
    let second = "\u{3000}\u{3000}三、保障措施";
    assert_eq!(read_pdf(&[page(&[FULL, &first, second])]), [FULL, first.trim(), second.trim()]);
}

#[test]
fn ragged_lines_are_one_paragraph_where_paragraphs_are_indented() {
    let indented = |y: f32, text: &str| line(112.0, y, 16.0, text);
    let text = indented(740.0, "一、各单位应当公布收费目录清单，并按照规定的期限办理登记。")
        + &indented(712.0, "二、短句。")
        + &indented(684.0, "三、请结合本地区本单位实际认真贯彻执")
        + &line(80.0, 656.0, 16.0, "行。")
        + &indented(628.0, "四、短句。");
    let lines = read_pdf(&[text]);
    assert!(lines.contains(&"三、请结合本地区本单位实际认真贯彻执行。".to_owned()), "{lines:?}");
    assert_eq!(lines.len(), 4, "{lines:?}");
}

#[test]
fn columns_of_prose_are_read_one_after_the_other() {
    let left = [
        "政务数据是指行政机关在履行职",
        "责过程中制作的以一定的形式记",
        "录保存的各类数据，包括文件及",
        "图片和声音，由各单位自行保管",
        "和提供。",
    ];
    let right = [
        "数据目录是指按照统一标准编制",
        "的清单，列明数据的名称和来源",
        "及格式，更新周期由各单位自行",
        "确定，每年核对一次并公布结果",
        "。",
    ];
    let rows = left.iter().zip(right).enumerate().map(|(i, (left, right))| {
        let y = 700.0 - i as f32 * 20.0;
        line(80.0, y, 12.0, left) + &line(264.0, y, 12.0, right)
    });
    let text = line(80.0, 740.0, 12.0, FULL) + &rows.collect::<String>();
    let lines = read_pdf(&[text]).join("\n");
    assert!(lines.contains(&left.join("")) && lines.contains(&right.join("")), "{lines}");
}

#[test]
fn table_with_short_cells_is_read_row_by_row() {
    let rows = (0..6).map(|i| {
        let y = 700.0 - i as f32 * 20.0;
        line(80.0, y, 12.0, &format!("项目{i}")) + &line(300.0, y, 12.0, &format!("{i}元"))
    });
    assert_eq!(read_pdf(&[rows.collect()])[1], "项目1 | 1元");
}

#[test]
fn widths_of_digits_follow_the_collection_of_the_font() {
    let utf16 = |text: &str| hex(&text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>());
    let row = |y: f32, text: &str| format!("BT /F3 16 Tf 80 {y} Td <{}> Tj ET\n", utf16(text));
    // With digits of a whole width the second line would reach beyond all others and part the first.
    let text = row(740.0, FULL)
        + &row(712.0, "息，共12345678901234567890123456789012345678项。")
        + &row(684.0, FULL);
    assert_eq!(read_pdf(&[text]).len(), 2);
}

/// An OFD file of one page with more entries and more in its `Document.xml`.
fn ofd_file(page: &str, document: &str, entries: &[(&str, &str)]) -> Vec<u8> {
    let document = format!(
        "<ofd:Document xmlns:ofd='o'>{document}<ofd:Pages><ofd:Page ID='1' BaseLoc='Pages/P0.xml'/></ofd:Pages></ofd:Document>"
    );
    let page = format!("<ofd:Page xmlns:ofd='o'>{page}</ofd:Page>");
    let mut all: Vec<(&str, &[u8])> = vec![
        ("OFD.xml", b"<ofd:OFD xmlns:ofd='o'><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>"),
        ("Doc_0/Document.xml", document.as_bytes()),
        ("Doc_0/Pages/P0.xml", page.as_bytes()),
    ];
    all.extend(entries.iter().map(|(name, text)| (*name, text.as_bytes())));
    samples::archive(&all)
}

fn text_object(x: f32, y: f32, size: f32, more: &str, text: &str) -> String {
    let steps = text.chars().count() - 1;
    format!(
        "<ofd:TextObject Boundary='{x} {y} 170 10' Size='{size}' {more}><ofd:TextCode X='0' Y='6' DeltaX='g {steps} {size}'>{text}</ofd:TextCode></ofd:TextObject>"
    )
}

fn layer(objects: &str) -> String {
    format!("<ofd:Content><ofd:Layer>{objects}</ofd:Layer></ofd:Content>")
}

fn notice_objects() -> String {
    text_object(45.0, 50.0, 7.0, "", "澜江市财政局关于规范收费的通知")
        + &text_object(28.0, 70.0, 5.6, "", "请各单位结合实际认真贯彻执行，不得收费。")
        + &text_object(120.0, 90.0, 5.6, "", "2018年5月9日")
}

#[test]
fn ofd_template_is_read_with_the_page() {
    let template = format!(
        "<ofd:Page xmlns:ofd='o'>{}</ofd:Page>",
        layer(&text_object(60.0, 30.0, 5.6, "", "澜财发〔2018〕5号"))
    );
    let page = format!("<ofd:Template TemplateID='7'/>{}", layer(&notice_objects()));
    let document = "<ofd:CommonData><ofd:TemplatePage ID='7' BaseLoc='Tpls/T.xml'/></ofd:CommonData>";
    let record = import_notice("a.ofd", ofd_file(&page, document, &[("Doc_0/Tpls/T.xml", &template)]));
    assert_eq!(record.document_number.as_deref(), Some("澜财发〔2018〕5号"));
    assert_eq!(record.title, "澜江市财政局关于规范收费的通知");
}

#[test]
fn ofd_composite_objects_are_read_at_their_place() {
    let unit = |id: u32, objects: &str| {
        format!(
            "<ofd:CompositeGraphicUnit ID='{id}'><ofd:Content>{objects}</ofd:Content></ofd:CompositeGraphicUnit>"
        )
    };
    let units = unit(6, "<ofd:CompositeObject ResourceID='8' Boundary='0 0 210 297'/>") + &unit(8, &notice_objects())
        // A unit that uses itself ends.
        + &unit(9, "<ofd:CompositeObject ResourceID='9' Boundary='0 0 1 1'/><ofd:CompositeObject ResourceID='9' Boundary='0 0 1 1'/>");
    let resource = format!(
        "<ofd:Res xmlns:ofd='o'><ofd:CompositeGraphicUnits>{units}</ofd:CompositeGraphicUnits></ofd:Res>"
    );
    let objects = "<ofd:CompositeObject ResourceID='6' Boundary='0 0 210 297'/><ofd:CompositeObject ResourceID='9' Boundary='0 0 1 1'/>";
    let document = "<ofd:CommonData><ofd:DocumentRes>R.xml</ofd:DocumentRes></ofd:CommonData>";
    let record = import_notice("a.ofd", ofd_file(&layer(objects), document, &[("Doc_0/R.xml", &resource)]));
    assert_eq!(record.title, "澜江市财政局关于规范收费的通知");
    assert!(record.body.contains("请各单位结合实际认真贯彻执行，不得收费。"), "{}", record.body);
}

#[test]
fn ofd_text_that_is_not_shown_is_left_out() {
    let hidden = text_object(28.0, 80.0, 5.6, "Visible='false'", "内部资料不得公开");
    let block = format!(
        "<ofd:PageBlock Visible='false'>{}</ofd:PageBlock>",
        text_object(28.0, 84.0, 5.6, "", "草稿第三版")
    );
    let record = import_notice("a.ofd", ofd_file(&layer(&(notice_objects() + &hidden + &block)), "", &[]));
    assert!(!record.body.contains("内部资料") && !record.body.contains("草稿"), "{}", record.body);
    assert!(record.body.contains("2018年5月9日"), "{}", record.body);
}

#[test]
fn ofd_files_inside_are_named() {
    let list = "<ofd:Attachments xmlns:ofd='o'><ofd:Attachment ID='1' Name='收费目录清单'><ofd:FileLoc>a.xlsx</ofd:FileLoc></ofd:Attachment></ofd:Attachments>";
    let document = "<ofd:Attachments>Attachs/List.xml</ofd:Attachments>";
    let entries = [("Doc_0/Attachs/List.xml", list), ("Doc_0/Attachs/a.xlsx", "x")];
    for objects in [notice_objects(), text_object(28.0, 30.0, 5.6, "", "澜江市收费目录清单见附件")]
    {
        let record = import_notice("a.ofd", ofd_file(&layer(&objects), document, &entries));
        assert_eq!(record.attachments.len(), 1);
        assert_eq!(record.attachments[0].name, "收费目录清单");
    }
}

#[test]
fn ofd_annotations_are_read_without_watermarks() {
    let annotation = |kind: &str, text: &str| {
        format!(
            "<ofd:Annot Type='{kind}'><ofd:Appearance Boundary='28 100 100 10'>{}</ofd:Appearance></ofd:Annot>",
            text_object(0.0, 0.0, 5.6, "", text)
        )
    };
    let page = format!(
        "<ofd:PageAnnot xmlns:ofd='o'>{}{}</ofd:PageAnnot>",
        annotation("Path", "同意印发执行。"),
        annotation("Watermark", "仅供参考")
    );
    let list = "<ofd:Annotations xmlns:ofd='o'><ofd:Page PageID='1'><ofd:FileLoc>P.xml</ofd:FileLoc></ofd:Page></ofd:Annotations>";
    let entries = [("Doc_0/Annots/List.xml", list), ("Doc_0/Annots/P.xml", page.as_str())];
    let document = "<ofd:Annotations>Annots/List.xml</ofd:Annotations>";
    let record = import_notice("a.ofd", ofd_file(&layer(&notice_objects()), document, &entries));
    assert!(record.body.contains("同意印发执行。") && !record.body.contains("仅供参考"), "{}", record.body);
}

#[test]
fn ofd_title_a_little_larger_than_the_text_is_joined() {
    let objects = text_object(66.0, 25.0, 6.35, "", "澜江市人民政府关于进一步")
        + &text_object(72.0, 35.0, 6.35, "", "规范收费的通知")
        + &text_object(28.0, 60.0, 5.64, "", "请各单位结合实际认真贯彻执行，未列入目录的不得收费。")
        + &text_object(28.0, 70.0, 5.64, "", "收费目录应当公布，不得以其他名义收取任何费用。");
    let record = import_notice("a.ofd", ofd_file(&layer(&objects), "", &[]));
    assert_eq!(record.title, "澜江市人民政府关于进一步规范收费的通知");
}

#[test]
fn ofd_with_glyph_numbers_for_characters_is_no_text() {
    let objects = text_object(28.0, 50.0, 5.6, "", "\u{e001}\u{e002}\u{e003}\u{e004}\u{e005}");
    let record = import_notice("a.ofd", ofd_file(&layer(&objects), "", &[]));
    assert!(record.body.starts_with("全文未入库"), "{}", record.body);
}
