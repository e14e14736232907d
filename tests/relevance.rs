//! Relevance on the shared collections: real documents and real typing errors, asked over HTTP.
//! Skipped, with a message, where the collections are absent.

#[path = "support/mod.rs"]
mod support;

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use gongkai_index::Record;
use gongkai_index::analysis::{Analyzer, Fold, fold::fold};
use gongkai_index::keys::subject::subjects;
use serde_json::{Value, json};

use support::{Random, Reply, Server};

struct SharedCollections {
    server: Server,
    records: Vec<Record>,
    typos: Vec<Value>,
    pairs: Vec<Value>,
}

/// Server of all documents, with the right forms of the typing errors as titles of their own.
static COLLECTIONS: LazyLock<Option<SharedCollections>> = LazyLock::new(|| {
    let shared = shared_folder()?;
    let relevance = |name: &str| read_lines(&shared.join("relevance").join(name));
    let (typos, pairs) = (relevance("typos.jsonl"), relevance("pairs.jsonl"));
    let mut records = Vec::new();
    for file in ["laws", "rules", "local", "disclosure"] {
        let path = shared.join(format!("corpus/{file}.jsonl.zst"));
        let mut text = String::new();
        let file = fs::File::open(path).expect("a corpus");
        zstd::Decoder::new(file).and_then(|mut d| d.read_to_string(&mut text)).expect("zstd");
        records.extend(text.lines().filter_map(|line| Record::from_json(line.as_bytes()).ok()));
    }
    let right: HashSet<&str> = typos.iter().filter_map(|typo| typo["right"].as_str()).collect();
    let mut all = records.clone();
    all.extend(right.iter().zip(0..).map(|(title, i)| support::record(&format!("right:{i}"), title)));
    Some(SharedCollections { server: Server::with_lexicon(&all), records, typos, pairs })
});

fn shared_folder() -> Option<PathBuf> {
    let named = std::env::var_os("GONGKAI_SHARED").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    folder.join("corpus").is_dir().then_some(folder)
}

fn read_lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn collections() -> Option<&'static SharedCollections> {
    if COLLECTIONS.is_none() {
        println!("skipped: no shared collections (GONGKAI_SHARED or ../shared)");
    }
    COLLECTIONS.as_ref()
}

fn search(server: &Server, q: &str, more: &[(&str, &str)]) -> Reply {
    let reply = server.search(&[&[("q", q), ("facets", "")], more].concat());
    assert_eq!(reply.status, 200, "{q}: {}", reply.text);
    reply
}

