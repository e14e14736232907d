//! Links and copies: small cases, and the shared collections against judgements by hand. Tests on the
//! shared collections are skipped, with a message, where these are absent.

use std::collections::HashMap;
use std::path::PathBuf;

use gongkai_index::Record;
use gongkai_index::record::{Kind, parse_iso_date};
use gongkai_index::relations::fact_table::FactTable;
use gongkai_index::relations::facts::Facts;
use gongkai_index::relations::frames::Change;
use gongkai_index::relations::links::Resolved;
use gongkai_index::schema::doc_ref::DocRef;

/// Folder of the shared collections; `None` where it is absent.
fn shared_folder() -> Option<PathBuf> {
    let named = std::env::var_os("GONGKAI_SHARED").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    let is_present = folder.join("corpus").is_dir();
    if !is_present {
        eprintln!("skipped: no shared collections (GONGKAI_SHARED or ../shared)");
    }
    is_present.then_some(folder)
}

fn read_records(folder: &std::path::Path, names: &[&str]) -> Vec<Record> {
    let mut records = Vec::new();
    for name in names {
        let packed =
            std::fs::read(folder.join("corpus").join(format!("{name}.jsonl.zst"))).expect("a corpus");
        let text = zstd::decode_all(&packed[..]).expect("zstd");
        let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        records.extend(lines.map(|line| Record::from_json(line).expect("a record")));
    }
    records
}

fn relate(records: &[Record]) -> FactTable {
    let bodies: HashMap<&str, &str> = records.iter().map(|r| (r.id.as_str(), r.body.as_str())).collect();
    let mut table = FactTable::default();
    let put = table.apply(records.iter().map(|r| Change::Put(Box::new(Facts::from_record(r)))).collect());
    table.find_copies(&put, &mut |id| bodies.get(id).map(|body| (*body).to_owned()));
    table
}

#[test]
fn interpretations_link_to_judged_policies() {
    let Some(folder) = shared_folder() else { return };
    let table = relate(&read_records(&folder, &["disclosure"]));
    let relations = table.relations();
    let pairs = std::fs::read_to_string(folder.join("relevance/pairs.jsonl")).expect("pairs");
    let (mut all, mut linked, mut wrong) = (0, 0, 0);
    for line in pairs.lines() {
        let pair: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let policies: Vec<&str> =
            pair["policies"].as_array().expect("a list").iter().filter_map(|id| id.as_str()).collect();
        let held = policies.iter().any(|id| relations.find(id).is_some());
        let Some(document) = relations.find(pair["interpretation"].as_str().expect("an id")).filter(|_| held)
        else {
            continue;
        };
        let found = relations.explains(document);
        let right = |document: &&DocRef| {
            relations.facts(**document).is_some_and(|f| policies.contains(&f.id.as_str()))
        };
        all += 1;
        linked += usize::from(found.iter().any(|document| right(&document)));
        wrong += found.iter().filter(|document| !right(document)).count();
    }
    assert!(all >= 20 && linked * 100 >= all * 95 && wrong == 0, "{linked} of {all} linked, {wrong} wrong");
}

/// Judged citation: citing record, place in its text, relation, name, cited record, verdict.
struct JudgedCitation<'a> {
    citing: &'a str,
    place: (u32, u32),
    relation: &'a str,
    name: &'a str,
    cited: &'a str,
    verdict: &'a str,
}

fn judged_citations() -> Vec<JudgedCitation<'static>> {
    let lines = include_str!("../fixtures/figures/citations.tsv").lines();
    lines
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [citing, place, relation, name, cited, verdict] = fields[..] else {
                panic!("six fields: {line}")
            };
            let (from, to) = place.split_once('-').expect("a range");
            let place = (from.parse().expect("a number"), to.parse().expect("a number"));
            JudgedCitation { citing, place, relation, name, cited, verdict }
        })
        .collect()
}

#[test]
fn judged_citations_are_right() {
    let sample = judged_citations();
    assert_eq!(sample.len(), 100);
    assert!(sample.iter().all(|line| ["right", "wrong", "doubtful"].contains(&line.verdict)));
    let right = sample.iter().filter(|line| line.verdict == "right").count();
    assert!(right >= 98, "{right} of 100");
}

#[test]
fn citations_resolve_as_judged() {
    let Some(folder) = shared_folder() else { return };
    let table = relate(&read_records(&folder, &["laws", "rules", "local", "disclosure"]));
    let relations = table.relations();
    let (mut titled, mut resolved) = (0, 0);
    for document in table.documents() {
        for (cited, resolution) in relations.cites(document) {
            titled += usize::from(cited.titles[0] != 0);
            resolved += usize::from(cited.titles[0] != 0 && matches!(resolution, Resolved::To(_)));
        }
    }
    let id = |document: DocRef| relations.facts(document).expect("held").id.clone();
    let mut changed = Vec::new();
    for line in judged_citations() {
        let document = relations.find(line.citing).expect("the citing record is held");
        let resolution = relations.cites(document).into_iter().find_map(|(cited, resolved)| match resolved {
            Resolved::To(to)
                if cited.place == line.place && format!("{:?}", cited.relation()) == line.relation =>
            {
                Some(id(to))
            }
            _ => None,
        });
        if (line.verdict == "right") != (resolution.as_deref() == Some(line.cited)) {
            changed.push(format!("{} of {}: {resolution:?}, judged {}", line.name, line.citing, line.cited));
        }
    }
    assert!(changed.is_empty(), "{} resolve elsewhere:\n{}", changed.len(), changed.join("\n"));
    // Many documents named by title are not in these collections.
    assert!(resolved * 100 >= titled * 54, "{resolved} of {titled} titles resolve to a record");
}

