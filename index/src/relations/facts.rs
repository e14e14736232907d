//! Facts of one record that matter to others: its names, its citations, its validity period,
//! and a sketch of its text. Read from the record alone, whatever else the collection has.

use rustc_hash::FxHashMap;

use crate::official::citation;
use crate::official::citation::{Citation, Relation};
use crate::official::date;
use crate::official::privacy;
use crate::official::validity;
use crate::official::validity::{marked_ended, statements};
use crate::record::{Date, EvidenceSource, Kind, Origin, Record, Validity, ValidityEvidence};

use crate::keys::generic::{is_form, is_generic};
use crate::keys::id::id_hash;
use crate::keys::mention::title_hashes;
use crate::keys::number::number_hash;
use crate::keys::title::{title_hash, without_revision};
use crate::relations::cited::Cited;
use crate::relations::explained;
use crate::relations::place;
use crate::relations::revision;
use crate::relations::sketch;
use crate::relations::sketch::Sketch;

/// Most citations kept of one record.
const MAX_CITATIONS: usize = 2_000;
/// Part of a text that may give its validity period, in bytes from its end: the last articles.
const PERIOD_TAIL_BYTES: usize = 3_000;
/// Longest distance of a day before the title of a decision, in bytes.
const DECISION_DAY_BYTES: usize = 240;
/// Beginning of a text that shows if the text was revised, in characters.
const REVISION_HEAD_CHARS: usize = 800;

/// A claim about the validity of a record by another record: the state, the first day on which
/// it holds, and the key of the claiming record; 0 if it is not given.
pub type ValidityClaim = (Validity, Option<Date>, u64);

/// Facts of one record.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Id of the record.
    pub id: String,
    /// Content hash of the record.
    pub content: u128,
    /// Document, policy or interpretation.
    pub kind: Kind,
    /// Title.
    pub title: String,
    /// Issuers, the leading one first.
    pub issuers: Vec<String>,
    /// Key of its document number, 0 for none.
    pub number: u64,
    /// Keys of its title.
    pub titles: Vec<u64>,
    /// Keys of the titles of the documents it encloses.
    pub enclosed: Vec<u64>,
    /// Key of the title that its versions share, 0 if it has no versions.
    pub family: u64,
    /// Place in which it holds: a path of places, empty for the whole state.
    pub place: String,
    /// 成文, 发布, 施行 and 失效日期.
    pub dates: [Option<Date>; 4],
    /// Day of its last revision, if its title or the note below it names one.
    pub revised: Option<Date>,
    /// Validity that its source states.
    pub stated: Option<Validity>,
    /// Validity that follows from the stated one and from the claims of other records.
    pub weighed: Option<Validity>,
    /// Claims of clean-up lists and other records about its validity.
    pub claims: Vec<ValidityClaim>,
    /// Validity period that its text gives where the fields are empty: first day, first day after.
    pub period_in_text: [Option<Date>; 2],
    /// True if its title has the mark 已废止.
    pub is_marked_ended: bool,
    /// Distance of its source from the issuer; smaller is nearer.
    pub source_rank: u8,
    /// Documents it cites.
    pub cited: Vec<Cited>,
    /// Documents it explains, if it is an interpretation.
    pub explains: Vec<Cited>,
    /// True if its text has private numbers of persons.
    pub has_private_numbers: bool,
    /// Characters of its content.
    pub length: u32,
    /// Fingerprint of its content.
    pub fingerprint: u64,
    /// Fingerprint of the content of its title.
    pub title_fingerprint: u64,
    /// Fingerprint of the figures in its title.
    pub title_figures: u64,
    /// Sketch of its content.
    pub sketch: Sketch,
}

impl Facts {
    /// Reads a record.
    pub fn from_record(record: &Record) -> Self {
        Self::with_content(record, record.content_hash())
    }

    /// Reads a record whose content hash is known.
    pub fn with_content(record: &Record, content_hash: u128) -> Self {
        let content = sketch::content(&record.body);
        let citations = citation::find_all(&record.body);
        let title: Vec<char> = sketch::content(&record.title);
        let figures: Vec<char> = title.iter().copied().filter(char::is_ascii_digit).collect();
        let enclosed = enclosed_titles(record);
        Self {
            id: record.id.clone(),
            content: content_hash,
            kind: record.kind,
            title: record.title.clone(),
            issuers: record.issuers.clone(),
            number: record.document_number.as_deref().map_or(0, number_hash),
            titles: title_keys(record),
            family: family_key(record, &enclosed),
            enclosed: enclosed.iter().map(|title| title_hash(title)).collect(),
            place: place::place_of_record(record),
            dates: [record.written_on, record.published_on, record.effective_on, record.ends_on],
            revised: revision::last_revision_day(record),
            stated: record.validity,
            weighed: record.weighed_validity(),
            claims: validity_claims(record),
            period_in_text: period_in_text(record),
            is_marked_ended: marked_ended(&record.title).is_some(),
            source_rank: source_rank(record),
            explains: explained::explained_by(record, &citations),
            cited: cited_documents(record, &citations),
            has_private_numbers: !privacy::find_all(&record.body).is_empty(),
            length: content.len() as u32,
            fingerprint: sketch::fingerprint(&content),
            title_fingerprint: sketch::fingerprint(&title),
            title_figures: sketch::fingerprint(&figures),
            sketch: sketch::sketch(&content),
        }
    }

