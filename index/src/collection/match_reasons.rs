//! Reasons of a match: the parts of the query that a record has, and where. Worked out only for
//! the records of a page, whose texts are read anyway.

use std::borrow::Cow;

use memchr::memmem::Finder;

use crate::analysis::{Fold, fold::fold, numeral};
use crate::collection::highlight::article_of_line;
use crate::keys::record::record_keys;
use crate::query::{Clause, Expansion, ParsedQuery};
use crate::record::Record;
use crate::results::MatchReason;

/// Finder of the reasons of a query, the same for all hits of a page.
pub struct MatchReasons<'a> {
    parsed: &'a ParsedQuery,
    typed: Vec<Finder<'static>>,
    expansions: Vec<(Finder<'static>, &'a Expansion)>,
    articles: Vec<String>,
}

impl<'a> MatchReasons<'a> {
    /// Prepares the finder for a query.
    pub fn new(parsed: &'a ParsedQuery) -> Self {
        let mut typed: Vec<String> = parsed.typed.iter().map(|text| fold_letters(text)).collect();
        typed.retain(|text| !text.is_empty());
        Self {
            articles: typed.iter().filter_map(|text| numeral::article(text)).map(|(form, _)| form).collect(),
            typed: typed.iter().map(|text| finder(text)).collect(),
            expansions: parsed.expansions.iter().map(|e| (finder(&fold_letters(&e.to)), e)).collect(),
            parsed,
        }
    }

    /// Finds the reasons of a record, which must have its body.
    pub fn find(&self, record: &Record) -> Vec<MatchReason> {
        if self.parsed.matching == Clause::All {
            return Vec::new();
        }
        let mut reasons = self.exact_keys(record);
        let join = |values: &[String]| values.join("\n");
        let (issuers, keywords) = (join(&record.issuers), join(&record.keywords));
        let index_number = record.index_number.clone().unwrap_or_default();
        let mut fields: Vec<(MatchReason, Cow<'_, str>)> = vec![
            (MatchReason::Title, record.title.as_str().into()),
            (MatchReason::Body, record.body.as_str().into()),
            (MatchReason::Issuer, issuers.into()),
            (MatchReason::IndexNumber, index_number.into()),
            (MatchReason::Keyword, keywords.into()),
        ];
        let typed = |text: &str| self.typed.iter().any(|typed| contains(typed, text));
        // Nearly every text equals its folded form; only one that seems to have nothing of the
        // query needs folding.
        for (_, text) in fields.iter_mut().filter(|(_, text)| !text.is_empty() && !typed(text)) {
            *text = fold_letters(text).into();
        }
        let with_typed = fields.iter().filter(|(_, text)| typed(text));
        reasons.extend(with_typed.map(|(reason, _)| reason.clone()));
        reasons.extend(self.named_article(record));
        let added =
            self.expansions.iter().filter(|(to, _)| fields.iter().any(|(_, text)| contains(to, text)));
        reasons.extend(added.map(|(_, expansion)| MatchReason::Expansion((*expansion).clone())));
        reasons.extend(self.fitting_preferences(record));
        reasons
    }

    /// Finds the document number and the whole title that were typed.
    fn exact_keys(&self, record: &Record) -> Vec<MatchReason> {
        let keys = record_keys(&record.title, record.document_number.as_deref());
        let has = |number: bool| {
            let typed = self.parsed.keys.iter().filter(|k| k.key.starts_with("n:") == number);
            typed.into_iter().any(|typed| keys.contains(&typed.key))
        };
        let both = [(true, MatchReason::Number), (false, MatchReason::WholeTitle)];
        both.into_iter().filter(|(number, _)| has(*number)).map(|(_, reason)| reason).collect()
    }

    /// Finds an article that was named, at the beginning of a line or in the title; a citation of
    /// it does not count.
    fn named_article(&self, record: &Record) -> Option<MatchReason> {
        if self.articles.is_empty() {
            return None;
        }
        let form = |text: &str| numeral::article(text).map(|(form, _)| form);
        let in_title =
            record.title.match_indices('第').filter_map(|(offset, _)| form(&record.title[offset..]));
        let lines = record.body.lines().filter_map(article_of_line).filter_map(|name| form(&name));
        let found = in_title.chain(lines).find(|form| self.articles.contains(form))?;
        Some(MatchReason::Article(found))
    }

    fn fitting_preferences<'r>(&'r self, record: &'r Record) -> impl Iterator<Item = MatchReason> + 'r {
        let is = |preference: &&crate::query::Preference| preference.fits(record);
        let fitting = self.parsed.preferences.iter().filter(is);
        fitting.map(|preference| MatchReason::Preference(preference.kind, preference.value.clone()))
    }
}

fn finder(text: &str) -> Finder<'static> {
    Finder::new(text).into_owned()
}

fn contains(piece: &Finder<'_>, text: &str) -> bool {
    piece.find(text.as_bytes()).is_some()
}

/// Folds a text and drops spaces, quotation and title marks. Numerals of articles are unchanged.
fn fold_letters(text: &str) -> String {
    let folded = fold(text, Fold::Grams);
    folded.text().chars().filter(|c| !c.is_whitespace() && !"“”\"《》〈〉".contains(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Analyzer;
    use crate::query::{Mode, parse::parse};

    fn match_reasons(query: &str, record: serde_json::Value) -> Vec<String> {
        let record = Record::from_json(record.to_string().as_bytes()).unwrap();
        let parsed = parse(query, Mode::Smart, &Analyzer::shared());
        MatchReasons::new(&parsed).find(&record).iter().map(MatchReason::name).collect()
    }

    #[test]
    fn match_reasons_name_the_fields_with_typed_words() {
        let law = serde_json::json!({
            "id": "a", "kind": "policy", "title": "某行政许可办法",
            "body": "第一条 总则。\n第三十八条 申请人的申请符合“法定”条件的，发给不动产权证书。",
            "document_number": "某府发〔2015〕58号", "issuers": ["某市财政局"], "written_on": "2015-03-01",
        });
        assert_eq!(match_reasons("某行政许可办法", law.clone())[0], "whole_title");
        assert_eq!(match_reasons("某府发[2015]58号", law.clone()), ["number"]);
        let article = match_reasons("行政许可办法第38条", law.clone());
        assert!(article.contains(&"article:第38条".to_owned()), "{article:?}");
        assert_eq!(match_reasons("法定条件 财政局", law.clone()), ["body", "issuer"]);
        let synonym = match_reasons("房产证", law.clone());
        assert!(synonym.iter().any(|r| r.starts_with("synonym:房产证→不动产权证书")), "{synonym:?}");
        assert!(match_reasons("申请人 2015年", law.clone()).contains(&"prefers_year:2015".to_owned()));
        assert_eq!(match_reasons("", law), Vec::<String>::new());
    }
}
