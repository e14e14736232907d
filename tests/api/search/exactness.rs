//! Totals, facets, filters and date order, compared with the oracle.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use gongkai::clock::today;
use gongkai_index::Record;
use gongkai_index::query::MISSING;
use gongkai_index::record::Date;
use gongkai_index::schema::fields::{DateField, Facet};

use crate::support::oracle::{
    Filters, RecordTexts, count_facet, date_of, passes_other_filters, phrase_units,
};
use crate::support::{Random, Reply, SAMPLE, Server, record, sample_server};

const FACETS: &str = "kind,issuer,category,region,validity,genre,year";

/// Query with the records that match it, stated independently of the parser.
type Case = (&'static str, fn(&RecordTexts) -> bool);

/// Texts of the sample records, in order.
static TEXTS: LazyLock<Vec<RecordTexts>> =
    LazyLock::new(|| SAMPLE.iter().map(RecordTexts::from_record).collect());

fn contains(texts: &RecordTexts, text: &str) -> bool {
    texts.contains(&phrase_units(text))
}

fn title_contains(texts: &RecordTexts, text: &str) -> bool {
    texts.title_contains(&phrase_units(text))
}

const CASES: &[Case] = &[
    ("", |_| true),
    ("\"公开\"", |t| contains(t, "公开")),
    ("“行政许可”", |t| contains(t, "行政许可")),
    ("\"年\"", |t| contains(t, "年")),
    ("\"通知\" \"补贴\"", |t| contains(t, "通知") && contains(t, "补贴")),
    ("\"补贴\" OR \"养老\"", |t| contains(t, "补贴") || contains(t, "养老")),
    ("“公开” -“收费”", |t| contains(t, "公开") && !contains(t, "收费")),
    ("“公开” NOT （“收费” OR “通知”）", |t| {
        contains(t, "公开") && !contains(t, "收费") && !contains(t, "通知")
    }),
    ("(\"食品\" OR \"安全\") \"学校\"", |t| {
        (contains(t, "食品") || contains(t, "安全")) && contains(t, "学校")
    }),
    ("标题:\"条例\"", |t| title_contains(t, "条例")),
    ("title:“通知” “澜江市”", |t| title_contains(t, "通知") && contains(t, "澜江市")),
    ("-“的”", |t| !contains(t, "的")),
    ("\"2019年\"", |t| contains(t, "2019年")),
    ("\"这里没有的一句话\"", |_| false),
];

/// Records that match a case, filters and date bounds.
fn expected_records<'a>(
    case: &Case,
    filters: &Filters<'_>,
    but: Option<Facet>,
    field: DateField,
    bounds: (Option<Date>, Option<Date>),
) -> Vec<&'a Record> {
    let in_bounds = |record: &Record| match (date_of(record, field), bounds) {
        (_, (None, None)) => true,
        (None, _) => false,
        (Some(day), (from, to)) => from.is_none_or(|from| from <= day) && to.is_none_or(|to| day <= to),
    };
    let fits = |(record, texts): &(&Record, &RecordTexts)| {
        in_bounds(record) && passes_other_filters(record, filters, but, field, today()) && (case.1)(texts)
    };
    SAMPLE.iter().zip(&*TEXTS).filter(fits).map(|(record, _)| record).collect()
}

/// Compares one search with the oracle; returns its total.
fn check_search(
    case: &Case,
    filters: &Filters<'_>,
    field: DateField,
    bounds: (Option<Date>, Option<Date>),
) -> u64 {
    let mut parameters =
        vec![("q", case.0), ("facets", FACETS), ("date_field", field.name()), ("collapse", "none")];
    for (facet, values) in filters {
        parameters.extend(values.iter().map(|value| (facet.name(), *value)));
    }
    let (from, to) = (bounds.0.map(|d| d.to_string()), bounds.1.map(|d| d.to_string()));
    parameters.extend(from.iter().map(|day| ("from", day.as_str())));
    parameters.extend(to.iter().map(|day| ("to", day.as_str())));
    let reply = sample_server().search(&parameters);
    assert_eq!(reply.status, 200, "{parameters:?}: {}", reply.text);
    let matching = expected_records(case, filters, None, field, bounds);
    assert_eq!(reply.total(), matching.len() as u64, "total of {parameters:?}");
    for facet in Facet::ALL {
        let counted = expected_records(case, filters, Some(facet), field, bounds);
        let counts = count_facet(counted.into_iter(), facet, field, today());
        check_facet(&reply, facet, &counts, filters, &format!("{parameters:?}"));
    }
    reply.total()
}

