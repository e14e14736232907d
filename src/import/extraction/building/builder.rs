//! Record builder: stated values first, then values inferred from the document with their
//! evidence.

use gongkai_index::official::{citation, document_number, genre, region, validity};
use gongkai_index::record::{Attachment, Kind, Origin, Part, Record, Validity};

use crate::import::extraction::building::draft::{RecordDraft, shorten};
use crate::import::extraction::labels::Field;
use crate::import::extraction::line::sole_document_number;
use crate::import::extraction::provenance::{self, Evidence};
use crate::import::extraction::splitting::page_document::PLACEHOLDER;
use crate::import::extraction::{organs, values};
use crate::import::file_content::FileContent;

/// Genres of binding documents: their records are policies.
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

/// Line of a record whose text is in a file that the page shows.
const SHOWN_FILE_BODY: &str = "全文未入库：正文在页面嵌入的文件里，请查看附件。";
/// Length from which a line with punctuation is text of the document.
const MIN_PROSE_CHARS: usize = 15;

/// Fills in all fields of a draft and returns the record. `position` is the position among
/// several documents on the page.
pub fn build_record(mut draft: RecordDraft<'_>, content: &FileContent, position: Option<String>) -> Record {
    if !draft.document.title_from.is_empty() {
        let from = draft.document.title_from;
        let evidence = draft.record.title.clone();
        draft.record_inference("title", from, &evidence);
    }
    draft.fill_body();
    draft.fill_document_number();
    draft.fill_issuers();
    draft.fill_dates();
    draft.fill_lists();
    draft.fill_validity();
    draft.fill_region();
    draft.fill_kind();
    draft.fill_source();
    if draft.is_only_document {
        draft.fill_attachments(content);
    }
    draft.fill_provenance(position);
    draft.record
}

