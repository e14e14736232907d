//! A search as asked over HTTP, and the addresses of neighbouring searches.

use gongkai_index::query::parse::QueryParser;
use gongkai_index::query::{DateRange, Mode, Query, Start};
use gongkai_index::record::Date;
use gongkai_index::record::generation::SnapshotToken;
use gongkai_index::schema::fields::{DateField, Facet};

use crate::api::parameters::reader::{MAX_OFFSET, MAX_PER_PAGE, Reader};
use crate::api::parameters::values::{parse_bool, parse_collapse, parse_mode};
use crate::problem::{ErrorList, ParameterError};

/// Search as asked over HTTP.
#[derive(Debug, Clone)]
pub struct SearchRequest {
    /// Parameters as given, in order, for links to neighbouring searches.
    pub given: Vec<(String, String)>,
    /// Mode: smart adds synonyms and corrections, literal searches as typed.
    pub mode: Mode,
    /// Query they stand for.
    pub query: Query,
    /// Snapshot that a cursor fixes.
    pub snapshot: Option<SnapshotToken>,
    /// True if a receipt is wanted.
    pub receipt: bool,
    /// Page from 1; `None` with a cursor.
    pub page: Option<usize>,
}

impl SearchRequest {
    /// Reads the query string of an address.
    ///
    /// # Errors
    /// All errors in it.
    pub fn parse(text: &str, parser: &QueryParser<'_>, today: Date) -> Result<Self, Vec<ParameterError>> {
        let given: Vec<(String, String)> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        Self::from_pairs(given, parser, today)
    }

    /// Reads parameters that are split into pairs.
    ///
    /// # Errors
    /// All errors in them.
    pub fn from_pairs(
        given: Vec<(String, String)>,
        parser: &QueryParser<'_>,
        today: Date,
    ) -> Result<Self, Vec<ParameterError>> {
        let mut reader = Reader { given: &given, errors: ErrorList::default() };
        reader.check_names();
        let mode = reader.parsed("mode", parse_mode, "smart or literal").unwrap_or_default();
        let parsed = parser.parse(reader.single("q").unwrap_or_default(), mode);
        let mut query = Query::new(parsed, today);
        query.collapse = reader.parsed("collapse", parse_collapse, "reprints or none").unwrap_or(true);
        if let Some(day) = reader.full_date("as_of") {
            (query.today, query.as_of) = (day, true);
        }
        query.filters = reader.filters();
        query.date_field = reader
            .parsed("date_field", DateField::by_name, "published_on, written_on or effective_on")
            .unwrap_or_default();
        query.range = DateRange {
            from: reader.first_or_last_day("from", false),
            to: reader.first_or_last_day("to", true),
        };
        query.sort = reader.sort().unwrap_or(query.sort);
        query.facets = reader.facets();
        query.explain = reader.parsed("explain", parse_bool, "true or false").unwrap_or_default();
        query.ignored = reader.all_values("ignore");
        query.parsed.drop_preferences(&query.ignored);
        query.per_page = reader.number("per_page", 1, MAX_PER_PAGE).unwrap_or(query.per_page);
        let receipt = reader.parsed("receipt", parse_bool, "true or false").unwrap_or(false);
        let page = reader.number("page", 1, MAX_OFFSET);
        let cursor = reader.cursor(&mut query, mode, page);
        match &cursor {
            Some(cursor) => query.start = Start::After(cursor.after),
            None => query.start = Start::Offset(reader.offset(page.unwrap_or(1), query.per_page)),
        }
        reader.errors.or_value(())?;
        let page = cursor.is_none().then_some(page.unwrap_or(1));
        Ok(Self { mode, query, snapshot: cursor.map(|cursor| cursor.snapshot), page, receipt, given })
    }

    /// Builds the address of this search with some parameters replaced (`None` removes one).
    pub fn link(&self, path: &str, changes: &[(&str, Option<&str>)]) -> String {
        let is_changed = |name: &str| changes.iter().any(|(n, _)| *n == name);
        let kept = self.given.iter().filter(|(name, value)| !is_changed(name) && !value.is_empty());
        let mut pairs: Vec<(&str, &str)> =
            kept.map(|(name, value)| (name.as_str(), value.as_str())).collect();
        pairs.extend(changes.iter().filter_map(|(name, value)| Some((*name, (*value)?))));
        build_link(path, &pairs)
    }

    /// Builds the address with one value of a facet switched on or off, from the first page.
    pub fn toggle(&self, path: &str, name: &str, value: &str) -> String {
        // A value may have been asked for in another spelling than is listed.
        let facet = Facet::by_name(name).filter(|_| !value.starts_with('!'));
        let is_same = |pair: &&(String, String)| {
            let is_key =
                |facet: Facet| !pair.1.starts_with('!') && facet.value_key(&pair.1) == facet.value_key(value);
            pair.0 == name && (pair.1 == value || facet.is_some_and(is_key))
        };
        let is_on = self.given.iter().any(|pair| is_same(&pair));
        let kept = self.given.iter().filter(|pair| {
            !is_same(pair) && !pair.1.is_empty() && !["page", "cursor"].contains(&pair.0.as_str())
        });
        let mut pairs: Vec<(&str, &str)> = kept.map(|(n, v)| (n.as_str(), v.as_str())).collect();
        if !is_on {
            pairs.push((name, value));
        }
        build_link(path, &pairs)
    }
}

fn build_link(path: &str, pairs: &[(&str, &str)]) -> String {
    if pairs.is_empty() {
        return path.to_owned();
    }
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("{path}?{query}")
}
