//! Search of a collection for findings, record by record.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use gongkai_index::official::{privacy, workdays};
use gongkai_index::record::Date;
use gongkai_index::relations::{Finding, Issue, Relations};
use gongkai_index::{Result, Searcher};

use crate::api::related::View;
use crate::api::review::replies::{CountReply, FindingReply, ISSUES, IssuerReply, MISSING};

/// Records looked at before others may write.
const PIECE: u32 = 500;
/// Working days within which an interpretation is due.
const DUE: u32 = 3;
/// Citations in vain that are told of one record.
const MOST_CITED: usize = 10;

/// Looks through a collection.
pub(super) struct Reviewer<'a> {
    pub searcher: &'a dyn Searcher,
    pub day: Date,
    pub issuer: Option<&'a str>,
}

impl Reviewer<'_> {
    pub fn counts(&self) -> Vec<CountReply> {
        let count = |(issue, _, label): &(&'static str, Issue, &'static str)| {
            let mut count = 0;
            self.each(issue, &mut |_, _, _| {
                count += 1;
                true
            });
            CountReply { issue, label, count }
        };
        ISSUES.iter().map(count).collect()
    }

    /// Visits the findings of a kind until `visit` says no. The relations are read a piece at
    /// a time: a commit that becomes visible meanwhile does not wait for all of it.
    fn each(&self, name: &str, visit: &mut dyn FnMut(&Relations, &Finding, Option<u32>) -> bool) {
        let Some((_, issue, _)) = ISSUES.iter().find(|(known, ..)| *known == name) else { return };
        let mut from = 0;
        let mut more = true;
        while more {
            self.searcher.relations(&mut |relations| {
                let piece = relations.findings(*issue, self.day, from..(from + PIECE).min(relations.end()));
                for finding in piece.iter().filter(|finding| self.is_of_issuer(relations, finding)) {
                    let days = taken(relations, finding);
                    let told = match name {
                        "late_interpretation" => days.is_some_and(|days| days > DUE),
                        "undecided_interpretation" => days.is_none(),
                        _ => true,
                    };
                    more = !told || visit(relations, finding, days);
                    if !more {
                        return;
                    }
                }
                from += PIECE;
                more &= from < relations.end();
            });
        }
    }

    /// How many findings of a kind each issuer has, the most first.
    pub fn issuers(&self, name: &str) -> Vec<IssuerReply> {
        let mut found: BTreeMap<Option<String>, (usize, usize)> = BTreeMap::new();
        self.each(name, &mut |relations, finding, _| {
            let issuers =
                relations.facts(finding.slot).map(|facts| facts.issuers.as_slice()).unwrap_or_default();
            let wanted =
                issuers.iter().filter(|issuer| self.issuer.is_none_or(|wanted| wanted == issuer.as_str()));
            let mut named: Vec<Option<String>> = wanted.cloned().map(Some).collect();
            if issuers.is_empty() {
                named.push(None);
            }
            for issuer in named {
                let (count, citations) = found.entry(issuer).or_default();
                *count += 1;
                *citations += finding.cited.len();
            }
            true
        });
        let reply = |(issuer, (count, citations))| IssuerReply { issuer, count, citations };
        let mut issuers: Vec<IssuerReply> = found.into_iter().map(reply).collect();
        issuers.sort_by_key(|issuer| Reverse((issuer.count, issuer.citations)));
        issuers
    }

    fn is_of_issuer(&self, relations: &Relations, finding: &Finding) -> bool {
        let issuers = relations.facts(finding.slot).map(|facts| facts.issuers.as_slice()).unwrap_or_default();
        match self.issuer {
            None => true,
            Some(MISSING) => issuers.is_empty(),
            Some(wanted) => issuers.iter().any(|issuer| issuer == wanted),
        }
    }

    pub fn findings(&self, name: &'static str, skip: usize, most: usize) -> Result<Vec<FindingReply>> {
        let mut replies: Vec<FindingReply> = Vec::new();
        let mut places = Vec::new();
        let mut before = skip;
        self.each(name, &mut |relations, finding, working_days| {
            if before > 0 {
                before -= 1;
                return true;
            }
            let view = View { relations, day: self.day };
            places.push(finding.cited.iter().take(MOST_CITED).map(|cited| cited.place).collect::<Vec<_>>());
            replies.push(FindingReply {
                issue: name,
                record: view.short(finding.slot),
                other: finding.other.map(|other| view.short(other)),
                working_days,
                cited: Vec::new(),
                cited_total: finding.cited.len(),
            });
            replies.len() < most
        });
        for (reply, places) in replies.iter_mut().zip(places).filter(|(_, places)| !places.is_empty()) {
            let Some(record) = self.searcher.record(&reply.record.id)? else { continue };
            let words = |(from, to): (u32, u32)| {
                record.body.get(from as usize..to as usize).filter(|w| !w.is_empty())
            };
            reply.cited =
                places.into_iter().filter_map(words).map(|w| privacy::mask(w).into_owned()).collect();
        }
        Ok(replies)
    }
}

/// Working days from the publication of a policy to that of its interpretation.
fn taken(relations: &Relations, finding: &Finding) -> Option<u32> {
    let published = |slot| relations.facts(slot).and_then(|facts| facts.dates[1]);
    workdays::between(published(finding.other?)?, published(finding.slot)?)
}
