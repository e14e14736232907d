//! Spellings: one text is found, marked and counted however it was typed or published.

use serde_json::{Value, json};

use crate::support::client::path_with_query;
use crate::support::{Server, record};
use gongkai_index::Record;

fn titled(titles: &[&str]) -> Server {
    let records: Vec<Record> =
        titles.iter().enumerate().map(|(i, title)| record(&format!("r{i}"), title)).collect();
    Server::with_records(&records)
}

fn search(server: &Server, parameters: &[(&str, &str)]) -> Value {
    server.get(&path_with_query("/api/v1/search", parameters)).json()
}

fn ids(answer: &Value) -> Vec<&str> {
    answer["hits"].as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap()).collect()
}

fn assert_finds_each(pairs: &[(&str, &str)]) {
    let titles: Vec<String> = pairs.iter().map(|(_, published)| format!("关于{published}的通知")).collect();
    let server = titled(&titles.iter().map(String::as_str).collect::<Vec<_>>());
    for (i, (typed, published)) in pairs.iter().enumerate() {
        for typed in [typed, published] {
            let answer = search(&server, &[("q", typed), ("mode", "literal")]);
            assert!(ids(&answer).contains(&&*format!("r{i}")), "{typed} → {published}");
        }
    }
}

#[test]
fn radicals_are_found_by_their_characters() {
    assert_finds_each(&[
        ("黄河", "\u{2ee9}河"),
        ("青海", "\u{2ed8}海"),
        ("角色", "\u{2ec6}色"),
        ("牙齿", "牙\u{2eee}"),
        ("龟甲", "\u{2ef3}甲"),
        ("人民", "\u{2f08}\u{2ea0}"),
        ("足球", "\u{2eca}球"),
        ("竹林", "\u{2eae}林"),
    ]);
}

#[test]
fn variants_of_other_keyboards_find_mainland_words() {
    assert_finds_each(&[
        ("答覆", "答复"),
        ("瞭解", "了解"),
        ("沿著", "沿着"),
        ("藉由", "借由"),
        ("企畫", "企划"),
        ("沈澱", "沉淀"),
        ("存款帳戶", "存款账户"),
        ("身分證", "身份证"),
        ("連絡", "联络"),
        ("牴觸", "抵触"),
        ("祇限", "只限"),
        ("逕行", "径行"),
        ("海哩", "海里"),
        ("瞭望", "瞭望"),
        ("覆蓋", "覆盖"),
        ("顯著", "显著"),
        ("漫畫分級", "漫画分级"),
        ("慰藉", "慰藉"),
    ]);
    let server = titled(&["覆盖范围"]);
    assert_eq!(search(&server, &[("q", "复盖"), ("mode", "literal")])["total"], 0);
}

#[test]
fn letters_and_digits_are_marked_as_whole_units() {
    let server = Server::with_records(&[Record {
        body: "流量15GB，频段5GHz，建设5G基站。EMAIL一，AI应用。电压110千伏，功率10千瓦。".into(),
        ..record("a", "关于基站的通知")
    }]);
    for (typed, marked, wrong) in [
        ("5G", "<mark>5G</mark>基站", ["1<mark>", "</mark>B", "</mark>Hz"]),
        ("AI", "<mark>AI</mark>应用", ["EM<mark>", "</mark>L", "M<mark>"]),
        ("10千瓦", "<mark>10千瓦</mark>", ["1<mark>", "</mark>千伏", "1</mark>"]),
    ] {
        let answer = search(&server, &[("q", typed), ("mode", "literal")]);
        let body = answer["hits"][0]["highlights"]["body"].to_string();
        assert!(body.contains(marked), "{typed}: {body}");
        wrong.iter().for_each(|wrong| assert!(!body.contains(wrong), "{typed}: {body}"));
    }
}

#[test]
fn article_as_typed_leads_to_its_law() {
    let law = "第一条　为了规范合同，制定本法。\n第四十六条　依照本法第四十七条办理。\n第四十七条　按年限支付补偿。\n第四十八条　继续履行。";
    let mut records =
        vec![Record { body: law.into(), ..record("law", "中华人民共和国云上合同法") }];
    records.extend((0..4).map(|i| Record {
        body: "第一条　云上合同法第四十七条第一款所称补偿，共47件。\n第二款　条文第二款第一项。".into(),
        ..record(&format!("d{i}"), &format!("关于适用《中华人民共和国云上合同法》的解释（{i}）"))
    }));
    let server = Server::with_records(&records);
    for typed in [
        "云上合同法第四十七条",
        "云上合同法第47条",
        "云上合同法47条",
        "云上合同法 四十七条",
        "雲上合同法第４７條",
        "云上合同法第四十七条第二款第（一）项",
        "《云上合同法》第47条",
    ] {
        let answer = search(&server, &[("q", typed)]);
        let first = &answer["hits"][0];
        assert_eq!(first["id"], "law", "{typed}: {}", answer["query"]["understood"]);
        let snippet = &first["highlights"]["body"][0];
        assert!(
            snippet["html"].as_str().unwrap().starts_with("<mark>第四十七条</mark>　按年限"),
            "{typed}: {snippet}"
        );
        assert_eq!(snippet["section"], "第四十七条", "{typed}");
    }
    let answer = search(&server, &[("q", "云上合同法47条2款")]);
    assert_eq!(answer["query"]["text"], "云上合同法47条2款");
    assert_eq!(answer["query"]["warnings"][0]["offset"], 8, "{}", answer["query"]["warnings"]);
}

