//! Tests of folding, words and grams together.

use proptest::prelude::*;

use super::fold::{Fold, fold};
use super::grams::{ANYWHERE, Grams, phrase};
use super::words::Analyzer;

fn analysed_words(text: &str) -> Vec<String> {
    Analyzer::shared().words(text).into_iter().map(|t| t.text).collect()
}

/// Checks by the phrase plan if the gram stream of `text` contains a phrase.
fn contains_phrase(text: &str, wanted: &str) -> bool {
    let folded = fold(text, Fold::Grams);
    let grams: Vec<(String, u32)> = Grams::new(folded.text())
        .map(|g| {
            let gram = &folded.text()[g.range.clone()];
            (if g.anywhere { format!("{ANYWHERE}{gram}") } else { gram.to_owned() }, g.position)
        })
        .collect();
    let plan = phrase(wanted);
    let anywhere = plan.anywhere.iter().all(|gram| grams.iter().any(|(g, _)| g == gram));
    let starts = 0..=grams.last().map_or(0, |(_, p)| *p);
    let placed = plan.placed.is_empty()
        || starts
            .into_iter()
            .any(|s| plan.placed.iter().all(|(gram, o)| grams.contains(&(gram.clone(), s + o))));
    !plan.is_empty() && anywhere && placed
}

#[test]
fn fold_width_case_script_and_glyph_normalises() {
    let fold = |text: &str| fold(text, Fold::Words).text().to_owned();
    assert_eq!(fold("行政許可"), "行政许可");
    assert_eq!(fold("巿臺著作權"), "市台著作权");
    assert_eq!(fold("ＡＢｃ１２．５％"), "abc12.5%");
    assert_eq!(fold("行\u{200b}政\u{feff}许可"), "行政许可");
    assert_eq!(fold("⼈⺠㎡Ⅲ①é"), "人民m2iii1e");
    assert_eq!(fold("（试行）"), "（试行）");
}

#[test]
fn word_ranges_point_into_original_text() {
    let text = "依法行政許\u{200b}可，共１２．５％";
    let tokens = Analyzer::shared().words(text);
    let slices: Vec<&str> = tokens.iter().map(|t| &text[t.range.clone()]).collect();
    assert_eq!(slices, ["依法", "行政許\u{200b}可", "行政", "許\u{200b}可", "共", "１２．５％"]);
    assert_eq!(tokens.last().map(|t| t.text.as_str()), Some("12.5%"));
}

#[test]
fn words_of_numbers_letters_and_dates_stay_whole() {
    assert_eq!(analysed_words("公开25,984条，占12.5%"), ["公开", "25984", "条", "占", "12.5%"]);
    for date in ["2017年5月15日", "2017-05-15", "2017.5.15", "２０１７年０５月１５日"] {
        assert!(analysed_words(date).contains(&"2017-05-15".to_owned()), "{date}");
    }
    assert!(!analysed_words("2016年13月5日").iter().any(|w| w.contains('-')));
    assert_eq!(analysed_words("GDP增长"), ["gdp", "增长"]);
}

#[test]
fn phrase_matches_exactly_substrings() {
    let text = "甘肃省2017年第11号公告：推进“放管服”改革，查处、取缔“三公”经费。";
    for wanted in [
        "肃省2017",
        "年第11号",
        "11号",
        "第11",
        "“三公”经费",
        "三公经费",
        "管服改",
        "查处、取缔",
        "费",
        "2017年",
    ] {
        assert!(contains_phrase(text, wanted), "{wanted}");
    }
    for absent in ["查处取缔", "省2016", "服管", "号11", "水", "1号"] {
        assert!(!contains_phrase(text, absent), "{absent}");
    }
    for (piece, stands) in [
        ("水、电", true),
        ("电、水", false),
        ("费、水", false),
        ("电、气", true),
        ("、电、", true),
        ("水、气", false),
    ] {
        assert_eq!(contains_phrase("交水、电、气费", piece), stands, "{piece}");
    }
    assert!(contains_phrase("目 录", "目录"));
    assert!(contains_phrase("「行政許可」", "行政许可"));
    assert!(phrase("！？").is_empty());
}

proptest! {
    #[test]
    fn word_ranges_of_any_text_are_valid(text in "\\PC{0,60}") {
        for token in Analyzer::shared().words(&text) {
            prop_assert!(text.get(token.range).is_some());
        }
    }

    #[test]
    fn word_ranges_of_mixed_text_are_ordered_and_not_empty(text in "[行政許可巿臺ＡＢ１２．，％“”（）\u{200b}㎡ a-c0-3\n年月日、]{0,60}") {
        let mut last = 0;
        for token in Analyzer::shared().words(&text) {
            let slice = text.get(token.range.clone());
            prop_assert!(slice.is_some_and(|s| !s.is_empty()));
            prop_assert!(token.position >= last);
            last = token.position;
        }
    }

    #[test]
    fn phrase_of_any_substring_is_found(
        text in "[行政许可年月号a0-2、“” ]{1,40}", start in 0usize..40, length in 1usize..12,
    ) {
        let chars: Vec<char> = text.chars().collect();
        let start = start.min(chars.len());
        let end = (start + length).min(chars.len());
        let cut_inside_letters = |i: usize| i > 0 && i < chars.len()
            && chars[i - 1].is_ascii_alphanumeric() && chars[i].is_ascii_alphanumeric();
        prop_assume!(!cut_inside_letters(start) && !cut_inside_letters(end));
        let wanted: String = chars[start..end].iter().collect();
        prop_assume!(!phrase(&wanted).is_empty());
        prop_assert!(contains_phrase(&text, &wanted), "{:?} in {:?}", wanted, text);
    }
}
