//! From what was read to records.
//!
//! What the source states wins over what is inferred, and every inferred value
//! says from what. Judgements about official texts are those of
//! [`gongkai_index::official`]; this module knows where on a page to look.

use gongkai_index::record::{Attachment, Inference, Kind, Record};

use crate::import::extraction::building::draft::Builder;
use crate::import::extraction::labels::Field;
use crate::import::extraction::page::Page;
use crate::import::extraction::splitting::split;
use crate::import::extraction::{page_reader, title};
use crate::import::file_content::{Extract, TitlePlace, Zone};
use crate::import::read_error::ReadError;

/// Where an extract comes from.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// The path below the given folder, with the entry of an archive: what makes
    /// the id when there is no address.
    pub path: String,
    /// The address, when it is known from outside the file.
    pub address: Option<String>,
}

impl Source {
    /// The last step of the path.
    fn file_name(&self) -> &str {
        self.path.rsplit(['/', '!']).next().unwrap_or(&self.path)
    }
}

/// The words of a record whose file has no text layer.
pub const WITHOUT_TEXT: &str = "全文未入库：文件没有文字层，请查看附件。";

/// The records in an extract.
///
/// # Errors
/// There is no document in it.
pub fn records(extract: &Extract, source: &Source) -> Result<Vec<Record>, ReadError> {
    if extract.without_text {
        return Ok(vec![without_text(source)]);
    }
    let mut page = page_reader::read(extract);
    let address = address(extract, &page, source);
    let collected = page.mill.is_some();
    let pieces = split::split(&mut page, collected);
    if pieces.iter().all(|piece| piece.lines.is_empty()) && page.facts.len() < 3 {
        return Err(ReadError::Damaged("页面里没有找到正文".to_owned()));
    }
    let count = pieces.len();
    let records = pieces.into_iter().enumerate().map(|(at, piece)| {
        let id = record_id(address.as_deref().unwrap_or(&source.path), (count > 1).then_some(at + 1));
        let position = (count > 1).then(|| {
            format!(
                "摘自 {}，本页第 {} 篇，共 {count} 篇",
                address.as_deref().unwrap_or(source.file_name()),
                at + 1
            )
        });
        Builder::new(id, &page, &piece, address.as_deref(), count == 1).build(extract, position)
    });
    let records: Vec<Record> = records.collect();
    match records.as_slice() {
        [only] if is_no_document(only, extract) => {
            Err(ReadError::Damaged("页面里没有文件：没有文号、机关、日期，也没有成段的文字".to_owned()))
        }
        _ => Ok(records),
    }
}

/// Titles of pages that say why there is nothing.
const ERROR_PAGES: &[&str] = &[
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

/// What such pages say below it.
const EXCUSES: &[&str] = &[
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

/// Short, and nothing that a document has: an error page, a login, a list of links.
fn is_no_document(record: &Record, extract: &Extract) -> bool {
    let known = record.document_number.is_some()
        || record.written_on.is_some()
        || record.published_on.is_some()
        || record.index_number.is_some()
        || !record.issuers.is_empty()
        || !record.attachments.is_empty();
    let sentences =
        record.body.lines().any(|line| line.contains(['，', '。', ',']) && line.chars().count() >= 15);
    let page = extract.blocks.iter().any(|block| block.zone != Zone::Main)
        || extract.titles.iter().any(|title| title.place == TitlePlace::Window);
    let missing = ERROR_PAGES.iter().any(|word| record.title.contains(word)) && record.body.len() < 1_000;
    let excuse = EXCUSES.iter().any(|word| record.body.contains(word)) && record.body.len() < 600;
    let missing = missing || excuse && record.document_number.is_none() && record.written_on.is_none();
    let nothing = !sentences || record.body.len() < 300;
    missing || extract.is_list && record.written_on.is_none() || !known && page && nothing
}

fn address(extract: &Extract, page: &Page, source: &Source) -> Option<String> {
    let stated = page.stated(Field::SourceUrl).map(|fact| fact.value.clone());
    let found = source.address.clone().or_else(|| extract.address.clone()).or(stated)?;
    (found.starts_with("http") && found.len() <= 1500).then_some(found)
}

/// The same source gives the same id, so that a second import replaces the first.
pub fn record_id(source: &str, part: Option<usize>) -> String {
    let hash = blake3::hash(source.as_bytes()).to_hex();
    let hash = &hash.as_str()[..20];
    part.map_or_else(|| hash.to_owned(), |part| format!("{hash}-{part}"))
}

fn without_text(source: &Source) -> Record {
    let name = source.file_name();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let mut record = Record::new(record_id(&source.path, None), Kind::Document, title::tidy(stem));
    record.body = WITHOUT_TEXT.to_owned();
    record.attachments = vec![Attachment { name: name.to_owned(), url: source.address.clone() }];
    record.inferred.insert("title".into(), Inference { from: "file_name".into(), evidence: name.to_owned() });
    record
}
