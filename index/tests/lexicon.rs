//! Lexicon: pinyin, suggestions and corrections answer any input in bounded time.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use gongkai_index::lexicon::pinyin::{resolve, resolve_anyway};
use gongkai_index::lexicon::spelling::{Correction, Speller};
use gongkai_index::lexicon::suggest::{MAX_SUGGESTIONS, Suggester};
use gongkai_index::lexicon::vocabulary::{RecordText, Vocabulary, VocabularyBuilder};
use proptest::prelude::*;

const TITLES: [&str; 10] = [
    "关于做好政务公开工作的通知",
    "中华人民共和国政府信息公开条例",
    "关于规范行政事业性收费标准的通知",
    "城市房屋征收与补偿办法",
    "山西省水土保持条例",
    "福州市历史文化名城保护条例",
    "关于推进医疗保障基金监督检查的意见",
    "事业单位公开招聘人员公示办法",
    "危险化学品安全管理条例",
    "关于全面推进法治政府建设的实施意见",
];
const WORDS: [&str; 27] = [
    "政务",
    "公开",
    "工作",
    "通知",
    "政府",
    "信息",
    "条例",
    "规范",
    "收费",
    "标准",
    "城市",
    "房屋",
    "征收",
    "补偿",
    "办法",
    "医疗",
    "保障",
    "基金",
    "监督",
    "检查",
    "公示",
    "危险",
    "化学品",
    "安全",
    "管理",
    "推进",
    "法治",
];

static VOCABULARY: LazyLock<Arc<Vocabulary>> = LazyLock::new(|| {
    let mut builder = VocabularyBuilder::new();
    for title in TITLES {
        let body = format!(
            "{title}。全面推进政务公开，依法公开政府信息。加强医疗保障基金监督检查。收费标准另行公布。"
        );
        let body = body.repeat(3);
        let words: Vec<&str> = WORDS.into_iter().filter(|w| body.contains(w)).collect();
        let issuers = ["国务院办公厅".to_owned()];
        builder.add_record(&RecordText {
            title,
            body: &body,
            words: &words,
            issuers: &issuers,
            usefulness: 1.0,
        });
    }
    builder.finish().into()
});

fn speller() -> Speller {
    Speller::new(Arc::clone(&VOCABULARY))
}

fn corrected_text(query: &str) -> Option<String> {
    speller().correct(query).map(|c| c.text)
}

#[test]
fn homophone_and_lookalike_characters_are_corrected() {
    for (typed, expected) in [
        ("做好正务公开工作", "做好政务公开工作"),
        ("政府信息工开条例", "政府信息公开条例"),
        ("行政事业性收费标准地通知", "行政事业性收费标准的通知"),
        ("医疗保账基金监督检察", "医疗保障基金监督检查"),
        ("危险化学品安全官理条例", "危险化学品安全管理条例"),
        ("危险化学品安全管里条列", "危险化学品安全管理条例"),
        ("城市房屋怔收与补偿办法", "城市房屋征收与补偿办法"),
        ("“政府信息工开条例” 2019", "“政府信息公开条例” 2019"),
    ] {
        assert_eq!(corrected_text(typed).as_deref(), Some(expected), "{typed}");
    }
}

#[test]
fn missing_doubled_or_swapped_character_is_corrected() {
    for (typed, expected) in [
        ("危险化品安全管理条例", "危险化学品安全管理条例"),
        ("危险化学学品安全管理条例", "危险化学品安全管理条例"),
        ("危险化品学安全管理条例", "危险化学品安全管理条例"),
    ] {
        assert_eq!(corrected_text(typed).as_deref(), Some(expected), "{typed}");
    }
}

#[test]
fn right_text_is_not_corrected() {
    let right = [
        "政务公开",
        "今天天气怎么样",
        "公示",
        "公式",
        "山西",
        "陕西省水土保持条例",
        "GDP",
        "收费标准2017",
        "",
    ];
    for typed in TITLES.into_iter().chain(right) {
        assert_eq!(corrected_text(typed), None, "{typed}");
    }
    let speller = speller().keeping(["抚州"]);
    assert_eq!(speller.correct("抚州市历史文化名城保护条例"), None);
}

#[test]
fn edit_has_range_and_replacement() {
    let query = "《做好正务公开工作》";
    let Correction { text, edits, confidence } = speller().correct(query).unwrap();
    assert_eq!(text, "《做好政务公开工作》");
    assert_eq!((edits.len(), edits[0].from.as_str(), edits[0].to.as_str()), (1, "正", "政"));
    assert_eq!(&query[edits[0].range.clone()], "正");
    assert!(confidence > 0.5 && confidence <= 1.0);
}

#[test]
fn evidence_decides_over_correction() {
    let favours_typed =
        |phrases: &[&str]| phrases.iter().map(|phrase| u64::from(phrase.contains('正'))).collect::<Vec<_>>();
    assert_eq!(speller().correct_by("做好正务公开工作", &favours_typed), None);
    let favours_corrected =
        |phrases: &[&str]| phrases.iter().map(|phrase| u64::from(!phrase.contains('正'))).collect::<Vec<_>>();
    assert!(speller().correct_by("做好正务公开工作", &favours_corrected).is_some());
}

/// Longest time of an answer, in a build without optimisation.
const MAX_ANSWER_TIME: Duration = Duration::from_secs(2);

fn assert_answered(query: &str) {
    let begun = Instant::now();
    for reading in resolve(query, &VOCABULARY).into_iter().chain(resolve_anyway(query, &VOCABULARY)) {
        assert!(!reading.text.is_empty() && reading.score.is_finite(), "{query}");
    }
    let suggestions = Suggester::new(Arc::clone(&VOCABULARY)).suggest(query);
    assert!(suggestions.len() <= MAX_SUGGESTIONS);
    for suggestion in suggestions {
        assert!(!suggestion.text[suggestion.matched].is_empty(), "{query}");
    }
    for correction in speller().corrections(query, None) {
        let (mut text, mut copied) = (String::new(), 0);
        for edit in &correction.edits {
            assert_eq!(query[edit.range.clone()], edit.from);
            text = text + &query[copied..edit.range.start] + &edit.to;
            copied = edit.range.end;
        }
        assert_eq!(text + &query[copied..], correction.text);
        assert!((0.0..=1.0).contains(&correction.confidence));
    }
    assert!(begun.elapsed() < MAX_ANSWER_TIME, "{query} took {:?}", begun.elapsed());
}

#[test]
fn odd_or_long_input_is_answered() {
    for query in
        ["\0", "“", "a", "v", "'''", "zh'ong", "🀄政务", "政\u{200b}务", "１２３", "ü", "的的的的的的的的"]
    {
        assert_answered(query);
    }
    for piece in ["a", "zheng", "政", "正务", "zw 政", "é", "公g"] {
        assert_answered(&piece.repeat(5_000));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_answered(query in "\\PC{0,60}") {
        assert_answered(&query);
    }

    #[test]
    fn any_pinyin_is_answered(query in "[a-z' 1-5政务公开]{0,40}") {
        assert_answered(&query);
    }

    #[test]
    fn any_chinese_is_answered(query in "[政务正物公开工信息医疗保障基金监督检查的通知条例列 ]{0,70}") {
        assert_answered(&query);
    }
}