impl<'a> RecordDraft<'a> {
    fn fill_body(&mut self) {
        let mut places = Vec::with_capacity(self.document.lines.len());
        let body = &mut self.record.body;
        for line in self.document.above.iter() {
            if !body.is_empty() {
                body.push('\n');
            }
            body.push_str(&line.text);
        }
        for line in &self.document.lines {
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

    fn fill_document_number(&mut self) {
        if let Some(number) = self.parse_stated(Field::DocumentNumber, values::normalise_number) {
            self.record.document_number = Some(number);
            return;
        }
        let head = self.document.lines.iter().take(6).find_map(|line| sole_document_number(&line.text));
        let in_title = || {
            let (_, note) = self.record.title.rsplit_once(['（', '('])?;
            sole_document_number(note)
        };
        let of_page = self.page.document_number.clone().filter(|_| self.is_only_document);
        let leading = || self.document.lines.iter().take(2).find_map(|line| leading_number(&line.text));
        let noted = || self.note.as_ref()?.number.clone();
        let found = of_page
            .or(head)
            .map(|number| (number, "number_line"))
            .or_else(|| in_title().map(|number| (number, "title")))
            .or_else(|| noted().map(|number| (number, "note")))
            .or_else(|| leading().map(|number| (number, "number_line")));
        if let Some((number, from)) = found {
            self.record_inference("document_number", from, &number.clone());
            self.record.document_number = Some(number);
        }
    }

    fn fill_lists(&mut self) {
        self.record.index_number = self.stated_value(Field::IndexNumber).map(shorten);
        self.record.genre = self.stated_value(Field::Genre).map(shorten);
        if self.record.genre.is_none()
            && self.document.title_from != PLACEHOLDER
            && let Some(found) = genre::of_title(&self.record.title)
        {
            let title = self.record.title.clone();
            self.record_inference("genre", "title", &title);
            self.record.genre = Some(found.to_owned());
        }
        self.record.categories =
            self.stated_value(Field::Categories).map(values::split_categories).unwrap_or_default();
        self.record.keywords = self
            .stated_value(Field::Keywords)
            .map(|value| values::split_values(&value.replace([' ', '\u{3000}'], "、")))
            .unwrap_or_default();
    }

    fn fill_validity(&mut self) {
        self.record.validity = self
            .parse_stated(Field::Validity, values::parse_validity)
            .or_else(|| self.parse_stated(Field::Ended, values::validity_from_ended));
        let marked = |text: &str| validity::marked_ended(text).map(|range| text[range].to_owned());
        let banner = || {
            self.page
                .site_lines
                .iter()
                .chain(self.page.banner.iter())
                .find(|line| is_repealed_banner(line))
                .cloned()
        };
        if self.record.validity.is_none()
            && self.is_only_document
            && let Some(words) = banner()
        {
            self.record_inference("validity", "banner", &words);
            self.record.validity = Some(Validity::Repealed);
        }
        if self.record.validity.is_none()
            && let Some(mark) = marked(&self.record.title)
        {
            self.record_inference("validity", "title", &mark);
            self.record.validity = Some(Validity::Repealed);
        }
    }

    fn fill_region(&mut self) {
        if let Some(stated) = self.stated_value(Field::Region).and_then(region::normalise) {
            self.record.region = Some(stated.to_owned());
            return;
        }
        let found = self
            .record
            .issuers
            .iter()
            .find_map(|name| Some((organs::organ_region(name)?, "issuers", name.clone())));
        let found = found.or_else(|| {
            let path = organs::region_in_title(&self.record.title)?;
            Some((path.to_owned(), "title", self.record.title.clone()))
        });
        let found =
            found.or_else(|| self.document.place.map(|path| (path.to_owned(), "body", path.to_owned())));
        let found = found.or_else(|| {
            let site = self.page.site_name.as_deref().filter(|site| provenance::is_government_site(site))?;
            let central = self.record.issuers.iter().any(|name| organs::has_place(name));
            (!central).then_some((
                organs::organ_region(site).or_else(|| organs::place_prefix(site).map(str::to_owned))?,
                "site",
                site.to_owned(),
            ))
        });
        if let Some((path, from, evidence)) = found {
            self.record_inference("region", from, &evidence);
            self.record.region = Some(path);
        }
    }

    fn fill_kind(&mut self) {
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
                .stated_value(Field::Interprets)
                .map(|value| if value.contains('《') { named(value) } else { vec![shorten(value)] });
            let first = || {
                self.document
                    .lines
                    .iter()
                    .take(3)
                    .map(|line| named(&line.text))
                    .find(|names| !names.is_empty())
            };
            let in_title = Some(named(title)).filter(|names| !names.is_empty());
            let names = stated.or(in_title).or_else(first).unwrap_or_default();
            self.record.interprets = names;
            // The interpreted document takes effect, not the interpretation.
            self.record.effective_on = None;
            self.record.ends_on = None;
            self.record.inferred.retain(|field, _| field != "effective_on" && field != "ends_on");
            self.infer_issuer_from_source();
        }
    }

    fn fill_source(&mut self) {
        let said = self.stated_value(Field::SourceName);
        let site = self.page.site_name.as_deref();
        // A reprinting site names as its source where it has the text from; ours is the site.
        let reprints = site.is_some_and(|site| !provenance::is_government_site(site));
        let named = if reprints { site.or(said) } else { said.or(site) };
        let host = || self.address.and_then(provenance::address_host).map(str::to_owned);
        self.record.source_name = named.map(shorten).or_else(host);
        self.record.source_url = self.address.map(str::to_owned);
    }

    fn fill_attachments(&mut self, content: &FileContent) {
        for link in content.files.iter().take(100) {
            let url = (!link.href.is_empty()).then(|| values::resolve_link(self.address, &link.href));
            let last = link.href.split(['?', '#']).next().unwrap_or_default();
            let last = last.rsplit('/').next().unwrap_or_default();
            let name = if link.text.is_empty() { last } else { link.text.as_str() };
            let is_listed = self
                .record
                .attachments
                .iter()
                .any(|a| if url.is_some() { a.url == url } else { a.name == shorten(name) });
            if !is_listed && !name.is_empty() && url.as_ref().is_none_or(|url| url.len() <= 2000) {
                self.record.attachments.push(Attachment { name: shorten(name), url });
            }
        }
        let prose = |line: &str| line.chars().count() >= MIN_PROSE_CHARS && line.contains(['，', '。', '；']);
        if content.shows_file && !self.record.body.lines().any(prose) {
            if !self.record.body.is_empty() {
                self.record.body.push('\n');
            }
            self.record.body.push_str(SHOWN_FILE_BODY);
        }
    }

    fn fill_provenance(&mut self, position: Option<String>) {
        let evidence = Evidence {
            page: self.page,
            address: self.address,
            source: self.stated_value(Field::SourceName),
            title: &self.record.title,
            issuers: &self.record.issuers,
            named: self.record.document_number.is_some() || self.record.region.is_some(),
            lines: &self.document.lines,
            position,
        };
        let provenance = provenance::judge_provenance(&evidence);
        if self.record.validity.is_some() && provenance.origin != Origin::Official {
            let said = self.stated_value(Field::Validity).unwrap_or_default().to_owned();
            self.record_inference("validity", "reprinting_site", &format!("{said}（转载网站的说法）"));
        }
        self.record.provenance = Some(provenance);
    }
}

/// Recognises a line of its own that declares the whole document repealed: `该文件已废止`, `【已失效】`.
fn is_repealed_banner(line: &str) -> bool {
    let words: String = line.chars().filter(|c| c.is_alphanumeric()).collect();
    let ends = ["已废止", "已失效", "已经废止", "已经失效", "废止", "失效"]
        .iter()
        .find_map(|end| words.strip_suffix(end));
    ends.is_some_and(|subject| {
        [
            "",
            "本文件",
            "该文件",
            "此文件",
            "本文",
            "此件",
            "该政策",
            "文件",
            "本办法",
            "本规定",
            "文件状态",
            "状态",
        ]
        .contains(&subject)
    })
}

/// Reads the number that begins a text without line ends.
fn leading_number(line: &str) -> Option<String> {
    let end = line.char_indices().nth(40).map_or(line.len(), |(at, _)| at);
    let found = document_number::find_all(&line[..end]).into_iter().next()?;
    (found.range.start == 0 && line.len() > 120).then(|| found.number.to_string())
}