/// Compares a facet with the oracle: every value with its count; of paths the first level and the
/// levels below a chosen value.
fn check_facet(
    reply: &Reply,
    facet: Facet,
    counts: &BTreeMap<String, u64>,
    filters: &Filters<'_>,
    parameters: &str,
) {
    let chosen: Vec<&str> =
        filters.get(&facet).into_iter().flatten().copied().filter(|v| !v.starts_with('!')).collect();
    let under_chosen = |path: &str| {
        let parent = path.rsplit_once('/').map(|(parent, _)| parent);
        parent
            .is_none_or(|parent| chosen.iter().any(|c| *c == parent || c.starts_with(&format!("{parent}/"))))
    };
    let mut expected = counts.clone();
    chosen.iter().filter(|value| **value != MISSING).for_each(|value| {
        expected.entry(facet.value_key(value).into_owned()).or_default();
    });
    expected.retain(|value, _| !facet.is_path() || under_chosen(value));
    let mut given: BTreeMap<String, u64> = reply.facet_counts(facet.name()).into_iter().collect();
    // A chosen value is listed with 0; no other value is.
    if given.get(MISSING) == Some(&0) {
        given.remove(MISSING);
    }
    assert_eq!(given, expected, "{} of {parameters}", facet.name());
}

#[test]
fn search_without_filters_counts_exactly() {
    for case in CASES {
        check_search(case, &Filters::new(), DateField::PublishedOn, (None, None));
    }
}

#[test]
fn search_with_filters_counts_exactly() {
    let filters: &[Filters<'_>] = &[
        BTreeMap::from([(Facet::Kind, vec!["policy"])]),
        BTreeMap::from([
            (Facet::Kind, vec!["policy", "interpretation"]),
            (Facet::Validity, vec!["in_force", "unknown"]),
        ]),
        BTreeMap::from([(Facet::Kind, vec!["!policy"])]),
        BTreeMap::from([(Facet::Region, vec!["云州省"]), (Facet::Genre, vec!["通知", "公告"])]),
        BTreeMap::from([(Facet::Region, vec!["云州省/澜江市"]), (Facet::Category, vec!["综合政务"])]),
        BTreeMap::from([(Facet::Region, vec!["云州省", "!云州省/澜江市"])]),
        BTreeMap::from([(Facet::Category, vec![MISSING])]),
        BTreeMap::from([(Facet::Category, vec![MISSING, "综合政务/政务公开"])]),
        BTreeMap::from([(Facet::Region, vec!["!_missing"]), (Facet::Year, vec!["2019", "2020"])]),
        BTreeMap::from([(Facet::Year, vec!["!2019"]), (Facet::Kind, vec!["document"])]),
        BTreeMap::from([(Facet::Validity, vec![MISSING])]),
        BTreeMap::from([(Facet::Validity, vec!["!_missing"]), (Facet::Kind, vec!["policy"])]),
        BTreeMap::from([
            (Facet::Validity, vec!["expired", "repealed"]),
            (Facet::Year, vec!["2015", "2016", "2017"]),
            (Facet::Kind, vec!["policy"]),
        ]),
        BTreeMap::from([(Facet::Issuer, vec!["没有这个机关"])]),
        BTreeMap::from([(Facet::Genre, vec!["没有这个文种", "通告"])]),
    ];
    let mut found = 0;
    for filters in filters {
        for case in CASES.iter().step_by(3) {
            found += check_search(case, filters, DateField::PublishedOn, (None, None));
        }
    }
    assert!(found > 1_000, "the filters leave too little to prove anything: {found}");
}