fn policy(id: &str, title: &str, published: &str, body: &str) -> Record {
    let mut record = Record::new(id, Kind::Policy, title);
    record.published_on = parse_iso_date(published);
    record.body = body.into();
    record
}

/// Resolutions of the citations of a record: ids, and `-` for absent documents.
fn resolutions(records: &[Record], citing: &str) -> Vec<String> {
    let table = relate(records);
    let relations = table.relations();
    let document = relations.find(citing).expect("held");
    let name = |resolution| match resolution {
        Resolved::To(to) => relations.facts(to).expect("held").id.clone(),
        Resolved::Own => "own".to_owned(),
        Resolved::Absent => "-".to_owned(),
        Resolved::Ambiguous(several) => format!("{} of them", several.len()),
    };
    relations.cites(document).into_iter().map(|(_, resolution)| name(resolution)).collect()
}

#[test]
fn citation_resolves_to_version_of_its_day() {
    let text = |n: &str| format!("第一条 为了{n}，制定本条例。\n第二条 本条例适用于{n}。");
    let mut revised = policy("revised", "档案阅览条例(2019-05-01)", "1998-03-01", &text("阅览和复制"));
    revised.effective_on = parse_iso_date("1998-05-01");
    let records = [
        policy("first", "档案阅览条例", "1998-03-01", &text("阅览")),
        revised,
        policy("before", "某办法", "2010-01-01", "根据《档案阅览条例》，制定本办法。"),
        policy("after", "另一办法", "2020-01-01", "根据《档案阅览条例》，制定本办法。"),
        policy(
            "noted",
            "旧办法",
            "1999-01-01",
            "（1999年1月1日公布 2021年3月1日修订）\n第一条 根据《档案阅览条例》制定。",
        ),
    ];
    assert_eq!(resolutions(&records, "before"), ["first"], "the text of 2019 did not exist yet");
    assert_eq!(resolutions(&records, "after"), ["revised"]);
    assert_eq!(resolutions(&records, "noted"), ["revised"], "the citing text is of 2021");
}

#[test]
fn citation_that_repeals_resolves_only_to_earlier_record() {
    let records = [
        policy("later", "阅览室管理规则", "2012-11-22", "第一条 阅览室每日开放。"),
        policy("ending", "关于清理文件的决定", "2002-02-25", "《阅览室管理规则》同时废止。"),
        policy(
            "trial",
            "阅览证发放办法",
            "2021-01-01",
            "第一条 免费发放。《阅览证发放办法（试行）》同时废止。",
        ),
        policy("of-2022", "关于印发《考试方案》的通知", "2022-01-28", "各校：现印发《体育考试方案》。"),
        policy("young", "体育考试方案", "2022-01-28", "一、考试项目。"),
        policy("old", "体育考试方案", "2018-01-28", "一、各项考试的内容和要求。"),
        policy("numbered", "补充通知", "2024-01-12", "对《体育考试方案》（冀教体〔2022〕1号）补充如下。"),
    ];
    assert_eq!(resolutions(&records, "ending"), ["-"], "a repeal cannot mean a document of ten years later");
    assert_eq!(resolutions(&records, "trial"), ["-"], "the trial document is another one");
    assert_eq!(resolutions(&records, "numbered"), ["young"], "the year of the number decides");
}

#[test]
fn citation_of_decision_resolves_by_day_and_licence_is_none() {
    let note = "（1999年1月1日公布 根据2017年3月1日《国务院关于修改部分行政法规的决定》第一次修订 \
        根据2024年12月6日《国务院关于修改部分行政法规的决定》第二次修订）\n第一条 申请《医疗机构执业许可证》。";
    let records = [
        policy("of-2024", "国务院关于修改部分行政法规的决定", "2024-12-06", "一、修改如下。"),
        policy("revised", "阅览条例", "2024-12-06", note),
    ];
    assert_eq!(resolutions(&records, "revised"), ["-", "of-2024"], "the decision of 2017 is absent");
}

// Copies as sites make them, and documents that differ in a year at their end.
#[test]
fn copies_are_found_and_another_year_is_no_copy() {
    let lines = include_str!("../fixtures/records.ndjson").lines();
    let all = lines.map(|line| Record::from_json(line.as_bytes()).expect("a record"));
    let originals: Vec<Record> = all.filter(|record| record.body.len() > 900).step_by(3).collect();
    let mut records = Vec::new();
    for record in &originals {
        let body = format!("{}\n本文件自2019年3月1日起执行。", record.body);
        let with = |mark: &str, body: String| {
            let bare = Record {
                id: format!("{}~{mark}", record.id),
                body,
                ..Record::new("", record.kind, &record.title)
            };
            Record { issuers: record.issuers.clone(), ..bare }
        };
        records.push(with("own", body.clone()));
        records.push(with(
            "chrome",
            format!("当前位置：首页\n{}\n浏览次数：1283\n{body}\n打印 关闭", record.title),
        ));
        records.push(with("marks", body.replace('，', ",").replace('。', ". ")));
        records.push(with("year", body.replace("自2019年", "自2012年")));
    }
    let table = relate(&records);
    let relations = table.relations();
    let canonical = |id: &str, mark: &str| {
        relations.find(&format!("{id}~{mark}")).map(|document| relations.canonical(document)).expect("held")
    };
    let (mut found, mut wrong) = (0, 0);
    for record in &originals {
        let own = canonical(&record.id, "own");
        found += ["chrome", "marks"].iter().filter(|mark| canonical(&record.id, mark) == own).count();
        wrong += usize::from(canonical(&record.id, "year") == own);
    }
    let expected = originals.len() * 2;
    assert!(expected > 100 && found * 100 >= expected * 95, "{found} of {expected} copies");
    assert!(wrong * 100 <= found + wrong, "{wrong} of another year taken for copies, beside {found}");
}
