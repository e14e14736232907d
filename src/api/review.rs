//! `/api/v1/admin/review`: what the operator of a portal should look at, as JSON and CSV.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use gongkai_index::official::privacy;
use gongkai_index::record::Date;
use gongkai_index::relations::{Finding, Issue, Relations};
use gongkai_index::{Result, Searcher};
use serde::Serialize;
use utoipa::ToSchema;

use super::parameters::only;
use super::problem::{ApiError, ParameterError};
use super::related::{RecordRef, View};
use super::search::{today, with_generation};
use super::{App, admin::Operated, workdays};

/// Findings a page.
const PER_PAGE: usize = 100;
/// Working days within which an interpretation is due.
const DUE: u32 = 3;
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
    /// Findings of the kind asked for, on the page asked for.
    pub findings: Vec<FindingReply>,
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
    /// What it cites in vain.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cited: Vec<String>,
}

/// Counts of all kinds and the findings of one.
#[utoipa::path(
    get, path = "/api/v1/admin/review", tag = "operation",
    params(
        ("issue" = Option<String>, Query, description = "without_interpretation, late_interpretation, undecided_interpretation, without_validity, conflict, dangling_citation, lapsed_basis or personal_data"),
        ("issuer" = Option<String>, Query, description = "Only records of this issuer"),
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
        ("issuer" = Option<String>, Query, description = "Only records of this issuer"),
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
    let [issue, issuer] =
        only(query.as_deref().unwrap_or_default(), ["issue", "issuer"]).map_err(ApiError::parameters)?;
    let issue = issue.filter(|issue| !issue.is_empty());
    if let Some(name) = &issue {
        known(name)?;
    }
    let generation = app.generation();
    let day = today();
    let findings = app
        .consult(move |searcher, _| {
            let kinds =
                ISSUES.iter().filter(|(name, ..)| issue.as_deref().is_none_or(|issue| issue == *name));
            let mut all = Vec::new();
            for (name, ..) in kinds {
                all.extend(Reviewer { searcher, day, issuer: issuer.as_deref() }.findings(
                    name,
                    0,
                    usize::MAX,
                )?);
            }
            Ok(all)
        })
        .await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"review.csv\""),
    ];
    Ok(with_generation(generation, (headers, table(&findings)).into_response()))
}

fn known(name: &str) -> std::result::Result<&'static str, ApiError> {
    let found = ISSUES.iter().find(|(known, ..)| *known == name).map(|(known, ..)| *known);
    found.ok_or_else(|| {
        let names: Vec<&str> = ISSUES.iter().map(|(name, ..)| *name).collect();
        let reason = format!("“{name}” is unknown, expected {}", names.join(", "));
        ApiError::parameters(vec![ParameterError::new("issue", reason)])
    })
}

async fn reply(app: &App, query: &str) -> std::result::Result<ReviewReply, ApiError> {
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
            Ok(ReviewReply {
                generation,
                day,
                counts: reviewer.counts(),
                workdays_known: workdays::years(),
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
        let mut counts = Vec::new();
        self.searcher.relations(&mut |relations| {
            let count = |(issue, _, label): &(&'static str, Issue, &'static str)| CountReply {
                issue,
                label,
                count: self.found(relations, issue).len(),
            };
            counts = ISSUES.iter().map(count).collect();
        });
        counts
    }

    /// Findings of a kind, with the working days between two records.
    fn found(&self, relations: &Relations, name: &str) -> Vec<(Finding, Option<u32>)> {
        let Some((_, issue, _)) = ISSUES.iter().find(|(known, ..)| *known == name) else { return Vec::new() };
        let of_issuer = |finding: &Finding| {
            let issuers =
                relations.facts(finding.slot).map(|facts| facts.issuers.as_slice()).unwrap_or_default();
            self.issuer.is_none_or(|wanted| issuers.iter().any(|issuer| issuer == wanted))
        };
        let findings = relations.findings(*issue, self.day).into_iter().filter(of_issuer);
        let timed = findings.map(|finding| {
            let days = taken(relations, &finding);
            (finding, days)
        });
        timed
            .filter(|(_, days)| match name {
                "late_interpretation" => days.is_some_and(|days| days > DUE),
                "undecided_interpretation" => days.is_none(),
                _ => true,
            })
            .collect()
    }

    fn findings(&self, name: &'static str, skip: usize, most: usize) -> Result<Vec<FindingReply>> {
        let mut replies = Vec::new();
        let mut places = Vec::new();
        self.searcher.relations(&mut |relations| {
            let view = View { relations, day: self.day };
            for (finding, working_days) in self.found(relations, name).into_iter().skip(skip).take(most) {
                places
                    .push(finding.cited.iter().take(MOST_CITED).map(|cited| cited.place).collect::<Vec<_>>());
                replies.push(FindingReply {
                    issue: name,
                    record: view.short(finding.slot),
                    other: finding.other.map(|other| view.short(other)),
                    working_days,
                    cited: Vec::new(),
                });
            }
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

/// A spreadsheet takes what begins with these for a formula.
fn cell(value: &str) -> String {
    let formula = value.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { format!("'{value}") } else { value.to_owned() }
}

fn table(findings: &[FindingReply]) -> Vec<u8> {
    // A byte order mark, without which the usual spreadsheets read Chinese wrongly.
    let mut out = "\u{feff}".as_bytes().to_vec();
    let mut writer = csv::Writer::from_writer(&mut out);
    let head = [
        "类别",
        "标识",
        "标题",
        "发布机构",
        "日期",
        "时效性",
        "相关标识",
        "相关标题",
        "工作日",
        "未入库的引用",
    ];
    // Writing into memory cannot fail.
    let _ = writer.write_record(head);
    for finding in findings {
        let label = ISSUES.iter().find(|(name, ..)| *name == finding.issue).map_or("", |(.., label)| label);
        let date = finding.record.date.map(|date| date.to_string()).unwrap_or_default();
        let other =
            |read: fn(&RecordRef) -> &String| finding.other.as_ref().map(read).cloned().unwrap_or_default();
        let days = finding.working_days.map(|days| days.to_string()).unwrap_or_default();
        let row = [
            label.to_owned(),
            finding.record.id.clone(),
            finding.record.title.clone(),
            finding.record.issuers.join("；"),
            date,
            finding.record.validity.to_owned(),
            other(|record| &record.id),
            other(|record| &record.title),
            days,
            finding.cited.join("；"),
        ];
        let _ = writer.write_record(row.iter().map(|value| cell(value)));
    }
    drop(writer);
    out
}