#[test]
fn search_with_random_filters_and_dates_counts_exactly() {
    let mut random = Random(20_170_515);
    let mut found = 0;
    for _ in 0..120 {
        let case = random.pick(CASES);
        let field = *random.pick(&[DateField::PublishedOn, DateField::WrittenOn, DateField::EffectiveOn]);
        let picked = random_filters(random.pick(&SAMPLE), field, &mut random);
        let filters = picked
            .iter()
            .map(|(facet, values)| (*facet, values.iter().map(String::as_str).collect()))
            .collect();
        let bound =
            |random: &mut Random| date_of(random.pick(&SAMPLE), field).filter(|_| random.below(3) == 0);
        let bounds = (bound(&mut random), bound(&mut random));
        found += check_search(case, &filters, field, bounds);
    }
    assert!(found > 500, "the mixtures leave too little to prove anything: {found}");
}

/// Random filters from the values of a record, which it passes or fails.
fn random_filters(record: &Record, field: DateField, random: &mut Random) -> BTreeMap<Facet, Vec<String>> {
    let mut filters: BTreeMap<Facet, Vec<String>> = BTreeMap::new();
    for _ in 0..random.below(4) {
        let facet = *random.pick(&Facet::ALL);
        let values = crate::support::oracle::facet_values(record, facet, field, today());
        let value = values.get(random.below(values.len().max(1))).cloned().unwrap_or(MISSING.to_owned());
        let sign = if random.below(4) == 0 { "!" } else { "" };
        filters.entry(facet).or_default().push(format!("{sign}{value}"));
    }
    filters
}

#[test]
fn query_in_any_script_and_width_has_same_total() {
    for forms in [
        ["行政许可", "「行政许可」", "行政許可", "行\u{200b}政许可"],
        ["\"政务公开\"", "“政务公开”", "＂政务公开＂", "『政務公開』"],
        ["2019年度", "２０１９年度", "２０１９年度　", " 2019年度"],
        ["公开 OR 收费", "公开　ＯＲ　收费", "公開 OR 收費", "（公开 OR 收费）"],
    ] {
        let totals: Vec<u64> = forms.iter().map(|form| sample_server().search_for(form).total()).collect();
        assert!(totals[0] > 0 && totals.iter().all(|total| *total == totals[0]), "{forms:?}: {totals:?}");
    }
}

#[test]
fn date_order_puts_missing_dates_last_and_breaks_ties_alike() {
    for field in [DateField::PublishedOn, DateField::WrittenOn, DateField::EffectiveOn] {
        for (sign, newest) in [("-", true), ("", false)] {
            let sort = format!("{sign}{}", field.name());
            let ids = all_ids(&[("q", "“通知” OR “公告”"), ("sort", &sort)]);
            let dates: Vec<Option<Date>> = ids.iter().map(|id| date_of(sample_record(id), field)).collect();
            let in_order = dates.windows(2).all(|pair| match (pair[0], pair[1]) {
                (Some(a), Some(b)) => {
                    if newest {
                        a >= b
                    } else {
                        a <= b
                    }
                }
                (None, Some(_)) => false,
                (_, None) => true,
            });
            assert!(in_order, "{sort}: {dates:?}");
            assert!(dates.windows(2).any(|pair| pair[0] == pair[1]), "{sort}: no ties among the records");
            assert_eq!(ids, all_ids(&[("q", "“通知” OR “公告”"), ("sort", &sort), ("per_page", "7")]));
        }
    }
}

fn sample_record(id: &str) -> &'static Record {
    SAMPLE.iter().find(|record| record.id == id).expect("a record of the sample")
}

fn all_ids(parameters: &[(&str, &str)]) -> Vec<String> {
    super::paging::collect_ids(sample_server(), sample_server().search(parameters))
}

#[test]
fn search_without_words_lists_newest_first_without_score() {
    let reply = sample_server().search(&[("per_page", "100")]);
    let hits = reply.json()["hits"].as_array().unwrap().clone();
    let dates: Vec<&str> = hits.iter().filter_map(|hit| hit["published_on"].as_str()).collect();
    assert!(dates.len() > 50 && dates.is_sorted_by(|a, b| a >= b), "{dates:?}");
    assert!(hits.iter().all(|hit| hit.get("score").is_none()));
    let ranked = sample_server().search_for("公开").json()["hits"].as_array().unwrap().clone();
    let scores: Vec<f64> = ranked.iter().map(|hit| hit["score"].as_f64().expect("a score")).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b) && scores[0] > 0.0, "{scores:?}");
}

