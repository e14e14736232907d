//! `/`: the search box, the results and the facets.

use std::time::Instant;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use gongkai_index::query::Sort;
use gongkai_index::schema::fields::{DateField, Facet};

use crate::api::App;
use crate::api::parameters::{MAX_OFFSET, SearchRequest};
use crate::api::search::{answer, with_search};
use crate::api::wire::{HitReply, PreferenceReply, SearchReply};
use crate::labels;
use crate::links::here;
use crate::pages::problem::problem_page;
use crate::pages::render::render;

/// The facets beside the results; a person can take in about this many values.
const FACETS: &str = "kind,validity,issuer:8,category:12,region:10,year:12,genre:8";

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    reply: SearchReply,
    filters: Vec<(String, String)>,
    groups: Vec<Group>,
    chosen: Vec<Choice>,
    preferences: Vec<Choice>,
    orders: Vec<Order>,
    previous: Option<String>,
    next: Option<String>,
    pages: String,
    first: bool,
    records: u64,
    today: String,
    literal: String,
    /// The parameters that stay when another day is chosen.
    kept: Vec<(String, String)>,
    as_of: String,
    any_day: String,
    /// Shows copies one by one, or together again.
    copies: (&'static str, String),
    receipt: String,
}

/// One facet with its values.
struct Group {
    label: &'static str,
    values: Vec<Choice>,
    open: bool,
}

/// A value that can be switched on or off.
struct Choice {
    label: String,
    count: String,
    selected: bool,
    depth: usize,
    url: String,
}

struct Order {
    label: &'static str,
    url: String,
    current: bool,
}

/// The page.
pub async fn page(State(app): State<App>, RawQuery(query): RawQuery) -> Response {
    let begun = Instant::now();
    let asked = query.unwrap_or_default();
    match answer(&app, Some(&with_facets(&asked))).await {
        Ok((mut request, answer)) => {
            // These are of this page alone: links and forms begin anew.
            request.given.retain(|(name, _)| !["facets", "cursor"].contains(&name.as_str()));
            let took_ms = begun.elapsed().as_micros() as f64 / 1000.0;
            let reply = SearchReply::new(&request, &answer, took_ms);
            with_search(&request, &answer, render(&SearchPage::new(&request, reply, app.len())))
        }
        Err(problem) => problem_page(problem),
    }
}

/// What was asked, with the facets that a page shows in place of any that were given.
fn with_facets(asked: &str) -> String {
    let given = form_urlencoded::parse(asked.as_bytes()).filter(|(name, _)| name != "facets");
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    pairs.extend_pairs(given).append_pair("facets", FACETS);
    pairs.finish()
}

impl SearchPage {
    fn new(request: &SearchRequest, reply: SearchReply, records: u64) -> Self {
        let groups: Vec<Group> =
            Facet::ALL.iter().filter_map(|facet| group(request, &reply, *facet)).collect();
        let per_page = request.query.per_page;
        let page = request.page.unwrap_or(1);
        let shown = reply.hits.len();
        let from = (page - 1) * per_page;
        let link = |page: usize| request.link(&here("/"), &[("page", Some(&page.to_string()))]);
        let further = (from + shown) as u64 <= reply.total.saturating_sub(1) && shown > 0;
        Self {
            filters: request
                .given
                .iter()
                .filter(|(name, value)| name != "q" && name != "page" && !value.is_empty())
                .cloned()
                .collect(),
            chosen: chosen(request),
            preferences: preferences(request, &reply),
            orders: orders(request),
            previous: (page > 1).then(|| link(page - 1)),
            next: (further && page * per_page < MAX_OFFSET).then(|| link(page + 1)),
            pages: if shown == 0 {
                String::new()
            } else {
                format!("第 {}–{} 条", from + 1, from + shown)
            },
            first: request.given.iter().all(|(_, value)| value.is_empty()),
            groups,
            reply,
            records,
            today: request.query.today.to_string(),
            kept: request
                .given
                .iter()
                .filter(|(name, value)| !value.is_empty() && !moving(name))
                .cloned()
                .collect(),
            as_of: if request.query.as_of { request.query.today.to_string() } else { String::new() },
            any_day: request.link(&here("/"), &[("as_of", None), ("page", None)]),
            copies: match request.query.collapse {
                true => {
                    ("逐条显示转载", request.link(&here("/"), &[("collapse", Some("none")), ("page", None)]))
                }
                false => ("合并转载", request.link(&here("/"), &[("collapse", None), ("page", None)])),
            },
            receipt: request.link(
                &here("/api/v1/search"),
                &[("receipt", Some("true")), ("page", None), ("per_page", Some("1")), ("facets", None)],
            ),
            literal: request.link(&here("/"), &[("mode", Some("literal")), ("page", None)]),
        }
    }
}

