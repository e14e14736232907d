//! Records from the content of a file.
//!
//! Stated values win over inferred ones, and every inferred value names its evidence.
//! Judgements about official texts are those of [`gongkai_index::official`]; this module
//! knows where on a page to look.

use gongkai_index::record::{Attachment, Inference, Kind, Record};

use crate::import::extraction::building::builder::build_record;
use crate::import::extraction::building::draft::RecordDraft;
use crate::import::extraction::labels::Field;
use crate::import::extraction::page::Page;
use crate::import::extraction::splitting::split;
use crate::import::extraction::{page_reader, title};
use crate::import::file_content::{FileContent, TitlePlace, Zone};
use crate::import::read_error::ReadError;
use crate::import::removed::RemovedLine;

/// Origin of a file's content.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// Path below the given folder, with the entry of an archive. The id is made from it when
    /// there is no address.
    pub path: String,
    /// Address, when it is known from outside the file.
    pub address: Option<String>,
}

impl Source {
    /// Returns the last step of the path.
    fn file_name(&self) -> &str {
        self.path.rsplit(['/', '!']).next().unwrap_or(&self.path)
    }

    /// Returns the name of the file without its ending.
    fn stem(&self) -> &str {
        let name = self.file_name();
        name.rsplit_once('.').map_or(name, |(stem, _)| stem).trim()
    }
}

/// Body of a record whose file has no text layer.
pub const NO_TEXT_BODY: &str = "全文未入库：文件没有文字层，请查看附件。";

/// Records of a file, and the lines that none of them has.
#[derive(Debug, Default)]
pub struct FileRecords {
    /// Records in the order of the file.
    pub records: Vec<Record>,
    /// Lines that were taken away.
    pub removed: Vec<RemovedLine>,
}

/// Builds the records of a file.
///
/// # Errors
/// The file contains no document.
pub fn build_records(content: &FileContent, source: &Source) -> Result<FileRecords, ReadError> {
    if content.without_text {
        let records = vec![record_without_text(source)];
        return Ok(FileRecords { records, removed: content.removed.clone() });
    }
    let mut page = page_reader::read_page(content);
    let address = find_address(content, &page, source);
    let from_content_farm = page.content_farm_sign.is_some();
    let mut documents = split::split_page(&mut page, from_content_farm, source.stem());
    let removed = std::mem::take(&mut page.removed);
    if let Some(first) = documents.first_mut() {
        first.above = std::mem::take(&mut page.above_title);
    }
    if documents.is_empty() && content.files.iter().any(|file| file.href.is_empty()) {
        return Ok(FileRecords { records: vec![record_of_files(content, source)], removed });
    }
    let empty = documents.iter().all(|document| document.lines.is_empty());
    let is_without_text = documents.is_empty() || empty && page.has_site && page.facts.len() < 3;
    if is_without_text && !content.shows_file {
        return Err(ReadError::Damaged("页面里没有找到正文".to_owned()));
    }
    let count = documents.len();
    let records = documents.into_iter().enumerate().map(|(at, document)| {
        let id = record_id(id_source(address.as_deref(), &source.path), (count > 1).then_some(at + 1));
        let position = (count > 1).then(|| {
            format!(
                "摘自 {}，本页第 {} 篇，共 {count} 篇",
                address.as_deref().unwrap_or(source.file_name()),
                at + 1
            )
        });
        let draft = RecordDraft::new(id, &page, &document, address.as_deref(), count == 1);
        build_record(draft, content, position)
    });
    let records: Vec<Record> = records.collect();
    match records.as_slice() {
        [only] if lacks_document(only, content) => {
            Err(ReadError::Damaged("页面里没有文件：没有文号、机关、日期，也没有成段的文字".to_owned()))
        }
        _ => Ok(FileRecords { records, removed }),
    }
}

/// Titles of error pages.
const ERROR_TITLES: &[&str] = &[
    "404",
    "403",
    "页面不存在",
    "页面未找到",
    "页面已删除",
    "无法访问",
    "出错了",
    "Not Found",
    "系统维护",
    "安全验证",
    "访问受限",
];

/// Phrases in the body of error pages.
const ERROR_PHRASES: &[&str] = &[
    "页面不存在",
    "已被删除",
    "系统维护",
    "正在维护",
    "自动跳转",
    "请稍后再试",
    "JavaScript",
    "验证码",
    "没有权限",
    "尚未登录",
];

