//! What one record says that matters to others: its names, what it cites, when it
//! holds, and a sketch of its text. Read from the record alone, whatever else is held.

use rustc_hash::FxHashMap;

use crate::official::citation;
use crate::official::citation::{Citation, Relation};
use crate::official::date;
use crate::official::document_number;
use crate::official::document_number::DocumentNumber;
use crate::official::privacy;
use crate::official::validity;
use crate::official::validity::{marked_ended, statements};
use crate::record::{Date, EvidenceSource, Kind, Origin, Record, Validity, ValidityEvidence};

use crate::keys::generic::{is_form, is_generic};
use crate::keys::id::id_hash;
use crate::keys::mention::title_hashes;
use crate::keys::number::{hash_of_number, number_hash};
use crate::keys::title::{title_hash, without_revision};
use crate::relations::explained;
use crate::relations::place;
use crate::relations::revision;
use crate::relations::sketch;
use crate::relations::sketch::Sketch;

/// Most citations kept of one record.
const MOST_CITED: usize = 2_000;
/// The part of a text that says how long it holds, in bytes from its end.
const LAST_ARTICLES: usize = 3_000;
/// How far before a title its day is looked for, in bytes.
const DAY_BEFORE: usize = 240;
/// A document that a record names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cited {
    /// Keys of its title, the most exact first; 0 for none.
    pub titles: [u64; 4],
    /// Key of its number; 0 for none.
    pub number: u64,
    /// The year in that number; 0 for none.
    pub year: u16,
    /// The day that the text gives a decision it names: each of them may bear the title anew.
    pub on: Option<Date>,
    /// Key of its id; 0 for none. Only a record's own fields name ids.
    pub id: u64,
    /// What the record does with it.
    pub relation: u8,
    /// Where the body names it, in bytes; both 0 if a field or the title does.
    pub place: (u32, u32),
}

/// The relations by number.
pub const RELATIONS: [Relation; 7] = [
    Relation::Mentions,
    Relation::BasedOn,
    Relation::Repeals,
    Relation::Amends,
    Relation::Encloses,
    Relation::Forwards,
    Relation::Interprets,
];

impl Cited {
    /// What the record does with it.
    pub fn relation(&self) -> Relation {
        RELATIONS[usize::from(self.relation) % RELATIONS.len()]
    }

    /// Everything by which it may be found.
    pub fn keys(&self) -> impl Iterator<Item = u64> {
        self.titles.into_iter().chain([self.number, self.id]).filter(|key| *key != 0)
    }

    /// A document named by its title.
    pub fn titled(title: &str, relation: Relation) -> Self {
        Self { titles: title_hashes(title), relation: number_of(relation), ..Self::default() }
    }

    /// Adds the number by which it is named, and the place in the body.
    pub fn with_number_and_place(mut self, number: Option<&DocumentNumber>, place: (usize, usize)) -> Self {
        self.number = number.map_or(0, hash_of_number);
        self.year = number.and_then(|number| number.year).unwrap_or_default();
        self.place = (place.0 as u32, place.1 as u32);
        self
    }
}

fn number_of(relation: Relation) -> u8 {
    RELATIONS.iter().position(|known| *known == relation).unwrap_or_default() as u8
}