/// Parameters that choose a page or a day.
fn moving(name: &str) -> bool {
    ["page", "cursor", "as_of"].contains(&name)
}

fn group(request: &SearchRequest, reply: &SearchReply, facet: Facet) -> Option<Group> {
    let values = reply.facets.get(facet.name())?;
    let values: Vec<Choice> = values
        .iter()
        .map(|value| Choice {
            label: labels::value(facet, &value.value).to_owned(),
            count: labels::number(value.count),
            selected: value.selected,
            depth: if facet.is_path() { value.value.matches('/').count() } else { 0 },
            url: request.toggle(&here("/"), facet.name(), &value.value),
        })
        .collect();
    let open = values.iter().any(|value| value.selected) || facet != Facet::Genre;
    (!values.is_empty()).then_some(Group { label: facet.label(), values, open })
}

/// The filters in force, each with the address that removes it.
fn chosen(request: &SearchRequest) -> Vec<Choice> {
    let filters = request.given.iter().filter_map(|(name, value)| Some((Facet::by_name(name)?, name, value)));
    let given = filters.filter(|(_, _, value)| !value.is_empty());
    let choice = |(facet, name, value): (Facet, &String, &String)| {
        let (sign, plain) = value.strip_prefix('!').map_or(("", value.as_str()), |plain| ("不含", plain));
        Choice {
            label: format!("{}：{sign}{}", facet.label(), labels::value(facet, plain)),
            count: String::new(),
            selected: true,
            depth: 0,
            url: request.toggle(&here("/"), name, value),
        }
    };
    given.map(choice).collect()
}

/// What the query speaks of, each with the address that takes it away.
fn preferences(request: &SearchRequest, reply: &SearchReply) -> Vec<Choice> {
    let choice = |preference: &PreferenceReply| Choice {
        label: labels::preference(preference.kind, &preference.value),
        count: String::new(),
        selected: true,
        depth: 0,
        url: request.toggle(&here("/"), "ignore", &preference.text),
    };
    reply.query.preferences.iter().map(choice).collect()
}

fn orders(request: &SearchRequest) -> Vec<Order> {
    let orders = [
        ("按相关度", "relevance", Sort::Relevance),
        ("最新发布", "-published_on", Sort::Newest(DateField::PublishedOn)),
        ("最早发布", "published_on", Sort::Oldest(DateField::PublishedOn)),
    ];
    let with_words = !request.query.understanding.scoring.is_empty();
    let offered = orders.into_iter().filter(|(_, name, _)| with_words || *name != "relevance");
    let order = |(label, name, sort): (&'static str, &str, Sort)| Order {
        label,
        url: request.link(&here("/"), &[("sort", Some(name)), ("page", None)]),
        current: request.query.sort == sort,
    };
    offered.map(order).collect()
}

impl HitReply {
    /// The marked title, or the title escaped.
    fn title_html(&self) -> &str {
        self.highlights.as_ref().map_or("", |h| h.title.as_str())
    }

    /// The state as a word and as a name for the style sheet.
    fn state(&self) -> (&str, &str) {
        (labels::validity(self.validity), self.validity)
    }

    /// What matched, where the marks do not show it.
    fn why_in_words(&self) -> Option<String> {
        let told: Vec<String> = self.why.iter().filter_map(|reason| labels::why(reason)).collect();
        (!told.is_empty()).then(|| told.join("；"))
    }

    fn kind_label(&self) -> &str {
        labels::kind(self.kind)
    }
}