#[test]
fn number_in_traditional_script_is_a_document_number() {
    let numbered = |id: &str, number: &str| Record {
        document_number: Some(number.into()),
        ..record(id, "关于网站的通知")
    };
    let server = Server::with_records(&[
        numbered("a", "云政办发〔2017〕47号"),
        numbered("b", "雲政辦發〔2017〕48號"),
        numbered("c", "云政发〔2017〕47号"),
    ]);
    for (typed, id) in [
        ("雲政辦發〔2017〕47號", "a"),
        ("云政办发〔2017〕47號", "a"),
        ("云政办发〔2017〕48号", "b"),
        ("雲政辦發[2017]48號", "b"),
    ] {
        let answer = search(&server, &[("q", typed)]);
        assert_eq!(ids(&answer), [id], "{typed}");
        assert!(answer["query"]["understood"].as_str().unwrap().contains("文号"), "{typed}");
        let resolved = server.get(&path_with_query("/api/v1/resolve", &[("number", typed)])).json();
        assert_eq!((&resolved["outcome"], &resolved["records"][0]["id"]), (&json!("matched"), &json!(id)));
    }
}

#[test]
fn number_of_a_standard_is_a_document_number() {
    let server = Server::with_records(&[
        Record { document_number: Some("GB/T 9704-2012".into()), ..record("a", "党政机关公文格式") },
        Record {
            document_number: Some("GB/T 9704-1999".into()), ..record("b", "国家行政机关公文格式")
        },
        Record { body: "依照GB/T9704-2012执行。".into(), ..record("c", "关于公文的通知") },
    ]);
    for typed in ["GB/T 9704-2012", "gb/t9704—2012", "ＧＢ／Ｔ ９７０４－２０１２", "GBT 9704-2012"]
    {
        let answer = search(&server, &[("q", typed)]);
        assert_eq!(ids(&answer), ["a", "c"], "{typed}: {}", answer["query"]["understood"]);
        let resolved = server.get(&path_with_query("/api/v1/resolve", &[("number", typed)])).json();
        assert_eq!((&resolved["outcome"], &resolved["records"][0]["id"]), (&json!("matched"), &json!("a")));
    }
}

#[test]
fn issuer_in_any_spelling_is_one_facet_value() {
    let issued = |id: usize, name: &str| Record {
        issuers: vec![name.into()],
        ..record(&format!("f{id}"), "某项通知")
    };
    let names = ["云州省财政厅", "云州省财政厅 ", "云州省　财政厅", "云州省财政厅\u{200b}", "雲州省財政廳"];
    let more = ["中华人民共和国国务院", "国务院", "中华人民共和国国务院"];
    let records: Vec<Record> =
        names.iter().chain(&more).enumerate().map(|(i, name)| issued(i, name)).collect();
    let server = Server::with_records(&records);
    let values = |parameters: &[(&str, &str)]| -> Vec<(String, u64, bool)> {
        let answer = search(&server, parameters);
        let values = answer["facets"]["issuer"].as_array().unwrap().iter();
        let value = |v: &Value| {
            let selected = v["selected"].as_bool().unwrap_or(false);
            (v["value"].as_str().unwrap().to_owned(), v["count"].as_u64().unwrap(), selected)
        };
        values.map(value).collect()
    };
    let all = [("facets", "issuer:20")];
    let expected =
        |selected| [("云州省财政厅".to_owned(), 5, selected), ("中华人民共和国国务院".to_owned(), 3, false)];
    assert_eq!(values(&all), expected(false));
    for name in names {
        assert_eq!(search(&server, &[("issuer", name)])["total"], 5, "{name:?}");
        assert_eq!(values(&[all[0], ("issuer", name)]), expected(true), "{name:?}");
    }
    assert_eq!(search(&server, &[("issuer", "!国务院")])["total"], 5);
    // The link of the selected value takes the filter away, whatever its spelling.
    let page = server.get(&path_with_query("/", &[("issuer", "雲州省財政廳"), ("q", "通知")])).text;
    assert!(page.contains("href=\"/?q=%E9%80%9A%E7%9F%A5\""), "a link without the filter");
}
