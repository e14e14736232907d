//! Word files (ISO/IEC 29500): the text of the printed sheet with its numbers, heads and notes.
//!
//! `story` reads the text of one part; `numbering` and `styles` have what stands in parts of their own;
//! `chunks` reads files that are embedded as text.

mod chunks;
mod numbering;
mod numerals;
mod story;
mod styles;

use std::collections::HashMap;

use gongkai_index::official::document_number;

use crate::import::file_content::{BlockCollector, BlockKind, FileContent};
use crate::import::formats::docx::numbering::Numbering;
use crate::import::formats::docx::story::{Context, NoteKind, Story, StoryLine};
use crate::import::formats::docx::styles::Styles;
use crate::import::formats::package::Package;
use crate::import::formats::xml::{self, Node};
use crate::import::read_error::ReadError;

/// Reads a Word file.
///
/// # Errors
/// The file is damaged, or no Word file.
pub fn read(bytes: &[u8]) -> Result<FileContent, ReadError> {
    let (head, body, foot) = read_parts(bytes, true)?;
    let lines: Vec<StoryLine> = body.into_content().blocks.into_iter().map(|b| (b.kind, b.text)).collect();
    let is_new = |line: &StoryLine| lines.iter().all(|(_, text)| *text != line.1);
    let mut blocks = BlockCollector::default();
    let head = head.into_iter().filter(is_new);
    let foot = foot.into_iter().filter(is_new);
    // A number in the head is that of the document; other words there are not its title.
    let (numbers, others): (Vec<StoryLine>, Vec<StoryLine>) =
        head.partition(|(_, text)| !document_number::find_all(text).is_empty());
    for (kind, text) in numbers.iter().chain(&lines) {
        blocks.push(*kind, text);
    }
    for (_, text) in others.into_iter().chain(foot) {
        blocks.push(BlockKind::Paragraph, &text);
    }
    Ok(blocks.into_content())
}

/// Lines of the heads, text, lines of the feet.
type Parts = (Vec<StoryLine>, BlockCollector, Vec<StoryLine>);

fn read_parts(bytes: &[u8], with_chunks: bool) -> Result<Parts, ReadError> {
    let mut package = Package::open(bytes)?;
    let name = main_part(&mut package);
    let document = package.read_named(&name)?;
    let relations = read_relations(&mut package, &name);
    let mut part = |kind: &str| {
        let relation = relations.values().find(|relation| relation.kind == kind)?;
        package.read_named(&relation.target).ok()
    };
    let mut context = Context {
        styles: part("styles").map_or_else(Styles::default, |xml| Styles::read(&xml)),
        numbering: part("numbering").map_or_else(Numbering::default, |xml| Numbering::read(&xml)),
        ..Context::default()
    };
    for (kind, note) in [("footnotes", NoteKind::Footnote), ("endnotes", NoteKind::Endnote)] {
        if let Some(xml) = part(kind) {
            read_notes(&xml, note, &mut context)?;
        }
    }
    let chunks = relations.iter().filter(|(_, relation)| with_chunks && relation.kind == "aFChunk");
    for (id, relation) in chunks {
        // A Word file inside may not embed further ones: the depth is limited so.
        let read_word = |bytes: &[u8]| Ok(read_parts(bytes, false)?.1.into_content());
        let lines = chunks::read(&relation.target, package.read_named(&relation.target), read_word);
        context.chunks.insert(id.clone(), lines);
    }
    let mut story = Story::default();
    let (mut heads, mut feet) = (Vec::new(), Vec::new());
    xml::walk(&document, &mut |node| {
        if let Node::Start(name @ ("headerReference" | "footerReference"), attributes) = &node
            && let Some(id) = attributes.get("id")
        {
            let parts = if *name == "headerReference" { &mut heads } else { &mut feet };
            if !parts.contains(&id) {
                parts.push(id);
            }
        }
        story.visit_node(&node, &mut context)
    })?;
    let body = story.finish(&mut context);
    let mut lines_of = |ids: &[String]| -> Vec<StoryLine> {
        let mut lines: Vec<StoryLine> = Vec::new();
        for relation in ids.iter().filter_map(|id| relations.get(id)) {
            let Ok(xml) = package.read_named(&relation.target) else { continue };
            for line in read_margin(&xml, &mut context) {
                if !lines.contains(&line) {
                    lines.push(line);
                }
            }
        }
        lines
    };
    Ok((lines_of(&heads), body, lines_of(&feet)))
}

/// Reads a head or a foot. A page number is no text; a damaged one does not condemn the file.
fn read_margin(xml: &[u8], context: &mut Context) -> Vec<StoryLine> {
    let mut story = Story::for_margin();
    let _ = xml::walk(xml, &mut |node| story.visit_node(&node, context));
    let blocks = story.finish(context).into_content().blocks;
    let is_text = |text: &str| text.chars().any(|c| c.is_alphabetic() && !"第页共".contains(c));
    blocks.into_iter().map(|b| (b.kind, b.text)).filter(|(_, text)| is_text(text)).collect()
}

