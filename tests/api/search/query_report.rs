//! Report of a search: the parsed query, preferences, near numbers, reasons of hits, scores.

use std::sync::OnceLock;

use gongkai_index::Record;
use serde_json::{Value, json};

use crate::support::{Server, sample_server};

fn record(json: Value) -> Record {
    Record::from_json(json.to_string().as_bytes()).expect("a valid record")
}

/// Server of a few records that differ in place, year or number.
fn small_server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let report = |id: &str, place: &str, year: u16| {
            record(json!({
                "id": id, "kind": "document", "title": format!("{place}政府信息公开工作年度报告"),
                "body": "现公布政府信息公开工作年度报告，2016年和2017年的情况对照列出，各地包括锦州、盘锦。",
                "issuers": [format!("{place}人民政府")], "region": format!("辽宁省/{place}"),
                "written_on": format!("{year}-03-01"), "published_on": format!("{year}-03-05"),
            }))
        };
        let numbered = |id: &str, number: &str, title: &str| {
            record(json!({"id": id, "kind": "policy", "title": title, "document_number": number}))
        };
        Server::with_lexicon(&[
            report("jz-2016", "锦州市", 2016),
            report("jz-2017", "锦州市", 2017),
            report("pj-2016", "盘锦市", 2016),
            numbered("n-137", "锦政办发〔2016〕137号", "关于甲事的通知"),
            numbered("n-8", "锦政办发〔2016〕8号", "关于乙事的通知"),
            numbered("n-2015", "锦政办发〔2015〕138号", "关于丙事的通知"),
            numbered("n-other", "锦政发〔2016〕138号", "关于丁事的通知"),
            record(json!({
                "id": "defines", "kind": "policy", "title": "关于开展试点的方案",
                "body": "群众身边的一刻钟便民生活服务网点（以下简称“惠邻点”），方便居民。",
            })),
            record(json!({
                "id": "defined", "kind": "policy", "title": "群众身边的一刻钟便民生活服务网点建设规范",
                "body": "第一条 网点的选址。\n第二条 网点的开放。",
            })),
        ])
    })
}

fn query_report(server: &Server, q: &str) -> Value {
    server.search_for(q).json()["query"].clone()
}

fn reasons_of_hit(server: &Server, q: &str, id: &str) -> Vec<String> {
    let reply = server.search_for(q).json();
    let hits = reply["hits"].as_array().unwrap();
    let hit = hits.iter().find(|hit| hit["id"] == id).unwrap_or_else(|| panic!("{id} for {q}: {reply}"));
    hit["why"].as_array().into_iter().flatten().map(|why| why.as_str().unwrap().to_owned()).collect()
}

#[test]
fn hit_lists_its_match_reasons() {
    let server = small_server();
    assert_eq!(reasons_of_hit(server, "锦政办发[2016]8号", "n-8"), ["number"]);
    assert_eq!(reasons_of_hit(server, "关于乙事的通知", "n-8")[..2], ["whole_title", "title"]);
    assert!(
        reasons_of_hit(server, "便民生活服务网点建设规范第二条", "defined")
            .contains(&"article:第2条".to_owned())
    );
    let short = reasons_of_hit(server, "惠邻点 选址", "defined");
    assert!(short.contains(&"short_name:惠邻点→群众身边的一刻钟便民生活服务网点".to_owned()), "{short:?}");
    assert!(
        reasons_of_hit(server, "wangdian guifan", "defined").iter().any(|why| why.starts_with("pinyin:"))
    );
    assert_eq!(small_server().search_for("").json()["hits"][0].get("why"), None);
}

#[test]
fn literal_match_ranks_above_short_name_expansion() {
    let server = small_server();
    assert_eq!(server.search_for("惠邻点").ids(), ["defines", "defined"]);
    let literal = server.search(&[("q", "惠邻点"), ("mode", "literal")]);
    assert_eq!(literal.ids(), ["defines"]);
    assert_eq!(literal.json()["query"]["expansions"], json!([]));
}

#[test]
fn score_explanation_adds_up_to_score() {
    for q in ["政府信息公开条例", "租房子住可以把公积金取出来吗？", "云州省 2019 年度报告"]
    {
        let reply = sample_server().search(&[("q", q), ("explain", "true")]).json();
        let hits = reply["hits"].as_array().unwrap();
        assert!(!hits.is_empty());
        for hit in hits {
            let parts = &hit["explanation"];
            let terms = parts["terms"].as_array().unwrap();
            let sum: f64 = terms.iter().map(|term| term["adds"].as_f64().unwrap()).sum();
            let sum = sum + parts["rest"].as_f64().unwrap_or(0.0);
            assert!(terms.len() <= 24, "{q}: {} terms", terms.len());
            let factors = parts["factors"].as_object().unwrap();
            let product: f64 = factors.values().map(|factor| factor.as_f64().unwrap()).product();
            let score = sum * product + parts["boost"].as_f64().unwrap();
            let reported = hit["score"].as_f64().unwrap();
            assert!((score - reported).abs() <= reported * 1e-3, "{q}: {score} for {reported} in {parts}");
            let field =
                |term: &Value| term["frequency"].as_u64() > Some(0) && term["idf"].as_f64() > Some(0.0);
            assert!(terms.iter().all(field), "{parts}");
        }
    }
    assert_eq!(sample_server().search_for("公开").json()["hits"][0].get("explanation"), None);
    let wrong = sample_server().search(&[("q", "公开"), ("explain", "maybe")]);
    assert_eq!(wrong.assert_problem(400, "parameters"), ["explain"]);
}

