//! Relations over HTTP, on records made here: copies, versions, validity in time, links, receipts,
//! trends.

use std::collections::BTreeMap;

use gongkai::config::{Config, Search};
use gongkai_index::backend::Load;
use gongkai_index::record::{Kind, parse_iso_date};
use gongkai_index::schema::doc_ref::DocRef;
use gongkai_index::{Record, RecordWriter, Validity};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::client::Request;
use crate::support::oracle::RELATIONS;
use crate::support::server::write_records;
use crate::support::{Random, SAMPLE, Server, sample_server};

/// Policy with an issuer, dates and a body.
fn policy(id: &str, title: &str, effective: &str, body: &str) -> Record {
    let mut record = Record::new(id, Kind::Policy, title);
    record.issuers = vec!["河北省人民政府".into()];
    record.region = Some("河北省".into());
    record.effective_on = parse_iso_date(effective);
    record.published_on = parse_iso_date(effective);
    record.body = body.into();
    record
}

/// Body of five articles on a subject.
fn body_on(subject: &str) -> String {
    format!(
        "第一条 为了规范{subject}，保护公民、法人和其他组织的合法权益，制定本办法。\n第二条 本省行政区域内的{subject}，适用本办法。\n\
         第三条 县级以上人民政府应当加强对{subject}工作的领导，建立健全协调机制，所需经费列入本级财政预算。\n\
         第四条 从事{subject}的单位和个人应当遵守法律、法规和有关标准，接受监督检查。\n\
         第五条 违反本办法规定的，由有关主管部门责令限期改正；逾期不改正的，依法给予处罚。\n"
    )
}

/// Three versions of a policy with an interpretation; another policy, its repeal, and rules based on it.
fn related_records() -> Vec<Record> {
    let old = Record {
        validity: Some(Validity::Amended),
        ..policy("v2004", "河北省档案利用办法", "2004-07-01", &body_on("档案利用"))
    };
    let middle = Record {
        document_number: Some("冀政发〔2012〕7号".into()),
        validity: Some(Validity::Amended),
        ..policy("v2012", "河北省档案利用办法", "2012-03-01", &body_on("各类档案的利用和公布"))
    };
    let new = Record {
        validity: Some(Validity::InForce),
        ..policy("v2019", "河北省档案利用办法", "2019-05-01", &body_on("电子档案与纸质档案的利用"))
    };
    let ended = Record {
        validity: Some(Validity::InForce),
        ..policy("ended", "河北省阅览场所管理规定", "2001-01-01", &body_on("阅览场所管理"))
    };
    let ending = policy(
        "ending",
        "河北省公共阅读服务条例",
        "2015-06-01",
        &format!(
            "{}第六条 本条例自2015年6月1日起施行。《河北省阅览场所管理规定》同时废止。",
            body_on("公共阅读服务")
        ),
    );
    let based = policy(
        "based",
        "河北省阅览室开放细则",
        "2010-01-01",
        &format!(
            "根据《河北省阅览场所管理规定》和《河北省没有入库的条例》，制定本细则。\n{}",
            body_on("阅览室开放")
        ),
    );
    let mut interpretation = Record::new("told", Kind::Interpretation, "《河北省档案利用办法》政策解读");
    interpretation.published_on = parse_iso_date("2019-05-20");
    interpretation.issuers = vec!["河北省人民政府".into()];
    interpretation.body = "现就《河北省档案利用办法》的主要内容解读如下。".into();
    vec![old, middle, new, ended, ending, based, interpretation]
}

fn related_of(server: &Server, id: &str, parameters: &str) -> Value {
    let reply = server.get(&format!("/api/v1/records/{id}{parameters}"));
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()["related"].clone()
}

fn ids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|record| record["id"].as_str().unwrap()).collect()
}