/// Reads the notes of one part, each to one line.
fn read_notes(xml: &[u8], kind: NoteKind, context: &mut Context) -> Result<(), ReadError> {
    let mut current: Option<(String, Story)> = None;
    xml::walk(xml, &mut |node| {
        match &node {
            Node::Start("footnote" | "endnote", attributes) => {
                let is_text = attributes.get("type").is_none_or(|kind| kind == "normal");
                current = attributes.get("id").filter(|_| is_text).map(|id| (id, Story::default()));
            }
            Node::End("footnote" | "endnote") => {
                if let Some((id, story)) = current.take() {
                    let blocks = story.finish(context).into_content().blocks;
                    let lines: Vec<String> = blocks.into_iter().map(|block| block.text).collect();
                    context.notes.insert((kind, id), lines.join(" "));
                }
            }
            _ => {
                if let Some((_, story)) = &mut current {
                    story.visit_node(&node, context);
                }
            }
        }
        true
    })
}

/// Relation of the main part to another.
struct Relation {
    /// Last step of the type.
    kind: String,
    /// Name of the part in the package.
    target: String,
}

/// Reads the relations of a part by their ids; parts outside the package are left out.
fn read_relations(package: &mut Package<'_>, part: &str) -> HashMap<String, Relation> {
    let (folder, name) = part.trim_start_matches('/').rsplit_once('/').unwrap_or(("", part));
    let mut relations = HashMap::new();
    let Ok(xml) = package.read_named(&format!("{folder}/_rels/{name}.rels")) else { return relations };
    let _ = xml::walk(&xml, &mut |node| {
        if let Node::Start("Relationship", attributes) = node
            && attributes.get("TargetMode").as_deref() != Some("External")
            && let (Some(id), Some(kind), Some(target)) =
                (attributes.get("Id"), attributes.get("Type"), attributes.get("Target"))
        {
            let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
            let target = match target.strip_prefix('/') {
                Some(whole) => whole.to_owned(),
                None => match target.strip_prefix("../") {
                    Some(beside) => beside.to_owned(),
                    None => format!("{folder}/{target}"),
                },
            };
            relations.insert(id, Relation { kind, target: target.trim_start_matches('/').to_owned() });
        }
        true
    });
    relations
}

