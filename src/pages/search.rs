//! `/`: search box, results and facets.

use std::time::Instant;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use gongkai_index::query::Sort;
use gongkai_index::schema::fields::{DateField, Facet};

use crate::api::parameters::{MAX_OFFSET, SearchRequest};
use crate::api::search::{parse_and_search, with_search};
use crate::api::wire::{HitReply, PreferenceReply, SearchReply};
use crate::labels;
use crate::links::with_base_path;
use crate::pages::problem::problem_page;
use crate::pages::render::render;
use crate::search::service::SharedService;

/// Facets beside the results, with about as many values as a reader can take in.
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
    /// Parameters that are kept when another day is chosen.
    kept: Vec<(String, String)>,
    as_of: String,
    any_day: String,
    /// Label and address that switch between copies one by one and together.
    copies: (&'static str, String),
    receipt: String,
}

/// Facet with its values.
struct Group {
    label: &'static str,
    values: Vec<Choice>,
    open: bool,
}

/// Value that can be switched on or off.
struct Choice {
    label: String,
    count: String,
    selected: bool,
    depth: usize,
    url: String,
}

/// Sort order that can be chosen.
struct Order {
    label: &'static str,
    url: String,
    current: bool,
}

/// Serves the page.
pub async fn search_page(State(service): State<SharedService>, RawQuery(query): RawQuery) -> Response {
    let started = Instant::now();
    let query = query.unwrap_or_default();
    match parse_and_search(&service, Some(&with_page_facets(&query))).await {
        Ok((mut request, answer)) => {
            // Facets and cursor belong to this page alone: links and forms start without them.
            request.given.retain(|(name, _)| !["facets", "cursor"].contains(&name.as_str()));
            let took_ms = started.elapsed().as_micros() as f64 / 1000.0;
            let reply = SearchReply::new(&request, &answer, took_ms);
            with_search(&request, &answer, render(&SearchPage::new(&request, reply, service.len())))
        }
        Err(problem) => problem_page(problem),
    }
}

/// Replaces the facets given in a query string by those that a page shows.
fn with_page_facets(query: &str) -> String {
    let given = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "facets");
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    pairs.extend_pairs(given).append_pair("facets", FACETS);
    pairs.finish()
}

impl SearchPage {
    fn new(request: &SearchRequest, reply: SearchReply, records: u64) -> Self {
        let groups: Vec<Group> =
            Facet::ALL.iter().filter_map(|facet| facet_group(request, &reply, *facet)).collect();
        let per_page = request.query.per_page;
        let page = request.page.unwrap_or(1);
        let hits_on_page = reply.hits.len();
        let from = (page - 1) * per_page;
        let link = |page: usize| request.link(&with_base_path("/"), &[("page", Some(&page.to_string()))]);
        let has_more = (from + hits_on_page) as u64 <= reply.total.saturating_sub(1) && hits_on_page > 0;
        Self {
            filters: request
                .given
                .iter()
                .filter(|(name, value)| name != "q" && name != "page" && !value.is_empty())
                .cloned()
                .collect(),
            chosen: active_filters(request),
            preferences: preference_choices(request, &reply),
            orders: sort_orders(request),
            previous: (page > 1).then(|| link(page - 1)),
            next: (has_more && page * per_page < MAX_OFFSET).then(|| link(page + 1)),
            pages: if hits_on_page == 0 {
                String::new()
            } else {
                format!("第 {}–{} 条", from + 1, from + hits_on_page)
            },
            first: request.given.iter().all(|(_, value)| value.is_empty()),
            groups,
            reply,
            records,
            today: request.query.today.to_string(),
            kept: request
                .given
                .iter()
                .filter(|(name, value)| !value.is_empty() && !chooses_page_or_day(name))
                .cloned()
                .collect(),
            as_of: if request.query.as_of { request.query.today.to_string() } else { String::new() },
            any_day: request.link(&with_base_path("/"), &[("as_of", None), ("page", None)]),
            copies: match request.query.collapse {
                true => (
                    "逐条显示转载",
                    request.link(&with_base_path("/"), &[("collapse", Some("none")), ("page", None)]),
                ),
                false => {
                    ("合并转载", request.link(&with_base_path("/"), &[("collapse", None), ("page", None)]))
                }
            },
            receipt: request.link(
                &with_base_path("/api/v1/search"),
                &[("receipt", Some("true")), ("page", None), ("per_page", Some("1")), ("facets", None)],
            ),
            literal: request.link(&with_base_path("/"), &[("mode", Some("literal")), ("page", None)]),
        }
    }
}