#[test]
fn search_as_of_day_finds_version_of_that_day() {
    let server = Server::with_records(&related_records());
    for (day, expected) in [
        ("2003-01-01", None),
        ("2004-07-01", Some("v2004")),
        ("2012-02-29", Some("v2004")),
        ("2012-03-01", Some("v2012")),
        ("2019-04-30", Some("v2012")),
        ("2024-01-01", Some("v2019")),
    ] {
        let reply = server.search(&[("q", "《河北省档案利用办法》"), ("kind", "policy"), ("as_of", day)]);
        assert_eq!(reply.ids(), expected.into_iter().collect::<Vec<_>>(), "{day}");
        let facet = reply.facet_counts("validity");
        assert_eq!(facet.iter().map(|(_, count)| count).sum::<u64>(), u64::from(expected.is_some()), "{day}");
        if let Some(id) = expected {
            assert_eq!(reply.json()["hits"][0]["versions"], 2);
            let related = related_of(&server, id, &format!("?as_of={day}"));
            assert_eq!(related["validity"]["state"], "in_force");
            let applying: Vec<&Value> =
                related["versions"].as_array().unwrap().iter().filter(|v| v["applies"] == true).collect();
            assert_eq!(applying.len(), 1);
            assert_eq!(applying[0]["id"], id);
        }
    }
    assert_eq!(server.search(&[("as_of", "2012-13-01")]).assert_problem(400, "parameters"), ["as_of"]);
    assert_eq!(server.search(&[("as_of", "2012")]).assert_problem(400, "parameters"), ["as_of"]);
}

#[test]
fn validity_state_lists_evidence_and_conflict() {
    let server = Server::with_records(&related_records());
    let ended = related_of(&server, "ended", "?as_of=2020-01-01");
    assert_eq!(ended["validity"]["state"], "repealed");
    assert_eq!(ended["validity"]["since"], "2015-06-01");
    assert_eq!(ended["validity"]["conflict"], true, "its source states that it is in force");
    assert_eq!(ended["validity"]["evidence"][0]["kind"], "repealed_by");
    assert_eq!(ended["validity"]["evidence"][0]["record"]["id"], "ending");
    let before = related_of(&server, "ended", "?as_of=2010-01-01");
    assert_eq!(
        (before["validity"]["state"].as_str(), before["validity"]["conflict"].as_bool()),
        (Some("in_force"), Some(false))
    );
    let repealed = server.search(&[("validity", "repealed")]).ids();
    assert_eq!(repealed, ["ended"]);
    let based = related_of(&server, "based", "");
    assert_eq!(ids(&based["lapsed_bases"]), ["ended"]);
    let page = server.get("/d/based").page();
    assert!(page.contains("所依据的《河北省阅览场所管理规定》已废止"), "{page}");
    assert!(server.get("/d/ended").text.contains("说法矛盾"));
}

#[test]
fn validity_with_page_and_list_in_conflict_quotes_both() {
    let mut record = policy("disputed", "河北省集市管理办法", "2001-01-01", &body_on("集市"));
    record.validity = Some(Validity::InForce);
    let list = policy(
        "list",
        "河北省人民政府关于废止部分规章的决定",
        "2018-03-01",
        "废止《河北省集市管理办法》等规章。",
    );
    record.validity_evidence = vec![gongkai_index::record::ValidityEvidence {
        state: Validity::Repealed,
        quote: "《河北省集市管理办法》列入废止目录".into(),
        since: parse_iso_date("2018-03-01"),
        record: Some("list".into()),
        title: None,
        from: gongkai_index::record::EvidenceSource::CleanupList,
    }];
    // The list itself need not be in the collection.
    let mut elsewhere = policy("elsewhere", "河北省庙会管理办法", "2001-01-01", &body_on("庙会"));
    elsewhere.validity = Some(Validity::InForce);
    elsewhere.validity_evidence = vec![gongkai_index::record::ValidityEvidence {
        record: None,
        title: Some("省政府规章清理目录".into()),
        ..record.validity_evidence[0].clone()
    }];
    let server = Server::with_records(&[record, list, elsewhere]);
    let other = related_of(&server, "elsewhere", "?as_of=2020-01-01")["validity"].clone();
    assert_eq!((other["state"].as_str(), other["conflict"].as_bool()), (Some("repealed"), Some(true)));
    let standing = related_of(&server, "disputed", "?as_of=2020-01-01")["validity"].clone();
    assert_eq!((standing["state"].as_str(), standing["conflict"].as_bool()), (Some("repealed"), Some(true)));
    let sides: Vec<(&str, &str)> = standing["evidence"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|proof| Some((proof["kind"].as_str()?, proof["state"].as_str()?)))
        .collect();
    assert!(
        sides.contains(&("claimed", "repealed")) && sides.contains(&("stated", "in_force")),
        "{standing}"
    );
    let page = server.get("/d/disputed").text;
    assert!(page.contains("说法相互矛盾"), "{page}");
    assert!(
        page.contains("列入废止目录") && page.contains("关于废止部分规章的决定") && page.contains("“有效”")
    );
}

