//! Choice of the title among the candidates of a page.

use gongkai_index::official::issuer;

use crate::import::extraction::facts::Fact;
use crate::import::extraction::line::{Line, is_running_text};
use crate::import::extraction::{organs, pinyin_readings, title};
use crate::import::file_content::{BlockKind, FileContent, TitlePlace};

/// Chooses the title by the best evidence; names the evidence unless the page states the title.
pub fn choose_title<'a>(
    content: &FileContent,
    stated: Option<&Fact>,
    lines: impl Iterator<Item = &'a Line>,
) -> Option<(String, &'static str)> {
    let clean =
        |text: &str| title::normalise(title::without_number(&pinyin_readings::without_readings(text)));
    let stated = stated.map(|fact| clean(&fact.value)).filter(|t| t.chars().count() >= 4);
    let marked = |place: TitlePlace| {
        let candidates = content.titles.iter().filter(move |t| t.place == place);
        candidates.map(move |t| {
            if place == TitlePlace::Window {
                title::from_window_title(&pinyin_readings::without_readings(&t.text))
            } else {
                clean(&t.text)
            }
        })
    };
    let heading = marked(TitlePlace::Heading)
        .max_by_key(|text| title::score(text))
        .filter(|text| title::score(text) > -5);
    let window = marked(TitlePlace::Window)
        .next()
        .map(|text| title::normalise(&text))
        .filter(|text| title::score(text) > 0);
    let lines: Vec<&Line> = lines.collect();
    let first_line = lines.first().map(|line| line.text.clone());
    let line = best_title_line(&lines);
    if let Some(stated) = stated {
        // The heading may name the organ that the catalogue leaves out.
        let fuller = heading.iter().find(|text| {
            text.strip_suffix(stated.as_str())
                .is_some_and(|organs| !organs::organs_on_line(organs).is_empty())
        });
        return Some((fuller.cloned().unwrap_or(stated), ""));
    }
    let likely =
        |text: &Option<String>| text.as_ref().is_some_and(|text| title::score(text) >= title::LIKELY_SCORE);
    let same = |a: &Option<String>, b: &Option<String>| matches!((a, b), (Some(a), Some(b)) if a.contains(b.as_str()) || b.contains(a.as_str()));
    // A heading that the window title repeats is the title in any form.
    if likely(&heading) || same(&heading, &window) && heading.as_ref().is_some_and(|h| !issuer::is_organ(h)) {
        let longer = line.filter(|line| {
            heading.as_ref().is_some_and(|h| line.contains(h.as_str()) && line.len() > h.len())
        });
        return longer.or(heading).map(|text| (text, "heading"));
    }
    if line.is_none()
        && heading.is_none()
        && window.is_none()
        && let Some(first) = &first_line
        && let Some((title, _)) = title::title_run_into_text(first)
    {
        return Some((title, "first_line"));
    }
    if likely(&line) {
        return line.map(|text| (text, "first_line"));
    }
    if likely(&window) {
        return window.map(|text| (text, "window_title"));
    }
    // `公告` over one sentence is a title too short to be told from other words by itself.
    let bare = marked(TitlePlace::Heading).chain(first_line.clone()).find(|text| is_bare_kind(text));
    if let Some(bare) = bare.filter(|_| heading.is_none() && window.is_none() && lines.len() > 1) {
        return Some((title::normalise(&bare), "heading"));
    }
    let other = heading.map(|text| (text, "heading")).or(window.map(|text| (text, "window_title")));
    other.or_else(|| {
        Some((title::normalise(&first_line.filter(|line| may_be_title(line, lines.len()))?), "first_line"))
    })
}

/// Recognises a title that is nothing but the name of its kind, `公　告`.
fn is_bare_kind(text: &str) -> bool {
    let words: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    matches!(words.as_str(), "公告" | "通知" | "通告" | "公示" | "启事" | "声明" | "布告" | "告示" | "通报")
}

/// Accepts a short first line over a text as its title in any form.
fn may_be_title(line: &str, lines: usize) -> bool {
    let chars = line.chars().count();
    let ends = line.ends_with(['。', '；', '：', '，', '、', ':', ';']);
    let numbered = title::starts_as_part(line) || line.starts_with(|c: char| c.is_ascii_digit());
    lines >= 2 && (3..=80).contains(&chars) && !ends && !numbered && !issuer::is_organ(line)
}

/// Finds the line of the head most like a title, joined with its continuation.
fn best_title_line(lines: &[&Line]) -> Option<String> {
    let mut best: Option<(i32, String)> = None;
    for (i, line) in lines.iter().enumerate() {
        if line.kind == BlockKind::Row {
            continue;
        }
        let mut text = line.text.clone();
        let mut next = i + 1;
        while next < lines.len() && next < i + 3 && title::continues_on(&text, &lines[next].text) {
            text.push_str(&lines[next].text);
            next += 1;
        }
        let text = title::normalise(title::without_number(&text));
        let set = if line.kind == BlockKind::Paragraph { 0 } else { 1 };
        let score = title::score(&text) + set;
        if score >= title::LIKELY_SCORE && best.as_ref().is_none_or(|(known, _)| score > *known) {
            best = Some((score, text));
        }
        if is_running_text(&line.text) {
            break;
        }
    }
    best.map(|(_, text)| text)
}
