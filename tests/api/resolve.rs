//! `/api/v1/resolve`: every spelling of a document number resolves to its one record.

use std::sync::OnceLock;

use gongkai_index::Record;
use serde_json::{Value, json};

use crate::support::Server;
use crate::support::client::{Request, path_with_query};

/// Server of records with numbers that differ little.
fn numbered_records() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let records: Vec<Record> = [
            ("58", "国发〔2015〕58号", "关于甲项工作的通知"),
            ("8", "国发〔2015〕8号", "关于乙项工作的通知"),
            ("138", "国发〔2015〕138号", "关于丙项工作的通知"),
            ("ban-58", "国办发〔2015〕58号", "关于丁项工作的通知"),
            ("16-11", "国发〔2016〕11号", "关于戊项工作的通知"),
            ("ling", "国令第711号", "中华人民共和国政府信息公开条例"),
            ("mingdian", "国办发明电〔2021〕11号", "关于己项工作的通知"),
            ("gonggao", "财政部 税务总局公告2023年第11号", "关于庚项税收的公告"),
            ("wusi", "〔1996〕武司字第82号", "关于辛项工作的通知"),
            ("caiku", "财库〔2022〕3号", "关于壬项采购的通知"),
            ("suzhou", "苏住建规〔2011〕4号", "苏州市关于癸项管理的通知"),
            ("gan-56", "甘区政办发〔2017〕56号", "甘州区关于子项工作的通知"),
            ("jin-zheng", "锦政办发〔2016〕9号", "关于丑项工作的通知"),
            ("jin-gong", "锦政公办发〔2016〕9号", "关于寅项工作的通知"),
            ("jin-wei", "锦委办发〔2016〕9号", "关于卯项工作的通知"),
        ]
        .iter()
        .map(|(id, number, title)| {
            let json = json!({"id": id, "kind": "policy", "title": title, "document_number": number});
            Record::from_json(json.to_string().as_bytes()).unwrap()
        })
        .collect();
        Server::with_records(&records)
    })
}

fn resolve(number: &str) -> Value {
    numbered_records().get(&path_with_query("/api/v1/resolve", &[("number", number)])).json()
}

fn ids(resolution: &Value) -> Vec<&str> {
    resolution["records"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap()).collect()
}

#[test]
fn number_in_any_spelling_resolves_to_its_record() {
    let variants = [
        "国发〔2015〕58号",
        "国发[2015]58号",
        "国发(2015)58号",
        "国发（2015）58号",
        "国发【2015】58号",
        "国发［２０１５］５８号",
        "国发 〔2015〕 58 号",
        "国发〔2015〕第58号",
        "国发〔2015〕058号",
        "国发201558号",
        "国发2015年58号",
    ];
    let others = [
        ("国务院令第711号", "ling"),
        ("国令第711号", "ling"),
        ("国务院711号令", "ling"),
        ("国办发明电〔2021〕11号", "mingdian"),
        ("财政部 税务总局公告2023年第11号", "gonggao"),
        ("〔1996〕武司字第82号", "wusi"),
        ("按照财库〔2022〕3号", "caiku"),
        ("苏州市住房和城乡建设局苏住建规〔2011〕4号", "suzhou"),
        ("…的通知国发〔2015〕58号", "58"),
        ("甘区政办发201756号", "gan-56"),
        ("锦政办发〔2016〕9号", "jin-zheng"),
        ("锦政公办发〔2016〕9号", "jin-gong"),
        ("锦委办发〔2016〕9号", "jin-wei"),
        ("国发〔2015〕8号", "8"),
        ("国办发〔2015〕58号", "ban-58"),
    ];
    for (number, id) in variants.into_iter().map(|number| (number, "58")).chain(others) {
        let resolution = resolve(number);
        assert_eq!((&resolution["outcome"], ids(&resolution)), (&json!("matched"), vec![id]), "{number}");
        // A search finds the same record.
        assert_eq!(
            numbered_records().search_for(number).ids().first().map(String::as_str),
            Some(id),
            "{number}"
        );
    }
}

