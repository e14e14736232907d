//! Strict parameters: every wrong one is refused by its name, all at once.

use crate::support::client::path_with_query;
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

#[test]
fn list_of_errors_ends_after_twenty() {
    let many: String = (0..5_000).map(|n| format!("x{n}=1&")).collect();
    for path in ["search", "trend", "suggest", "search.ndjson"] {
        let reply = sample_server().get(&format!("/api/v1/{path}?{many}"));
        let named = reply.assert_problem(400, "parameters");
        assert_eq!((named.len(), named[20].as_str()), (21, ""), "{path}");
        assert_eq!(reply.json()["errors"][20]["reason"], "and 4980 more errors", "{path}");
        assert!(reply.text.len() < 32_000, "{path}: {} bytes", reply.text.len());
    }
    let facets = "b,".repeat(20_000);
    let reply = sample_server().get(&format!("/api/v1/search?facets={facets}"));
    assert_eq!(reply.assert_problem(400, "parameters").len(), 21);
    let page = sample_server().get(&format!("/?{many}"));
    assert!(page.status == 400 && page.text.len() < 64_000, "{} bytes", page.text.len());
}

#[test]
fn errors_repeat_only_the_beginning_of_a_value() {
    let long = "长".repeat(1_000);
    let reply = sample_server().search(&[("sort", &long), ("from", &long), ("kind", &long), ("page", &long)]);
    assert_eq!(reply.assert_problem(400, "parameters").len(), 4);
    assert!(reply.text.len() < 20_000, "{} bytes", reply.text.len());
    let page = sample_server().get(&path_with_query("/", &[("sort", &long)]));
    assert!(page.text.contains(&"长".repeat(400)) && !page.text.contains(&"长".repeat(600)), "{}", page.text);
}
