//! Metrics of spelling corrections: share of errors corrected, share of right texts changed.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use gongkai_index::lexicon::spelling::{Correction, Speller};
use gongkai_index::lexicon::vocabulary::Vocabulary;
use gongkai_index::lexicon::vocabulary::units::units_from_text;
use jieba_rs::Jieba;
use serde_json::Value;

use crate::clock::{report, timed};
use crate::{Document, build};

/// Typical short queries, wrong and right.
const SHORT: &str = "正务公开 政府信息工开 政务工开 医疗报险 医疗保障基金监都 公基金 公积金题取 营业执招 低宝 房产正 不动产登计 不动产登机 \
    行政许克 行政处法 行政复以 劳动和同 劳动合同法 工伤保先 失业保险今 养老保线 土地征守 拆迁补尝 补常标准 环境保护 环竟保护 环境影响平价 \
    安全生产许可正 食品安全监管 食品按全 药品监都管理 消防安全 交通安全发 道路交通 户藉管理 户籍管理 居住正 身份正 出入竟管理 出入境 \
    招标投票 政府采够 国有资产 国有自产 财政预算 财政与算 税收优惠 税收悠惠 小微企业 小威企业 高新技术 高薪技术 知识产劝 专利审请 商标注册 \
    义务教育 义物教育 民办学校 学籍官理 残疾人保障 残急人 未成年人 婚姻登记 婚因登记 收养登记 计划生育 记划生育 突发事件 应急预安 防汛抗旱 \
    防讯抗旱 地质灾害 水土保持 水土保迟 野生动物 自然保护区 自燃保护区 扶贫开发 乡村振兴 农民工工资 拖欠工姿 信访条例 信仿条例 政府信息公开条列";

struct Typo {
    wrong: String,
    right: String,
    class: String,
}

fn read_typos(shared: &Path) -> Vec<Typo> {
    let lines = std::fs::read_to_string(shared.join("relevance/typos.jsonl")).unwrap_or_default();
    lines
        .lines()
        .map(|line| {
            let value: Value = serde_json::from_str(line).expect("a pair is JSON");
            let text = |field: &str| value[field].as_str().unwrap_or_default().to_owned();
            Typo {
                wrong: text("wrong"),
                right: text("right"),
                class: format!("{} {}", text("type"), value["errors"]),
            }
        })
        .collect()
}

/// Prints the metrics of corrections.
pub fn spelling(shared: &Path, documents: &[Document], without: Arc<Vocabulary>) {
    let verbose = std::env::args().any(|a| a == "--verbose");
    let typos = read_typos(shared);
    let rights: Vec<&str> = typos.iter().map(|t| t.right.as_str()).collect();
    let titles: Vec<&str> = documents.iter().map(|d| d.title.as_str()).step_by(2).take(2000).collect();
    let questions =
        std::fs::read_to_string(shared.join("relevance/statutes.lay.queries.jsonl")).unwrap_or_default();
    let questions: Vec<String> = questions
        .lines()
        // A few lines contain NaN, which is no JSON.
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .map(|value| value["text"].as_str().unwrap_or_default().to_owned())
        .collect();
    let questions: Vec<&str> = questions.iter().map(String::as_str).collect();

    println!("\nspelling, the right forms being titles");
    let speller = Speller::new(Arc::new(build(documents, &rights, &[]))).consulting(dictionary());
    let correct = |query: &str| speller.correct(query);
    corrections(&typos, &correct, verbose);
    false_corrections("the right forms", &rights, &correct, verbose);
    false_corrections("titles", &titles, &correct, verbose);

    println!("\nspelling, the right forms not being in the collection");
    let without_words = &Arc::clone(&without);
    let speller = Speller::new(without).consulting(dictionary());
    let correct = |query: &str| speller.correct(query);
    corrections(&typos, &correct, false);
    false_corrections("the right forms", &rights, &correct, verbose);
    false_corrections("lay questions", &questions, &correct, verbose);
    let phrases = Phrases::new(documents.iter().map(|d| d.body.as_str()));
    let correct = |query: &str| speller.correct_by(query, &|asked| phrases.count_each(asked));
    println!(" with the frequency of phrases as evidence");
    corrections(&typos, &correct, false);
    false_corrections("the right forms", &rights, &correct, verbose);
    false_corrections("lay questions", &questions, &correct, verbose);

    println!(" short queries: as typed, corrected without and with evidence");
    for typed in SHORT.split(' ') {
        let show =
            |c: Option<Correction>| c.map_or("-".to_owned(), |c| format!("{} {:.2}", c.text, c.confidence));
        let proven = speller.correct_by(typed, &|asked| phrases.count_each(asked));
        println!("    {typed}  {}  {}", show(speller.correct(typed)), show(proven));
    }

    measure_unknown_words(without_words, &speller);

    println!("\nspelling, the right forms being somewhere in the texts");
    let speller = Speller::new(Arc::new(build(documents, &[], &rights))).consulting(dictionary());
    let correct = |query: &str| speller.correct(query);
    corrections(&typos, &correct, false);
    false_corrections("the right forms", &rights, &correct, verbose);
    let phrases = Phrases::new(documents.iter().map(|d| d.body.as_str()).chain(rights.iter().copied()));
    let correct = |query: &str| speller.correct_by(query, &|asked| phrases.count_each(asked));
    println!(" with the frequency of phrases as evidence");
    corrections(&typos, &correct, verbose);
    false_corrections("the right forms", &rights, &correct, verbose);
}

