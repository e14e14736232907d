//! Search of a collection for findings, record by record.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use gongkai_index::official::{privacy, workdays};
use gongkai_index::record::Date;
use gongkai_index::relations::{Finding, Issue, Relations};
use gongkai_index::{Result, Searcher};

use crate::api::related::View;
use crate::api::review::replies::{CountReply, FindingReply, ISSUES, IssuerReply, MISSING};

/// Records read between two releases of the relations.
const CHUNK_RECORDS: u32 = 500;
/// Working days within which an interpretation is due.
const MAX_INTERPRETATION_WORKDAYS: u32 = 3;
/// Most dangling citations quoted for one record.
const MAX_QUOTED_CITATIONS: usize = 10;

/// Searches a collection for findings.
pub(super) struct Reviewer<'a> {
    /// Collection to search.
    pub searcher: &'a dyn Searcher,
    /// Day of every validity state.
    pub day: Date,
    /// Issuer whose findings are wanted; all if `None`.
    pub issuer: Option<&'a str>,
}

impl Reviewer<'_> {
    /// Counts the findings of every kind.
    pub fn counts(&self) -> Vec<CountReply> {
        let count = |(issue, _, label): &(&'static str, Issue, &'static str)| {
            let mut count = 0;
            self.visit_findings(issue, &mut |_, _, _| {
                count += 1;
                true
            });
            CountReply { issue, label, count }
        };
        ISSUES.iter().map(count).collect()
    }

    /// Visits the findings of a kind until `visit` returns false. The relations are read in chunks:
    /// a commit that becomes visible meanwhile waits for one chunk at most.
    fn visit_findings(&self, name: &str, visit: &mut dyn FnMut(&Relations, &Finding, Option<u32>) -> bool) {
        let Some((_, issue, _)) = ISSUES.iter().find(|(other, ..)| *other == name) else { return };
        let mut from = 0;
        let mut more = true;
        while more {
            self.searcher.relations(&mut |relations| {
                let chunk =
                    relations.findings(*issue, self.day, from..(from + CHUNK_RECORDS).min(relations.end()));
                for finding in chunk.iter().filter(|finding| self.has_issuer(relations, finding)) {
                    let days = interpretation_workdays(relations, finding);
                    let applies = match name {
                        "late_interpretation" => days.is_some_and(|days| days > MAX_INTERPRETATION_WORKDAYS),
                        "undecided_interpretation" => days.is_none(),
                        _ => true,
                    };
                    more = !applies || visit(relations, finding, days);
                    if !more {
                        return;
                    }
                }
                from += CHUNK_RECORDS;
                more &= from < relations.end();
            });
        }
    }

    /// Counts the findings of a kind by issuer, the most first.
    pub fn issuers(&self, name: &str) -> Vec<IssuerReply> {
        let mut found: BTreeMap<Option<String>, (usize, usize)> = BTreeMap::new();
        self.visit_findings(name, &mut |relations, finding, _| {
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

    fn has_issuer(&self, relations: &Relations, finding: &Finding) -> bool {
        let issuers = relations.facts(finding.slot).map(|facts| facts.issuers.as_slice()).unwrap_or_default();
        match self.issuer {
            None => true,
            Some(MISSING) => issuers.is_empty(),
            Some(wanted) => issuers.iter().any(|issuer| issuer == wanted),
        }
    }

    /// Collects the findings of a kind, with quotes of dangling citations.
    pub fn findings(&self, name: &'static str, skip: usize, limit: usize) -> Result<Vec<FindingReply>> {
        let mut replies: Vec<FindingReply> = Vec::new();
        let mut places = Vec::new();
        let mut left_to_skip = skip;
        self.visit_findings(name, &mut |relations, finding, working_days| {
            if left_to_skip > 0 {
                left_to_skip -= 1;
                return true;
            }
            let view = View { relations, day: self.day };
            places.push(
                finding.cited.iter().take(MAX_QUOTED_CITATIONS).map(|cited| cited.place).collect::<Vec<_>>(),
            );
            replies.push(FindingReply {
                issue: name,
                record: view.record_ref(finding.slot),
                other: finding.other.map(|other| view.record_ref(other)),
                working_days,
                cited: Vec::new(),
                cited_total: finding.cited.len(),
            });
            replies.len() < limit
        });
        for (reply, places) in replies.iter_mut().zip(places).filter(|(_, places)| !places.is_empty()) {
            let Some(record) = self.searcher.record(&reply.record.id)? else { continue };
            let quote = |(from, to): (u32, u32)| {
                record.body.get(from as usize..to as usize).filter(|words| !words.is_empty())
            };
            reply.cited =
                places.into_iter().filter_map(quote).map(|words| privacy::mask(words).into_owned()).collect();
        }
        Ok(replies)
    }
}

/// Counts the working days from the publication of a policy to that of its interpretation.
fn interpretation_workdays(relations: &Relations, finding: &Finding) -> Option<u32> {
    let published = |slot| relations.facts(slot).and_then(|facts| facts.dates[1]);
    workdays::workdays_between(published(finding.other?)?, published(finding.slot)?)
}