    /// Returns the day to compare with other documents: 成文日期, else 发布日期, else 施行日期.
    pub fn day(&self) -> Option<Date> {
        let [written, published, effective, _] = self.dates;
        written.or(published).or(effective)
    }

    /// Returns the day of its text: that of its last revision, else its own. This day decides
    /// which documents it can cite and which can cite it.
    pub fn text_day(&self) -> Option<Date> {
        self.day().max(self.revised)
    }

    /// Returns the first day of its text, for the order of versions.
    pub fn text_first_day(&self) -> Option<Date> {
        self.first_day().max(self.revised)
    }

    /// Returns its first day: 施行日期, else the one its text gives, else 发布日期, else 成文日期.
    pub fn first_day(&self) -> Option<Date> {
        let [written, published, effective, _] = self.dates;
        effective.or(self.period_in_text[0]).or(published).or(written)
    }
}

/// Makes the keys of a record's title.
fn title_keys(record: &Record) -> Vec<u64> {
    let mut keys = title_hashes(&record.title).to_vec();
    // Other documents may mention it without 试行.
    let bare = without_revision(&record.title);
    keys[1] = if is_generic(bare) || keys[0] == title_hash(bare) { 0 } else { title_hash(bare) };
    // The document that its title encloses has a key field of its own.
    keys.truncate(3);
    keys.retain(|key| *key != 0);
    keys
}

/// Lists the titles of the documents that a record encloses: by its own title, and by its parts.
fn enclosed_titles(record: &Record) -> Vec<String> {
    let mut titles = match citation::related_titles(&record.title) {
        Some((Relation::Encloses, titles)) => titles,
        _ => Vec::new(),
    };
    titles.extend(record.parts.iter().map(|part| part.title.clone()));
    let bare: Vec<String> = titles.iter().map(|title| without_revision(title).to_owned()).collect();
    titles.extend(bare);
    titles.retain(|title| !is_generic(title));
    titles.sort();
    titles.dedup();
    titles
}

/// Makes the key that the versions of a text share: the bare title of the document that is
/// issued; 0 for a document without versions.
fn family_key(record: &Record, enclosed: &[String]) -> u64 {
    const LASTING_SUFFIXES: [&str; 27] = [
        "法", "条例", "规定", "办法", "细则", "规则", "解释", "准则", "标准", "章程", "规程", "规范", "宪法",
        "指引", "指南", "规约", "制度", "批复", "意见", "方案", "守则", "复函", "通则", "总则", "法典",
        "条令", "大纲",
    ];
    let mut bare: Vec<&str> = enclosed.iter().map(|title| without_revision(title)).collect();
    bare.dedup();
    let title = match bare.as_slice() {
        [] => without_revision(&record.title),
        [one] => one,
        _ => return 0,
    };
    // （二） at the end names one of several documents, each with versions of its own.
    let without_ordinal = title.trim_end_matches(|c| "（）()一二三四五六七八九十".contains(c));
    let lasts =
        LASTING_SUFFIXES.iter().any(|suffix| without_ordinal.ends_with(suffix)) && !title.contains("解读");
    if record.kind == Kind::Interpretation || !lasts || is_generic(title) {
        return 0;
    }
    title_hash(title)
}

/// Lists the documents that a record names, each once for each relation.
fn cited_documents(record: &Record, citations: &[Citation]) -> Vec<Cited> {
    let mut found = Vec::new();
    let fields = [
        (&record.repeals, Relation::Repeals),
        (&record.amends, Relation::Amends),
        (&record.interprets, Relation::Interprets),
    ];
    for (names, relation) in fields {
        found.extend(names.iter().map(|name| Cited::from_field(name, relation)));
    }
    if let Some((relation, titles)) = citation::related_titles(&record.title) {
        found.extend(titles.iter().map(|title| Cited::from_title(title, relation)));
    }
    let names_form = |c: &&Citation| c.number.is_none() && c.title.as_deref().is_some_and(is_form);
    // A text names the same law again and again.
    let mut title_cache = TitleCache::default();
    for citation in citations.iter().filter(|c| !names_form(c)).take(MAX_CITATIONS) {
        let cited = cited_in_text(&record.body, citation, &mut title_cache);
        if !cited.has_no_key() {
            found.push(cited);
        }
    }
    let mut seen = rustc_hash::FxHashSet::default();
    found.retain(|cited: &Cited| {
        seen.insert((cited.titles[0], cited.number, cited.id, cited.relation, cited.decided_on))
    });
    found
}

