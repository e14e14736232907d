//! From what was read to records.
//!
//! What the source states wins over what is inferred, and every inferred value
//! says from what. Judgements about official texts are those of
//! [`gongkai_index::official`]; this module knows where on a page to look.

use gongkai_index::official::{citation, date, document_number, genre, issuer, region, validity};
use gongkai_index::record::{Attachment, Date, Inference, Kind, MAX_TITLE_CHARS, Part, Record, Validity};

use super::enclosed::{self, Enclosed};
use super::extract::{Extract, ReadError, TitlePlace, Zone};
use super::labels::Field;
use super::page::{self, Line, Page, lone_number};
use super::provenance::{self, Evidence};
use super::several::{self, Piece};
use super::signature::{self, Signature};
use super::{title, values};

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
    let mut page = page::read(extract);
    let address = address(extract, &page, source);
    let collected = page.mill.is_some();
    let pieces = several::split(&mut page, collected);
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

/// Kinds of documents that bind: a record of one is a policy.
const RULES: &[&str] = &[
    "条例",
    "规定",
    "办法",
    "细则",
    "规则",
    "意见",
    "法",
    "决定",
    "规程",
    "规范",
    "准则",
    "标准",
    "方案",
    "规划",
    "预案",
    "决议",
    "命令(令)",
    "纲要",
    "措施",
    "目录",
];

/// Longest quotation as evidence, in characters.
const EVIDENCE_CHARS: usize = 120;

struct Builder<'a> {
    record: Record,
    page: &'a Page,
    piece: &'a Piece,
    /// The page has no other document: what it states is said of this one.
    alone: bool,
    parts: Vec<Enclosed>,
    /// The lines before the first part: the notice itself.
    own: &'a [Line],
    signature: Option<Signature>,
    address: Option<&'a str>,
}

impl<'a> Builder<'a> {
    fn new(id: String, page: &'a Page, piece: &'a Piece, address: Option<&'a str>, alone: bool) -> Self {
        let title: String = piece.title.chars().take(MAX_TITLE_CHARS).collect();
        let parts = enclosed::find(&title, &piece.lines);
        let own = &piece.lines[..parts.first().map_or(piece.lines.len(), |part| part.lines.start)];
        let signature = signature::find(own).or_else(|| signature::find(&piece.lines));
        let record = Record::new(id, Kind::Document, title);
        Self { record, page, piece, alone, parts, own, signature, address }
    }

    fn build(mut self, extract: &Extract, position: Option<String>) -> Record {
        if !self.piece.title_from.is_empty() {
            let from = self.piece.title_from;
            let evidence = self.record.title.clone();
            self.infer("title", from, &evidence);
        }
        self.body();
        self.number();
        self.issuers();
        self.dates();
        self.lists();
        self.validity();
        self.region();
        self.kind();
        self.source();
        if self.alone {
            self.attachments(extract);
        }
        self.provenance(position);
        self.record
    }

    fn infer(&mut self, field: &str, from: &str, evidence: &str) {
        let evidence: String = evidence.trim().chars().take(EVIDENCE_CHARS).collect();
        self.record.inferred.insert(field.to_owned(), Inference { from: from.to_owned(), evidence });
    }

