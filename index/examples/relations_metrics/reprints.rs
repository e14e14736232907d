//! Copies found among records that were altered as sites alter them, beside similar documents that
//! are no copies.

use std::collections::HashMap;
use std::sync::Arc;

use gongkai_index::Record;
use gongkai_index::relations::fact_table::FactTable;
use gongkai_index::relations::facts::Facts;
use gongkai_index::relations::frames::Change;

use crate::Collection;

/// Ways in which a site alters a text.
const CHANGES: [&str; 6] = ["chrome", "punctuation", "traditional", "cut", "pinyin", "bare"];
/// Ways in which a similar document differs.
const TRAPS: [&str; 3] = ["place", "year", "version"];
/// Shortest text used, in bytes.
const MIN_BODY_BYTES: usize = 900;

/// Prints precision and recall over pairs of records.
pub fn print(collection: &Collection, step: usize) {
    let mut ids: Vec<&String> = collection.records.keys().collect();
    ids.sort();
    let taken =
        ids.into_iter().map(|id| &collection.records[id]).filter(|record| record.body.len() > MIN_BODY_BYTES);
    let (mut records, mut origin): (Vec<Record>, HashMap<String, String>) = Default::default();
    for (n, record) in taken.step_by(step).enumerate() {
        records.push(record.clone());
        for change in [CHANGES[n % 6], CHANGES[(n + 2) % 6], CHANGES[(n + 3) % 6]] {
            let copy = alter(record, change);
            origin.insert(copy.id.clone(), record.id.clone());
            records.push(copy);
        }
        records.extend(similar_document(record, TRAPS[n % 3]));
    }
    let mut table = FactTable::default();
    let changes = records.iter().map(|record| Change::Put(Box::new(Facts::from_record(record)))).collect();
    let put = table.apply(changes);
    let bodies: HashMap<&str, &str> = records.iter().map(|r| (r.id.as_str(), r.body.as_str())).collect();
    table.find_copies(&put, &mut |id| bodies.get(id).map(|body| (*body).to_owned()));
    let mut by_change: HashMap<String, (u32, u32)> = HashMap::new();
    let together = |a: &str, b: &str| {
        let relations = table.relations();
        let canonical = |id| relations.find(id).map(|document| relations.canonical(document));
        canonical(a) == canonical(b)
    };
    for (copy, from) in &origin {
        let change = copy.rsplit('~').next().unwrap_or_default().to_owned();
        let (found, all) = by_change.entry(change).or_default();
        *all += 1;
        *found += u32::from(together(copy, from));
    }
    let (right, wrong) = count_pairs(&table, &origin);
    let (found, due) = by_change.values().fold((0, 0), |(f, a), (found, all)| (f + found, a + all));
    let mut named: Vec<_> = by_change.into_iter().collect();
    named.sort();
    for (change, (found, all)) in named {
        println!("  {change}: {found} of {all}");
    }
    println!(
        "copies of {} records: recall {:.4} ({found} of {due}), precision {:.4} ({wrong} of {} pairs are of two documents)",
        records.len(),
        f64::from(found) / f64::from(due),
        f64::from(right) / f64::from((right + wrong).max(1)),
        right + wrong
    );
}

/// Numbers of copy pairs that are right and that join two documents. Pairs of two originals of the
/// corpus are not judged, since it has copies of its own.
fn count_pairs(table: &FactTable, origin: &HashMap<String, String>) -> (u32, u32) {
    let (mut right, mut wrong) = (0, 0);
    let mut shown = 0;
    for copies in table.copy_groups() {
        let copies: Vec<Arc<Facts>> =
            copies.iter().filter_map(|document| table.relations().facts(*document)).collect();
        let ids: Vec<&str> = copies.iter().map(|facts| facts.id.as_str()).collect();
        for (i, a) in ids.iter().enumerate() {
            for b in &ids[i + 1..] {
                let source = |id: &'_ str| origin.get(id).map_or(id.to_owned(), Clone::clone);
                let (x, y) = (source(a), source(b));
                if x == y {
                    right += 1;
                } else if origin.contains_key(*a) == origin.contains_key(*b)
                    && !a.contains('!')
                    && !b.contains('!')
                {
                    continue;
                } else if a.contains('!') || b.contains('!') {
                    wrong += 1;
                    if shown < 20 {
                        shown += 1;
                        println!("  wrong: {a} = {b}");
                    }
                }
            }
        }
    }
    (right, wrong)
}

