//! `/api/v1/admin/review`: what the operator of a portal should look at, as JSON and CSV.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use gongkai_index::official::{privacy, workdays};
use gongkai_index::record::Date;
use gongkai_index::relations::{Finding, Issue, Relations};
use gongkai_index::{Result, Searcher};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::admin::Operated;
use crate::api::parameters::only;
use crate::api::related::{RecordRef, View};
use crate::api::search::with_generation;
use crate::api::App;
use crate::clock::today;
use crate::problem::{ApiError, ParameterError};

mod table;

/// Records looked at before others may write.
const PIECE: u32 = 500;
/// Findings a page.
pub const PER_PAGE: usize = 100;
/// Working days within which an interpretation is due.
const DUE: u32 = 3;
/// Issuers that are listed.
const MOST_ISSUERS: usize = 100;
/// What stands for the issuer of records that name none.
pub const MISSING: &str = "_missing";
/// Citations in vain that are told of one record.
const MOST_CITED: usize = 10;

/// The kinds of findings with their names on the wire and for readers.
pub const ISSUES: [(&str, Issue, &str); 8] = [
    ("without_interpretation", Issue::WithoutInterpretation, "政策无解读"),
    ("late_interpretation", Issue::Interpretation, "解读晚于三个工作日"),
    ("undecided_interpretation", Issue::Interpretation, "解读时限无法计算"),
    ("without_validity", Issue::WithoutValidity, "未注明时效性"),
    ("conflict", Issue::Conflict, "时效性依据相互矛盾"),
    ("dangling_citation", Issue::Dangling, "引用的文件未入库"),
    ("lapsed_basis", Issue::LapsedBasis, "所依据的文件已失效"),
    ("personal_data", Issue::PersonalData, "含个人信息"),
];

/// How many findings of each kind there are, and those of one kind.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewReply {
    /// The commit.
    pub generation: u64,
    /// The day of every state.
    #[schema(value_type = String, format = Date)]
    pub day: Date,
    /// By kind, in the order in which they are shown.
    pub counts: Vec<CountReply>,
    /// Years whose working days are known.
    pub workdays_known: Option<(i16, i16)>,
    /// Findings of the kind asked for by issuer, those with the most first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub issuers: Vec<IssuerReply>,
    /// How many issuers there are; the first hundred are listed, all are in the table.
    pub issuers_total: usize,
    /// How many findings of that kind there are, of the issuer asked for.
    pub total: usize,
    /// Findings of the kind asked for, on the page asked for.
    pub findings: Vec<FindingReply>,
}

/// Findings of one kind in the records of one issuer. Of a record of several issuers each has it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct IssuerReply {
    /// The issuer; absent for records that name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// How many findings.
    pub count: usize,
    /// How many citations of what is not held.
    #[serde(skip_serializing_if = "is_none")]
    pub citations: usize,
}

fn is_none(count: &usize) -> bool {
    *count == 0
}

/// Findings of one kind.
#[derive(Debug, Serialize, ToSchema)]
pub struct CountReply {
    /// Its name, for `issue`.
    pub issue: &'static str,
    /// For readers.
    pub label: &'static str,
    /// How many.
    pub count: usize,
}

/// A record to look at.
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingReply {
    /// Its kind.
    pub issue: &'static str,
    /// The record.
    pub record: RecordRef,
    /// The other record that is concerned, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<RecordRef>,
    /// Working days between policy and interpretation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_days: Option<u32>,
    /// What it cites in vain: the first ten.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cited: Vec<String>,
    /// How many it cites in vain.
    #[serde(skip_serializing_if = "is_none")]
    pub cited_total: usize,
}

