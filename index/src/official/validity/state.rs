//! The state of a document on a day, from all that is claimed of it.

use std::ops::Range;

use jiff::Span;
use jiff::civil::Date;

use super::statement::{Event, Saying, Statement};
use crate::record::Validity;

/// All that is claimed of one document.
#[derive(Debug, Clone, Default)]
pub struct Facts<'a> {
    /// What the source states.
    pub stated: Option<Validity>,
    /// 施行日期.
    pub effective_on: Option<Date>,
    /// The first day it no longer applies.
    pub ends_on: Option<Date>,
    /// 发布日期.
    pub published_on: Option<Date>,
    /// 成文日期.
    pub written_on: Option<Date>,
    /// What its text says.
    pub statements: &'a [Statement],
    /// The document or list that ends it.
    pub ended_by: Option<EndedBy>,
}

/// Another document that ends this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedBy {
    /// Its id, number or title.
    pub by: String,
    /// Since when, if that is known.
    pub on: Option<Date>,
}

/// What a verdict rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// The word of the source.
    Stated(Validity),
    /// 施行日期.
    EffectiveOn(Date),
    /// The first day it no longer applies.
    EndsOn(Date),
    /// A sentence of its text, in bytes.
    Sentence(Range<usize>),
    /// Another document.
    EndedBy(EndedBy),
}

/// The state on a day, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The state.
    pub state: Validity,
    /// What it rests on, the deciding claim first.
    pub evidence: Vec<Evidence>,
    /// Whether claims contradict each other, so that a reader must look.
    pub conflict: bool,
}

/// A day with the claims it follows from.
type Proven = (Date, Vec<Evidence>);

/// The state on `day`.
pub fn on(day: Date, facts: &Facts<'_>) -> Verdict {
    let effective = effective(facts);
    let end = end(facts, effective.as_ref());
    let claim = calendar(day, facts, effective.as_ref(), end.as_ref());
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
        (Some(stated), Some(claim)) => weigh(stated, claim),
    }
}

/// The first day on which a document applies and the first on which it no longer does, by
/// its dates or else by its text.
pub fn term(facts: &Facts<'_>) -> (Option<Date>, Option<Date>) {
    let effective = effective(facts);
    let end = end(facts, effective.as_ref()).map(|(date, _)| date);
    (effective.map(|(date, _)| date), end)
}

/// What the dates and other documents prove for a day, without the source's word.
fn calendar(
    day: Date,
    facts: &Facts<'_>,
    effective: Option<&Proven>,
    end: Option<&Proven>,
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
    // A term that has begun and not run out is a claim, not silence.
    let begun = effective.filter(|(first, _)| *first <= day)?;
    Some((Validity::InForce, [evidence.clone(), begun.1.clone()].concat()))
}

/// The source's word against the calendar. The word was true on some day that
/// nobody knows; an end that has come is stronger, an end to come is compatible.
fn weigh(stated: Validity, (proven, mut evidence): (Validity, Vec<Evidence>)) -> Verdict {
    use Validity::{Amended, Expired, InForce, NotYetEffective, Repealed, Unknown};
    let word = Evidence::Stated(stated);
    let (state, conflict) = match (stated, proven) {
        (InForce | Amended | NotYetEffective, Repealed | Expired) => (proven, stated != NotYetEffective),
        (InForce | Amended | Repealed | Expired, NotYetEffective) => {
            (NotYetEffective, matches!(stated, InForce))
        }
        (Repealed | Expired, Repealed | Expired) => (stated, false),
        // Before its known end it was in force, whatever it is now.
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

/// The first day on which it applies.
fn effective(facts: &Facts<'_>) -> Option<Proven> {
    if let Some(date) = facts.effective_on {
        return Some((date, vec![Evidence::EffectiveOn(date)]));
    }
    facts.statements.iter().rev().find_map(|statement| {
        let date = match statement.saying {
            Saying::EffectiveOn(date) => date,
            Saying::EffectiveFrom(event, days) => {
                event_day(facts, event)?.checked_add(Span::new().days(days)).ok()?
            }
            _ => return None,
        };
        Some((date, vec![Evidence::Sentence(statement.range.clone())]))
    })
}

fn event_day(facts: &Facts<'_>, event: Event) -> Option<Date> {
    match event {
        Event::Publication => facts.published_on,
        Event::Issue => facts.written_on.or(facts.published_on),
    }
}

/// The first day on which it no longer applies.
fn end(facts: &Facts<'_>, effective: Option<&Proven>) -> Option<Proven> {
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

/// The state a source's own word means (`现行有效`, `已废止`, `部分条款失效`), if it is known.
/// That a part was changed or ended leaves the document in force, in another version.
pub fn stated(word: &str) -> Option<Validity> {
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