#[test]
fn elliptic_citation_is_read_as_two_numbers() {
    let hits =
        numbered_records().search_for("国发[2015]58号和[2016]11号").json()["query"]["understood"].clone();
    assert!(hits.as_str().unwrap().contains("国发〔2016〕11号"), "{hits}");
}

#[test]
fn similar_number_resolves_to_nothing() {
    for (number, outcome) in [
        ("国发〔2015〕5号", "absent"),
        ("国发〔2014〕58号", "absent"),
        ("国发〔2015〕580号", "absent"),
        ("锦发〔2016〕9号", "absent"),
        ("中央7号文件", "not_a_number"),
        ("8", "not_a_number"),
        ("关于工作的通知", "not_a_number"),
    ] {
        let resolution = resolve(number);
        assert_eq!((&resolution["outcome"], ids(&resolution).len()), (&json!(outcome), 0), "{number}");
    }
    let near = resolve("国发〔2015〕57号")["near"].clone();
    let near: Vec<&str> = near.as_array().unwrap().iter().map(|near| near["id"].as_str().unwrap()).collect();
    assert_eq!(near, ["58"], "neither 8 nor 138, nor the number of another organ");
}

#[test]
fn every_number_of_a_text_is_read() {
    let several = resolve("国发〔2015〕58号、8号");
    assert_eq!(several["outcome"], "ambiguous");
    assert_eq!(several["readings"], json!(["国发〔2015〕58号", "国发〔2015〕8号"]));
    assert_eq!(ids(&several).len(), 2);
    let one_is_held = resolve("国发〔2015〕58号、59号");
    assert_eq!((&one_is_held["outcome"], ids(&one_is_held)), (&json!("ambiguous"), vec!["58"]));
}

#[test]
fn title_of_another_number_is_flagged() {
    let right = resolve("《关于甲项工作的通知》（国发〔2015〕58号）");
    assert_eq!((&right["outcome"], right.get("conflict")), (&json!("matched"), None));
    let wrong = resolve("《关于乙项工作的通知》（国发〔2015〕58号）");
    assert_eq!(wrong["outcome"], "matched");
    let conflict = wrong["conflict"].as_str().unwrap();
    assert!(conflict.contains("关于甲项工作的通知") && conflict.contains("关于乙项工作的通知"), "{conflict}");
}

#[test]
fn list_resolves_each_line_as_alone_and_in_order() {
    let forms = [
        "国发〔2015〕58号",
        "国发〔2015〕57号",
        "国发〔2014〕58号",
        "关于工作的通知",
        "甘区政办发201756号",
        "国务院令第711号",
        "《关于乙项工作的通知》（国发〔2015〕58号）",
        "财库〔2022〕4号",
    ];
    // Several chunks, with fewer absent numbers than have their neighbours looked for.
    let lines: Vec<&str> =
        forms.iter().copied().chain(["8"; 240]).chain(forms).chain(["国发〔2015〕8号"]).collect();
    let body = lines.join("\n\n");
    let request = Request { method: "POST", body: Some(body.as_bytes()), ..Request::get("/api/v1/resolve") };
    let reply = numbered_records().send(&request);
    assert_eq!((reply.status, reply.header("content-type")), (200, "application/x-ndjson"));
    let resolved: Vec<Value> =
        reply.text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    assert_eq!(resolved.len(), lines.len());
    for (line, resolution) in lines.iter().zip(&resolved).filter(|(line, _)| **line != "8") {
        assert_eq!(*resolution, resolve(line), "{line}");
    }
}

#[test]
fn list_offers_neighbours_of_its_first_hundred_absent_numbers() {
    let body = "国发〔2015〕57号\n".repeat(150);
    let request = Request { method: "POST", body: Some(body.as_bytes()), ..Request::get("/api/v1/resolve") };
    let reply = numbered_records().send(&request);
    let near: Vec<bool> = reply.text.lines().map(|line| line.contains("neighbour")).collect();
    assert_eq!((near.len(), near.iter().filter(|near| **near).count()), (150, 100));
    assert!(near[..100].iter().all(|near| *near), "the first hundred");
}