fn corrections(typos: &[Typo], correct: &dyn Fn(&str) -> Option<Correction>, verbose: bool) {
    let mut classes: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new();
    let mut times = Vec::new();
    for typo in typos {
        let (correction, took) = timed(|| correct(&typo.wrong));
        if typo.wrong.chars().count() <= 30 {
            times.push(took);
        }
        let class = classes.entry(&typo.class).or_default();
        class.0 += 1;
        let outcome = correction.as_ref().map_or("", |c| c.text.as_str());
        match outcome {
            _ if outcome == typo.right => class.1 += 1,
            "" => {}
            _ => class.2 += 1,
        }
        if verbose && outcome != typo.right {
            println!("    {} {} → {outcome} not {}", typo.class, typo.wrong, typo.right);
        }
    }
    for (class, (all, right, wrong)) in &classes {
        let share = 100.0 * *right as f64 / *all as f64;
        println!("  {class}: {right} of {all} corrected ({share:.1} %), {wrong} wrongly");
    }
    report("correct, queries of up to 30 characters", times);
}

fn false_corrections(
    what: &str,
    texts: &[&str],
    correct: &dyn Fn(&str) -> Option<Correction>,
    verbose: bool,
) {
    let mut changed = 0;
    let mut times = Vec::new();
    for text in texts {
        let (correction, took) = timed(|| correct(text));
        if text.chars().count() <= 30 {
            times.push(took);
        }
        if let Some(correction) = correction {
            changed += 1;
            if verbose {
                println!("    {text} → {} {:.2}", correction.text, correction.confidence);
            }
        }
    }
    let share = 100.0 * f64::from(changed) / texts.len() as f64;
    println!("  {what}: {changed} of {} changed ({share:.2} %)", texts.len());
    report("correct, queries of up to 30 characters", times);
}

/// Counts of phrases in texts, as an index with positions has them.
struct Phrases {
    units: Vec<u16>,
    by_pair: HashMap<(u16, u16), Vec<u32>>,
}

impl Phrases {
    fn new<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut units = Vec::new();
        for text in texts {
            units.extend(units_from_text(text));
            units.push(0);
        }
        let mut by_pair: HashMap<(u16, u16), Vec<u32>> = HashMap::new();
        for (at, pair) in units.windows(2).enumerate() {
            by_pair.entry((pair[0], pair[1])).or_default().push(at as u32);
        }
        Self { units, by_pair }
    }

    fn count_each(&self, phrases: &[&str]) -> Vec<u64> {
        phrases.iter().map(|phrase| self.count(phrase)).collect()
    }

    fn count(&self, phrase: &str) -> u64 {
        let phrase: Vec<u16> = units_from_text(phrase).collect();
        let places =
            |at: usize| self.by_pair.get(&(phrase[at], phrase[at + 1])).map_or(&[][..], Vec::as_slice);
        let Some(rarest) = (0..phrase.len().saturating_sub(1)).min_by_key(|at| places(*at).len()) else {
            return 0;
        };
        let stands = |place: &&u32| {
            let start = (**place as usize).checked_sub(rarest);
            start.is_some_and(|start| self.units[start..].starts_with(&phrase))
        };
        places(rarest).iter().filter(stands).count() as u64
    }
}

/// Predicate of the words in the segmenter's dictionary.
fn dictionary() -> impl Fn(&str) -> bool + Send + Sync + 'static {
    let jieba = Jieba::new();
    move |word| jieba.has_word(word)
}

/// Measures corrections of dictionary words that are absent from the collection, which are right.
fn measure_unknown_words(vocabulary: &Vocabulary, speller: &Speller) {
    let jieba = Jieba::new();
    let mut words: Vec<String> = Vec::new();
    let candidates: Vec<u16> = vocabulary.characters().singles().map(|(unit, _)| unit).collect();
    let candidates: Vec<char> =
        candidates.into_iter().map(gongkai_index::lexicon::vocabulary::units::char_from_unit).collect();
    for first in candidates.iter().step_by(3) {
        for second in candidates.iter().step_by(2) {
            let word = format!("{first}{second}");
            if jieba.has_word(&word) && vocabulary.word_frequency(&word) == 0.0 {
                words.push(word);
            }
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    false_corrections("words that are not in the collection", &words, &|q| speller.correct(q), false);
}
