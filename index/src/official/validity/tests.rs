//! Tests of validity.

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;
use crate::record::Validity;

/// Content of each statement with its sentence.
fn sayings_and_sentences(text: &str) -> Vec<(Saying, &str)> {
    statements(text).into_iter().map(|s| (s.saying, &text[s.range])).collect()
}

#[test]
fn statements_return_their_sentences() {
    let text = "第十条　特此规定。\n第十一条　本办法自2020年1月1日起施行，有效期五年。2005年2月1日公布的《甲办法》同时废止。";
    assert_eq!(
        sayings_and_sentences(text),
        [
            (Saying::EffectiveOn(date(2020, 1, 1)), "第十一条　本办法自2020年1月1日起施行，有效期五年"),
            (Saying::Term { months: 60, trial: false }, "第十一条　本办法自2020年1月1日起施行，有效期五年"),
            (Saying::Repeals(vec!["甲办法".to_owned()]), "2005年2月1日公布的《甲办法》同时废止"),
        ]
    );
}

#[test]
fn statements_in_every_wording_are_read() {
    let sayings = |text: &str| statements(text).into_iter().map(|s| s.saying).collect::<Vec<_>>();
    let term = |months, trial| Saying::Term { months, trial };
    assert_eq!(sayings("本规定自发布之日起施行。"), [Saying::EffectiveFrom(Event::Publication, 0)]);
    assert_eq!(sayings("本规定自公布之日起30日后施行。"), [Saying::EffectiveFrom(Event::Publication, 30)]);
    assert_eq!(
        sayings("本通知自印发之日起执行，有效期2年。"),
        [Saying::EffectiveFrom(Event::Issue, 0), term(24, false)]
    );
    assert_eq!(sayings("本办法自印发之日起实施，试行期一年。")[1..], [term(12, true)]);
    assert!(
        sayings("本办法自印发之日起施行，有效期至2025年12月31日。")
            .contains(&Saying::LastDay(date(2025, 12, 31)))
    );
    assert_eq!(sayings("本办法有效期为6个月。"), [term(6, false)]);
    assert_eq!(sayings("许可证有效期为5年，自发证之日起计算。"), []);
    assert_eq!(sayings("本办法施行前取得的许可证，有效期为5年。"), []);
}

fn state(day: Date, facts: &Facts<'_>) -> (Validity, bool) {
    let verdict = state_on(day, facts);
    (verdict.state, verdict.conflict)
}

const DAY: Date = date(2024, 6, 1);

#[test]
fn state_without_claims_is_unknown() {
    assert_eq!(state(DAY, &Facts::default()), (Validity::Unknown, false));
    let facts = Facts {
        effective_on: Some(date(2001, 1, 1)),
        published_on: Some(date(2000, 1, 1)),
        ..Facts::default()
    };
    assert_eq!(state(DAY, &facts), (Validity::Unknown, false));
    let statements = statements("本办法自2001年1月1日起施行。");
    let facts = Facts { statements: &statements, ..Facts::default() };
    assert_eq!(state(DAY, &facts), (Validity::Unknown, false));
}

#[test]
fn state_within_term_changes_with_day() {
    let statements = statements("本办法自2020年1月1日起施行，有效期五年。");
    let facts = Facts { statements: &statements, ..Facts::default() };
    assert_eq!(state(date(2019, 12, 31), &facts), (Validity::NotYetEffective, false));
    assert_eq!(state(date(2020, 1, 1), &facts), (Validity::InForce, false));
    assert_eq!(state(date(2024, 12, 31), &facts), (Validity::InForce, false));
    assert_eq!(state(date(2025, 1, 1), &facts), (Validity::Expired, false));
    assert!(matches!(state_on(date(2025, 1, 1), &facts).evidence[..], [Evidence::Sentence(_)]));
}

#[test]
fn state_on_last_day_is_in_force() {
    let statements = statements("本办法自2020年1月1日起施行，有效期至2024年6月1日。");
    let facts = Facts { statements: &statements, ..Facts::default() };
    assert_eq!(state(DAY, &facts).0, Validity::InForce);
    assert_eq!(state(date(2024, 6, 2), &facts).0, Validity::Expired);
}