#[test]
fn place_and_year_in_query_rank_without_filtering() {
    let server = small_server();
    let reply = server.search_for("锦州 2016 年报").json();
    let preferences = json!([
        {"text": "锦州", "kind": "region", "value": "辽宁省/锦州市"},
        {"text": "2016", "kind": "year", "value": "2016"},
    ]);
    assert_eq!(reply["query"]["preferences"], preferences);
    assert_eq!(server.search_for("锦州 2016 年报").ids(), ["jz-2016", "jz-2017", "pj-2016"]);
    let ignoring = server.search(&[("q", "锦州 2016 年报"), ("ignore", "锦州")]).json();
    assert_eq!(ignoring["query"]["preferences"], json!([{"text": "2016", "kind": "year", "value": "2016"}]));
    assert_eq!(ignoring["total"], reply["total"]);
    let issuer = query_report(server, "盘锦市人民政府 年度报告");
    assert_eq!(issuer["preferences"][0]["kind"], "issuer", "{issuer}");
    let literal = server.search(&[("q", "锦州 2016 年度报告"), ("mode", "literal")]).json();
    assert_eq!(literal["query"]["preferences"], json!([]));
    let page = server.get("/?q=%E9%94%A6%E5%B7%9E+2016+%E5%B9%B4%E6%8A%A5").text;
    assert!(page.contains("优先排列") && page.contains("ignore=%E9%94%A6%E5%B7%9E"), "{page}");
}

#[test]
fn absent_number_lists_near_numbers_and_never_8_for_138() {
    let server = small_server();
    let near = query_report(server, "锦政办发〔2016〕138号")["near"].clone();
    let relations: Vec<(&str, &str)> = near
        .as_array()
        .unwrap()
        .iter()
        .map(|near| (near["id"].as_str().unwrap(), near["relation"].as_str().unwrap()))
        .collect();
    assert_eq!(relations, [("n-137", "neighbour"), ("n-2015", "other_year")]);
    assert_eq!(near[0]["missing"], "锦政办发〔2016〕138号");
    assert!(server.search_for("锦政办发〔2016〕138号").ids().is_empty());
    assert_eq!(query_report(server, "锦政办发〔2016〕137号")["near"], json!([]));
    let page = server.get("/?q=%E9%94%A6%E6%94%BF%E5%8A%9E%E5%8F%91%E3%80%942016%E3%80%95138%E5%8F%B7").text;
    assert!(page.contains("文号相近的有") && page.contains("/d/n-137") && !page.contains("/d/n-8"), "{page}");
}

#[test]
fn parsed_query_is_described_in_chinese() {
    for (q, understood) in [
        ("锦政办发[2016]8号", "文号为“锦政办发〔2016〕8号” 或 “锦政办发[2016]8号”"),
        ("国令第711号", "文号为“国务院令第711号” 或 “国令第711号”"),
        ("公开 2016", "“公开” 且 （“2016” 或 2016年形成或发布）"),
        ("“依法行政” -收费", "“依法行政” 且 不含“收费”"),
    ] {
        assert_eq!(query_report(sample_server(), q)["understood"], understood, "{q}");
    }
}

#[test]
fn interpretation_ranks_before_older_versions() {
    let title = "某省农业科技园区管理办法";
    let version = |id: &str, number: &str, day: &str, validity: &str| {
        record(json!({
            "id": id, "kind": "policy", "title": title, "document_number": number, "published_on": day,
            "validity": validity, "body": "第一条 为了管理园区，制定本办法。",
        }))
    };
    let explains = |id: &str, number: &str, day: &str| {
        record(json!({
            "id": id, "kind": "interpretation", "title": "园区管理新规问答", "published_on": day,
            "body": format!("近日，省科技厅印发了《{title}》（{number}）。现就有关问题作出说明。"),
        }))
    };
    let server = Server::with_lexicon(&[
        version("v1", "某科规〔2011〕4号", "2011-05-01", "repealed"),
        version("v2", "某科规〔2017〕9号", "2017-05-01", "repealed"),
        version("v3", "某科规〔2023〕2号", "2023-05-01", "in_force"),
        explains("e2", "某科规〔2017〕9号", "2017-05-09"),
        explains("e3", "某科规〔2023〕2号", "2023-05-09"),
        record(
            json!({"id": "news", "kind": "document", "title": format!("我省召开《{title}》宣传会议"), "body": "会议召开。"}),
        ),
    ]);
    assert_eq!(server.search_for(title).ids()[..5], ["v3", "e3", "e2", "v2", "v1"]);
    assert_eq!(server.search_for("某科规〔2017〕9号").ids()[..2], ["v2", "e2"]);
}
