//! The parameters of a search: one table, read strictly.
//!
//! Unknown names, repeated single values and wrong values are all refused, each by name.

use std::collections::BTreeMap;

use gongkai_index::analysis::Analyzer;
use gongkai_index::query::{DateRange, FacetRequest, Filter, MISSING, Mode, Query, Sort, Start, parse};
use gongkai_index::record::Date;
use gongkai_index::record::generation::Generation;
use gongkai_index::schema::fields::{DateField, Facet};

use crate::api::cursor::{Cursor, fingerprint};
use crate::api::values::{day_of, not_known, wrong_value};
use crate::problem::ParameterError;

/// A parameter: its name, whether it may be repeated, what it means.
pub struct Parameter {
    /// On the wire.
    pub name: &'static str,
    /// Whether several values may be given.
    pub repeats: bool,
    /// For the documentation.
    pub meaning: &'static str,
}

const fn one(name: &'static str, meaning: &'static str) -> Parameter {
    Parameter { name, repeats: false, meaning }
}

const fn many(name: &'static str, meaning: &'static str) -> Parameter {
    Parameter { name, repeats: true, meaning }
}

/// Every parameter of a search.
pub const PARAMETERS: &[Parameter] = &[
    one(
        "q",
        "What was typed; empty for everything. Words are all required; “…” phrase, -x, OR, ( ), 《…》 title, prefixes 标题: 正文: 文号: 索引号: 发布机构:",
    ),
    one(
        "mode",
        "smart (default: synonyms and relaxation, all reported) or literal (nothing but what was typed)",
    ),
    many("kind", "document, policy or interpretation; !value excludes, _missing selects records without"),
    many("issuer", "Issuer; repeat for OR"),
    many("category", "Category path; matches all below it"),
    many("region", "Region path; matches all below it"),
    many(
        "validity",
        "in_force, amended, repealed, expired, not_yet_effective, unknown: on the day of the search",
    ),
    many("genre", "Genre (文种)"),
    many("year", "Year of date_field"),
    many("ignore", "The text of a preference (query.preferences) that is not meant"),
    one("explain", "true: each hit comes with the parts of its score"),
    one("date_field", "published_on (default), written_on or effective_on"),
    one(
        "as_of",
        "A date, YYYY-MM-DD: only what was in force on it, in the version of that day; validity is that of the day",
    ),
    one(
        "collapse",
        "reprints (default: the copies of one text are one entry, the others counted) or none (each record by itself)",
    ),
    one("from", "Not before: YYYY, YYYY-MM or YYYY-MM-DD"),
    one("to", "Not after, inclusive: YYYY, YYYY-MM or YYYY-MM-DD"),
    one(
        "sort",
        "relevance (default with a query), -published_on (default without), published_on, -effective_on, effective_on, -written_on, written_on",
    ),
    one(
        "facets",
        "Comma list of kind, issuer, category, region, validity, genre, year, each with :N for how many; empty for none",
    ),
    one("per_page", "Hits a page, 1 to 100; 10 if not given"),
    one("page", "From 1, up to the 1,000th hit"),
    one("receipt", "true: the answer carries a receipt of the search, to be verified later"),
    one("cursor", "From `next` of the answer before; goes on without limit on the same generation"),
];

/// The facets of an answer if none are asked for.
pub const DEFAULT_FACETS: &str = "issuer:10,year,category,validity,kind";
/// The hit after which only a cursor goes further.
pub const MAX_OFFSET: usize = 1_000;
/// Most hits a page.
pub const MAX_PER_PAGE: usize = 100;
/// Most values of one repeated parameter.
const MAX_VALUES: usize = 100;

/// A search as asked over HTTP.
#[derive(Debug, Clone)]
pub struct SearchRequest {
    /// The parameters as given, in order, for links to neighbouring searches.
    pub given: Vec<(String, String)>,
    /// Whether anything may be added to what was typed.
    pub mode: Mode,
    /// What they mean.
    pub query: Query,
    /// The generation that a cursor fixes.
    pub generation: Option<Generation>,
    /// Whether a receipt is wanted.
    pub receipt: bool,
    /// The page, from 1; `None` with a cursor.
    pub page: Option<usize>,
}