    /// What the page states, if the page is about this document alone.
    fn stated(&self, field: Field) -> Option<&'a str> {
        let facts = self.page.facts.iter().filter(|fact| self.alone && fact.field == field);
        facts.map(|fact| fact.value.as_str()).find(|value| values::is_said(value))
    }

    /// The first value stated for a field that is one.
    fn stated_as<T>(&self, field: Field, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let facts = self.page.facts.iter().filter(|fact| self.alone && fact.field == field);
        facts.map(|fact| fact.value.as_str()).filter(|value| values::is_said(value)).find_map(read)
    }

    fn body(&mut self) {
        let mut places = Vec::with_capacity(self.piece.lines.len());
        let body = &mut self.record.body;
        for line in &self.piece.lines {
            if !body.is_empty() {
                body.push('\n');
            }
            let start = body.len();
            body.push_str(&line.text);
            places.push((start, body.len()));
        }
        let parts = self.parts.iter().filter_map(|part| {
            let (start, _) = *places.get(part.lines.start)?;
            let (_, end) = *places.get(part.lines.end - 1)?;
            Some(Part { title: part.title.clone(), start, end })
        });
        self.record.parts = parts.collect();
    }

    fn number(&mut self) {
        if let Some(number) = self.stated_as(Field::DocumentNumber, values::number) {
            self.record.document_number = Some(number);
            return;
        }
        let head = self.piece.lines.iter().take(6).find_map(|line| lone_number(&line.text));
        let in_title = || {
            let (_, note) = self.record.title.rsplit_once(['（', '('])?;
            lone_number(note)
        };
        let of_page = self.page.number.clone().filter(|_| self.alone);
        let found = of_page
            .or(head)
            .map(|number| (number, "number_line"))
            .or_else(|| in_title().map(|number| (number, "title")));
        if let Some((number, from)) = found {
            self.infer("document_number", from, &number.clone());
            self.record.document_number = Some(number);
        }
    }

    fn issuers(&mut self) {
        let stated = self.stated(Field::Issuers).map(signature::split).unwrap_or_default();
        let publisher = self.stated(Field::Publisher).map(signature::split).unwrap_or_default();
        let own = self.own_issuers();
        let vague = |names: &[String]| names.iter().any(|name| signature::starts_with_level(name));
        let better = || own.as_ref().is_some_and(|(own, ..)| own.len() >= stated.len());
        let give_way = vague(&stated) && better();
        if !stated.is_empty() && !give_way {
            self.record.issuers = stated;
        } else if let Some((names, from, evidence)) = own.filter(|(own, from, _)| wins(own, from, &publisher))
        {
            self.infer("issuers", from, &evidence);
            self.record.issuers = names;
        } else {
            self.record.issuers = publisher;
        }
        self.place_vague_issuers();
    }

    /// The organs by the document's own words, with where they stand.
    fn own_issuers(&self) -> Option<(Vec<String>, &'static str, String)> {
        let in_title = signature::of_title(&self.record.title);
        let signed = self.signature.as_ref().filter(|signature| !signature.organs.is_empty());
        let full = |names: &[String]| names.iter().all(|name| signature::has_place(name));
        match (in_title, signed) {
            (Some((names, words)), signed)
                if full(&names)
                    && signed.is_none_or(|s| s.organs.len() <= names.len() || !full(&s.organs)) =>
            {
                Some((names, "title", words.to_owned()))
            }
            (_, Some(signed)) => Some((signed.organs.clone(), "signature", signed.evidence.clone())),
            (Some((names, words)), None) => Some((names, "title", words.to_owned())),
            (None, None) => {
                let number = self.record.document_number.as_deref().unwrap_or_default();
                let ordering = signature::of_number(number);
                if !ordering.is_empty() {
                    return Some((ordering, "document_number", number.to_owned()));
                }
                let name = signature::named_in_text(&self.record.title, &self.piece.lines)?;
                Some((vec![name.clone()], "body", name))
            }
        }
    }

    /// `市政府办公室` gets the place that the rest of the page tells.
    fn place_vague_issuers(&mut self) {
        if !self.record.issuers.iter().any(|name| signature::starts_with_level(name)) {
            return;
        }
        let around =
            [self.stated(Field::SourceName), self.stated(Field::SiteName), self.stated(Field::Publisher)];
        let around = around.into_iter().flatten().chain(self.page.site_name.as_deref());
        let known = around.clone().find_map(issuer::region).map(str::to_owned);
        let known = known.or_else(|| around.clone().find_map(signature::place_prefix).map(str::to_owned));
        let Some(path) = known.or_else(|| several::main_place(&self.piece.lines).map(str::to_owned)) else {
            return;
        };
        let placed = |name: &String| signature::with_place(name, &path).unwrap_or_else(|| name.clone());
        let names: Vec<String> = self.record.issuers.iter().map(placed).collect();
        if names != self.record.issuers {
            let evidence = format!("{}（{path}）", self.record.issuers.join(" "));
            self.infer("issuers", "region", &evidence);
            self.record.issuers = names;
        }
    }

    fn dates(&mut self) {
        let own_text: String = self.own.iter().flat_map(|line| [line.text.as_str(), "\n"]).collect();
        self.record.written_on = self.stated_as(Field::WrittenOn, values::day);
        self.record.published_on = self.stated_as(Field::PublishedOn, values::day);
        self.record.effective_on = self.stated_as(Field::EffectiveOn, values::day);
        self.record.ends_on = self.stated_as(Field::EndsOn, values::day);
        if let Some(stated) = self.stated(Field::Term) {
            let term = values::term(stated);
            self.record.effective_on = self.record.effective_on.or(term.from);
            self.record.ends_on = self.record.ends_on.or(term.ends_on(self.record.effective_on));
        }
        if self.record.written_on.is_none() {
            self.infer_written(&own_text);
        }
        if self.record.published_on.is_none() && self.alone {
            self.infer_published();
        }
        let dated = date::roles(&own_text);
        let body_dated = if self.parts.is_empty() { Vec::new() } else { date::roles(&self.record.body) };
        let of = |role| {
            date::of_role(&dated, role)
                .map(|d| (d, &own_text))
                .or_else(|| date::of_role(&body_dated, role).map(|d| (d, &self.record.body)))
        };
        let effective = of(date::Role::Effective).map(|(d, text)| (d.date, around(text, &d.range)));
        let ended = of(date::Role::Ended).map(|(d, text)| (d.date, around(text, &d.range)));
        if let Some((day, evidence)) = effective.filter(|_| self.record.effective_on.is_none()) {
            self.infer("effective_on", "body", &evidence);
            self.record.effective_on = Some(day);
        }
        self.infer_end_of_term();
        // 有效期至 names the last day; the record has the first day on which it is over.
        if let Some((day, evidence)) = ended.filter(|_| self.record.ends_on.is_none()) {
            self.infer("ends_on", "body", &evidence);
            self.record.ends_on = day.tomorrow().ok();
        }
    }

    /// 有效期五年: counted from the day it takes effect.
    fn infer_end_of_term(&mut self) {
        let Some(from) = self.record.effective_on.filter(|_| self.record.ends_on.is_none()) else { return };
        let said = self.sentences_about_terms().into_iter().find_map(|text| {
            validity::statements(text).into_iter().find_map(|said| match said.saying {
                validity::Saying::Term { months, .. } => Some((months, around(text, &said.range))),
                _ => None,
            })
        });
        if let Some((months, evidence)) = said
            && let Ok(day) = from.checked_add(jiff::Span::new().months(i64::from(months)))
        {
            self.infer("ends_on", "term", &evidence);
            self.record.ends_on = Some(day);
        }
    }

    /// The lines that speak of a term: only they are read closely.
    fn sentences_about_terms(&self) -> Vec<&str> {
        let lines = self.piece.lines.iter().map(|line| line.text.as_str());
        lines.filter(|text| text.contains("有效期") || text.contains("试行")).take(20).collect()
    }

    fn infer_written(&mut self, own_text: &str) {
        let found = self.written_in_head().or_else(|| {
            let signed = self.signature.as_ref()?;
            Some((signed.date.date, "signature", signed.evidence.clone()))
        });
        let found = found.or_else(|| {
            let dated = date::roles(own_text);
            let written = date::of_role(&dated, date::Role::Written)?;
            Some((written.date, "body", around(own_text, &written.range)))
        });
        if let Some((day, from, evidence)) = found {
            self.infer("written_on", from, &evidence);
            self.record.written_on = Some(day);
        }
    }

    /// `（2009年3月23日）` under the title.
    fn written_in_head(&self) -> Option<(Date, &'static str, String)> {
        let first = &self.piece.lines.first()?.text;
        let found =
            date::find_all(first.get(..first.char_indices().nth(40).map_or(first.len(), |(at, _)| at))?)
                .into_iter()
                .next()?;
        let before = first[..found.range.start].trim_end();
        let after = first[found.range.end..].trim_start();
        let bracketed = matches!(before, "(" | "（") && after.starts_with([')', '）']);
        bracketed.then(|| (found.date, "head", first[..found.range.end].to_owned() + ")"))
    }

    fn infer_published(&mut self) {
        let in_head = self.page.head_date.as_ref().filter(|(found, line)| {
            let written = &line[found.range.clone()];
            !written.contains('年') && self.record.written_on != Some(found.date)
        });
        let posted = self.page.posted.as_ref().map(|(day, line)| (*day, "head", line.clone()));
        let found = posted.or_else(|| in_head.map(|(found, line)| (found.date, "head", line.clone())));
        let updated = || {
            Some((
                self.stated_as(Field::UpdatedOn, values::day)?,
                "update_time",
                self.stated(Field::UpdatedOn)?.to_owned(),
            ))
        };
        let in_address = || {
            self.address
                .and_then(values::day_in_address)
                .map(|(day, words)| (day, "address", words.to_owned()))
        };
        if let Some((day, from, evidence)) = found.or_else(in_address).or_else(updated) {
            self.infer("published_on", from, &evidence);
            self.record.published_on = Some(day);
        }
    }

    fn lists(&mut self) {
        self.record.index_number = self.stated(Field::IndexNumber).map(short);
        self.record.genre = self.stated(Field::Genre).map(short);
        if self.record.genre.is_none()
            && let Some(found) = genre::of_title(&self.record.title)
        {
            let title = self.record.title.clone();
            self.infer("genre", "title", &title);
            self.record.genre = Some(found.to_owned());
        }
        self.record.categories = self.stated(Field::Categories).map(values::categories).unwrap_or_default();
        self.record.keywords = self
            .stated(Field::Keywords)
            .map(|value| values::several(&value.replace([' ', '\u{3000}'], "、")))
            .unwrap_or_default();
    }

    fn validity(&mut self) {
        self.record.validity = self.stated_as(Field::Validity, values::validity);
        let marked = |text: &str| validity::marked_ended(text).map(|range| text[range].to_owned());
        if self.record.validity.is_none()
            && let Some(mark) = marked(&self.record.title)
        {
            self.infer("validity", "title", &mark);
            self.record.validity = Some(Validity::Repealed);
        }
    }

    fn region(&mut self) {
        if let Some(stated) = self.stated(Field::Region).and_then(region::normalise) {
            self.record.region = Some(stated.to_owned());
            return;
        }
        let found = self
            .record
            .issuers
            .iter()
            .find_map(|name| Some((signature::region_of(name)?, "issuers", name.clone())));
        let found = found.or_else(|| {
            let path = signature::place_of_title(&self.record.title)?;
            Some((path.to_owned(), "title", self.record.title.clone()))
        });
        let found = found.or_else(|| self.piece.place.map(|path| (path.to_owned(), "body", path.to_owned())));
        let found = found.or_else(|| {
            let site = self.page.site_name.as_deref().filter(|site| provenance::is_organs_site(site))?;
            let central = self.record.issuers.iter().any(|name| signature::has_place(name));
            (!central).then_some((
                signature::region_of(site).or_else(|| signature::place_prefix(site).map(str::to_owned))?,
                "site",
                site.to_owned(),
            ))
        });
        if let Some((path, from, evidence)) = found {
            self.infer("region", from, &evidence);
            self.record.region = Some(path);
        }
    }

    fn kind(&mut self) {
        let title = &self.record.title;
        let explains =
            ["解读", "图解", "一图读懂", "政策问答", "答记者问"].iter().any(|word| title.contains(word));
        let names = self.parts.iter().map(|part| part.title.as_str()).chain([title.as_str()]);
        let rules = names.filter_map(genre::of_title).any(|genre| RULES.contains(&genre));
        let number = self.record.document_number.as_deref().and_then(document_number::parse);
        let order = number.is_some_and(|number| number.form() == document_number::Form::Titled);
        let report = genre::of_title(title) == Some("报告");
        self.record.kind = match (explains, (rules || order) && !report) {
            (true, _) => Kind::Interpretation,
            (false, true) => Kind::Policy,
            (false, false) => Kind::Document,
        };
        if explains {
            let named = |text: &str| -> Vec<String> {
                citation::titles(text).into_iter().map(|title| title.text).take(20).collect()
            };
            let stated = self
                .stated(Field::Interprets)
                .map(|value| if value.contains('《') { named(value) } else { vec![short(value)] });
            let first = || {
                self.piece.lines.iter().take(3).map(|line| named(&line.text)).find(|names| !names.is_empty())
            };
            let in_title = Some(named(title)).filter(|names| !names.is_empty());
            let names = stated.or(in_title).or_else(first).unwrap_or_default();
            self.record.interprets = names;
            // What takes effect is what it explains.
            self.record.effective_on = None;
            self.record.ends_on = None;
            self.record.inferred.retain(|field, _| field != "effective_on" && field != "ends_on");
            self.issuer_by_source();
        }
    }

    /// An interpretation is written by whom the page names as its source.
    fn issuer_by_source(&mut self) {
        let Some(source) = self.stated(Field::SourceName).filter(|_| self.record.issuers.is_empty()) else {
            return;
        };
        let names = signature::organs_of(source);
        if !names.is_empty() {
            self.infer("issuers", "source", source);
            self.record.issuers = names;
            self.place_vague_issuers();
        }
    }

    fn source(&mut self) {
        let said = self.stated(Field::SourceName);
        let site = self.page.site_name.as_deref();
        // A site that reprints names as its source where it has the text from; ours is the site.
        let reprints = site.is_some_and(|site| !provenance::is_organs_site(site));
        let named = if reprints { site.or(said) } else { said.or(site) };
        let host = || self.address.and_then(provenance::host).map(str::to_owned);
        self.record.source_name = named.map(short).or_else(host);
        self.record.source_url = self.address.map(str::to_owned);
    }

    fn attachments(&mut self, extract: &Extract) {
        for link in extract.files.iter().take(100) {
            let url = values::joined(self.address, &link.href);
            let last = link.href.rsplit('/').next().unwrap_or_default();
            let name = if link.text.is_empty() { last } else { link.text.as_str() };
            let known = self.record.attachments.iter().any(|a| a.url.as_deref() == Some(url.as_str()));
            if !known && !name.is_empty() && url.len() <= 2000 {
                self.record.attachments.push(Attachment { name: short(name), url: Some(url) });
            }
        }
    }

    fn provenance(&mut self, position: Option<String>) {
        let evidence = Evidence {
            page: self.page,
            address: self.address,
            source: self.stated(Field::SourceName),
            title: &self.record.title,
            issuers: &self.record.issuers,
            named: self.record.document_number.is_some() || self.record.region.is_some(),
            lines: &self.piece.lines,
            position,
        };
        let provenance = provenance::judge(&evidence);
        if self.record.validity.is_some() && provenance.origin != gongkai_index::record::Origin::Official {
            let said = self.stated(Field::Validity).unwrap_or_default().to_owned();
            self.infer("validity", "reprinting_site", &format!("{said}（转载网站的说法）"));
        }
        self.record.provenance = Some(provenance);
    }
}

/// Whether the document's own words win over the organ that a site names as the
/// publisher: a signature does, and a title that names more organs or the same.
fn wins(own: &[String], from: &str, publisher: &[String]) -> bool {
    publisher.is_empty()
        || from == "signature"
        || own.len() > publisher.len()
        || publisher.iter().any(|name| signature::starts_with_level(name))
        || !publisher.iter().any(|name| issuer::is_organ(name))
}

fn short(value: &str) -> String {
    value.trim().chars().take(500).collect()
}

/// The words around a place in a text, as evidence.
fn around(text: &str, range: &std::ops::Range<usize>) -> String {
    let start = text[..range.start].char_indices().rev().nth(30).map_or(0, |(at, _)| at);
    let end = text[range.end..].char_indices().nth(20).map_or(text.len(), |(at, _)| range.end + at);
    text[start..end].replace('\n', " ")
}
