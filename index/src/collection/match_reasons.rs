//! Why a record was found: what of the query stands where in it. Looked at only for
//! the records of a page, when their texts are at hand anyway.

use std::borrow::Cow;

use memchr::memmem::Finder;

use crate::analysis::{Fold, fold::fold, numeral};
use crate::collection::highlight::article;
use crate::keys::title::keys;
use crate::query::{Clause, Expansion, MINED, ParsedQuery, PreferenceKind};
use crate::record::Record;

/// One thing of the query that the record has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The whole title was typed.
    WholeTitle,
    /// Its document number was typed.
    Number,
    /// Typed words stand in the title.
    Title,
    /// Typed words stand in the text.
    Body,
    /// Typed words stand in the name of an issuer.
    Issuer,
    /// Typed words stand in the index number.
    IndexNumber,
    /// Typed words stand among the keywords.
    Keyword,
    /// The article that was named stands in the text or in the title.
    Article(String),
    /// It has what stands in for typed words.
    Expansion(Expansion),
    /// It is of the issuer, place or year that the query speaks of.
    Preference(PreferenceKind, String),
}

impl Reason {
    /// As it is written on the wire: a name and, behind a colon, what it is about.
    pub fn name(&self) -> String {
        match self {
            Self::WholeTitle => "whole_title".into(),
            Self::Number => "number".into(),
            Self::Title => "title".into(),
            Self::Body => "body".into(),
            Self::Issuer => "issuer".into(),
            Self::IndexNumber => "index_number".into(),
            Self::Keyword => "keyword".into(),
            Self::Article(article) => format!("article:{article}"),
            Self::Expansion(Expansion { from, to, kind }) => format!("{}:{from}→{to}", expansion_name(kind)),
            Self::Preference(kind, value) => format!("prefers_{}:{value}", kind.name()),
        }
    }
}

/// The relations of the dictionary, as they are told for a hit.
fn expansion_name(kind: &str) -> &str {
    match kind {
        "abbreviation" | MINED => "short_name",
        "renamed" => "renamed",
        _ => "synonym",
    }
}

/// The query's own part, the same for all hits of a page.
pub struct Why<'a> {
    understanding: &'a ParsedQuery,
    typed: Vec<Finder<'static>>,
    expansions: Vec<(Finder<'static>, &'a Expansion)>,
    articles: Vec<String>,
}

impl<'a> Why<'a> {
    /// For one query.
    pub fn new(understanding: &'a ParsedQuery) -> Self {
        let folded = |text: &str| letters(text);
        let mut typed: Vec<String> = understanding.typed.iter().map(|text| folded(text)).collect();
        typed.retain(|text| !text.is_empty());
        Self {
            articles: typed.iter().filter_map(|text| numeral::article(text)).map(|(form, _)| form).collect(),
            typed: typed.iter().map(|text| finder(text)).collect(),
            expansions: understanding.expansions.iter().map(|e| (finder(&folded(&e.to)), e)).collect(),
            understanding,
        }
    }

    /// What this record has of it; the record is whole.
    pub fn reasons(&self, record: &Record) -> Vec<Reason> {
        if self.understanding.matching == Clause::All {
            return Vec::new();
        }
        let mut reasons = self.named(record);
        let several = |values: &[String]| values.join("\n");
        let (issuers, keywords) = (several(&record.issuers), several(&record.keywords));
        let index_number = record.index_number.clone().unwrap_or_default();
        let mut fields: Vec<(Reason, Cow<'_, str>)> = vec![
            (Reason::Title, record.title.as_str().into()),
            (Reason::Body, record.body.as_str().into()),
            (Reason::Issuer, issuers.into()),
            (Reason::IndexNumber, index_number.into()),
            (Reason::Keyword, keywords.into()),
        ];
        let typed = |text: &str| self.typed.iter().any(|typed| stands(typed, text));
        // Nearly every text is written as it is folded; only one that seems to have nothing
        // of the query is worth folding.
        for (_, text) in fields.iter_mut().filter(|(_, text)| !text.is_empty() && !typed(text)) {
            *text = letters(text).into();
        }
        let with_typed = fields.iter().filter(|(_, text)| typed(text));
        reasons.extend(with_typed.map(|(reason, _)| reason.clone()));
        reasons.extend(self.article(record));
        let added = self.expansions.iter().filter(|(to, _)| fields.iter().any(|(_, text)| stands(to, text)));
        reasons.extend(added.map(|(_, expansion)| Reason::Expansion((*expansion).clone())));
        reasons.extend(self.preferred(record));
        reasons
    }

