//! Tests of citations.

use proptest::prelude::*;

use super::*;

/// Relation and title (or number) of each citation.
fn relations_and_names(text: &str) -> Vec<(Relation, String)> {
    let name =
        |c: &Citation| c.title.clone().or_else(|| Some(c.number.as_ref()?.to_string())).unwrap_or_default();
    find_all(text).iter().map(|c| (c.relation, name(c))).collect()
}

#[track_caller]
fn check(text: &str, expected: &[(Relation, &str)]) {
    let expected: Vec<_> = expected.iter().map(|(relation, name)| (*relation, (*name).to_owned())).collect();
    assert_eq!(relations_and_names(text), expected, "in {text}");
}

#[test]
fn find_all_title_with_number_is_one_citation() {
    let text = "根据《关于印发〈行政许可办法〉的通知》（国发〔2015〕58号）和国办发〔2017〕47号";
    let found = find_all(text);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].title.as_deref(), Some("关于印发〈行政许可办法〉的通知"));
    assert_eq!(found[0].inner, ["行政许可办法"]);
    assert_eq!(found[0].number.as_ref().unwrap().to_string(), "国发〔2015〕58号");
    assert_eq!(&text[found[0].range.clone()], "《关于印发〈行政许可办法〉的通知》（国发〔2015〕58号");
    assert_eq!(found[1].number.as_ref().unwrap().to_string(), "国办发〔2017〕47号");
    assert!(found.iter().all(|c| c.relation == Relation::BasedOn));
}

#[test]
fn titles_with_nested_and_broken_brackets_are_found() {
    let inner = |text: &str| titles(text).into_iter().map(|t| (t.text, t.inner)).collect::<Vec<_>>();
    let some = |text: &str, inner: &[&str]| {
        (text.to_owned(), inner.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(
        inner("《转发〈关于〈甲〉的通知〉的通知》"),
        [some("转发〈关于〈甲〉的通知〉的通知", &["关于〈甲〉的通知", "甲"])]
    );
    assert_eq!(inner("《关于《甲》的通知》"), [some("关于《甲》的通知", &["甲"])]);
    assert_eq!(inner("《关于〈甲的通知》和《乙》"), [some("关于〈甲的通知", &[]), some("乙", &[])]);
    assert!(inner("《条例").is_empty());
    assert_eq!(inner("《》《甲\n乙》"), [some("甲乙", &[])]);
}

#[test]
fn verb_before_or_after_row_governs_all_titles() {
    use Relation::{Amends, BasedOn, Encloses, Forwards, Mentions, Repeals};
    check(
        "根据《甲法》《乙法》和《丙条例》，制定本办法。",
        &[(BasedOn, "甲法"), (BasedOn, "乙法"), (BasedOn, "丙条例")],
    );
    check("《甲》（京政发〔2001〕1号）、《乙》同时废止。", &[(Repeals, "甲"), (Repeals, "乙")]);
    check(
        "本办法自2020年1月1日起施行。2003年8月1日公布的《甲办法》和2005年2月1日公布的《乙办法》同时废止。",
        &[(Repeals, "甲办法"), (Repeals, "乙办法")],
    );
    check("现将《某某办法》印发给你们，请遵照执行。", &[(Encloses, "某某办法")]);
    check("国务院同意，现转发《某某意见》", &[(Forwards, "某某意见")]);
    check("国务院决定对《甲条例》作如下修改：", &[(Amends, "甲条例")]);
    check("违反《甲法》规定的，依法处理。", &[(Mentions, "甲法")]);
    check("根据《甲法》的规定，《乙办法》同时废止。", &[(BasedOn, "甲法"), (Repeals, "乙办法")]);
}

#[test]
fn verb_before_row_of_numbers_governs_all() {
    use Relation::BasedOn;
    check("按照财库〔2022〕3号和国令第711号执行", &[(BasedOn, "财库〔2022〕3号"), (BasedOn, "国令第711号")]);
}

#[test]
fn definitions_return_short_and_full_names() {
    let names =
        |text: &str| definitions(text).into_iter().map(|d| (d.short, d.stands_for)).collect::<Vec<_>>();
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(
        names("根据《中华人民共和国政府信息公开条例》（以下简称《条例》）"),
        [pair("条例", "中华人民共和国政府信息公开条例")]
    );
    assert_eq!(
        names("《关于加强管理的意见》（国发〔2015〕58号，以下简称《意见》）"),
        [pair("意见", "关于加强管理的意见")]
    );
    assert_eq!(names("出台，二十三条措施（简称\"23条\"）"), [pair("23条", "二十三条措施")]);
    assert_eq!(names("。某某市人民政府（以下简称市政府）负责"), [pair("市政府", "某某市人民政府")]);
    assert_eq!(names("，生产安全事故（以下简称“事故”）"), [pair("事故", "生产安全事故")]);
}

#[test]
fn find_all_defined_short_title_has_full_title() {
    let text = "根据《中华人民共和国政府信息公开条例》（以下简称《条例》），按照《条例》要求";
    let found = find_all(text);
    assert_eq!(found.len(), 2);
    assert_eq!(found[1].title.as_deref(), Some("条例"));
    assert_eq!(found[1].full_title.as_deref(), Some("中华人民共和国政府信息公开条例"));
}

#[test]
fn carried_title_with_verb_returns_relation_and_titles() {
    let names = |title: &str| carried(title).map(|(relation, inner)| (relation, inner.join("|")));
    assert_eq!(names("关于印发〈某某办法〉的通知"), Some((Relation::Encloses, "某某办法".to_owned())));
    assert_eq!(
        names("某某市人民政府关于印发某某办法的通知"),
        Some((Relation::Encloses, "某某办法".to_owned()))
    );
    assert_eq!(names("国务院关于修改《甲条例》的决定"), Some((Relation::Amends, "甲条例".to_owned())));
    assert_eq!(names("关于废止《甲》《乙》的决定"), Some((Relation::Repeals, "甲|乙".to_owned())));
    assert_eq!(
        names("转发国务院关于某事的意见的通知"),
        Some((Relation::Forwards, "国务院关于某事的意见".to_owned()))
    );
    assert_eq!(names("《某某办法》政策解读"), Some((Relation::Interprets, "某某办法".to_owned())));
    assert_eq!(names("关于加强管理的意见"), None);
}

proptest! {
    #[test]
    fn citations_of_any_text_do_not_panic(text in "[《》〈〉<>（）()国发根据同时废止印发以下简称“”\"\n。，、和的通知号0-9〔〕]{0,60}|\\PC{0,60}") {
        for citation in find_all(&text) {
            prop_assert!(text.get(citation.range).is_some());
        }
        for definition in definitions(&text) {
            prop_assert!(text.get(definition.range).is_some());
        }
        carried(&text);
    }
}