/// Recognises a notice by its title: it may be as short as one sentence. `通知公告` is the name of a
/// column, not of a document.
fn names_notice(title: &str) -> bool {
    const KINDS: [&str; 9] = ["公告", "通知", "通告", "公示", "启事", "声明", "通报", "布告", "告示"];
    let Some(rest) = KINDS.iter().find_map(|kind| title.trim().strip_suffix(kind)) else { return false };
    !KINDS.iter().any(|kind| rest.ends_with(kind)) && !matches!(rest, "政务" | "信息" | "最新" | "网站")
}

/// Recognises pages without a document: an error page, a login, a list of links.
fn lacks_document(record: &Record, content: &FileContent) -> bool {
    let has_facts = record.document_number.is_some()
        || record.written_on.is_some()
        || record.published_on.is_some()
        || record.index_number.is_some()
        || !record.issuers.is_empty()
        || !record.attachments.is_empty();
    let sentences =
        record.body.lines().any(|line| line.contains(['，', '。', ',']) && line.chars().count() >= 15);
    let page = content.blocks.iter().any(|block| block.zone != Zone::Main)
        || content.titles.iter().any(|title| title.place == TitlePlace::Window);
    if names_notice(&record.title) && !record.body.trim().is_empty() && !content.is_list {
        return false;
    }
    let missing = ERROR_TITLES.iter().any(|word| record.title.contains(word)) && record.body.len() < 1_000;
    let excuse = ERROR_PHRASES.iter().any(|word| record.body.contains(word)) && record.body.len() < 600;
    let missing = missing || excuse && record.document_number.is_none() && record.written_on.is_none();
    let nothing = !sentences || record.body.len() < 300;
    missing || content.is_list && record.written_on.is_none() || !has_facts && page && nothing
}

fn find_address(content: &FileContent, page: &Page, source: &Source) -> Option<String> {
    let stated = page.stated_fact(Field::SourceUrl).map(|fact| fact.value.clone());
    let found = source.address.clone().or_else(|| content.address.clone()).or(stated)?;
    (found.starts_with("http") && found.len() <= 1500).then_some(found)
}

/// Chooses the id's source: the address, or the path for a page that only names its site's front page, as
/// all pages of the site may do.
pub fn id_source<'a>(address: Option<&'a str>, path: &'a str) -> &'a str {
    let names_page = |address: &&str| {
        let below = address.split_once("://").map_or(*address, |(_, rest)| rest).split_once('/');
        let below = below.map_or("", |(_, below)| below).to_ascii_lowercase();
        !matches!(below.as_str(), "" | "index.html" | "index.htm" | "index.shtml" | "index.jsp")
    };
    address.filter(names_page).unwrap_or(path)
}

/// Makes the id: equal for equal sources, so that a second import replaces the first.
pub fn record_id(source: &str, part: Option<usize>) -> String {
    let hash = blake3::hash(source.as_bytes()).to_hex();
    let hash = &hash.as_str()[..20];
    part.map_or_else(|| hash.to_owned(), |part| format!("{hash}-{part}"))
}

/// Makes the record of a file with a line or two of text and files inside: the first line is the title.
fn record_of_files(content: &FileContent, source: &Source) -> Record {
    let mut lines = content.blocks.iter().map(|block| block.text.as_str());
    let first = title::normalise(lines.next().unwrap_or_default());
    let mut record = Record::new(record_id(&source.path, None), Kind::Document, first.clone());
    record.body = lines.collect::<Vec<_>>().join("\n");
    let named = content.files.iter().filter(|file| !file.text.is_empty());
    record.attachments =
        named.map(|file| Attachment { name: file.text.clone(), url: source.address.clone() }).collect();
    record.inferred.insert("title".into(), Inference { from: "first_line".into(), evidence: first });
    record
}

fn record_without_text(source: &Source) -> Record {
    let name = source.file_name();
    let title = title::normalise(source.stem());
    let mut record = Record::new(record_id(&source.path, None), Kind::Document, title);
    record.body = NO_TEXT_BODY.to_owned();
    record.attachments = vec![Attachment { name: name.to_owned(), url: source.address.clone() }];
    record.inferred.insert("title".into(), Inference { from: "file_name".into(), evidence: name.to_owned() });
    record
}
