//! MatchReasons a record was found: what of the query stands where in it. Looked at only for
//! the records of a page, when their texts are at hand anyway.

use std::borrow::Cow;

use memchr::memmem::Finder;

use crate::analysis::{Fold, fold::fold, numeral};
use crate::collection::highlight::article;
use crate::keys::record::record_keys;
use crate::query::{Clause, Expansion, ParsedQuery};
use crate::record::Record;
use crate::results::MatchReason;

/// The query's own part, the same for all hits of a page.
pub struct MatchReasons<'a> {
    parsed: &'a ParsedQuery,
    typed: Vec<Finder<'static>>,
    expansions: Vec<(Finder<'static>, &'a Expansion)>,
    articles: Vec<String>,
}

impl<'a> MatchReasons<'a> {
    /// For one query.
    pub fn new(parsed: &'a ParsedQuery) -> Self {
        let folded = |text: &str| letters(text);
        let mut typed: Vec<String> = parsed.typed.iter().map(|text| folded(text)).collect();
        typed.retain(|text| !text.is_empty());
        Self {
            articles: typed.iter().filter_map(|text| numeral::article(text)).map(|(form, _)| form).collect(),
            typed: typed.iter().map(|text| finder(text)).collect(),
            expansions: parsed.expansions.iter().map(|e| (finder(&folded(&e.to)), e)).collect(),
            parsed,
        }
    }

    /// What this record has of it; the record is whole.
    pub fn of_record(&self, record: &Record) -> Vec<MatchReason> {
        if self.parsed.matching == Clause::All {
            return Vec::new();
        }
        let mut reasons = self.named(record);
        let several = |values: &[String]| values.join("\n");
        let (issuers, keywords) = (several(&record.issuers), several(&record.keywords));
        let index_number = record.index_number.clone().unwrap_or_default();
        let mut fields: Vec<(MatchReason, Cow<'_, str>)> = vec![
            (MatchReason::Title, record.title.as_str().into()),
            (MatchReason::Body, record.body.as_str().into()),
            (MatchReason::Issuer, issuers.into()),
            (MatchReason::IndexNumber, index_number.into()),
            (MatchReason::Keyword, keywords.into()),
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
        reasons.extend(added.map(|(_, expansion)| MatchReason::Expansion((*expansion).clone())));
        reasons.extend(self.preferred(record));
        reasons
    }

    fn named(&self, record: &Record) -> Vec<MatchReason> {
        let held = record_keys(&record.title, record.document_number.as_deref());
        let has = |number: bool| {
            let asked = self.parsed.keys.iter().filter(|k| k.key.starts_with("n:") == number);
            asked.into_iter().any(|asked| held.contains(&asked.key))
        };
        let both = [(true, MatchReason::Number), (false, MatchReason::WholeTitle)];
        both.into_iter().filter(|(number, _)| has(*number)).map(|(_, reason)| reason).collect()
    }

    /// An article counts where it begins a line or the title names it, not where it is cited.
    fn article(&self, record: &Record) -> Option<MatchReason> {
        if self.articles.is_empty() {
            return None;
        }
        let form = |text: &str| numeral::article(text).map(|(form, _)| form);
        let own = record.title.match_indices('第').filter_map(|(at, _)| form(&record.title[at..]));
        let lines = record.body.lines().filter_map(article).filter_map(|name| form(&name));
        let found = own.chain(lines).find(|form| self.articles.contains(form))?;
        Some(MatchReason::Article(found))
    }

    fn preferred<'r>(&'r self, record: &'r Record) -> impl Iterator<Item = MatchReason> + 'r {
        let is = |preference: &&crate::query::Preference| preference.fits(record);
        let fitting = self.parsed.preferences.iter().filter(is);
        fitting.map(|preference| MatchReason::Preference(preference.kind, preference.value.clone()))
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
        let parsed = parse(query, Mode::Smart, &Analyzer::shared());
        MatchReasons::new(&parsed).of_record(&record).iter().map(MatchReason::name).collect()
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
