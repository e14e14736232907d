//! Search of a collection for findings, record by record.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use gongkai_index::official::workdays;
use gongkai_index::record::Date;
use gongkai_index::relations::review::{Finding, Issue};
use gongkai_index::relations::source::Relations;
use gongkai_index::{Budget, Reader, Result};

use crate::api::related::View;
use crate::api::review::replies::{CountReply, FindingReply, ISSUES, IssuerReply, MISSING};

/// Records looked at between two checks of the budget.
const CHUNK_RECORDS: usize = 500;
/// Working days within which an interpretation is due.
const MAX_INTERPRETATION_WORKDAYS: u32 = 3;
/// Most dangling citations quoted for one record.
const MAX_QUOTED_CITATIONS: usize = 10;

/// Called for each finding, with the working days from a policy to its interpretation; false ends
/// the visit.
type Visit<'a> = dyn FnMut(&Relations<'_>, &Finding, Option<u32>) -> bool + 'a;

/// Searches a collection for findings.
pub(super) struct Reviewer<'a> {
    /// Generation to search.
    pub reader: &'a Reader,
    /// Limits of the search.
    pub budget: &'a Budget,
    /// Day of every validity state.
    pub day: Date,
    /// Issuer whose findings are wanted; all if `None`.
    pub issuer: Option<&'a str>,
}

impl Reviewer<'_> {
    /// Counts the findings of every kind.
    pub fn counts(&self) -> Result<Vec<CountReply>> {
        let count = |(issue, _, label): &(&'static str, Issue, &'static str)| {
            let mut count = 0;
            self.visit_findings(issue, &mut |_, _, _| {
                count += 1;
                true
            })?;
            Ok(CountReply { issue, label, count })
        };
        ISSUES.iter().map(count).collect()
    }

    /// Visits the findings of a kind until `visit` returns false.
    fn visit_findings(&self, name: &str, visit: &mut Visit<'_>) -> Result<()> {
        let Some((_, issue, _)) = ISSUES.iter().find(|(other, ..)| *other == name) else { return Ok(()) };
        let mut last = None;
        loop {
            self.budget.check()?;
            let documents = self.reader.documents(last, CHUNK_RECORDS)?;
            last = documents.last().copied();
            if last.is_none() {
                return Ok(());
            }
            let more = self.reader.relations(|relations| {
                let findings = relations.findings(*issue, self.day, &documents);
                findings.iter().all(|finding| self.visit_one(name, relations, finding, visit))
            })?;
            if !more {
                return Ok(());
            }
        }
    }

    fn visit_one(
        &self,
        name: &str,
        relations: &Relations<'_>,
        finding: &Finding,
        visit: &mut Visit<'_>,
    ) -> bool {
        if !self.has_issuer(relations, finding) {
            return true;
        }
        let days = interpretation_workdays(relations, finding);
        let applies = match name {
            "late_interpretation" => days.is_some_and(|days| days > MAX_INTERPRETATION_WORKDAYS),
            "undecided_interpretation" => days.is_none(),
            _ => true,
        };
        !applies || visit(relations, finding, days)
    }

    /// Counts the findings of a kind by issuer, the most first.
    pub fn issuers(&self, name: &str) -> Result<Vec<IssuerReply>> {
        let mut found: BTreeMap<Option<String>, (usize, usize)> = BTreeMap::new();
        self.visit_findings(name, &mut |relations, finding, _| {
            let issuers = issuers_of(relations, finding);
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
        })?;
        let reply = |(issuer, (count, citations))| IssuerReply { issuer, count, citations };
        let mut issuers: Vec<IssuerReply> = found.into_iter().map(reply).collect();
        issuers.sort_by_key(|issuer| Reverse((issuer.count, issuer.citations)));
        Ok(issuers)
    }

    fn has_issuer(&self, relations: &Relations<'_>, finding: &Finding) -> bool {
        let issuers = issuers_of(relations, finding);
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
            let view = View { reader: self.reader, relations, day: self.day };
            places.push(
                finding.cited.iter().take(MAX_QUOTED_CITATIONS).map(|cited| cited.range).collect::<Vec<_>>(),
            );
            replies.push(FindingReply {
                issue: name,
                record: view.record_ref(finding.document),
                other: finding.other.map(|other| view.record_ref(other)),
                working_days,
                cited: Vec::new(),
                cited_total: finding.cited.len(),
            });
            replies.len() < limit
        })?;
        for (reply, places) in replies.iter_mut().zip(places).filter(|(_, places)| !places.is_empty()) {
            let Some(record) = self.reader.record(&reply.record.id)? else { continue };
            let quote = |(from, to): (u32, u32)| {
                record.body.get(from as usize..to as usize).filter(|words| !words.is_empty())
            };
            reply.cited = places.into_iter().filter_map(quote).map(str::to_owned).collect();
        }
        Ok(replies)
    }
}

/// Counts the working days from the publication of a policy to that of its interpretation.
fn interpretation_workdays(relations: &Relations<'_>, finding: &Finding) -> Option<u32> {
    let published = |document| relations.facts(document).and_then(|facts| facts.dates[1]);
    workdays::workdays_between(published(finding.other?)?, published(finding.document)?)
}

fn issuers_of(relations: &Relations<'_>, finding: &Finding) -> Vec<String> {
    relations.facts(finding.document).map(|facts| facts.issuers.clone()).unwrap_or_default()
}