impl SearchRequest {
    /// Reads the part of an address behind `?`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(text: &str, analyzer: &Analyzer, today: Date) -> Result<Self, Vec<ParameterError>> {
        let given: Vec<(String, String)> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        Self::from_pairs(given, analyzer, today)
    }

    /// Reads parameters that are split already.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn from_pairs(
        given: Vec<(String, String)>,
        analyzer: &Analyzer,
        today: Date,
    ) -> Result<Self, Vec<ParameterError>> {
        let mut reader = Reader { given: &given, errors: Vec::new() };
        reader.check_names();
        let mode = reader.named("mode", mode_by_name, "smart or literal").unwrap_or_default();
        let understanding = parse::parse(reader.single("q").unwrap_or_default(), mode, analyzer);
        let mut query = Query::new(understanding, today);
        query.collapse = reader.named("collapse", collapse_by_name, "reprints or none").unwrap_or(true);
        if let Some(day) = reader.whole_day("as_of") {
            (query.today, query.as_of) = (day, true);
        }
        query.filters = reader.filters();
        query.date_field = reader
            .named("date_field", DateField::by_name, "published_on, written_on or effective_on")
            .unwrap_or_default();
        query.range = DateRange { from: reader.day("from", false), to: reader.day("to", true) };
        query.sort = reader.sort().unwrap_or(query.sort);
        query.facets = reader.facets();
        query.explain = reader.named("explain", yes_or_no, "true or false").unwrap_or_default();
        query.ignored = reader.every("ignore");
        query.understanding.preferences.retain(|preference| !query.ignored.contains(&preference.text));
        query.per_page = reader.number("per_page", 1, MAX_PER_PAGE).unwrap_or(query.per_page);
        let receipt = reader.named("receipt", yes_or_no, "true or false").unwrap_or(false);
        let page = reader.number("page", 1, MAX_OFFSET);
        let cursor = reader.cursor(&mut query, page);
        match cursor {
            Some(cursor) => query.start = Start::After(cursor.after),
            None => query.start = Start::Offset(reader.offset(page.unwrap_or(1), query.per_page)),
        }
        if !reader.errors.is_empty() {
            return Err(reader.errors);
        }
        let page = cursor.is_none().then_some(page.unwrap_or(1));
        Ok(Self { mode, query, generation: cursor.map(|cursor| cursor.generation), page, receipt, given })
    }

    /// The address of this search with some parameters replaced (`None` removes one).
    pub fn link(&self, path: &str, changes: &[(&str, Option<&str>)]) -> String {
        let changed = |name: &str| changes.iter().any(|(n, _)| *n == name);
        let kept = self.given.iter().filter(|(name, value)| !changed(name) && !value.is_empty());
        let mut pairs: Vec<(&str, &str)> =
            kept.map(|(name, value)| (name.as_str(), value.as_str())).collect();
        pairs.extend(changes.iter().filter_map(|(name, value)| Some((*name, (*value)?))));
        link(path, &pairs)
    }

    /// The address with one value of a facet switched on or off, from the first page.
    pub fn toggle(&self, path: &str, name: &str, value: &str) -> String {
        let is = |pair: &&(String, String)| pair.0 == name && pair.1 == value;
        let on = self.given.iter().any(|pair| is(&pair));
        let kept = self
            .given
            .iter()
            .filter(|pair| !is(pair) && !pair.1.is_empty() && !["page", "cursor"].contains(&pair.0.as_str()));
        let mut pairs: Vec<(&str, &str)> = kept.map(|(n, v)| (n.as_str(), v.as_str())).collect();
        if !on {
            pairs.push((name, value));
        }
        link(path, &pairs)
    }
}

fn link(path: &str, pairs: &[(&str, &str)]) -> String {
    if pairs.is_empty() {
        return path.to_owned();
    }
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("{path}?{query}")
}

struct Reader<'a> {
    given: &'a [(String, String)],
    errors: Vec<ParameterError>,
}

impl<'a> Reader<'a> {
    fn fail(&mut self, parameter: &str, reason: impl Into<String>, for_readers: impl Into<String>) {
        self.errors.push(ParameterError::new(parameter, reason).told(for_readers));
    }

