//! State of a document on a day, from all claims about it.

use std::ops::Range;

use jiff::Span;
use jiff::civil::Date;

use super::statement::{Event, Saying, Statement};
use crate::record::Validity;

/// All claims about one document.
#[derive(Debug, Clone, Default)]
pub struct Facts<'a> {
    /// State according to the source.
    pub stated: Option<Validity>,
    /// 施行日期.
    pub effective_on: Option<Date>,
    /// First day on which it no longer applies.
    pub ends_on: Option<Date>,
    /// 发布日期.
    pub published_on: Option<Date>,
    /// 成文日期.
    pub written_on: Option<Date>,
    /// Statements in its own text.
    pub statements: &'a [Statement],
    /// Document or list that ends it.
    pub ended_by: Option<EndedBy>,
}

/// Another document that ends this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedBy {
    /// Id, number or title of that document.
    pub by: String,
    /// First day on which it has ended, if known.
    pub on: Option<Date>,
}

/// A piece of evidence for a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// State according to the source.
    Stated(Validity),
    /// 施行日期.
    EffectiveOn(Date),
    /// First day on which it no longer applies.
    EndsOn(Date),
    /// Sentence of its text, in bytes.
    Sentence(Range<usize>),
    /// Another document.
    EndedBy(EndedBy),
}

/// State on a day with its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// State on the day.
    pub state: Validity,
    /// Evidence, the deciding claim first.
    pub evidence: Vec<Evidence>,
    /// True if claims contradict each other, so that a reader must decide.
    pub conflict: bool,
}

/// A day with the evidence for it.
type DatedEvidence = (Date, Vec<Evidence>);

/// State on `day`.
pub fn state_on(day: Date, facts: &Facts<'_>) -> Verdict {
    let effective = effective_date(facts);
    let end = end_date(facts, effective.as_ref());
    let claim = state_by_dates(day, facts, effective.as_ref(), end.as_ref());
    match (facts.stated, claim) {
        (None | Some(Validity::Unknown), Some((state, evidence))) => {
            Verdict { state, evidence, conflict: false }
        }
        (None | Some(Validity::Unknown), None) => {
            Verdict { state: Validity::Unknown, evidence: Vec::new(), conflict: false }
        }
        (Some(stated), None) => {
            Verdict { state: stated, evidence: vec![Evidence::Stated(stated)], conflict: false }
        }
        (Some(stated), Some(claim)) => reconcile_with_stated(stated, claim),
    }
}

/// Validity period: the first day on which a document applies and the first on which it no longer
/// does, by its dates or else by its text.
pub fn term(facts: &Facts<'_>) -> (Option<Date>, Option<Date>) {
    let effective = effective_date(facts);
    let end = end_date(facts, effective.as_ref()).map(|(date, _)| date);
    (effective.map(|(date, _)| date), end)
}

/// State on a day by dates and other documents, without the word of the source.
fn state_by_dates(
    day: Date,
    facts: &Facts<'_>,
    effective: Option<&DatedEvidence>,
    end: Option<&DatedEvidence>,
) -> Option<(Validity, Vec<Evidence>)> {
    if let Some(by) = &facts.ended_by
        && by.on.is_none_or(|on| on <= day)
    {
        return Some((Validity::Repealed, vec![Evidence::EndedBy(by.clone())]));
    }
    if let Some((first, evidence)) = effective
        && day < *first
    {
        return Some((Validity::NotYetEffective, evidence.clone()));
    }
    let (end, evidence) = end?;
    if *end <= day {
        let repealed = facts.stated == Some(Validity::Repealed);
        return Some((if repealed { Validity::Repealed } else { Validity::Expired }, evidence.clone()));
    }
    // A period that has begun and not ended is a claim, not silence.
    let begun = effective.filter(|(first, _)| *first <= day)?;
    Some((Validity::InForce, [evidence.clone(), begun.1.clone()].concat()))
}

/// Weighs the word of the source against the state by dates. The word was true on some unknown
/// day; an end in the past is stronger, an end in the future is compatible.
fn reconcile_with_stated(stated: Validity, (proven, mut evidence): (Validity, Vec<Evidence>)) -> Verdict {
    use Validity::{Amended, Expired, InForce, NotYetEffective, Repealed, Unknown};
    let word = Evidence::Stated(stated);
    let (state, conflict) = match (stated, proven) {
        (InForce | Amended | NotYetEffective, Repealed | Expired) => (proven, stated != NotYetEffective),
        (InForce | Amended | Repealed | Expired, NotYetEffective) => {
            (NotYetEffective, matches!(stated, InForce))
        }
        (Repealed | Expired, Repealed | Expired) => (stated, false),
        // Before its known end it was in force, whatever its state is now.
        (Repealed | Expired, InForce) => (InForce, false),
        (Amended, InForce) => (Amended, false),
        _ => (proven, false),
    };
    if state == stated {
        evidence.insert(0, word);
    } else if stated != Unknown {
        evidence.push(word);
    }
    Verdict { state, evidence, conflict }
}

/// First day on which it applies.
fn effective_date(facts: &Facts<'_>) -> Option<DatedEvidence> {
    if let Some(date) = facts.effective_on {
        return Some((date, vec![Evidence::EffectiveOn(date)]));
    }
    facts.statements.iter().rev().find_map(|statement| {
        let date = match statement.saying {
            Saying::EffectiveOn(date) => date,
            Saying::EffectiveFrom(event, days) => {
                event_date(facts, event)?.checked_add(Span::new().days(days)).ok()?
            }
            _ => return None,
        };
        Some((date, vec![Evidence::Sentence(statement.range.clone())]))
    })
}

fn event_date(facts: &Facts<'_>, event: Event) -> Option<Date> {
    match event {
        Event::Publication => facts.published_on,
        Event::Issue => facts.written_on.or(facts.published_on),
    }
}

/// First day on which it no longer applies.
fn end_date(facts: &Facts<'_>, effective: Option<&DatedEvidence>) -> Option<DatedEvidence> {
    if let Some(date) = facts.ends_on {
        return Some((date, vec![Evidence::EndsOn(date)]));
    }
    facts.statements.iter().rev().find_map(|statement| {
        let date = match statement.saying {
            Saying::LastDay(date) => date.tomorrow().ok()?,
            Saying::Term { months, .. } => effective?.0.checked_add(Span::new().months(months)).ok()?,
            _ => return None,
        };
        Some((date, vec![Evidence::Sentence(statement.range.clone())]))
    })
}

/// Parses the state in the words of a source (`现行有效`, `已废止`, `部分条款失效`). A document of
/// which a part was amended or repealed is in force, in another version.
pub fn parse_stated(word: &str) -> Option<Validity> {
    let word: String = word.chars().filter(|c| !c.is_whitespace()).collect();
    let has = |words: &[&str]| words.iter().any(|w| word.contains(w));
    if word.is_empty() || word.chars().count() > 16 {
        None
    } else if has(&["部分", "修改", "修订", "修正"]) {
        Some(Validity::Amended)
    } else if has(&["尚未生效", "未生效", "尚未施行", "尚未实施", "未施行"]) {
        Some(Validity::NotYetEffective)
    } else if has(&["废止", "已失效", "宣布失效", "撤销"]) || word == "失效" {
        Some(Validity::Repealed)
    } else if has(&["过期", "到期", "届满", "自动失效"]) {
        Some(Validity::Expired)
    } else if has(&["无效", "未知", "不详"]) {
        Some(Validity::Unknown)
    } else {
        has(&["有效", "现行", "施行中"]).then_some(Validity::InForce)
    }
}