/// Counts of all kinds and the findings of one.
#[utoipa::path(
    get, path = "/api/v1/admin/review", tag = "operation",
    params(
        ("issue" = Option<String>, Query, description = "without_interpretation, late_interpretation, undecided_interpretation, without_validity, conflict, dangling_citation, lapsed_basis or personal_data"),
        ("issuer" = Option<String>, Query, description = "Only records of this issuer; `_missing` for those that name none"),
        ("page" = Option<String>, Query, description = "From 1; a hundred findings a page"),
    ),
    responses(
        (status = 200, description = "What to look at", body = ReviewReply),
        (status = 400, description = "Wrong parameters, each named", body = ApiError, content_type = "application/problem+json"),
        (status = 401, description = "A key is needed", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn review(
    State((app, _)): State<Operated>,
    RawQuery(query): RawQuery,
) -> std::result::Result<Response, ApiError> {
    let reply = reply(&app, query.as_deref().unwrap_or_default()).await?;
    Ok(with_generation(reply.generation, Json(reply)))
}

/// All findings, or those of one kind, as CSV.
#[utoipa::path(
    get, path = "/api/v1/admin/review.csv", tag = "operation",
    params(
        ("issue" = Option<String>, Query, description = "One kind; all if absent"),
        ("issuer" = Option<String>, Query, description = "Only records of this issuer; `_missing` for those that name none"),
        ("group" = Option<String>, Query, description = "`issuer`: one line for each kind and issuer, with how many"),
    ),
    responses(
        (status = 200, description = "One finding a line", content_type = "text/csv"),
        (status = 400, description = "Wrong parameters, each named", body = ApiError, content_type = "application/problem+json"),
        (status = 401, description = "A key is needed", body = ApiError, content_type = "application/problem+json"),
    )
)]
pub async fn csv(
    State((app, _)): State<Operated>,
    RawQuery(query): RawQuery,
) -> std::result::Result<Response, ApiError> {
    let [issue, issuer, group] = only(query.as_deref().unwrap_or_default(), ["issue", "issuer", "group"])
        .map_err(ApiError::parameters)?;
    let issue = issue.filter(|issue| !issue.is_empty());
    let issuer = issuer.filter(|issuer| !issuer.is_empty());
    let by_issuer = match group.as_deref() {
        None | Some("") => false,
        Some("issuer") => true,
        Some(_) => {
            let error = ParameterError::new("group", "is not issuer");
            return Err(ApiError::parameters(vec![error]));
        }
    };
    if let Some(name) = &issue {
        known(name)?;
    }
    let generation = app.generation();
    let day = today();
    let rows = app
        .consult(move |searcher, _| {
            let reviewer = Reviewer { searcher, day, issuer: issuer.as_deref() };
            let asked =
                ISSUES.iter().filter(|(name, ..)| issue.as_deref().is_none_or(|issue| issue == *name));
            if by_issuer {
                let rows = asked.map(|(name, _, label)| (*label, reviewer.issuers(name)));
                return Ok(table::of_issuers(&rows.collect::<Vec<_>>()));
            }
            let mut all = Vec::new();
            for (name, ..) in asked {
                all.extend(reviewer.findings(name, 0, usize::MAX)?);
            }
            Ok(table::of_findings(&all))
        })
        .await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"review.csv\""),
    ];
    Ok(with_generation(generation, (headers, rows).into_response()))
}

fn known(name: &str) -> std::result::Result<&'static str, ApiError> {
    let found = ISSUES.iter().find(|(known, ..)| *known == name).map(|(known, ..)| *known);
    found.ok_or_else(|| {
        let names: Vec<&str> = ISSUES.iter().map(|(name, ..)| *name).collect();
        let reason = format!("“{name}” is unknown, expected {}", names.join(", "));
        ApiError::parameters(vec![ParameterError::new("issue", reason)])
    })
}

/// Counts and findings as a query asks for them.
///
/// # Errors
/// Wrong parameters; a failure of the index.
pub async fn reply(app: &App, query: &str) -> std::result::Result<ReviewReply, ApiError> {
    let [issue, issuer, page] = only(query, ["issue", "issuer", "page"]).map_err(ApiError::parameters)?;
    let issue = issue.filter(|issue| !issue.is_empty()).map(|issue| known(&issue)).transpose()?;
    let page: usize = match page.filter(|page| !page.is_empty()).map(|page| page.parse()) {
        None => 1,
        Some(Ok(page @ 1..=100_000)) => page,
        Some(_) => {
            let error = ParameterError::new("page", "is not a number from 1 to 100000");
            return Err(ApiError::parameters(vec![error]));
        }
    };
    let (generation, day) = (app.generation(), today());
    let reply = app
        .consult(move |searcher, _| {
            let reviewer =
                Reviewer { searcher, day, issuer: issuer.as_deref().filter(|issuer| !issuer.is_empty()) };
            let findings = match issue {
                Some(issue) => reviewer.findings(issue, (page - 1) * PER_PAGE, PER_PAGE)?,
                None => Vec::new(),
            };
            let mut issuers = issue.map(|issue| reviewer.issuers(issue)).unwrap_or_default();
            let issuers_total = issuers.len();
            issuers.truncate(MOST_ISSUERS);
            let counts = reviewer.counts();
            let total = counts.iter().find(|count| Some(count.issue) == issue).map_or(0, |count| count.count);
            let workdays_known = workdays::years();
            Ok(ReviewReply {
                generation,
                day,
                counts,
                workdays_known,
                issuers,
                issuers_total,
                total,
                findings,
            })
        })
        .await?;
    Ok(reply)
}

/// Looks through a collection.
struct Reviewer<'a> {
    searcher: &'a dyn Searcher,
    day: Date,
    issuer: Option<&'a str>,
}

impl Reviewer<'_> {
    fn counts(&self) -> Vec<CountReply> {
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
    fn issuers(&self, name: &str) -> Vec<IssuerReply> {
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

    fn findings(&self, name: &'static str, skip: usize, most: usize) -> Result<Vec<FindingReply>> {
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