fn alter(record: &Record, change: &str) -> Record {
    let mut copy = record.clone();
    copy.id = format!("{}~{change}", record.id);
    copy.source_url = None;
    copy.source_name = Some("某某资讯网".into());
    let body = &record.body;
    copy.body = match change {
        "chrome" => format!(
            "当前位置：首页 > 政策法规 > 正文\n{}\n来源：本站 发布时间：2022-01-05 浏览次数：1283 字体：[大 中 小]\n{body}\n\
             分享到：微信 微博 打印 关闭\n上一篇：没有了 下一篇：关于召开会议的通知\n版权所有 备案号：冀ICP备12003456号",
            record.title
        ),
        "punctuation" => body
            .replace('，', ",")
            .replace('。', ". ")
            .replace('；', ";")
            .replace(['“', '”'], "\"")
            .replace('\n', "\r\n\r\n"),
        "traditional" => body.chars().map(traditional).collect(),
        "cut" => body.chars().take(body.chars().count() * 3 / 5).collect(),
        "pinyin" => pinyin(body),
        _ => {
            copy.document_number = None;
            copy.issuers = Vec::new();
            copy.effective_on = None;
            copy.published_on = None;
            copy.validity = None;
            copy.region = None;
            format!("{}\n{body}", record.title)
        }
    };
    copy
}

/// Traditional form of some characters.
fn traditional(c: char) -> char {
    const PAIRS: &str =
        "国國务務办辦关關发發规規条條门門单單实實电電业業产產应應对對经經济濟员員书書执執行行为為";
    let chars: Vec<char> = PAIRS.chars().collect();
    chars.chunks(2).find(|pair| pair[0] == c).map_or(c, |pair| pair[1])
}

fn pinyin(body: &str) -> String {
    let mut out = String::new();
    for (n, c) in body.chars().enumerate() {
        out.push(c);
        if n % 9 == 4 && !c.is_ascii() {
            out.push_str("guān");
        }
    }
    out
}

/// Makes a similar document: of another place, of another year, or another version.
fn similar_document(record: &Record, kind: &str) -> Option<Record> {
    let mut other = record.clone();
    other.id = format!("{}!{kind}", record.id);
    other.document_number = None;
    other.body = match kind {
        "place" => {
            let from = ["河北省", "山东省", "上海市", "北京市", "重庆市", "广东省"]
                .into_iter()
                .find(|p| record.body.contains(p))?;
            let to = if from.ends_with('省') { "云南省" } else { "天津市" };
            other.title = record.title.replace(from, to);
            other.issuers = record.issuers.iter().map(|issuer| issuer.replace(from, to)).collect();
            other.region = None;
            record.body.replace(from, to)
        }
        "year" => {
            let from = ["2016年", "2017年", "2018年", "2019年", "2020年", "2021年"]
                .into_iter()
                .find(|y| record.body.contains(y))?;
            record.body.replace(from, "2012年")
        }
        _ => {
            let at = record.body.match_indices("\n第").nth(4)?.0;
            other.effective_on = None;
            format!(
                "{}\n第四条之一 有关单位应当建立健全责任制度，明确责任人员，按照规定报送情况，并接受社会监督，不得隐瞒、谎报。{}",
                &record.body[..at],
                record.body[at..].replace("有关部门", "主管部门")
            )
        }
    };
    Some(other)
}