#[test]
fn facet_lists_requested_number_and_chosen_values() {
    let issuers = sample_server().search(&[("facets", "issuer:3,year:2")]);
    assert_eq!(issuers.json()["facets"].as_object().unwrap().len(), 2);
    let known = |reply: &Reply, name: &str| {
        reply.facet_counts(name).iter().filter(|(value, _)| value != MISSING).count()
    };
    assert_eq!((known(&issuers, "issuer"), known(&issuers, "year")), (3, 2));
    let years: Vec<String> = issuers.facet_counts("year").into_iter().map(|(year, _)| year).take(2).collect();
    assert!(years.is_sorted_by(|a, b| a > b), "{years:?}");
    let counts: Vec<u64> = sample_server()
        .get("/api/v1/search")
        .facet_counts("issuer")
        .iter()
        .map(|(_, count)| *count)
        .take(10)
        .collect();
    assert!(counts.is_sorted_by(|a, b| a >= b), "{counts:?}");
    let rare = SAMPLE.iter().flat_map(|r| &r.issuers).next_back().unwrap();
    let chosen = sample_server().search(&[("facets", "issuer:1"), ("issuer", rare)]);
    let value =
        chosen.json()["facets"]["issuer"].as_array().unwrap().iter().find(|v| v["value"] == *rare).cloned();
    assert_eq!(value.expect("the chosen value is listed")["selected"], true);
    assert!(sample_server().search(&[("facets", "")]).json()["facets"].as_object().unwrap().is_empty());
}

#[test]
fn highlights_contain_no_markup_but_marks() {
    let mut hostile = record("hostile", "<script>alert(1)</script>行政许可&lt;");
    hostile.body = "第一条 <img src=x onerror=alert(1)>行政許可 \"'&amp; <mark>假</mark>。".into();
    hostile.issuers = vec!["<b>某局</b>".into()];
    let server = Server::with_records(&[hostile]);
    for q in ["行政许可", "script", "“<script>”", "<img", "mark", "某局", ""] {
        let reply = server.search_for(q);
        assert_eq!(reply.total(), 1, "{q}");
        let highlights = reply.json()["hits"][0]["highlights"].clone();
        let snippets =
            highlights["body"].as_array().unwrap().iter().map(|s| s["html"].as_str().unwrap().to_owned());
        for html in snippets.chain([highlights["title"].as_str().unwrap().to_owned()]) {
            let bare = html.replace("<mark>", "").replace("</mark>", "");
            assert!(!bare.contains(['<', '>', '"', '\'']), "{q}: {html}");
            assert_eq!(html.matches("<mark>").count(), html.matches("</mark>").count(), "{q}: {html}");
        }
    }
    let title =
        server.search_for("行政许可").json()["hits"][0]["highlights"]["title"].as_str().unwrap().to_owned();
    assert_eq!(title, "&lt;script&gt;alert(1)&lt;/script&gt;<mark>行政许可</mark>&amp;lt;");
}

#[test]
fn hit_has_the_documented_members() {
    let reply = sample_server().search(&[("q", "标题:“婚姻登记”")]);
    let json = reply.json();
    let hit =
        json["hits"].as_array().unwrap().iter().find(|hit| hit["id"] == "yz-mz-2021-014").expect("found");
    assert_eq!(hit["kind"], "policy");
    assert_eq!(hit["document_number"], "昀民告〔2021〕14号");
    assert_eq!(hit["issuers"], serde_json::json!(["云州省民政厅"]));
    assert_eq!(
        (&hit["published_on"], &hit["written_on"], &hit["effective_on"]),
        (&"2021-05-24".into(), &"2021-05-20".into(), &"2021-06-01".into())
    );
    assert_eq!(
        (&hit["validity"], &hit["region"], &hit["genre"]),
        (&"in_force".into(), &"云州省".into(), &"通告".into())
    );
    assert_eq!(hit["url"], "/d/yz-mz-2021-014");
    assert!(hit["highlights"]["title"].as_str().unwrap().contains("<mark>婚姻登记</mark>"));
    for member in ["text", "understood", "mode", "warnings"] {
        assert!(!json["query"][member].is_null(), "{member}");
    }
    assert!(json["took_ms"].as_f64().is_some_and(|ms| ms > 0.0));
    assert_eq!(reply.header("gongkai-generation"), json["generation"].to_string());
}
