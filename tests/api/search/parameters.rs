//! Strict parameters: every wrong one is refused by its name, all at once.

use crate::support::sample_server;

#[test]
fn wrong_parameters_are_refused_by_name() {
    let wrong: &[(&str, &[&str])] = &[
        ("colour=red", &["colour"]),
        ("q=a&q=b", &["q"]),
        ("Q=a", &["Q"]),
        ("per_page=0", &["per_page"]),
        ("per_page=101", &["per_page"]),
        ("per_page=ten", &["per_page"]),
        ("per_page=-1", &["per_page"]),
        ("page=0", &["page"]),
        ("page=99999999999999999999", &["page"]),
        ("page=101", &["page"]),
        ("page=11&per_page=100", &["page"]),
        ("sort=best", &["sort"]),
        ("sort=ends_on", &["sort"]),
        ("date_field=born_on", &["date_field"]),
        ("from=2016-13", &["from"]),
        ("from=2016-02-30", &["from"]),
        ("to=yesterday", &["to"]),
        ("to=16", &["to"]),
        ("kind=law", &["kind"]),
        ("kind=policy&kind=law", &["kind"]),
        ("validity=valid", &["validity"]),
        ("year=17", &["year"]),
        ("facets=shape", &["facets"]),
        ("facets=issuer:x", &["facets"]),
        ("facets=issuer,issuer", &["facets"]),
        ("facets=issuer:1000000", &["facets"]),
        ("cursor=abc", &["cursor"]),
        ("colour=red&sort=best&from=x&per_page=0", &["colour", "sort", "from", "per_page"]),
    ];
    for path in ["/api/v1/search", "/api/v1/search.ndjson"] {
        for (query, names) in wrong {
            let named = sample_server().get(&format!("{path}?{query}")).assert_problem(400, "parameters");
            for name in *names {
                // The stream has no pages, so there the name itself is wrong.
                assert!(named.contains(&(*name).to_owned()), "{path}?{query}: {named:?}");
            }
        }
    }
}

#[test]
fn empty_parameter_counts_as_absent() {
    let all = sample_server().get("/api/v1/search?q=").total();
    let empty = sample_server()
        .get("/api/v1/search?q=&kind=&issuer=&from=&to=&sort=&page=&cursor=&date_field=&per_page=");
    assert_eq!(empty.status, 200, "{}", empty.text);
    assert_eq!(empty.total(), all);
}

#[test]
fn too_many_values_of_parameter_are_refused() {
    let many = "issuer=a&".repeat(200);
    assert_eq!(
        sample_server().get(&format!("/api/v1/search?{many}")).assert_problem(400, "parameters"),
        ["issuer"]
    );
}

#[test]
fn partial_date_covers_all_its_days() {
    let total = |query: &str| sample_server().get(&format!("/api/v1/search?{query}")).total();
    assert_eq!(total("from=2019&to=2019"), total("year=2019"));
    assert_eq!(total("from=2019-01-01&to=2019-12-31"), total("from=2019&to=2019-12"));
    assert_eq!(total("from=2020&to=2019"), 0);
    let written = total("date_field=written_on&from=2019&to=2019");
    assert_eq!(written, total("date_field=written_on&year=2019"));
    assert!(written > 0);
}

#[test]
fn malformed_query_string_is_no_server_error() {
    for query in
        ["%", "%ff=%fe", "&&&", "=", "=x", "q=%00", "q=%ff%fe", "q", "q=+&+", "q=%F0%9F%98%80&issuer=%00"]
    {
        let status = sample_server().get(&format!("/api/v1/search?{query}")).status;
        assert!(status == 200 || status == 400, "{query}: {status}");
    }
}