/// What is known of one record.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Its id.
    pub id: String,
    /// Its content hash.
    pub content: u128,
    /// Document, policy or interpretation.
    pub kind: Kind,
    /// Its title.
    pub title: String,
    /// Its issuers, the leading one first.
    pub issuers: Vec<String>,
    /// Key of its number, 0 for none.
    pub number: u64,
    /// Keys of its title.
    pub titles: Vec<u64>,
    /// Keys of the titles of what it carries.
    pub carried: Vec<u64>,
    /// Key of the title that its versions share, 0 if it has no versions.
    pub family: u64,
    /// Where it holds: a path of places, empty for the whole state.
    pub place: String,
    /// 成文, 发布, 施行 and 失效日期.
    pub dates: [Option<Date>; 4],
    /// The day of its last revision, where its title or the note below names one.
    pub revised: Option<Date>,
    /// What its source states.
    pub stated: Option<Validity>,
    /// What follows from that and from what lists and other records say of it.
    pub weighed: Option<Validity>,
    /// What lists and other records say of it: the state, since when, and the key of the
    /// record that says it.
    pub claims: Vec<(Validity, Option<Date>, u64)>,
    /// The term its text gives where the fields are silent: first day, first day after.
    pub said: [Option<Date>; 2],
    /// Whether it bears the mark 已废止.
    pub marked: bool,
    /// How near to the issuer its text is; smaller is nearer.
    pub source_rank: u8,
    /// What it names.
    pub cited: Vec<Cited>,
    /// What an interpretation explains.
    pub explains: Vec<Cited>,
    /// Whether numbers of persons stand in it.
    pub private: bool,
    /// Characters of its content.
    pub length: u32,
    /// Fingerprint of its content.
    pub fingerprint: u64,
    /// Of its title's content.
    pub title_print: u64,
    /// The figures in its title.
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
    pub fn with_content(record: &Record, hash: u128) -> Self {
        let content = sketch::content(&record.body);
        let citations = citation::find_all(&record.body);
        let title: Vec<char> = sketch::content(&record.title);
        let figures: Vec<char> = title.iter().copied().filter(char::is_ascii_digit).collect();
        let carried = carried(record);
        Self {
            id: record.id.clone(),
            content: hash,
            kind: record.kind,
            title: record.title.clone(),
            issuers: record.issuers.clone(),
            number: record.document_number.as_deref().map_or(0, number_hash),
            titles: own_titles(record),
            family: family(record, &carried),
            carried: carried.iter().map(|title| title_hash(title)).collect(),
            place: place::of(record),
            dates: [record.written_on, record.published_on, record.effective_on, record.ends_on],
            revised: revision::of(record),
            stated: record.validity,
            weighed: record.weighed_validity(),
            claims: claims(record),
            said: said(record),
            marked: marked_ended(&record.title).is_some(),
            source_rank: source_rank(record),
            explains: explained::explained_by(record, &citations),
            cited: cited(record, &citations),
            private: !privacy::find_all(&record.body).is_empty(),
            length: content.len() as u32,
            fingerprint: sketch::fingerprint(&content),
            title_print: sketch::fingerprint(&title),
            title_figures: sketch::fingerprint(&figures),
            sketch: sketch::sketch(&content),
        }
    }

    /// 成文日期, else 发布日期, else 施行日期: the day to compare with other documents.
    pub fn day(&self) -> Option<Date> {
        let [written, published, effective, _] = self.dates;
        written.or(published).or(effective)
    }

    /// The day its text is of: that of its last revision, else its own. Only this tells what it
    /// can speak of and what can speak of it.
    pub fn text_day(&self) -> Option<Date> {
        self.day().max(self.revised)
    }

    /// The first day of its text, for the order of versions.
    pub fn text_begins(&self) -> Option<Date> {
        self.begins().max(self.revised)
    }

    /// The day it was put before readers.
    pub fn begins(&self) -> Option<Date> {
        let [written, published, effective, _] = self.dates;
        effective.or(self.said[0]).or(published).or(written)
    }
}

fn own_titles(record: &Record) -> Vec<u64> {
    let mut keys = title_hashes(&record.title).to_vec();
    // Others leave 试行 out where they name it.
    let bare = without_revision(&record.title);
    keys[1] = if is_generic(bare) || keys[0] == title_hash(bare) { 0 } else { title_hash(bare) };
    // What it carries is found as such.
    keys.truncate(3);
    keys.retain(|key| *key != 0);
    keys
}