    fn check_names(&mut self) {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for (name, _) in self.given {
            *seen.entry(name).or_default() += 1;
        }
        for (name, times) in seen {
            match PARAMETERS.iter().find(|parameter| parameter.name == name) {
                None => {
                    let known: Vec<_> = PARAMETERS.iter().map(|p| p.name).collect();
                    let shown: String = name.chars().take(60).collect();
                    self.fail(
                        &shown,
                        format!("is unknown; the parameters are {}", known.join(", ")),
                        "没有这个参数",
                    );
                }
                Some(parameter) if !parameter.repeats && times > 1 => {
                    self.fail(
                        name,
                        format!("is given {times} times, expected once"),
                        format!("只能给出一次，这里给出了 {times} 次"),
                    );
                }
                Some(_) if times > MAX_VALUES => self.fail(
                    name,
                    format!("has {times} values, at most {MAX_VALUES} are taken"),
                    format!("最多 {MAX_VALUES} 个值，这里有 {times} 个"),
                ),
                Some(_) => {}
            }
        }
    }

    fn single(&self, name: &str) -> Option<&'a str> {
        self.given.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    fn every(&self, name: &str) -> Vec<String> {
        let given = self.given.iter().filter(|(n, value)| n == name && !value.is_empty());
        given.map(|(_, value)| value.clone()).collect()
    }

    /// A single value that is given and not empty: an empty form field is no value.
    fn value(&self, name: &str) -> Option<&'a str> {
        self.single(name).map(str::trim).filter(|value| !value.is_empty())
    }

    fn named<T>(&mut self, name: &str, find: impl Fn(&str) -> Option<T>, expected: &str) -> Option<T> {
        let value = self.value(name)?;
        let found = find(value);
        if found.is_none() {
            self.fail(name, format!("“{value}” is unknown, expected {expected}"), not_known(value));
        }
        found
    }

    fn number(&mut self, name: &str, least: usize, most: usize) -> Option<usize> {
        let value = self.value(name)?;
        let number = value.parse().ok().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            self.fail(
                name,
                format!("“{value}” is not a number from {least} to {most}"),
                format!("“{value}”不是 {least} 到 {most} 之间的数"),
            );
        }
        number
    }

    fn sort(&mut self) -> Option<Sort> {
        let find = |value: &str| match value.strip_prefix('-') {
            _ if value == "relevance" => Some(Sort::Relevance),
            Some(field) => DateField::by_name(field).map(Sort::Newest),
            None => DateField::by_name(value).map(Sort::Oldest),
        };
        self.named(
            "sort",
            find,
            "relevance, or published_on, written_on or effective_on with or without a minus",
        )
    }

    fn day(&mut self, name: &str, last: bool) -> Option<Date> {
        let value = self.value(name)?;
        let day = day_of(value, last);
        if day.is_none() {
            self.fail(
                name,
                format!("“{value}” is not a date, expected YYYY, YYYY-MM or YYYY-MM-DD"),
                format!("“{value}”不是日期，应如 2017、2017-05 或 2017-05-15"),
            );
        }
        day
    }

    fn whole_day(&mut self, name: &str) -> Option<Date> {
        let value = self.value(name)?;
        let day = gongkai_index::record::parse_iso_date(value);
        if day.is_none() {
            self.fail(
                name,
                format!("“{value}” is not a date, expected YYYY-MM-DD"),
                format!("“{value}”不是日期，应如 2017-05-15"),
            );
        }
        day
    }

    fn filters(&mut self) -> BTreeMap<Facet, Filter> {
        let mut filters: BTreeMap<Facet, Filter> = BTreeMap::new();
        for (name, value) in self.given {
            let Some(facet) = Facet::by_name(name) else { continue };
            let (excluded, plain) = match value.strip_prefix(['!', '！']) {
                Some(plain) => (true, plain),
                None => (false, value.as_str()),
            };
            if plain.is_empty() {
                continue;
            }
            if let Some(expected) = wrong_value(facet, plain) {
                self.fail(name, format!("“{plain}” is unknown, expected {expected}"), not_known(plain));
            }
            let filter = filters.entry(facet).or_default();
            match (excluded, plain == MISSING) {
                (true, true) => filter.not_missing = true,
                (true, false) => filter.not.push(plain.to_owned()),
                (false, true) => filter.missing = true,
                (false, false) => filter.any.push(plain.to_owned()),
            }
        }
        filters
    }

    fn facets(&mut self) -> Vec<FacetRequest> {
        let list = self.single("facets").unwrap_or(DEFAULT_FACETS);
        let mut facets: Vec<FacetRequest> = Vec::new();
        for item in list.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            let (name, limit) =
                item.split_once(':').map_or((item, None), |(name, limit)| (name, Some(limit)));
            let limit = match limit.map(|limit| limit.parse::<usize>().ok().filter(|n| *n <= 1_000)) {
                Some(None) => {
                    self.fail(
                        "facets",
                        format!("“{item}”: expected a number up to 1000 behind the colon"),
                        format!("“{item}”的冒号后面应是不超过 1000 的数"),
                    );
                    continue;
                }
                Some(Some(limit)) => Some(limit),
                None => None,
            };
            match Facet::by_name(name) {
                Some(facet) if !facets.iter().any(|(known, _)| *known == facet) => facets.push((facet, limit)),
                Some(_) => self.fail("facets", format!("“{name}” is asked for twice"), format!("“{name}”给出了两次")),
                None => self.fail("facets", format!("“{name}” is unknown, expected kind, issuer, category, region, validity, genre or year"), not_known(name)),
            }
        }
        facets
    }

    /// The cursor, if it is one of this search; the search then goes on with the day it began on.
    fn cursor(&mut self, query: &mut Query, page: Option<usize>) -> Option<Cursor> {
        let text = self.value("cursor")?;
        if page.is_some() {
            self.fail("cursor", "cannot be given together with page", "不能与 page 同时使用");
        }
        let cursor = Cursor::decode(text);
        query.today = cursor.map_or(query.today, |cursor| cursor.today);
        match cursor {
            None => self.fail(
                "cursor",
                "is not a cursor of this server; take it from `next` of an answer",
                "不是本系统给出的翻页标记",
            ),
            Some(cursor) if cursor.search != fingerprint(query) => {
                self.fail(
                    "cursor",
                    "belongs to another search; its parameters must stay the same from page to page",
                    "这个翻页标记属于另一次检索",
                );
            }
            Some(cursor) => return Some(cursor),
        }
        None
    }

    fn offset(&mut self, page: usize, per_page: usize) -> usize {
        let offset = (page - 1) * per_page;
        if offset >= MAX_OFFSET {
            self.fail(
                "page",
                format!("begins behind the {MAX_OFFSET}th hit; use the cursor of `next` to go further"),
                format!("按页码只能翻到第 {MAX_OFFSET} 条，可以用筛选条件缩小范围"),
            );
        }
        offset
    }
}