#[test]
fn stated_state_holds_until_date_contradicts() {
    let stated = |stated| Facts { stated: Some(stated), ..Facts::default() };
    assert_eq!(state(DAY, &stated(Validity::InForce)), (Validity::InForce, false));
    assert_eq!(state(DAY, &stated(Validity::Amended)), (Validity::Amended, false));
    assert_eq!(state(DAY, &stated(Validity::Repealed)), (Validity::Repealed, false));
    let ended = Facts { ends_on: Some(date(2023, 1, 1)), ..stated(Validity::InForce) };
    assert_eq!(state(DAY, &ended), (Validity::Expired, true));
    let repealed = Facts { ends_on: Some(date(2023, 1, 1)), ..stated(Validity::Repealed) };
    assert_eq!(state(DAY, &repealed), (Validity::Repealed, false));
    let waiting = Facts { effective_on: Some(date(2024, 1, 1)), ..stated(Validity::NotYetEffective) };
    assert_eq!(state(date(2023, 12, 31), &waiting), (Validity::NotYetEffective, false));
}

#[test]
fn state_ended_by_other_document_is_repealed() {
    let ended_by = Some(EndedBy { by: "乙决定".to_owned(), on: Some(date(2024, 1, 1)) });
    let facts = Facts { stated: Some(Validity::InForce), ended_by, ..Facts::default() };
    assert_eq!(state(DAY, &facts), (Validity::Repealed, true));
    assert_eq!(state(date(2023, 12, 31), &facts), (Validity::InForce, false));
}

#[test]
fn parse_stated_words_of_sources_returns_state() {
    for (word, state) in [
        ("有效", Validity::InForce),
        ("现行有效", Validity::InForce),
        ("已修改", Validity::Amended),
        ("部分条款失效", Validity::Amended),
        ("废止", Validity::Repealed),
        ("失效", Validity::Repealed),
        ("已 废 止", Validity::Repealed),
        ("尚未生效", Validity::NotYetEffective),
    ] {
        assert_eq!(parse_stated(word), Some(state), "{word}");
    }
    assert_eq!(parse_stated(""), None);
    assert_eq!(parse_stated("综合政务"), None);
}

#[test]
fn amended_part_is_no_statement_of_end() {
    assert_eq!(sayings_and_sentences("《甲办法》部分条款修改后重新公布。"), []);
    assert_eq!(marked_ended("甲办法（部分条款修改）"), None);
}

#[test]
fn marked_ended_returns_mark_of_whole_document_only() {
    let mark = |text: &'static str| marked_ended(text).map(|range| &text[range]);
    assert_eq!(mark("某某管理办法（已废止）"), Some("（已废止）"));
    assert_eq!(mark("【失效】某某通知"), Some("【失效】"));
    assert_eq!(mark("关于废止某某办法的决定"), None);
    assert_eq!(mark("某某办法（部分条款废止）"), None);
}

/// Rows as title, number and action.
fn rows(text: &str) -> Vec<(String, Option<String>, Action)> {
    cleanup_list(text)
        .into_iter()
        .map(|row| (row.title, row.number.map(|n| n.to_string()), row.action))
        .collect()
}

#[test]
fn cleanup_list_with_headings_takes_action_from_them() {
    let text = "一、决定废止的文件目录\n1.《甲办法》（冀政〔2001〕3号）\n2.关于乙的通知（冀政办〔2002〕8号）\n\
                二、宣布失效的文件目录\n1．《丙方案》\n三、继续有效的文件目录\n（1）《丁规定》（冀政〔2003〕9号）\n";
    let some = |number: &str| Some(number.to_owned());
    assert_eq!(
        rows(text),
        [
            ("甲办法".to_owned(), some("冀政〔2001〕3号"), Action::Repealed),
            ("关于乙的通知".to_owned(), some("冀政办〔2002〕8号"), Action::Repealed),
            ("丙方案".to_owned(), None, Action::Lapsed),
            ("丁规定".to_owned(), some("冀政〔2003〕9号"), Action::Kept),
        ]
    );
}

