//! Links on the shared collections, held to what was judged by hand. Skipped, and said so, where the collections are not there.

use std::collections::HashMap;
use std::path::PathBuf;

use gongkai_index::Record;
use gongkai_index::relations::{Change, Facts, Relations};

fn shared() -> Option<PathBuf> {
    let named = std::env::var_os("GONGKAI_SHARED").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    let there = folder.join("corpus").is_dir();
    if !there {
        eprintln!("skipped: no shared collections (GONGKAI_SHARED or ../shared)");
    }
    there.then_some(folder)
}

fn records(folder: &std::path::Path, names: &[&str]) -> Vec<Record> {
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

fn relations(records: &[Record]) -> Relations {
    let bodies: HashMap<&str, &str> = records.iter().map(|r| (r.id.as_str(), r.body.as_str())).collect();
    let mut relations = Relations::default();
    let put = relations.apply(records.iter().map(|r| Change::Put(Box::new(Facts::of(r)))).collect());
    relations.regroup(&put, &mut |id| bodies.get(id).map(|body| (*body).to_owned()));
    relations
}

#[test]
fn interpretations_lead_to_the_policies_that_people_paired_them_with() {
    let Some(folder) = shared() else { return };
    let relations = relations(&records(&folder, &["disclosure"]));
    let pairs = std::fs::read_to_string(folder.join("relevance/pairs.jsonl")).expect("pairs");
    let (mut all, mut linked, mut wrong) = (0, 0, 0);
    for line in pairs.lines() {
        let pair: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let policies: Vec<&str> =
            pair["policies"].as_array().expect("a list").iter().filter_map(|id| id.as_str()).collect();
        let held = policies.iter().any(|id| relations.slot(id).is_some());
        let Some(slot) = relations.slot(pair["interpretation"].as_str().expect("an id")).filter(|_| held)
        else {
            continue;
        };
        let found = relations.explains(slot);
        let right = |slot: &&u32| relations.facts(**slot).is_some_and(|f| policies.contains(&f.id.as_str()));
        all += 1;
        linked += usize::from(found.iter().any(|slot| right(&slot)));
        wrong += found.iter().filter(|slot| !right(slot)).count();
    }
    assert!(all >= 20 && linked * 100 >= all * 95 && wrong == 0, "{linked} of {all} linked, {wrong} wrong");
}