/// Checks that a parameter chooses a page or a day.
fn chooses_page_or_day(name: &str) -> bool {
    ["page", "cursor", "as_of"].contains(&name)
}

/// Builds the group of a facet; `None` if it has no values.
fn facet_group(request: &SearchRequest, reply: &SearchReply, facet: Facet) -> Option<Group> {
    let values = reply.facets.get(facet.name())?;
    let values: Vec<Choice> = values
        .iter()
        .map(|value| Choice {
            label: labels::facet_value(facet, &value.value).to_owned(),
            count: labels::grouped_number(value.count),
            selected: value.selected,
            depth: if facet.is_path() { value.value.matches('/').count() } else { 0 },
            url: request.toggle(&with_base_path("/"), facet.name(), &value.value),
        })
        .collect();
    let open = values.iter().any(|value| value.selected) || facet != Facet::Genre;
    (!values.is_empty()).then_some(Group { label: facet.label(), values, open })
}

/// Lists the active filters, each with the address that removes it.
fn active_filters(request: &SearchRequest) -> Vec<Choice> {
    let filters = request.given.iter().filter_map(|(name, value)| Some((Facet::by_name(name)?, name, value)));
    let given = filters.filter(|(_, _, value)| !value.is_empty());
    let choice = |(facet, name, value): (Facet, &String, &String)| {
        let (sign, plain) = value.strip_prefix('!').map_or(("", value.as_str()), |plain| ("不含", plain));
        Choice {
            label: format!("{}：{sign}{}", facet.label(), labels::facet_value(facet, plain)),
            count: String::new(),
            selected: true,
            depth: 0,
            url: request.toggle(&with_base_path("/"), name, value),
        }
    };
    given.map(choice).collect()
}

/// Lists the preferences, each with the address that removes it.
fn preference_choices(request: &SearchRequest, reply: &SearchReply) -> Vec<Choice> {
    let choice = |preference: &PreferenceReply| Choice {
        label: labels::preference(preference.kind, &preference.value),
        count: String::new(),
        selected: true,
        depth: 0,
        url: request.toggle(&with_base_path("/"), "ignore", &preference.text),
    };
    reply.query.preferences.iter().map(choice).collect()
}

/// Lists the sort orders; relevance only with a query.
fn sort_orders(request: &SearchRequest) -> Vec<Order> {
    let orders = [
        ("按相关度", "relevance", Sort::Relevance),
        ("最新发布", "-published_on", Sort::Newest(DateField::PublishedOn)),
        ("最早发布", "published_on", Sort::Oldest(DateField::PublishedOn)),
    ];
    let with_words = !request.query.parsed.scoring.is_empty();
    let offered = orders.into_iter().filter(|(_, name, _)| with_words || *name != "relevance");
    let order = |(label, name, sort): (&'static str, &str, Sort)| Order {
        label,
        url: request.link(&with_base_path("/"), &[("sort", Some(name)), ("page", None)]),
        current: request.query.sort == sort,
    };
    offered.map(order).collect()
}

impl HitReply {
    /// Highlighted title as HTML; empty without highlights.
    fn title_html(&self) -> &str {
        self.highlights.as_ref().map_or("", |h| h.title.as_str())
    }

    /// Validity state: its label, and its name for the style sheet.
    fn state(&self) -> (&str, &str) {
        (labels::validity(self.validity), self.validity)
    }

    /// Labels of the match reasons that the highlights do not show.
    fn why_in_words(&self) -> Option<String> {
        let reasons: Vec<String> =
            self.why.iter().filter_map(|reason| labels::match_reason(reason)).collect();
        (!reasons.is_empty()).then(|| reasons.join("；"))
    }

    fn kind_label(&self) -> &str {
        labels::record_kind(self.kind)
    }
}