#[test]
fn cleanup_list_as_table_or_glued_rows_is_read() {
    let table = "| 序号 | 文件名称 | 文号 | 处理 |\n| 1 | 某某管理办法 | 冀科〔2001〕3号 | 废止 |\n| 2 | 某某实施细则 | 冀科〔2002〕4号 | 继续有效 |";
    let got: Vec<_> = rows(table).into_iter().map(|(title, _, action)| (title, action)).collect();
    assert_eq!(
        got,
        [("某某管理办法".to_owned(), Action::Repealed), ("某某实施细则".to_owned(), Action::Kept)]
    );
    let glued = "一、予以废止的规范性文件1.《甲办法》（冀科〔2001〕3号）2.《乙办法》（冀科〔2002〕4号）二、继续有效的规范性文件1.《丙办法》";
    let got: Vec<_> = rows(glued).into_iter().map(|(title, _, action)| (title, action)).collect();
    assert_eq!(
        got,
        [
            ("甲办法".to_owned(), Action::Repealed),
            ("乙办法".to_owned(), Action::Repealed),
            ("丙办法".to_owned(), Action::Kept)
        ]
    );
}

#[test]
fn cleanup_list_of_decision_has_no_other_rows() {
    let text = "关于废止部分行政法规的决定\n一、甲管理条例（1988年8月11日国务院发布）\n二、乙征收管理办法（2002年8月2日中华人民共和国国务院令第357号公布）\n本决定自公布之日起施行。";
    let got = rows(text);
    assert_eq!(got[0], ("甲管理条例".to_owned(), None, Action::Repealed));
    assert_eq!(got[1].0, "乙征收管理办法");
    assert_eq!(got.len(), 2);
    let glued = "公平竞争审查清理结果1《甲办法》（冀科企[2013]13号）保留2《乙办法》（冀科山〔2016〕2号）废止";
    let got: Vec<_> = rows(glued).into_iter().map(|(title, _, action)| (title, action)).collect();
    assert_eq!(got, [("甲办法".to_owned(), Action::Kept), ("乙办法".to_owned(), Action::Repealed)]);
}

#[test]
fn cleanup_list_row_on_part_is_amendment() {
    let text = "一、废止的规范性文件目录\n1.《甲规定》第四条、第五条\n2.《乙规定》\n| 3 | 丙问题的规定第2条 | 冀科〔2001〕3号 |";
    let got: Vec<_> = rows(text).into_iter().map(|(title, _, action)| (title, action)).collect();
    assert_eq!(
        got,
        [
            ("甲规定".to_owned(), Action::Amended),
            ("乙规定".to_owned(), Action::Repealed),
            ("丙问题的规定".to_owned(), Action::Amended)
        ]
    );
}

#[test]
fn cleanup_list_of_other_text_is_empty() {
    assert!(rows("一、加强管理。\n1.根据《甲法》的规定办理。\n2.做好《乙条例》的宣传。").is_empty());
}

proptest! {
    #[test]
    fn statements_of_any_text_do_not_panic(text in "[自发布公之日起施行有效期至试五年0-9同时废止《》〈〉、.\\n|\t（）本办法一二目录文件继续失]{0,60}|\\PC{0,60}") {
        for statement in statements(&text) {
            prop_assert!(text.get(statement.range).is_some());
        }
        cleanup_list(&text);
        marked_ended(&text);
    }

    #[test]
    fn state_on_any_start_day_is_in_force(offset in -30_000i32..200_000, months in 1u16..600) {
        let day = date(2000, 1, 1).checked_add(jiff::Span::new().days(offset)).unwrap();
        let statements = [
            Statement { saying: Saying::EffectiveOn(day), range: 0..0 },
            Statement { saying: Saying::Term { months, trial: false }, range: 0..0 },
        ];
        let facts = Facts { statements: &statements, ..Facts::default() };
        prop_assert_eq!(state_on(day, &facts).state, Validity::InForce);
    }
}
