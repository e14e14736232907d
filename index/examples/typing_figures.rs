//! Prints how well and how fast pinyin, suggestions and corrections work on the
//! shared collections: `cargo run --release -p gongkai-index --example typing_figures`.
//!
//! The collections are read from the folder named by `GONGKAI_SHARED`, or from
//! `../shared` beside the repository; without them nothing is measured.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gongkai_index::pinyin::resolve;
use gongkai_index::spelling::{Correction, Speller};
use gongkai_index::suggest::Suggester;
use gongkai_index::vocabulary::units::units_of;
use gongkai_index::vocabulary::{RecordText, Vocabulary, VocabularyBuilder};
use jieba_rs::Jieba;
use serde_json::Value;

struct Document {
    title: String,
    body: String,
    issuers: Vec<String>,
}

fn main() {
    let Some(shared) = shared() else {
        println!("no shared collections: nothing measured");
        return;
    };
    let documents = documents(&shared);
    let vocabulary = Arc::new(build(&documents, &[], &[]));
    pinyin(&vocabulary);
    suggestions(&vocabulary, &documents);
    spelling(&shared, &documents, vocabulary);
    many_titles(&documents);
}

/// The same at a hundred thousand titles: those at hand, each in the name of many places.
fn many_titles(documents: &[Document]) {
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
    suggestions(&vocabulary, &sample);
}

fn shared() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    std::env::var_os("GONGKAI_SHARED")
        .map_or(Some(beside), |p| Some(p.into()))
        .filter(|p| p.join("corpus").is_dir())
}

fn documents(shared: &Path) -> Vec<Document> {
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

fn build(documents: &[Document], more_titles: &[&str], more_texts: &[&str]) -> Vocabulary {
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

fn pinyin(vocabulary: &Vocabulary) {
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

fn suggestions(vocabulary: &Arc<Vocabulary>, documents: &[Document]) {
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

/// Queries as people type them, wrong and right.
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

fn typos(shared: &Path) -> Vec<Typo> {
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

fn spelling(shared: &Path, documents: &[Document], without: Arc<Vocabulary>) {
    let verbose = std::env::args().any(|a| a == "--verbose");
    let typos = typos(shared);
    let rights: Vec<&str> = typos.iter().map(|t| t.right.as_str()).collect();
    let titles: Vec<&str> = documents.iter().map(|d| d.title.as_str()).step_by(2).take(2000).collect();
    let questions =
        std::fs::read_to_string(shared.join("relevance/statutes.lay.queries.jsonl")).unwrap_or_default();
    let questions: Vec<String> = questions
        .lines()
        // A few lines say NaN, which is no JSON.
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
    let correct = |query: &str| speller.correct_by(query, &|phrase| phrases.count(phrase));
    println!(" with the frequency of phrases as evidence");
    corrections(&typos, &correct, false);
    false_corrections("the right forms", &rights, &correct, verbose);
    false_corrections("lay questions", &questions, &correct, verbose);

    println!(" short queries: as typed, corrected without and with evidence");
    for typed in SHORT.split(' ') {
        let show =
            |c: Option<Correction>| c.map_or("-".to_owned(), |c| format!("{} {:.2}", c.text, c.confidence));
        let proven = speller.correct_by(typed, &|phrase| phrases.count(phrase));
        println!("    {typed}  {}  {}", show(speller.correct(typed)), show(proven));
    }

    unknown_words(without_words, &speller);

    println!("\nspelling, the right forms being somewhere in the texts");
    let speller = Speller::new(Arc::new(build(documents, &[], &rights))).consulting(dictionary());
    let correct = |query: &str| speller.correct(query);
    corrections(&typos, &correct, false);
    false_corrections("the right forms", &rights, &correct, verbose);
    let phrases = Phrases::new(documents.iter().map(|d| d.body.as_str()).chain(rights.iter().copied()));
    let correct = |query: &str| speller.correct_by(query, &|phrase| phrases.count(phrase));
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

/// Counts phrases in texts, as an index with positions would.
struct Phrases {
    units: Vec<u16>,
    by_pair: HashMap<(u16, u16), Vec<u32>>,
}

impl Phrases {
    fn new<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut units = Vec::new();
        for text in texts {
            units.extend(units_of(text));
            units.push(0);
        }
        let mut by_pair: HashMap<(u16, u16), Vec<u32>> = HashMap::new();
        for (at, pair) in units.windows(2).enumerate() {
            by_pair.entry((pair[0], pair[1])).or_default().push(at as u32);
        }
        Self { units, by_pair }
    }

    fn count(&self, phrase: &str) -> u32 {
        let phrase: Vec<u16> = units_of(phrase).collect();
        let places =
            |at: usize| self.by_pair.get(&(phrase[at], phrase[at + 1])).map_or(&[][..], Vec::as_slice);
        let Some(rarest) = (0..phrase.len().saturating_sub(1)).min_by_key(|at| places(*at).len()) else {
            return 0;
        };
        let stands = |place: &&u32| {
            let start = (**place as usize).checked_sub(rarest);
            start.is_some_and(|start| self.units[start..].starts_with(&phrase))
        };
        places(rarest).iter().filter(stands).count() as u32
    }
}

/// What the segmenter knows as a word.
fn dictionary() -> impl Fn(&str) -> bool + Send + Sync + 'static {
    let jieba = Jieba::new();
    move |word| jieba.has_word(word)
}

/// Words of a general dictionary that the collection does not have: they are right.
fn unknown_words(vocabulary: &Vocabulary, speller: &Speller) {
    let jieba = Jieba::new();
    let mut words: Vec<String> = Vec::new();
    let candidates: Vec<u16> = vocabulary.characters().singles().map(|(unit, _)| unit).collect();
    let candidates: Vec<char> =
        candidates.into_iter().map(gongkai_index::vocabulary::units::char_of).collect();
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

/// The pinyin of a text, or its initials.
fn letters(text: &str, initials: bool) -> String {
    use gongkai_index::pinyin::{readings, syllable};
    let units: Vec<u16> = gongkai_index::vocabulary::units::units_of(text).collect();
    let read = readings::read(&units);
    read.into_iter()
        .flatten()
        .map(|id| if initials { &syllable::letters(id)[..1] } else { syllable::letters(id) })
        .collect()
}

/// Time this thread has worked: the machine may be busy with other things.
struct Clock(Duration);

impl Clock {
    fn now() -> Self {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Self(Duration::new(time.tv_sec as u64, time.tv_nsec as u32))
    }

    fn elapsed(&self) -> Duration {
        Self::now().0 - self.0
    }
}

/// The shortest of three times: what else runs empties the caches.
fn timed<T>(work: impl Fn() -> T) -> (T, Duration) {
    let once = || {
        let start = Clock::now();
        let result = std::hint::black_box(work());
        (result, start.elapsed())
    };
    let least = once().1.min(once().1);
    let (result, took) = once();
    (result, took.min(least))
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e6;
    println!(
        "  {what}: {} calls, p50 {:.0} µs, p99 {:.0} µs, most {:.0} µs",
        times.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
}
