//! Ranking on the sample: single queries with the record that must win, and nDCG@10 of each class
//! of judged queries. The floors are a little below the present values and rise with them.

#[path = "support/mod.rs"]
mod support;

use std::collections::BTreeMap;

use serde_json::Value;

use support::sample_server;

/// Queries with the record that must be first.
const WINNERS: &[(&str, &str)] = &[
    // Whole titles, with and without title marks, in either script.
    ("政府网站检索服务指引", "gj-xxgk-2017-047"),
    ("《公共信息查阅服务办法》", "gj-ling-2018-011"),
    ("云州省人民政府关于宣布失效和废止一批行政规范性文件的决定", "yz-zf-2019-026"),
    ("澜江市养犬管理条例", "lj-tl-2021-dog"),
    ("云州省网络预约出租汽车经营服务管理实施细则", "yz-ride-hailing-2018-125"),
    ("枫州市机动车停放服务收费管理办法", "pz-tc-2019-037"),
    // Parts of titles.
    ("小煤矿整顿关闭", "yz-zf-2006-011"),
    ("调整居民生活用水阶梯价格", "lj-jj-2023-052"),
    ("提前开始供暖", "bq-gr-2022-019"),
    ("沙尘暴监测预警工作意见", "jl-zfb-2014-033"),
    ("既有住宅加装电梯管理办法", "yz-old-communities-2025-013"),
    ("成立县油茶产业发展领导小组", "qt-zfb-2017-005"),
    ("国民经济和社会发展统计公报", "lj-tj-2023-gb"),
    // Numbers as on the record, in other brackets and widths.
    ("全信协发〔2015〕58号", "gj-xxgk-2015-058"),
    ("全信协发[2015]58号", "gj-xxgk-2015-058"),
    ("全信协发（2015）58号", "gj-xxgk-2015-058"),
    ("全信协发［２０１５］５８号", "gj-xxgk-2015-058"),
    ("全信协发 〔2015〕 58 号", "gj-xxgk-2015-058"),
    ("ＷＨＺＣ－２０２５－００３", "wh-cg-2025-003"),
    // Full-width words.
    ("２０２２年国民经济　统计公报", "lj-tj-2023-gb"),
];

#[test]
fn query_for_one_record_ranks_it_first() {
    let wrong: Vec<String> = WINNERS
        .iter()
        .filter_map(|(query, id)| {
            let found = sample_server().search_for(query).ids();
            (found.first().map(String::as_str) != Some(*id))
                .then(|| format!("{query}: {:?} instead of {id}", found.first()))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

struct JudgedQuery {
    id: String,
    text: String,
    class: String,
    grades: BTreeMap<String, f64>,
}

fn judged_queries() -> Vec<JudgedQuery> {
    let mut grades: BTreeMap<&str, BTreeMap<String, f64>> = BTreeMap::new();
    for line in include_str!("../fixtures/qrels.tsv").lines() {
        let [query, record, grade] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        grades.entry(query).or_default().insert(record.to_owned(), grade.parse().expect("a grade"));
    }
    let queries = include_str!("../fixtures/queries.jsonl")
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    queries
        .map(|query| {
            let text = |name: &str| query[name].as_str().expect("text").to_owned();
            JudgedQuery {
                grades: grades.get(text("id").as_str()).cloned().unwrap_or_default(),
                id: text("id"),
                text: text("text"),
                class: text("class"),
            }
        })
        .collect()
}

/// nDCG@10 with exponential gain.
fn ndcg(found: &[String], grades: &BTreeMap<String, f64>) -> f64 {
    let gain = |(rank, grade): (usize, f64)| (grade.exp2() - 1.0) / (rank as f64 + 2.0).log2();
    let gained: f64 =
        found.iter().take(10).map(|id| grades.get(id).copied().unwrap_or(0.0)).enumerate().map(gain).sum();
    let mut best: Vec<f64> = grades.values().copied().collect();
    best.sort_by(|a, b| b.total_cmp(a));
    let ideal: f64 = best.into_iter().take(10).enumerate().map(gain).sum();
    if ideal > 0.0 { (gained / ideal).abs() } else { 1.0 }
}

/// Lowest allowed nDCG@10 of each class of queries.
const FLOORS: &[(&str, f64)] = &[
    ("title", 0.96),
    ("half-title", 0.93),
    ("traditional", 0.96),
    ("fullwidth", 0.93),
    ("words", 0.87),
    ("article", 0.82),
    ("number", 0.63),
    ("issuer-year", 0.38),
    ("question", 0.30),
    ("homophone", 0.20),
    ("renamed", 0.18),
    ("synonym", 0.09),
];

#[test]
fn query_class_ndcg_is_not_below_floor() {
    let mut classes: BTreeMap<String, Vec<(f64, String)>> = BTreeMap::new();
    for query in judged_queries() {
        let score =
            ndcg(&sample_server().search(&[("q", &query.text), ("collapse", "none")]).ids(), &query.grades);
        classes.entry(query.class).or_default().push((score, format!("{} {}", query.id, query.text)));
    }
    let mut below = Vec::new();
    for (class, scores) in &classes {
        let mean = scores.iter().map(|(ndcg, _)| ndcg).sum::<f64>() / scores.len() as f64;
        let floor = FLOORS.iter().find(|(name, _)| name == class).map_or(0.0, |(_, floor)| *floor);
        println!("{class:<12} {:>3} queries  nDCG@10 {mean:.3}  floor {floor:.3}", scores.len());
        for (ndcg, query) in scores.iter().filter(|(ndcg, _)| *ndcg < 0.5) {
            println!("    {ndcg:.2} {query}");
        }
        if mean < floor {
            below.push(format!("{class}: {mean:.3} below {floor:.3}"));
        }
    }
    assert!(below.is_empty(), "{}", below.join("; "));
}

#[test]
fn repealed_record_ranks_below_record_in_force() {
    let with_validity = |id: &str, validity: &str| {
        let mut record = support::record(id, "某市停车收费管理办法");
        record.body = "为了规范停车收费，制定本办法。".into();
        record.validity = gongkai_index::Validity::all().find(|state| state.name() == validity);
        record
    };
    let server = support::Server::with_records(&[
        with_validity("repealed", "repealed"),
        with_validity("in-force", "in_force"),
        with_validity("amended", "amended"),
    ]);
    for query in ["停车收费", "某市停车收费管理办法"] {
        assert_eq!(server.search_for(query).ids(), ["in-force", "amended", "repealed"], "{query}");
    }
}
