//! Tests of page layout.

use crate::import::file_content::BlockKind;
use crate::import::formats::page_layout::{TextPage, TextRun, UPRIGHT, assemble_pages};

fn run(x: f32, y: f32, size: f32, text: &str) -> TextRun {
    TextRun {
        x,
        y,
        width: text.chars().count() as f32 * size,
        size,
        direction: UPRIGHT,
        text: text.to_owned(),
    }
}

fn texts(runs: Vec<TextRun>) -> Vec<(BlockKind, String)> {
    assemble_pages(vec![TextPage { runs, ..TextPage::default() }])
        .blocks
        .into_iter()
        .map(|b| (b.kind, b.text))
        .collect()
}

#[test]
fn lines_are_joined_to_paragraphs_and_titles() {
    let full = "一二三四五六七八九十一二三四五六七八九十";
    let runs = vec![
        run(94.0, 40.0, 22.0, "关于印发办法"),
        run(127.0, 70.0, 22.0, "的通知"),
        run(32.0, 100.0, 16.0, &full[..18 * 3]),
        run(0.0, 124.0, 16.0, full),
        run(0.0, 148.0, 16.0, "结束。"),
        run(32.0, 172.0, 16.0, &full[..18 * 3]),
        run(0.0, 196.0, 16.0, full),
        run(0.0, 300.0, 9.0, "— 1 —"),
    ];
    let texts = texts(runs);
    assert_eq!(texts[0], (BlockKind::Centred, "关于印发办法的通知".to_owned()));
    assert_eq!(texts[1].1, format!("{}{full}结束。", &full[..18 * 3]));
    assert_eq!(texts.len(), 3, "{texts:?}");
}

#[test]
fn wide_gaps_separate_cells_of_a_row() {
    let runs = vec![
        run(0.0, 10.0, 10.0, "项目"),
        run(100.0, 10.5, 10.0, "金额"),
        run(0.0, 30.0, 10.0, "水费"),
        run(100.0, 30.0, 10.0, "3"),
    ];
    assert_eq!(
        texts(runs),
        [(BlockKind::Row, "项目 | 金额".to_owned()), (BlockKind::Row, "水费 | 3".to_owned())]
    );
}

#[test]
fn runs_at_positions_that_are_not_finite_are_left_out() {
    assert!(texts(vec![run(f32::NAN, 1.0, 1.0, "甲"), run(0.0, f32::INFINITY, 1.0, "乙")]).is_empty());
}
