//! OFD files (GB/T 33190): the text of each page in page order.

use crate::import::file_content::{FileContent, TitleCandidate, TitlePlace};
use crate::import::formats::package::Package;
use crate::import::formats::page_layout::{TextPage, TextRun, assemble_pages};
use crate::import::formats::xml::{self, Attributes, Node};
use crate::import::read_error::ReadError;

/// Limit of pages that are read.
const MAX_PAGES: usize = 5_000;

/// Reads an OFD file.
///
/// # Errors
/// The file is damaged, or no OFD file.
pub fn read(bytes: &[u8]) -> Result<FileContent, ReadError> {
    let mut package = Package::open(bytes)?;
    let entry = OfdIndex::read(&package.read_named("OFD.xml")?)?;
    let mut pages = Vec::new();
    for root in &entry.roots {
        let outline = DocumentOutline::read(&package.read_named(root)?)?;
        for page in outline.pages.iter().take(MAX_PAGES) {
            pages.push(read_text_page(&mut package, &resolve_location(root, page))?);
        }
    }
    let mut content = assemble_pages(pages);
    if let Some(title) = entry.title.filter(|title| title.chars().count() >= 4) {
        content.titles.push(TitleCandidate { place: TitlePlace::Window, text: title });
    }
    Ok(content)
}

/// `OFD.xml`: the documents of the file.
#[derive(Default)]
struct OfdIndex {
    roots: Vec<String>,
    title: Option<String>,
}

impl OfdIndex {
    fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        let mut entry = Self::default();
        let mut element = String::new();
        xml::walk(bytes, &mut |node| {
            match node {
                Node::Start(name, _) => name.clone_into(&mut element),
                Node::End(_) => element.clear(),
                Node::Text(text) if element == "DocRoot" => entry.roots.push(text.trim().to_owned()),
                Node::Text(text) if element == "TitleCandidate" => entry.title = Some(text.trim().to_owned()),
                Node::Text(_) => {}
            }
            entry.roots.len() < 100
        })?;
        if entry.roots.is_empty() {
            return Err(ReadError::Damaged("OFD.xml 没有 DocRoot".to_owned()));
        }
        Ok(entry)
    }
}

/// `Document.xml`: its pages in order.
struct DocumentOutline {
    pages: Vec<String>,
}

impl DocumentOutline {
    fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        let mut pages = Vec::new();
        xml::walk(bytes, &mut |node| {
            if let Node::Start("Page", attributes) = node
                && let Some(location) = attributes.get("BaseLoc")
            {
                pages.push(location);
            }
            pages.len() < MAX_PAGES
        })?;
        Ok(Self { pages })
    }
}

/// Reads the text runs of one page.
fn read_text_page(package: &mut Package<'_>, location: &str) -> Result<TextPage, ReadError> {
    let content = package.read_named(location)?;
    let mut page = PageReader::default();
    xml::walk(&content, &mut |node| {
        match node {
            Node::Start(name, attributes) => page.start_element(name, attributes),
            Node::End(name) => page.end_element(name),
            Node::Text(text) if page.in_code => page.code.push_str(text),
            Node::Text(_) => {}
        }
        true
    })?;
    Ok(TextPage { runs: page.runs })
}

#[derive(Default)]
struct PageReader {
    runs: Vec<TextRun>,
    /// Left and upper edge of the object's boundary.
    origin: (f32, f32),
    /// Matrix of the object: a b c d e f.
    matrix: Option<[f32; 6]>,
    size: f32,
    in_code: bool,
    code: String,
    at: (f32, f32),
    /// Sum of the steps between characters.
    advance: Option<f32>,
}

impl PageReader {
    fn start_element(&mut self, name: &str, attributes: &Attributes<'_>) {
        match name {
            "TextObject" => {
                let edges = parse_numbers(attributes.get("Boundary").as_deref().unwrap_or_default());
                self.origin = (edges.first().copied().unwrap_or(0.0), edges.get(1).copied().unwrap_or(0.0));
                self.matrix = attributes.get("CTM").and_then(|ctm| parse_numbers(&ctm).try_into().ok());
                self.size = attributes.get("Size").and_then(|size| size.parse().ok()).unwrap_or(4.0);
                self.at = (0.0, 0.0);
            }
            "TextCode" => {
                let number = |name| attributes.get(name).and_then(|value: String| value.trim().parse().ok());
                // A position that is left out is that of the code before.
                self.at = (number("X").unwrap_or(self.at.0), number("Y").unwrap_or(self.at.1));
                self.advance = attributes.get("DeltaX").map(|steps| sum_deltas(&steps));
                self.in_code = true;
            }
            _ => {}
        }
    }

    fn end_element(&mut self, name: &str) {
        if name != "TextCode" {
            return;
        }
        self.in_code = false;
        let text = std::mem::take(&mut self.code);
        let [a, b, c, d, e, f] = self.matrix.unwrap_or([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
        let (x, y) = (a * self.at.0 + c * self.at.1 + e, b * self.at.0 + d * self.at.1 + f);
        let scale = (a * a + b * b).sqrt();
        let size = self.size * scale;
        let width =
            self.advance.map_or(text.chars().count() as f32 * size, |steps| (steps + self.size) * scale);
        self.runs.push(TextRun { x: self.origin.0 + x, y: self.origin.1 + y, width, size, text });
    }
}

/// Sums `DeltaX`: numbers, and `g n step` for `n` times the same step.
fn sum_deltas(steps: &str) -> f32 {
    let mut sum = 0.0;
    let mut words = steps.split_ascii_whitespace();
    while let Some(word) = words.next() {
        if word == "g" {
            let count: f32 = words.next().and_then(|n| n.parse().ok()).unwrap_or(0.0);
            sum += count.min(10_000.0) * words.next().and_then(|n| n.parse::<f32>().ok()).unwrap_or(0.0);
        } else {
            sum += word.parse::<f32>().unwrap_or(0.0);
        }
    }
    sum
}

fn parse_numbers(text: &str) -> Vec<f32> {
    text.split_ascii_whitespace().filter_map(|word| word.parse().ok()).collect()
}

/// Resolves a location relative to the file that names it; one that begins with `/` is absolute in the package.
fn resolve_location(file: &str, location: &str) -> String {
    if location.starts_with('/') {
        return location.to_owned();
    }
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut steps: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in location.split('/') {
        match step {
            "." | "" => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    steps.join("/")
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn ofd_file(pages: &[&str]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let mut add = |name: &str, content: &str| {
            writer.start_file(name, SimpleFileOptions::default()).unwrap();
            writer.write_all(content.as_bytes()).unwrap();
        };
        add(
            "OFD.xml",
            "<ofd:OFD xmlns:ofd='o'><ofd:DocBody><ofd:DocInfo><ofd:TitleCandidate>测试文件</ofd:TitleCandidate></ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        );
        let list: String = (0..pages.len())
            .map(|i| format!("<ofd:Page ID='{i}' BaseLoc='Pages/P{i}/Content.xml'/>"))
            .collect();
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
        assert_eq!(content.titles[0].text, "测试文件");
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
}
