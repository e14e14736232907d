//! Strict reader of parameters: collects every error, by name.

use std::collections::BTreeMap;

use gongkai_index::query::{FacetRequest, Filter, MISSING, Mode, Query, Sort};
use gongkai_index::record::{Date, parse_iso_date};
use gongkai_index::schema::fields::{DateField, Facet};

use crate::api::cursor::{Cursor, fingerprint};
use crate::api::parameters::table::PARAMETERS;
use crate::api::parameters::values::{closed_facet_error, parse_day, unknown_value};
use crate::problem::{ErrorList, ParameterError};

/// Facets of an answer if none are asked for.
pub const DEFAULT_FACETS: &str = "issuer:10,year,category,validity,kind";
/// Last hit that page numbers reach; only a cursor goes further.
pub const MAX_OFFSET: usize = 1_000;
/// Most hits per page.
pub const MAX_PER_PAGE: usize = 100;
/// Most values of one repeated parameter.
const MAX_VALUES: usize = 100;

/// Longest unknown name quoted in an error text, in characters.
pub(super) const MAX_SHOWN_NAME_CHARS: usize = 60;
/// Most values listed for one facet.
const MAX_FACET_VALUES: usize = 1_000;

/// Reader of given parameters that collects their errors.
pub(super) struct Reader<'a> {
    /// Parameters as given.
    pub given: &'a [(String, String)],
    /// Errors found so far.
    pub errors: ErrorList,
}

impl<'a> Reader<'a> {
    fn fail(&mut self, parameter: &str, reason: impl AsRef<str>, for_readers: impl AsRef<str>) {
        self.errors.push(|| ParameterError::new(parameter, reason).with_reader_text(for_readers));
    }

    /// Refuses unknown names, repeated single values and too many values.
    pub fn check_names(&mut self) {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for (name, _) in self.given {
            *seen.entry(name).or_default() += 1;
        }
        for (name, times) in seen {
            match PARAMETERS.iter().find(|parameter| parameter.name == name) {
                None => {
                    self.errors.push(|| {
                        let names: Vec<_> = PARAMETERS.iter().map(|p| p.name).collect();
                        let shortened: String = name.chars().take(MAX_SHOWN_NAME_CHARS).collect();
                        let reason = format!("is unknown; the parameters are {}", names.join(", "));
                        ParameterError::new(&shortened, reason).with_reader_text("没有这个参数")
                    });
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

    /// First value of a name, empty or not.
    pub fn single(&self, name: &str) -> Option<&'a str> {
        self.given.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a name that is not empty.
    pub fn all_values(&self, name: &str) -> Vec<String> {
        let given = self.given.iter().filter(|(n, value)| n == name && !value.is_empty());
        given.map(|(_, value)| value.clone()).collect()
    }

    /// Single value that is not empty: an empty form field is no value.
    pub fn value(&self, name: &str) -> Option<&'a str> {
        self.single(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// Parses a value; an error says which values were expected.
    pub fn parsed<T>(&mut self, name: &str, parse: impl Fn(&str) -> Option<T>, expected: &str) -> Option<T> {
        let value = self.value(name)?;
        let parsed = parse(value);
        if parsed.is_none() {
            self.fail(name, format!("“{value}” is unknown, expected {expected}"), unknown_value(value));
        }
        parsed
    }

    /// Parses a number within limits.
    pub fn number(&mut self, name: &str, min: usize, max: usize) -> Option<usize> {
        let value = self.value(name)?;
        let number = value.parse().ok().filter(|number| (min..=max).contains(number));
        if number.is_none() {
            self.fail(
                name,
                format!("“{value}” is not a number from {min} to {max}"),
                format!("“{value}”不是 {min} 到 {max} 之间的数"),
            );
        }
        number
    }

    /// Parses the sort order.
    pub fn sort(&mut self) -> Option<Sort> {
        let parse = |value: &str| match value.strip_prefix('-') {
            _ if value == "relevance" => Some(Sort::Relevance),
            Some(field) => DateField::by_name(field).map(Sort::Newest),
            None => DateField::by_name(value).map(Sort::Oldest),
        };
        self.parsed(
            "sort",
            parse,
            "relevance, or published_on, written_on or effective_on with or without a minus",
        )
    }

    /// Parses a date or a part of one, as its first or its last day.
    pub fn first_or_last_day(&mut self, name: &str, last: bool) -> Option<Date> {
        let value = self.value(name)?;
        let day = parse_day(value, last);
        if day.is_none() {
            self.fail(
                name,
                format!("“{value}” is not a date, expected YYYY, YYYY-MM or YYYY-MM-DD"),
                format!("“{value}”不是日期，应如 2017、2017-05 或 2017-05-15"),
            );
        }
        day
    }

    /// Parses a full date.
    pub fn full_date(&mut self, name: &str) -> Option<Date> {
        let value = self.value(name)?;
        let day = parse_iso_date(value);
        if day.is_none() {
            self.fail(
                name,
                format!("“{value}” is not a date, expected YYYY-MM-DD"),
                format!("“{value}”不是日期，应如 2017-05-15"),
            );
        }
        day
    }

    /// Collects the filters of all facets.
    pub fn filters(&mut self) -> BTreeMap<Facet, Filter> {
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
            if let Some(expected) = closed_facet_error(facet, plain) {
                self.fail(name, format!("“{plain}” is unknown, expected {expected}"), unknown_value(plain));
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

    /// Parses the list of facets to count.
    pub fn facets(&mut self) -> Vec<FacetRequest> {
        let list = self.single("facets").unwrap_or(DEFAULT_FACETS);
        let mut facets: Vec<FacetRequest> = Vec::new();
        for item in list.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            let (name, limit) =
                item.split_once(':').map_or((item, None), |(name, limit)| (name, Some(limit)));
            let limit =
                match limit.map(|limit| limit.parse::<usize>().ok().filter(|n| *n <= MAX_FACET_VALUES)) {
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
                Some(facet) if !facets.iter().any(|(listed, _)| *listed == facet) => facets.push((facet, limit)),
                Some(_) => self.fail("facets", format!("“{name}” is asked for twice"), format!("“{name}”给出了两次")),
                None => self.fail("facets", format!("“{name}” is unknown, expected kind, issuer, category, region, validity, genre or year"), unknown_value(name)),
            }
        }
        facets
    }

    /// Reads the cursor, if it is one of this search; the search then continues with the day it began on.
    pub fn cursor(&mut self, query: &mut Query, mode: Mode, page: Option<usize>) -> Option<Cursor> {
        let text = self.value("cursor")?;
        if page.is_some() {
            self.fail("cursor", "cannot be given together with page", "不能与 page 同时使用");
        }
        let cursor = Cursor::decode(text);
        query.today = cursor.as_ref().map_or(query.today, |cursor| cursor.today);
        match cursor {
            None => self.fail(
                "cursor",
                "is not a cursor of this server; take it from `next` of an answer",
                "不是本系统给出的翻页标记",
            ),
            Some(cursor) if cursor.search != fingerprint(mode, query) => {
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

    /// Computes the offset of a page; refuses one that only a cursor reaches.
    pub fn offset(&mut self, page: usize, per_page: usize) -> usize {
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