    fn named(&self, record: &Record) -> Vec<Reason> {
        let held = keys(&record.title, record.document_number.as_deref());
        let has = |number: bool| {
            let asked = self.understanding.keys.iter().filter(|k| k.key.starts_with("n:") == number);
            asked.into_iter().any(|asked| held.contains(&asked.key))
        };
        let both = [(true, Reason::Number), (false, Reason::WholeTitle)];
        both.into_iter().filter(|(number, _)| has(*number)).map(|(_, reason)| reason).collect()
    }

    /// An article counts where it begins a line or the title names it, not where it is cited.
    fn article(&self, record: &Record) -> Option<Reason> {
        if self.articles.is_empty() {
            return None;
        }
        let form = |text: &str| numeral::article(text).map(|(form, _)| form);
        let own = record.title.match_indices('第').filter_map(|(at, _)| form(&record.title[at..]));
        let lines = record.body.lines().filter_map(article).filter_map(|name| form(&name));
        let found = own.chain(lines).find(|form| self.articles.contains(form))?;
        Some(Reason::Article(found))
    }

    fn preferred<'r>(&'r self, record: &'r Record) -> impl Iterator<Item = Reason> + 'r {
        let is = |preference: &&crate::query::Preference| preference.fits(record);
        let fitting = self.understanding.preferences.iter().filter(is);
        fitting.map(|preference| Reason::Preference(preference.kind, preference.value.clone()))
    }
}

fn finder(text: &str) -> Finder<'static> {
    Finder::new(text).into_owned()
}

fn stands(piece: &Finder<'_>, text: &str) -> bool {
    piece.find(text.as_bytes()).is_some()
}

/// Folded as texts are for finding, articles in one form left to the caller.
fn letters(text: &str) -> String {
    let folded = fold(text, Fold::Grams);
    folded.text().chars().filter(|c| !c.is_whitespace() && !"“”\"《》〈〉".contains(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Analyzer;
    use crate::query::{Mode, parse::parse};

    fn why(query: &str, record: serde_json::Value) -> Vec<String> {
        let record = Record::from_json(record.to_string().as_bytes()).unwrap();
        let understanding = parse(query, Mode::Smart, &Analyzer::shared());
        Why::new(&understanding).reasons(&record).iter().map(Reason::name).collect()
    }

    #[test]
    fn what_matched_is_told() {
        let law = serde_json::json!({
            "id": "a", "kind": "policy", "title": "某行政许可办法",
            "body": "第一条 总则。\n第三十八条 申请人的申请符合“法定”条件的，发给不动产权证书。",
            "document_number": "某府发〔2015〕58号", "issuers": ["某市财政局"], "written_on": "2015-03-01",
        });
        assert_eq!(why("某行政许可办法", law.clone())[0], "whole_title");
        assert_eq!(why("某府发[2015]58号", law.clone()), ["number"]);
        let article = why("行政许可办法第38条", law.clone());
        assert!(article.contains(&"article:第38条".to_owned()), "{article:?}");
        assert_eq!(why("法定条件 财政局", law.clone()), ["body", "issuer"]);
        let synonym = why("房产证", law.clone());
        assert!(synonym.iter().any(|r| r.starts_with("synonym:房产证→不动产权证书")), "{synonym:?}");
        assert!(why("申请人 2015年", law.clone()).contains(&"prefers_year:2015".to_owned()));
        assert_eq!(why("", law), Vec::<String>::new());
    }
}