/// The titles of what a record carries: by its own title, and by its parts.
fn carried(record: &Record) -> Vec<String> {
    let mut titles = match citation::carried(&record.title) {
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

/// What the versions of a text have in common: the bare title of what is issued.
fn family(record: &Record, carried: &[String]) -> u64 {
    const LASTING: [&str; 27] = [
        "法", "条例", "规定", "办法", "细则", "规则", "解释", "准则", "标准", "章程", "规程", "规范", "宪法",
        "指引", "指南", "规约", "制度", "批复", "意见", "方案", "守则", "复函", "通则", "总则", "法典",
        "条令", "大纲",
    ];
    let mut bare: Vec<&str> = carried.iter().map(|title| without_revision(title)).collect();
    bare.dedup();
    let title = match bare.as_slice() {
        [] => without_revision(&record.title),
        [one] => one,
        _ => return 0,
    };
    // （二） at the end says which of several documents, each with versions of its own.
    let named = title.trim_end_matches(|c| "（）()一二三四五六七八九十".contains(c));
    let lasts = LASTING.iter().any(|end| named.ends_with(end)) && !title.contains("解读");
    if record.kind == Kind::Interpretation || !lasts || is_generic(title) {
        return 0;
    }
    title_hash(title)
}

/// Everything a record names, each once for each relation.
fn cited(record: &Record, citations: &[Citation]) -> Vec<Cited> {
    let mut found = Vec::new();
    let fields = [
        (&record.repeals, Relation::Repeals),
        (&record.amends, Relation::Amends),
        (&record.interprets, Relation::Interprets),
    ];
    for (names, relation) in fields {
        found.extend(names.iter().map(|name| named(name, relation)));
    }
    if let Some((relation, titles)) = citation::carried(&record.title) {
        found.extend(titles.iter().map(|title| Cited::titled(title, relation)));
    }
    let form = |c: &&Citation| c.number.is_none() && c.title.as_deref().is_some_and(is_form);
    // A text names the same law again and again.
    let mut known: FxHashMap<&str, [u64; 4]> = FxHashMap::default();
    for citation in citations.iter().filter(|c| !form(c)).take(MOST_CITED) {
        let cited = of_text(&record.body, citation, &mut known);
        if cited.keys().next().is_some() {
            found.push(cited);
        }
    }
    let mut seen = rustc_hash::FxHashSet::default();
    found.retain(|cited: &Cited| {
        seen.insert((cited.titles[0], cited.number, cited.id, cited.relation, cited.on))
    });
    found
}

/// What a field names: an id, a number or a title.
pub fn named(name: &str, relation: Relation) -> Cited {
    let title = name.trim().trim_start_matches('《').trim_end_matches('》');
    let number = document_number::parse(name);
    Cited {
        id: id_hash(name),
        ..Cited::titled(title, relation).with_number_and_place(number.as_ref(), (0, 0))
    }
}

fn of_text<'a>(body: &str, citation: &'a Citation, known: &mut FxHashMap<&'a str, [u64; 4]>) -> Cited {
    let title = citation.full_title.as_deref().or(citation.title.as_deref()).unwrap_or_default();
    let after = body[citation.range.end..].trim_start();
    // 《…》第三条同时废止 ends an article, not the document.
    let in_part = after.starts_with('第') || after.starts_with("中的") || after.starts_with("附件");
    let relation = match citation.relation {
        Relation::Repeals if in_part => Relation::Amends,
        other => other,
    };
    let place = (citation.range.start, citation.range.end);
    let on = if title.ends_with("决定") { day_before(&body[..place.0]) } else { None };
    let titles = *known.entry(title).or_insert_with(|| title_hashes(title));
    let cited = Cited { titles, relation: number_of(relation), on, ..Cited::default() };
    cited.with_number_and_place(citation.number.as_ref(), place)
}

/// The day given just before a title: 根据2017年9月1日…会议《关于修改…的决定》.
fn day_before(before: &str) -> Option<Date> {
    let from = before.len().saturating_sub(DAY_BEFORE);
    let from = (from..before.len()).find(|at| before.is_char_boundary(*at))?;
    let near = &before[from..];
    let clause = near.rsplit(['。', '；', '》', '\n']).next().unwrap_or(near);
    date::find_all(clause).last().map(|found| found.date)
}

/// The term that the text itself gives, where the fields do not.
fn said(record: &Record) -> [Option<Date>; 2] {
    if record.effective_on.is_some() && record.ends_on.is_some() || record.kind == Kind::Interpretation {
        return [None; 2];
    }
    let from = record.body.len().saturating_sub(LAST_ARTICLES);
    let from = (from..record.body.len()).find(|at| record.body.is_char_boundary(*at)).unwrap_or(0);
    let statements = statements(&record.body[from..]);
    let term = validity::term(&validity::Facts {
        stated: record.validity,
        effective_on: record.effective_on,
        ends_on: record.ends_on,
        published_on: record.published_on,
        written_on: record.written_on,
        statements: &statements,
        ended_by: None,
    });
    // A text that was revised still says when its first version took effect.
    let head: String = record.body.chars().take(800).collect();
    let revised = head.contains("修正") || head.contains("修订") || head.contains("修改");
    let issued = record.written_on.or(record.published_on);
    let own = |begins: &Date| !(revised && issued.is_some_and(|issued| *begins < issued));
    [
        term.0.filter(own).filter(|_| record.effective_on.is_none()),
        term.1.filter(|_| record.ends_on.is_none()),
    ]
}

/// What others say of a record's validity, as far as they are of the collection.
fn claims(record: &Record) -> Vec<(Validity, Option<Date>, u64)> {
    // A list that is not held says it as well.
    let other = |from| matches!(from, EvidenceSource::CleanupList | EvidenceSource::Document);
    let of_others = record.validity_evidence.iter().filter(|said| said.is_of_another() || other(said.from));
    let claim = |evidence: &ValidityEvidence| {
        (evidence.state, evidence.since, evidence.record.as_deref().map_or(0, id_hash))
    };
    of_others.map(claim).collect()
}

/// How near to the issuer a text is: the gazette and the issuer's own site, a site of
/// which nothing is known, a site that reposts, a collection.
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