#[test]
fn snippet_links_to_its_article() {
    let server = Server::with_records(&related_records());
    let reply = server.search(&[("q", "建立健全协调机制"), ("kind", "policy")]).json();
    let mut found = 0;
    for hit in reply["hits"].as_array().unwrap() {
        let id = hit["id"].as_str().unwrap();
        let outline = server.get(&format!("/api/v1/records/{id}")).json()["outline"].clone();
        let known: Vec<&str> =
            outline.as_array().unwrap().iter().map(|s| s["url"].as_str().unwrap()).collect();
        for piece in hit["highlights"]["body"].as_array().unwrap() {
            assert_eq!(piece["section"], "第三条", "{piece}");
            assert!(known.contains(&piece["url"].as_str().unwrap()), "{piece} in {known:?}");
            found += 1;
        }
    }
    assert!(found >= 3, "{reply}");
    let page =
        server.get("/?q=%E5%BB%BA%E7%AB%8B%E5%81%A5%E5%85%A8%E5%8D%8F%E8%B0%83%E6%9C%BA%E5%88%B6").page();
    assert!(page.contains("#%E7%AC%AC%E4%B8%89%E6%9D%A1\">第三条</a>"), "{page}");
}

#[test]
fn links_are_shown_on_both_records() {
    let server = Server::with_records(&related_records());
    let interpretation = related_of(&server, "told", "");
    assert_eq!(ids(&interpretation["interprets"]), ["v2019"], "the version nearest to its date");
    assert_eq!(ids(&related_of(&server, "v2019", "")["interpretations"]), ["told"]);
    assert!(ids(&related_of(&server, "v2004", "")["interpretations"]).is_empty());
    let based = related_of(&server, "based", "");
    let outcomes: Vec<(&str, &str)> = based["cites"]["links"]
        .as_array()
        .unwrap()
        .iter()
        .map(|link| (link["relation"].as_str().unwrap(), link["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(outcomes, [("based_on", "found"), ("based_on", "absent")]);
    let cited = related_of(&server, "ended", "");
    let citing: Vec<(&str, &str)> = cited["cited_by"]["links"]
        .as_array()
        .unwrap()
        .iter()
        .map(|link| (link["record"]["id"].as_str().unwrap(), link["relation"].as_str().unwrap()))
        .collect();
    assert_eq!(citing, [("ending", "repeals"), ("based", "based_on")]);
    assert!(
        cited["cited_by"]["links"][1]["quote"].as_str().unwrap().contains("根据《河北省阅览场所管理规定》")
    );
    let hit = server.search(&[("q", "档案利用"), ("as_of", "2024-01-01"), ("kind", "policy")]).json();
    assert_eq!(hit["hits"][0]["interpretations"], 1);
}

#[test]
fn relations_after_writes_in_any_order_are_equal() {
    let shown = |server: &Server| -> Vec<String> {
        let all = related_records();
        all.iter().map(|r| related_of(server, &r.id, "?as_of=2024-01-01").to_string()).collect()
    };
    let expected = shown(&Server::with_records(&related_records()));
    let mut random = Random(42);
    for _ in 0..4 {
        let mut rest = related_records();
        let first = rest.remove(random.below(rest.len()));
        let server = Server::with_records(&[first]);
        while !rest.is_empty() {
            write_records(server.collection(), &[rest.remove(random.below(rest.len()))]);
        }
        assert_eq!(shown(&server), expected);
    }
}

#[test]
fn relations_after_loss_of_their_file_are_rebuilt() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("index");
    let settings = Config { data: folder.path().to_owned(), ..Config::default() };
    let collection = gongkai::cli::open(&settings).unwrap();
    write_records(&collection, &related_records());
    let server = Server::with_collection(collection.clone(), Search::default());
    let before = related_of(&server, "ended", "?as_of=2020-01-01");
    drop(server);
    std::fs::remove_file(path.join("relations.log")).unwrap();
    // One instance that opens now, and one that was open before.
    let again = gongkai::cli::open(&settings).unwrap();
    let server = Server::with_collection(again.clone(), Search::default());
    assert_eq!(related_of(&server, "ended", "?as_of=2020-01-01"), before);
    write_records(&again, &[policy("more", "河北省另一办法", "2020-01-01", &body_on("另一事项"))]);
    collection.refresh().unwrap();
    let other = Server::with_collection(collection, Search::default());
    assert_eq!(related_of(&other, "ended", "?as_of=2020-01-01"), before);
    assert_eq!(other.search(&[]).total(), 8);
    assert!(path.join("relations.log").exists());
}

/// Queries whose entries are counted with and without copies.
const QUERIES: [&[(&str, &str)]; 6] = [
    &[],
    &[("q", "“公开”")],
    &[("q", "“通知”"), ("kind", "policy")],
    &[("validity", "in_force")],
    &[("issuer", "_missing")],
    &[("q", "“信息”"), ("year", "2015")],
];

#[test]
fn facet_counts_with_copies_collapsed_equal_filtered_totals() {
    for query in QUERIES {
        let all_facets = "kind,issuer,category,region,validity,genre,year";
        let mut parameters = query.to_vec();
        parameters.push(("facets", all_facets));
        let together = sample_server().search(&parameters);
        let mut single = parameters.clone();
        single.extend([("collapse", "none"), ("per_page", "100")]);
        let mut all = Vec::new();
        for page in 1..=10 {
            let page = page.to_string();
            let reply = sample_server().search(&[single.clone(), vec![("page", page.as_str())]].concat());
            all.extend(if reply.status == 200 { reply.ids() } else { Vec::new() });
        }
        let relations = RELATIONS.relations();
        let canonical = |id: &String| relations.canonical(relations.find(id).expect("of the sample"));
        let mut texts: Vec<DocRef> = all.iter().map(canonical).collect();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(together.total(), texts.len() as u64, "{query:?}");
        for facet in all_facets.split(',') {
            for (value, count) in together.facet_counts(facet).into_iter().take(6) {
                if query.iter().any(|(name, _)| *name == facet) {
                    continue;
                }
                let chosen =
                    sample_server().search(&[query.to_vec(), vec![(facet, value.as_str())]].concat());
                assert_eq!(chosen.total(), count, "{facet}={value} of {query:?}");
            }
        }
    }
    assert!(RELATIONS.copy_groups().count() > 5, "the sample has reprints");
    assert_eq!(
        sample_server().search(&[("collapse", "some")]).assert_problem(400, "parameters"),
        ["collapse"]
    );
}

#[test]
fn paging_with_copies_collapsed_returns_each_text_once() {
    let mut next = Some("/api/v1/search?per_page=37&facets=".to_owned());
    let mut seen = Vec::new();
    while let Some(path) = next {
        let reply = sample_server().get(&path);
        seen.extend(reply.ids());
        next = reply.json()["next"].as_str().map(str::to_owned);
    }
    let relations = RELATIONS.relations();
    let texts: std::collections::BTreeSet<DocRef> =
        seen.iter().map(|id| relations.canonical(relations.find(id).unwrap())).collect();
    assert_eq!(texts.len(), seen.len());
    assert_eq!(sample_server().search(&[]).total(), seen.len() as u64);
}

#[test]
fn copies_are_listed_with_differences_and_canonical_first() {
    let original = policy("own", "河北省温泉管理办法", "2018-01-01", &body_on("温泉开发利用"));
    let mut reposted = original.clone();
    reposted.id = "repost".into();
    reposted.source_name = Some("某某资讯网".into());
    reposted.body = format!("当前位置：首页\n{}\n责任编辑：某某 打印 关闭", original.body.replace('，', ","));
    let mut county = policy("county", "河北省温泉管理办法", "2018-01-01", &body_on("矿泉水开采"));
    county.region = Some("河北省".into());
    let server = Server::with_records(&[original, reposted, county]);
    let found = server.search(&[("q", "温泉")]);
    assert_eq!(found.total(), 2);
    assert_eq!(found.ids().iter().filter(|id| *id == "own").count(), 1);
    let related = related_of(&server, "own", "");
    assert_eq!(ids(&related["copies"]), ["own", "repost"]);
    assert_eq!(related["copies"][0]["canonical"], true);
    assert_eq!(related["copies"][1]["differences"], 2);
    assert!(server.get("/?q=%E6%B8%A9%E6%B3%89").text.contains("另有 1 处转载"));
    write_records(
        server.collection(),
        &[policy("own", "河北省温泉管理办法", "2018-01-01", &body_on("地热能勘查"))],
    );
    assert_eq!(server.search(&[("q", "管理办法")]).total(), 3, "the changed record is no copy any more");
}

#[test]
fn receipt_after_changes_lists_added_removed_and_changed() {
    let server = Server::with_records(&related_records());
    let reply =
        server.search(&[("q", "“河北省”"), ("kind", "policy"), ("receipt", "true"), ("per_page", "1")]);
    let receipt = reply.json()["receipt"].clone();
    assert_eq!(receipt["total"], reply.json()["total"]);
    let verify = |receipt: &Value| {
        let body = receipt.to_string();
        let request = Request {
            method: "POST",
            body: Some(body.as_bytes()),
            ..Request::get("/api/v1/receipts/verify")
        };
        server.send(&request)
    };
    let same = verify(&receipt).json();
    assert_eq!((same["outcome"].as_str(), same["intact"].as_bool()), (Some("same"), Some(true)));
    assert_eq!(same["on_record"], true);

    let mut writer = server.collection().writer(Load::Bulk).unwrap();
    writer.delete("based").unwrap();
    writer.put(&policy("new", "河北省新办法", "2021-01-01", &body_on("新事项"))).unwrap();
    writer.put(&policy("ended", "河北省阅览场所管理规定", "2001-01-01", "第一条 改写了的条文。")).unwrap();
    writer.commit().unwrap();
    drop(writer);
    let different = verify(&receipt).json();
    assert_eq!(different["outcome"], "different");
    for (kind, id, held) in [("came", "new", true), ("went", "based", false), ("changed", "ended", true)] {
        assert_eq!(different[kind]["total"], 1, "{kind} in {different}");
        assert_eq!(different[kind]["records"][0]["id"], id);
        assert_eq!(different[kind]["records"][0]["held"], held);
        assert_eq!(different[kind]["records"][0]["generation"], different["generation"]);
    }
    assert_eq!((different["exact"].as_bool(), different["on_record"].as_bool()), (Some(true), Some(true)));

    let mut forged = receipt.clone();
    forged["total"] = 999.into();
    assert_eq!(verify(&forged).json()["intact"], false);
    assert_eq!(verify(&serde_json::json!({"a": 1})).assert_problem(400, "parameters"), ["body"]);
}

#[test]
fn receipt_without_hits_states_query_and_scope() {
    let server = Server::with_records(&related_records());
    let reply = server.search(&[("q", "“这里没有的一句话”"), ("receipt", "true")]);
    let receipt = &reply.json()["receipt"];
    assert_eq!(receipt["total"], 0);
    let statement = receipt["statement"].as_str().unwrap();
    for part in ["未检索到", "7 条记录", "标题、正文", "这里没有的一句话"] {
        assert!(statement.contains(part), "{part} in {statement}");
    }
}

#[test]
fn trend_counts_equal_search_totals() {
    for (collapse, field) in [("none", "published_on"), ("reprints", "written_on")] {
        let query = [("q", "“通知”"), ("collapse", collapse), ("date_field", field)];
        let total = sample_server().search(&query).total();
        let trend =
            sample_server().get(&crate::support::client::path_with_query("/api/v1/trend", &query)).json();
        assert_eq!(trend["total"], total);
        let mut months: BTreeMap<String, u64> = BTreeMap::new();
        let by_month = [&query[..], &[("interval", "month"), ("split", "validity")]].concat();
        let monthly =
            sample_server().get(&crate::support::client::path_with_query("/api/v1/trend", &by_month)).json();
        for step in monthly["steps"].as_array().unwrap() {
            let count = step["count"].as_u64().unwrap();
            let values = step["values"].as_array().unwrap();
            assert_eq!(values.iter().map(|v| v["count"].as_u64().unwrap()).sum::<u64>(), count);
            *months.entry(step["at"].as_str().unwrap()[..4].to_owned()).or_default() += count;
        }
        let mut counted = 0;
        for step in trend["steps"].as_array().unwrap() {
            let year = step["at"].as_str().unwrap();
            let count = step["count"].as_u64().unwrap();
            assert_eq!(months[year], count, "{year}");
            let in_year = sample_server().search(&[
                ("collapse", collapse),
                ("date_field", field),
                ("from", year),
                ("to", year),
            ]);
            if collapse == "none" {
                let found = sample_server().search(&[&query[..], &[("from", year), ("to", year)]].concat());
                assert_eq!((found.total(), in_year.total()), (count, step["of"].as_u64().unwrap()), "{year}");
            }
            counted += count;
        }
        assert_eq!(counted + trend["undated"].as_u64().unwrap(), total);
    }
    assert_eq!(
        sample_server()
            .get("/api/v1/trend?interval=week&split=colour&q=a&q=b")
            .assert_problem(400, "parameters")
            .len(),
        3
    );
}

#[test]
fn sample_contains_linked_interpretations() {
    let interpreted = SAMPLE.iter().filter(|record| {
        let relations = RELATIONS.relations();
        relations.find(&record.id).is_some_and(|document| !relations.interpretations(document).is_empty())
    });
    assert!(interpreted.count() > 5);
}