/// Finds the part that the package names as its main document.
fn main_part(package: &mut Package<'_>) -> String {
    let mut target = None;
    if let Ok(relations) = package.read_named("_rels/.rels") {
        let found = &mut target;
        let _ = xml::walk(&relations, &mut |node| {
            if let Node::Start("Relationship", attributes) = node
                && attributes.get("Type").is_some_and(|kind| kind.ends_with("/officeDocument"))
            {
                *found = attributes.get("Target");
            }
            found.is_none()
        });
    }
    target.unwrap_or_else(|| "word/document.xml".to_owned())
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    /// Makes a Word file with this body.
    pub fn word_file(body: &str) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.start_file("word/document.xml", SimpleFileOptions::default()).unwrap();
        write!(writer, "<?xml version='1.0' encoding='UTF-8'?><w:document xmlns:w='w'><w:body>{body}</w:body></w:document>").unwrap();
        writer.finish().unwrap().into_inner()
    }

    /// Makes a Word file of parts; the main part's relations name the others by their file names.
    fn word_package(body: &str, parts: &[(&str, &str)]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let mut put = |name: &str, text: &str| {
            writer.start_file(name, SimpleFileOptions::default()).unwrap();
            writer.write_all(text.as_bytes()).unwrap();
        };
        put(
            "word/document.xml",
            &format!("<w:document xmlns:w='w' xmlns:r='r' xmlns:mc='m'><w:body>{body}</w:body></w:document>"),
        );
        let mut relations = String::new();
        for (name, content) in parts {
            let kind = name.split(['1', '2', '.']).next().unwrap();
            put(&format!("word/{name}"), content);
            relations
                .push_str(&format!("<Relationship Id='{name}' Type='http://x/{kind}' Target='{name}'/>"));
        }
        put("word/_rels/document.xml.rels", &format!("<Relationships>{relations}</Relationships>"));
        writer.finish().unwrap().into_inner()
    }

    fn texts(bytes: &[u8]) -> Vec<String> {
        read(bytes).unwrap().blocks.into_iter().map(|block| block.text).collect()
    }

    fn numbered(level: usize, text: &str) -> String {
        format!(
            "<w:p><w:pPr><w:numPr><w:ilvl w:val='{level}'/><w:numId w:val='7'/></w:numPr></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"
        )
    }

    #[test]
    fn automatic_numbers_are_written_before_their_text() {
        let level = |at: usize, format: &str, text: &str| {
            format!(
                "<w:lvl w:ilvl='{at}'><w:start w:val='1'/><w:numFmt w:val='{format}'/><w:lvlText w:val='{text}'/></w:lvl>"
            )
        };
        let numbering = format!(
            "<w:numbering><w:abstractNum w:abstractNumId='3'>{}{}{}</w:abstractNum><w:num w:numId='7'><w:abstractNumId w:val='3'/></w:num>\
             <w:num w:numId='8'><w:abstractNumId w:val='3'/><w:lvlOverride w:ilvl='0'><w:startOverride w:val='1'/></w:lvlOverride></w:num></w:numbering>",
            level(0, "chineseCountingThousand", "第%1条"),
            level(1, "japaneseCounting", "（%2）"),
            level(2, "decimal", "%3."),
        );
        let body = [
            numbered(0, "为了规范收费，制定本办法。"),
            numbered(1, "目录；"),
            numbered(2, "甲。"),
            numbered(1, "标准。"),
            numbered(0, "本办法自公布之日起施行。"),
            numbered(0, "另一部办法。").replace("w:val='7'", "w:val='8'"),
            paragraph("没有编号。"),
        ]
        .concat();
        assert_eq!(
            texts(&word_package(&body, &[("numbering.xml", &numbering)])),
            [
                "第一条 为了规范收费，制定本办法。",
                "（一）目录；",
                "1.甲。",
                "（二）标准。",
                "第二条 本办法自公布之日起施行。",
                "第一条 另一部办法。",
                "没有编号。",
            ]
        );
    }

    #[test]
    fn number_of_a_style_counts_its_paragraphs() {
        let styles = "<w:styles><w:style w:type='paragraph' w:styleId='A'><w:pPr><w:numPr><w:numId w:val='1'/></w:numPr></w:pPr></w:style>\
            <w:style w:type='paragraph' w:styleId='B'><w:basedOn w:val='A'/></w:style></w:styles>";
        let numbering = "<w:numbering><w:abstractNum w:abstractNumId='0'><w:lvl w:ilvl='0'><w:start w:val='1'/><w:numFmt w:val='chineseCounting'/><w:lvlText w:val='%1、'/></w:lvl></w:abstractNum><w:num w:numId='1'><w:abstractNumId w:val='0'/></w:num></w:numbering>";
        let styled = |text: &str| {
            format!("<w:p><w:pPr><w:pStyle w:val='B'/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>")
        };
        let off = "<w:p><w:pPr><w:pStyle w:val='B'/><w:numPr><w:numId w:val='0'/></w:numPr></w:pPr><w:r><w:t>不编号</w:t></w:r></w:p>";
        let body = format!("{}{off}{}", styled("总体要求"), styled("保障措施"));
        let file = word_package(&body, &[("styles.xml", styles), ("numbering.xml", numbering)]);
        assert_eq!(texts(&file), ["一、总体要求", "不编号", "二、保障措施"]);
    }

    #[test]
    fn heads_feet_and_notes_are_read_once() {
        let body = format!(
            "{}<w:p><w:r><w:t>本市收费</w:t><w:footnoteReference w:id='2'/><w:t>一律公示。</w:t></w:r></w:p>{}\
             <w:sectPr><w:headerReference r:id='header1.xml'/><w:headerReference r:id='header1.xml'/><w:footerReference r:id='footer1.xml'/></w:sectPr>",
            paragraph("关于收费的通知"),
            paragraph("澜江市财政局")
        );
        let page = "<w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:instrText> PAGE </w:instrText></w:r><w:r><w:fldChar w:fldCharType='separate'/></w:r><w:r><w:t>3</w:t></w:r><w:r><w:fldChar w:fldCharType='end'/></w:r>";
        let head =
            format!("<w:hdr>{}{}</w:hdr>", paragraph("澜财发〔2021〕3号"), paragraph("关于收费的通知"));
        let foot = format!(
            "<w:ftr><w:p><w:r><w:t>第</w:t></w:r>{page}<w:r><w:t>页</w:t></w:r></w:p>{}</w:ftr>",
            paragraph("内部编号甲")
        );
        let notes = format!(
            "<w:footnotes><w:footnote w:type='separator' w:id='0'>{}</w:footnote><w:footnote w:id='2'>{}</w:footnote></w:footnotes>",
            paragraph("——"),
            paragraph("不含电费。")
        );
        let parts = [("header1.xml", head.as_str()), ("footer1.xml", &foot), ("footnotes.xml", &notes)];
        assert_eq!(
            texts(&word_package(&body, &parts)),
            [
                "澜财发〔2021〕3号",
                "关于收费的通知",
                "本市收费一律公示。",
                "注1：不含电费。",
                "澜江市财政局",
                "内部编号甲"
            ]
        );
    }

    #[test]
    fn embedded_files_are_read_or_told() {
        let body = format!(
            "{}<w:altChunk r:id='aFChunk1.html'/><w:altChunk r:id='aFChunk2.rtf'/>{}",
            paragraph("前"),
            paragraph("后")
        );
        let html = "<html><body><p>嵌入的一段，说明收费的范围和标准。</p></body></html>";
        let lines = texts(&word_package(&body, &[("aFChunk1.html", html), ("aFChunk2.rtf", "{\\rtf1 x}")]));
        assert_eq!((lines[0].as_str(), lines[1].as_str()), ("前", "嵌入的一段，说明收费的范围和标准。"));
        assert!(lines[2].contains("未入库") && lines[2].contains("RTF"), "{lines:?}");
        assert_eq!(lines[3], "后");
    }

    #[test]
    fn text_that_the_sheet_does_not_show_is_left_out() {
        let body = [
            "<w:p><w:r><w:t>甲</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>隐藏</w:t></w:r><w:r><w:rPr><w:vanish w:val='0'/></w:rPr><w:t>乙</w:t></w:r></w:p>",
            "<w:p><w:moveFrom><w:r><w:t>移走的句子。</w:t></w:r></w:moveFrom></w:p><w:p><w:moveTo><w:r><w:t>移走的句子。</w:t></w:r></w:moveTo></w:p>",
            "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent><w:p><w:r><w:t>单击此处输入</w:t></w:r></w:p></w:sdtContent></w:sdt>",
            "<w:sdt><w:sdtPr/><w:sdtContent><w:p><w:r><w:t>已填写</w:t></w:r></w:p></w:sdtContent></w:sdt>",
            "<w:p><w:r><w:t>王</w:t></w:r><w:r><w:ruby><w:rt><w:r><w:t>chǎng</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>昶</w:t></w:r></w:rubyBase></w:ruby></w:r><w:r><w:t>明</w:t></w:r></w:p>",
        ]
        .concat();
        assert_eq!(texts(&word_file(&body)), ["甲乙", "移走的句子。", "已填写", "王昶明"]);
    }

    #[test]
    fn text_box_stands_once_behind_its_paragraph() {
        let content = paragraph("框中文字");
        let body = format!(
            "<w:p><w:r><w:t>前半</w:t></w:r><w:r><mc:AlternateContent xmlns:mc='m'><mc:Choice><w:txbxContent>{content}</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent>{content}</w:txbxContent></mc:Fallback></mc:AlternateContent></w:r><w:r><w:t>后半</w:t></w:r></w:p>"
        );
        assert_eq!(texts(&word_file(&body)), ["前半后半", "框中文字"]);
    }

    fn paragraph(text: &str) -> String {
        format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>")
    }

    #[test]
    fn paragraphs_headings_and_rows_keep_their_order() {
        let table = format!(
            "<w:tbl><w:tr><w:tc>{}</w:tc><w:tc>{}{}</w:tc></w:tr></w:tbl>",
            paragraph("项目"),
            paragraph("水费"),
            paragraph("电费")
        );
        let body = format!(
            "<w:p><w:pPr><w:jc w:val='center'/></w:pPr><w:r><w:t>关于</w:t></w:r><w:r><w:t xml:space='preserve'>收费的通知 </w:t></w:r></w:p>{}{table}<w:p><w:r><w:delText>删去</w:delText><w:t>甲&amp;乙</w:t><w:br/><w:t>丙</w:t></w:r></w:p>",
            paragraph("各单位：")
        );
        let content = read(&word_file(&body)).unwrap();
        let lines: Vec<_> = content.blocks.iter().map(|b| (b.kind, b.text.as_str())).collect();
        assert_eq!(
            lines,
            [
                (BlockKind::Centred, "关于收费的通知"),
                (BlockKind::Paragraph, "各单位："),
                (BlockKind::Row, "项目 | 水费 电费"),
                (BlockKind::Paragraph, "甲&乙"),
                (BlockKind::Paragraph, "丙"),
            ]
        );
    }

    #[test]
    fn docx_of_pictures_is_marked_without_text() {
        assert!(read(&word_file("<w:p><w:r><w:drawing/></w:r></w:p>")).unwrap().without_text);
    }

    #[test]
    fn read_of_other_bytes_reports_damage() {
        assert!(matches!(read(b"PK\x03\x04"), Err(ReadError::Damaged(_))));
        assert!(matches!(read(&word_file("<w:p></w:r>")), Err(ReadError::Damaged(_))));
    }
}