/// Reads an address that takes only these single-valued parameters.
///
/// # Errors
/// Unknown names and repeated values.
pub fn only<const N: usize>(
    text: &str,
    names: [&str; N],
) -> Result<[Option<String>; N], Vec<ParameterError>> {
    let mut values = [const { None }; N];
    let mut errors = Vec::new();
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        match names.iter().position(|known| *known == name) {
            None => {
                let shown: String = name.chars().take(60).collect();
                errors.push(
                    ParameterError::new(&shown, format!("is unknown; expected {}", names.join(", ")))
                        .told("没有这个参数"),
                );
            }
            Some(at) if values[at].is_some() => {
                errors.push(ParameterError::new(&name, "is given twice, expected once").told("只能给出一次"))
            }
            Some(at) => values[at] = Some(value.into_owned()),
        }
    }
    if errors.is_empty() { Ok(values) } else { Err(errors) }
}

/// Whether the copies of a text are one entry.
fn collapse_by_name(name: &str) -> Option<bool> {
    match name {
        "reprints" => Some(true),
        "none" => Some(false),
        _ => None,
    }
}

fn yes_or_no(text: &str) -> Option<bool> {
    text.parse().ok()
}

/// The mode of that name.
pub fn mode_by_name(name: &str) -> Option<Mode> {
    match name {
        "smart" => Some(Mode::Smart),
        "literal" => Some(Mode::Literal),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
