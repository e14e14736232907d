//! Speed of analysis, compared with bare jieba on the same text.

mod corpus;
mod measure;

use gongkai_index::analysis::Analyzer;
use gongkai_index::analysis::fold::{Fold, fold};
use gongkai_index::analysis::grams::Grams;
use jieba_rs::Jieba;
use std::hint::black_box;

use corpus::Corpus;
use measure::{megabytes, per_run, print_row};

/// Amount of text: more than fits into any cache.
const MAX_BYTES: usize = 12 << 20;

fn main() {
    let mut bytes = 0;
    let mut texts: Vec<String> = Vec::new();
    for record in Corpus::documents().records() {
        if bytes < MAX_BYTES {
            bytes += record.body.len();
            texts.push(record.body);
        }
    }
    println!("{} texts, {:.1} MB", texts.len(), megabytes(bytes));
    let (jieba, analyzer) = (Jieba::new(), Analyzer::shared());
    let folded: Vec<String> = texts.iter().map(|text| fold(text, Fold::Grams).text().to_owned()).collect();
    let each = |work: &dyn Fn(&str) -> usize| {
        per_run(|| {
            texts.iter().for_each(|text| {
                black_box(work(text));
            })
        })
        .as_secs_f64()
    };
    let bare = each(&|text| jieba.cut(text, false).len());
    let measured = [
        ("jieba, without HMM", bare),
        ("jieba, with HMM", each(&|text| jieba.cut(text, true).len())),
        ("fold for words", each(&|text| fold(text, Fold::Words).text().len())),
        ("fold for grams", each(&|text| fold(text, Fold::Grams).text().len())),
        ("words, folding and dates included", each(&|text| words(&analyzer, text))),
        ("grams, folding included", each(&|text| Grams::new(fold(text, Fold::Grams).text()).count())),
        (
            "grams of folded text",
            per_run(|| {
                folded.iter().for_each(|text| {
                    black_box(Grams::new(text).count());
                })
            })
            .as_secs_f64(),
        ),
        (
            "both streams",
            each(&|text| words(&analyzer, text) + Grams::new(fold(text, Fold::Grams).text()).count()),
        ),
    ];
    print_row("", &["MB/s".into(), "of jieba's time".into()]);
    for (name, seconds) in measured {
        print_row(name, &[format!("{:.1}", megabytes(bytes) / seconds), format!("{:.2}", seconds / bare)]);
    }
}

fn words(analyzer: &Analyzer, text: &str) -> usize {
    let mut count = 0;
    analyzer.each(analyzer.fold(text).text(), &mut |_, _, _| count += 1);
    count
}