/// Keys of the titles that a text cites.
type TitleCache<'a> = FxHashMap<&'a str, [u64; 4]>;

/// Makes the keys of a document that the body of a record cites.
fn cited_in_text<'a>(body: &str, citation: &'a Citation, title_cache: &mut TitleCache<'a>) -> Cited {
    let title = citation.full_title.as_deref().or(citation.title.as_deref()).unwrap_or_default();
    let after = body[citation.range.end..].trim_start();
    // 《…》第三条同时废止 ends an article, not the document.
    let names_part = after.starts_with('第') || after.starts_with("中的") || after.starts_with("附件");
    let relation = match citation.relation {
        Relation::Repeals if names_part => Relation::Amends,
        other => other,
    };
    let range = (citation.range.start, citation.range.end);
    let decided_on = if title.ends_with("决定") { day_before(&body[..range.0]) } else { None };
    let titles = *title_cache.entry(title).or_insert_with(|| title_hashes(title));
    let cited = Cited { decided_on, ..Cited::from_title_keys(titles, relation) };
    cited.with_number_and_range(citation.number.as_ref(), range)
}

/// Reads the day given just before a title: 根据2017年9月1日…会议《关于修改…的决定》.
fn day_before(before: &str) -> Option<Date> {
    let start = before.len().saturating_sub(DECISION_DAY_BYTES);
    let start = (start..before.len()).find(|offset| before.is_char_boundary(*offset))?;
    let near = &before[start..];
    let clause = near.rsplit(['。', '；', '》', '\n']).next().unwrap_or(near);
    date::find_all(clause).last().map(|found| found.date)
}

/// Reads the validity period that the text gives where the fields are empty.
fn period_in_text(record: &Record) -> [Option<Date>; 2] {
    if record.effective_on.is_some() && record.ends_on.is_some() || record.kind == Kind::Interpretation {
        return [None; 2];
    }
    let start = record.body.len().saturating_sub(PERIOD_TAIL_BYTES);
    let start = (start..record.body.len()).find(|at| record.body.is_char_boundary(*at)).unwrap_or(0);
    let statements = statements(&record.body[start..]);
    let (first_day, first_day_after) = validity::term(&validity::Facts {
        stated: record.validity,
        effective_on: record.effective_on,
        ends_on: record.ends_on,
        published_on: record.published_on,
        written_on: record.written_on,
        statements: &statements,
        ended_by: None,
    });
    // A revised text still gives the day on which its first version took effect.
    let head: String = record.body.chars().take(REVISION_HEAD_CHARS).collect();
    let revised = head.contains("修正") || head.contains("修订") || head.contains("修改");
    let issued = record.written_on.or(record.published_on);
    let is_own = |day: &Date| !(revised && issued.is_some_and(|issued| *day < issued));
    [
        first_day.filter(is_own).filter(|_| record.effective_on.is_none()),
        first_day_after.filter(|_| record.ends_on.is_none()),
    ]
}

/// Lists the claims of other records about a record's validity.
fn validity_claims(record: &Record) -> Vec<ValidityClaim> {
    // Evidence of a list or document that is not in the collection counts as well.
    let is_from_document = |evidence: &ValidityEvidence| {
        matches!(evidence.from, EvidenceSource::CleanupList | EvidenceSource::Document)
    };
    let of_others = record
        .validity_evidence
        .iter()
        .filter(|evidence| evidence.is_from_other_record() || is_from_document(evidence));
    let claim = |evidence: &ValidityEvidence| {
        (evidence.state, evidence.since, evidence.record.as_deref().map_or(0, id_hash))
    };
    of_others.map(claim).collect()
}

/// Ranks the source of a text by its distance from the issuer: the gazette and the issuer's own
/// site, an unknown site, a site that reposts, a collection.
fn source_rank(record: &Record) -> u8 {
    let source = record.source_name.as_deref().unwrap_or_default();
    let own = record.issuers.iter().any(|issuer| source.contains(issuer.as_str()));
    match record.provenance.as_ref().map(|provenance| provenance.origin) {
        Some(Origin::Collected) => 4,
        Some(Origin::Reprint) => 3,
        _ if source.contains("公报") => 0,
        Some(Origin::Official) => 1,
        None if own || source.is_empty() || source.contains("政府") => 1,
        None => 2,
    }
}
