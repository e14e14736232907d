//! Metrics of pinyin and suggestions.

use std::sync::Arc;

use gongkai_index::lexicon::pinyin::resolve;
use gongkai_index::lexicon::suggest::Suggester;
use gongkai_index::lexicon::vocabulary::Vocabulary;
use gongkai_index::lexicon::vocabulary::units::units_from_text;
use jieba_rs::Jieba;

use crate::Document;
use crate::clock::{report, timed};

/// Prints the readings of typed letters.
pub fn pinyin(vocabulary: &Vocabulary) {
    println!("\npinyin");
    for typed in [
        "zhengwugongkai",
        "zwgk",
        "zfxxgk",
        "政务gongkai",
        "zhengwu公开",
        "zwu gkai",
        "zhengfuxinxigongkaitiaoli",
        "nmggz",
        "tuoqiangongzi",
        "huanjingbaohufa",
        "hjbhf",
        "xingzhengxuke",
        "xzxk",
        "xzcf",
        "laodonghetong",
        "ldht",
        "guowuyuan",
        "gwybgt",
        "shangwubu",
        "yinhang",
        "kuaiji",
        "chongqing",
        "xian",
        "fangan",
        "GDP",
        "PPP",
        "app",
        "covid",
        "jingdian",
        "gongshi",
        "budongchan",
        "bdc",
        "gongjijin",
        "yibao",
        "yiliaobaoxian",
        "sb",
        "shuishou youhui",
        "zhongxiaoxue shoufei",
        "lvshi",
        "fcz",
        "dibao",
        "zhaobiaotoubiao",
        "anquanshengchan",
    ] {
        let (readings, took) = timed(|| resolve(typed, vocabulary));
        let shown: Vec<String> =
            readings.iter().take(4).map(|r| format!("{} {:.1}", r.text, r.score)).collect();
        println!("  {typed:28} {:>5} µs  {}", took.as_micros(), shown.join(" | "));
    }
}

/// Prints some suggestions, and the times of many.
pub fn suggestions(vocabulary: &Arc<Vocabulary>, documents: &[Document]) {
    println!("\nsuggestions");
    let suggester = Suggester::new(Arc::clone(vocabulary));
    for typed in
        ["政府", "zf", "z", "zfxx", "环境", "huanjing", "xingzhengxu", "国务院", "gwy", "管理", "关于"]
    {
        let found = suggester.suggest(typed);
        let shown: Vec<&str> = found.iter().take(4).map(|s| s.text.as_str()).collect();
        println!("  {typed:16} {}", shown.join(" | "));
    }
    let mut times = Vec::new();
    for document in documents.iter().step_by(7) {
        let title: Vec<char> = document.title.chars().collect();
        for length in [1, 2, 3, 5, 8, 12] {
            for from in [0, title.len() / 2] {
                let typed: String = title[from..].iter().take(length).collect();
                times.push(timed(|| suggester.suggest(&typed)).1);
                let letters = letters(&typed, length % 2 == 0);
                times.push(timed(|| suggester.suggest(&letters)).1);
            }
        }
    }
    report("suggest", times);
}

/// Pinyin of a text, or its initials.
fn letters(text: &str, initials: bool) -> String {
    use gongkai_index::lexicon::pinyin::{readings, syllable};
    let units: Vec<u16> = units_from_text(text).collect();
    let read = readings::readings_in_context(&units);
    read.into_iter()
        .flatten()
        .map(|id| if initials { &syllable::letters_of_id(id)[..1] } else { syllable::letters_of_id(id) })
        .collect()
}

/// Prints how often the pinyin and the initials of passages of titles, one to three words long, are
/// resolved to these passages.
pub fn passages(vocabulary: &Vocabulary, documents: &[Document]) {
    let jieba = Jieba::new();
    let mut places: [Vec<Option<usize>>; 2] = Default::default();
    let mut times = Vec::new();
    for (n, document) in documents.iter().enumerate().step_by(3) {
        let words: Vec<&str> = jieba.cut(&document.title, true).iter().map(|w| w.word).collect();
        let count = 1 + n % 3;
        let Some(passage) = words.get(2..2 + count).map(|words| words.concat()) else { continue };
        if passage.chars().count() < 2 || !passage.chars().all(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)) {
            continue;
        }
        for (initials, places) in places.iter_mut().enumerate() {
            let typed = letters(&passage, initials == 1);
            let (readings, took) = timed(|| resolve(&typed, vocabulary));
            times.push(took);
            places.push(readings.iter().position(|r| r.text == passage));
        }
    }
    for (what, places) in ["pinyin", "initials"].iter().zip(&places) {
        let among = |most: usize| places.iter().filter(|p| p.is_some_and(|p| p < most)).count();
        let (all, share) = (places.len(), |n: usize| 100.0 * n as f64 / places.len() as f64);
        println!(
            "  {what} of {all} passages of titles: first {:.1} %, among the first three {:.1} %, among eight {:.1} %",
            share(among(1)),
            share(among(3)),
            share(among(8))
        );
    }
    report("resolve", times);
}
