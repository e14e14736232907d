//! Tests of the parameters of a search.

use gongkai_index::analysis::Analyzer;
use gongkai_index::collection::rewrite::names_of;
use gongkai_index::query::parse::QueryParser;
use gongkai_index::record::Date;
use gongkai_index::record::generation::SnapshotToken;
use gongkai_index::schema::fields::Facet;

use crate::api::cursor::{Cursor, fingerprint};
use crate::api::parameters::SearchRequest;
use crate::api::parameters::reader::Reader;
use crate::problem::{ErrorList, ParameterError};

fn parse(text: &str, today: Date) -> Result<SearchRequest, Vec<ParameterError>> {
    SearchRequest::parse(text, &QueryParser { analyzer: &Analyzer::shared(), names: names_of(None) }, today)
}

fn request(text: &str) -> Result<SearchRequest, Vec<String>> {
    let today = gongkai_index::record::parse_iso_date("2026-01-01").unwrap();
    parse(text, today)
        .map_err(|errors| errors.into_iter().map(|e| format!("{}: {}", e.parameter, e.reason)).collect())
}

#[test]
fn parse_with_many_errors_names_all() {
    let errors = request("colour=red&q=a&q=b&sort=up&from=2016-13&per_page=0&kind=law&facets=issuer:x,shape")
        .unwrap_err();
    for name in [
        "colour: is unknown",
        "q: is given 2 times",
        "sort: ",
        "from: ",
        "per_page: ",
        "kind: “law”",
        "facets: “issuer:x”",
        "facets: “shape”",
    ] {
        assert!(errors.iter().any(|e| e.starts_with(name)), "{name} in {errors:?}");
    }
}

#[test]
fn repeated_filter_values_are_alternatives_and_can_exclude() {
    let request = request("issuer=a&issuer=!b&issuer=_missing&region=c").unwrap();
    let issuer = &request.query.filters[&Facet::Issuer];
    assert_eq!(
        (issuer.any.as_slice(), issuer.not.as_slice(), issuer.missing),
        (&["a".to_owned()][..], &["b".to_owned()][..], true)
    );
    assert_eq!(request.query.filters.len(), 2);
}

#[test]
fn partial_dates_become_first_and_last_day() {
    let range = request("from=2016&to=2016-02").unwrap().query.range;
    assert_eq!(
        (range.from.unwrap().to_string(), range.to.unwrap().to_string()),
        ("2016-01-01".into(), "2016-02-29".into())
    );
}

#[test]
fn cursor_after_midnight_keeps_day_of_search() {
    let day = |text| gongkai_index::record::parse_iso_date(text).unwrap();
    let evening = parse("q=公开", day("2025-12-31")).unwrap();
    let after = gongkai_index::query::Position { key: 1, id_hash: 2 };
    let cursor = Cursor {
        snapshot: SnapshotToken::of_generation(1),
        after,
        search: fingerprint(evening.mode, &evening.query),
        today: evening.query.today,
    };
    let cursor = cursor.encode();
    let morning = parse(&format!("q=公开&cursor={cursor}"), day("2026-01-01")).unwrap();
    assert_eq!(morning.query.today, day("2025-12-31"));
}

#[test]
fn links_keep_unchanged_parameters() {
    let request = request("q=公开&issuer=a&page=2").unwrap();
    assert_eq!(request.toggle("/", "issuer", "a"), "/?q=%E5%85%AC%E5%BC%80");
    assert_eq!(request.link("/x", &[("page", Some("3")), ("q", None)]), "/x?issuer=a&page=3");
    assert!(Reader { given: &[], errors: ErrorList::default() }.value("q").is_none());
}

#[test]
fn page_beyond_thousandth_hit_requires_cursor() {
    assert!(request("page=100&per_page=10").is_ok());
    assert!(request("page=101&per_page=10").unwrap_err()[0].contains("cursor"));
    assert!(request("cursor=zz").unwrap_err()[0].starts_with("cursor: is not"));
}