/// Query after a correction of its spelling; `None` if it is not corrected.
fn corrected_query(server: &Server, q: &str) -> Option<String> {
    let reply = search(server, q, &[("per_page", "1")]).json();
    let correction = &reply["query"]["corrections"][0];
    (correction["kind"] == "spelling").then(|| correction["to"].as_str().unwrap_or_default().to_owned())
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

#[test]
fn homophone_errors_are_corrected_and_right_texts_are_not() {
    let Some(SharedCollections { server, records, typos, .. }) = collections() else { return };
    let homophones: Vec<&Value> = typos.iter().filter(|typo| typo["type"] == "homophone").collect();
    let right =
        |typo: &&&Value| corrected_query(server, text(typo, "wrong")).as_deref() == Some(text(typo, "right"));
    let share = homophones.iter().filter(right).count() as f64 / homophones.len() as f64;
    for typo in homophones.iter().filter(|typo| !right(typo)) {
        println!("{typo} → {:?}", corrected_query(server, text(typo, "wrong")));
    }
    println!("{:.1} % of {} homophones corrected", share * 100.0, homophones.len());
    assert!(share >= 0.85, "{share}");
    let mut random = Random(2_000);
    let titles: Vec<&str> = (0..2_000).map(|_| random.pick(records).title.as_str()).collect();
    let rights: Vec<&str> = typos.iter().map(|typo| text(typo, "right")).collect();
    for (name, texts) in [("right forms", rights), ("titles", titles)] {
        let wrongly: Vec<&&str> =
            texts.iter().filter(|text| corrected_query(server, text).is_some()).collect();
        let share = wrongly.len() as f64 / texts.len() as f64;
        println!("{:.2} % of {} {name} changed: {wrongly:?}", share * 100.0, texts.len());
        assert!(share <= 0.005, "{name}: {wrongly:?}");
    }
}

#[test]
fn title_query_ranks_policy_first_and_interpretation_in_top_three() {
    let Some(SharedCollections { server, records, pairs, .. }) = collections() else { return };
    // Some interpretations name no document, or one of a name that many have.
    let names = |explains: &str, policy: &Record| {
        let policies = subjects(&policy.title);
        let of = records.iter().find(|record| record.id == explains).map(|record| subjects(&record.title));
        of.is_some_and(|of| of.iter().any(|subject| policies.contains(subject)))
    };
    let (mut first, mut soon, mut all, mut named) = (0, 0, 0, 0);
    for pair in pairs {
        for policy in pair["policies"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let Some(record) = records.iter().find(|record| record.id == policy) else { continue };
            let ids = search(server, &record.title, &[]).ids();
            let same_title = |id: &String| records.iter().any(|r| r.id == *id && r.title == record.title);
            all += 1;
            first += usize::from(ids.first().is_some_and(same_title));
            let found = ids.iter().take(3).any(|id| id == text(pair, "interpretation"));
            let due = names(text(pair, "interpretation"), record);
            named += usize::from(due);
            soon += usize::from(found && due);
            if !found && due {
                println!("{} → {:?}", record.title, ids.iter().take(3).collect::<Vec<_>>());
            }
        }
    }
    println!(
        "of {all} policies {first} come first; of {named} that are named {soon} with their interpretation"
    );
    assert_eq!(first, all);
    // One notice carries two documents, each with an explanation of this year and of an earlier
    // one: the two of this year have the places.
    assert!(named > 0 && soon * 20 >= named * 18, "{soon} of {named}");
}

#[test]
fn homophone_words_find_different_records() {
    let Some(SharedCollections { server, records, .. }) = collections() else { return };
    let folded = |text: &str| fold(text, Fold::Grams).text().to_owned();
    let full_text = |record: &Record| {
        folded(&[&record.title, &record.body, &record.issuers.join("\n")].map(String::as_str).join("\n"))
    };
    let pairs = [("公示", "公式"), ("权力", "权利"), ("通告", "通报")];
    for (a, b) in pairs.into_iter().flat_map(|(a, b)| [(a, b), (b, a)]) {
        for mode in ["smart", "literal"] {
            let reply = search(server, a, &[("mode", mode), ("per_page", "100")]).json();
            assert_eq!(reply["query"]["corrections"], json!([]), "{a}");
            let report = reply["query"].to_string();
            assert!(!report.contains(b), "{a}: {report}");
            for hit in reply["hits"].as_array().unwrap() {
                let record =
                    records.iter().find(|record| record.id == hit["id"].as_str().unwrap_or_default());
                let other_alone = |r: &Record| {
                    let t = full_text(r);
                    t.contains(b) && !t.contains(a)
                };
                let by_words = hit["why"].to_string().contains("synonym");
                assert!(by_words || !record.is_some_and(other_alone), "{a} brought {b}: {hit}");
            }
        }
    }
}

#[test]
fn literal_mode_rewrites_nothing() {
    let Some(SharedCollections { server, typos, .. }) = collections() else { return };
    let typed = ["zhengwugongkai", "zwgk", "五险一金", "锦州 2016 年报", "房产证 办理", "国土资源局"];
    for q in typos.iter().take(100).map(|typo| text(typo, "wrong")).chain(typed) {
        let reply = search(server, q, &[("mode", "literal"), ("per_page", "1")]).json();
        for name in ["corrections", "expansions", "preferences", "near"] {
            assert_eq!(reply["query"][name], json!([]), "{q}");
        }
        assert_eq!(reply["query"]["relaxed"], false, "{q}");
    }
}

/// Query of four words of one sentence, as typed by somebody who remembers a passage.
fn words_of_one_sentence(record: &Record, random: &mut Random) -> Option<String> {
    let sentences: Vec<&str> = record.body.split(['。', '；', '\n']).collect();
    let sentence = random.pick(&sentences).trim();
    if !(25..=120).contains(&sentence.chars().count()) {
        return None;
    }
    let han = |word: &str| word.chars().all(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    let tokens = Analyzer::shared().words(sentence);
    let words: BTreeSet<&str> = tokens
        .iter()
        .map(|token| &sentence[token.range.clone()])
        .filter(|word| han(word) && (2..=4).contains(&word.chars().count()))
        .collect();
    let mut words: Vec<&str> = words.into_iter().collect();
    let four = (0..4).map(|_| (!words.is_empty()).then(|| words.swap_remove(random.below(words.len()))));
    Some(four.collect::<Option<Vec<_>>>()?.join(" "))
}

#[test]
fn words_of_one_passage_find_their_long_text() {
    let Some(SharedCollections { server, records, .. }) = collections() else { return };
    let long: Vec<&Record> = records.iter().filter(|record| record.body.chars().count() > 3_000).collect();
    let (mut random, mut queries, mut reciprocal, mut found) = (Random(7), 0, 0.0, 0);
    while queries < 400 {
        let record = *random.pick(&long);
        let Some(q) = words_of_one_sentence(record, &mut random) else { continue };
        let ids = search(server, &q, &[("per_page", "10")]).ids();
        // Versions of one text have the same sentences.
        let titled = |id: &String| records.iter().any(|r| r.id == *id && r.title == record.title);
        queries += 1;
        if let Some(rank) = ids.iter().position(titled) {
            reciprocal += 1.0 / (rank + 1) as f64;
            found += 1;
        }
    }
    let (mrr, share) = (reciprocal / f64::from(queries), f64::from(found) / f64::from(queries));
    println!("of {queries} texts {share:.3} are among the first ten; MRR@10 {mrr:.3}");
    // Without scoring of passages it is 0.42.
    assert!(mrr >= 0.46, "{mrr}");
}
