//! Accuracy and speed of pinyin, suggestions and corrections on the shared collections:
//! `cargo run --release -p gongkai-index --example lexicon_metrics`.
//!
//! The collections are read from the folder named by `GONGKAI_SHARED`, or from
//! `../shared` beside the repository; without them nothing is measured.

mod clock;
mod lookup;
mod spelling;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clock::Clock;
use gongkai_index::lexicon::vocabulary::{RecordText, Vocabulary, VocabularyBuilder};
use jieba_rs::Jieba;
use serde_json::Value;

/// Fields of a record that the lexicon uses.
pub struct Document {
    title: String,
    body: String,
    issuers: Vec<String>,
}

fn main() {
    let Some(shared) = shared_folder() else {
        println!("no shared collections: nothing measured");
        return;
    };
    let documents = read_documents(&shared);
    let vocabulary = Arc::new(build(&documents, &[], &[]));
    lookup::pinyin(&vocabulary);
    lookup::passages(&vocabulary, &documents);
    lookup::suggestions(&vocabulary, &documents);
    spelling::spelling(&shared, &documents, vocabulary);
    measure_many_titles(&documents);
}

/// Measures a hundred thousand titles: each title with the names of many places.
fn measure_many_titles(documents: &[Document]) {
    let places = "北京 天津 上海 重庆 河北 山西 辽宁 吉林 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 四川 贵州 云南 陕西 甘肃 青海";
    println!("\na hundred thousand titles");
    let mut builder = VocabularyBuilder::new();
    let mut issued = Vec::new();
    for place in places.split(' ') {
        for document in documents {
            let title = format!("{place}{}", document.title);
            let issuers = [format!("{place}人民政府")];
            builder.add_record(&RecordText {
                title: &title,
                body: "",
                words: &[],
                issuers: &issuers,
                usefulness: 1.0,
            });
            issued.push(Document { title, body: String::new(), issuers: Vec::new() });
        }
    }
    let begun = Clock::now();
    let vocabulary = Arc::new(builder.finish());
    println!(
        "{} phrases laid out in {:.2} s, {:.1} MB",
        vocabulary.phrases().len(),
        begun.elapsed().as_secs_f64(),
        vocabulary.memory() as f64 / 1e6
    );
    issued.truncate(20 * documents.len());
    let sample: Vec<Document> = issued.into_iter().step_by(40).collect();
    lookup::suggestions(&vocabulary, &sample);
}

fn shared_folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    std::env::var_os("GONGKAI_SHARED")
        .map_or(Some(beside), |p| Some(p.into()))
        .filter(|p| p.join("corpus").is_dir())
}

fn read_documents(shared: &Path) -> Vec<Document> {
    let names = ["laws", "rules", "local", "disclosure"];
    names.iter().flat_map(|name| records(&shared.join(format!("corpus/{name}.jsonl.zst")))).collect()
}

fn records(path: &Path) -> Vec<Document> {
    let file = std::fs::File::open(path).expect("the collection can be opened");
    let bytes = zstd::decode_all(file).expect("the collection is zstd");
    let text = String::from_utf8(bytes).expect("the collection is UTF-8");
    text.lines().map(document).collect()
}

fn document(line: &str) -> Document {
    let value: Value = serde_json::from_str(line).expect("a record is JSON");
    let text = |field: &str| value[field].as_str().unwrap_or_default().to_owned();
    let issuers = value["issuers"].as_array().into_iter().flatten();
    Document {
        title: text("title"),
        body: text("body"),
        issuers: issuers.filter_map(|i| i.as_str().map(str::to_owned)).collect(),
    }
}

/// Builds the vocabulary of these records, with more titles and more texts.
pub fn build(documents: &[Document], more_titles: &[&str], more_texts: &[&str]) -> Vocabulary {
    let jieba = Jieba::new();
    let mut segmenting = Duration::ZERO;
    let start = Clock::now();
    let mut builder = VocabularyBuilder::new();
    for document in documents {
        let begun = Clock::now();
        let mut words = jieba.cut(&document.body, true);
        words.extend(jieba.cut(&document.title, true));
        let words: HashSet<&str> = words.iter().map(|w| w.word).collect();
        let words: Vec<&str> = words.into_iter().collect();
        segmenting += begun.elapsed();
        builder.add_record(&RecordText {
            title: &document.title,
            body: &document.body,
            words: &words,
            issuers: &document.issuers,
            usefulness: 1.0,
        });
    }
    for title in more_titles {
        let words: Vec<&str> = jieba.cut(title, true).iter().map(|w| w.word).collect();
        builder.add_record(&RecordText { title, body: "", words: &words, issuers: &[], usefulness: 1.0 });
    }
    for body in more_texts {
        let words: Vec<&str> = jieba.cut(body, true).iter().map(|w| w.word).collect();
        builder.add_record(&RecordText { title: "", body, words: &words, issuers: &[], usefulness: 1.0 });
    }
    let read = start.elapsed();
    let vocabulary = builder.finish();
    let characters: usize = documents.iter().map(|d| d.body.chars().count()).sum();
    println!(
        "built from {} records, {:.1} M characters: segmenting {:.2} s, counting {:.2} s, laying out {:.2} s",
        vocabulary.records(),
        characters as f64 / 1e6,
        segmenting.as_secs_f64(),
        (read - segmenting).as_secs_f64(),
        (start.elapsed() - read).as_secs_f64()
    );
    let begun = Clock::now();
    let mut without_words = VocabularyBuilder::new();
    for document in documents {
        let Document { title, body, issuers } = document;
        without_words.add_record(&RecordText { title, body, words: &[], issuers, usefulness: 1.0 });
    }
    println!("counting without words {:.2} s", begun.elapsed().as_secs_f64());
    let begun = Clock::now();
    let bytes = vocabulary.to_bytes();
    let written = begun.elapsed();
    let again = Vocabulary::from_bytes(&bytes).expect("a vocabulary comes back from its bytes");
    println!(
        "{} words, {} phrases; {:.1} MB of memory, {:.1} MB stored; written in {:.0} ms, read in {:.0} ms",
        again.words().len(),
        again.phrases().len(),
        again.memory() as f64 / 1e6,
        bytes.len() as f64 / 1e6,
        written.as_secs_f64() * 1e3,
        (begun.elapsed() - written).as_secs_f64() * 1e3
    );
    vocabulary
}
