//! Choice of the title among the candidates of a page.

use gongkai_index::official::issuer;

use crate::import::extraction::facts::Fact;
use crate::import::extraction::line::{Line, is_running_text};
use crate::import::extraction::{organs, pinyin_readings, title};
use crate::import::file_content::{BlockKind, FileContent, TitlePlace};

/// Limit of lines from which a bare title such as 公告 is read.
const MAX_BARE_TITLE_LINE: usize = 5;

/// Chooses the title by the best evidence; names the evidence unless the page states the title.
pub fn choose_title<'a>(
    content: &FileContent,
    stated: Option<&Fact>,
    lines: impl Iterator<Item = &'a Line>,
) -> Option<(String, &'static str)> {
    let clean =
        |text: &str| title::normalise(title::without_number(&pinyin_readings::without_readings(text)));
    let stated =
        stated.map(|fact| clean(&fact.value)).filter(|t| t.chars().count() >= 4 || title::is_bare_genre(t));
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
    let line = best_title_line(&lines, content.has_site);
    if let Some(stated) = stated {
        // The heading may name the organ that the catalogue leaves out.
        let fuller = heading.iter().find(|text| {
            text.strip_suffix(stated.as_str())
                .is_some_and(|organs| !organs::organs_on_line(organs).is_empty())
        });
        return Some((fuller.cloned().unwrap_or(stated), ""));
    }
    // A first-level heading of Markdown is the title in any form, unless it is a part of the text.
    let main = marked(TitlePlace::MainHeading).next().filter(|text| !title::starts_as_part(text));
    if let Some(main) = main {
        return Some((main, "heading"));
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
    let bare = || heading.clone().filter(|text| title::is_bare_genre(text));
    let alone = line.is_none() && heading.is_none() && window.is_none();
    let run_in = || first_line.as_deref().filter(|_| alone).and_then(title::title_run_into_text);
    if line.is_none()
        && let Some(text) = bare_title_line(&lines).or_else(bare).or_else(|| run_in().map(|(title, _)| title))
    {
        return Some((text, "first_line"));
    }
    if likely(&line) || likely(&window) {
        let line = line.filter(|text| title::score(text) >= title::LIKELY_SCORE);
        return line.map(|text| (text, "first_line")).or(window.map(|text| (text, "window_title")));
    }
    let other = heading.map(|text| (text, "heading")).or(window.map(|text| (text, "window_title")));
    other.or_else(|| {
        Some((title::normalise(&first_line.filter(|line| may_be_title(line, lines.len()))?), "first_line"))
    })
}

/// Finds a line of the head that is the name of a kind of document alone: 公告, 通　知.
fn bare_title_line(lines: &[&Line]) -> Option<String> {
    let head = lines.iter().take(MAX_BARE_TITLE_LINE).take_while(|line| !is_running_text(&line.text));
    head.map(|line| title::normalise(&line.text)).find(|text| title::is_bare_genre(text))
}

/// Accepts a short first line over a text as its title in any form.
fn may_be_title(line: &str, lines: usize) -> bool {
    let chars = line.chars().count();
    let ends = line.ends_with(['。', '；', '：', '，', '、', ':', ';']);
    let numbered = title::starts_as_part(line) || line.starts_with(|c: char| c.is_ascii_digit());
    lines >= 2 && (3..=80).contains(&chars) && !ends && !numbered && !issuer::is_organ(line)
}

/// Finds the line of the head most like a title, joined with its continuation.
fn best_title_line(lines: &[&Line], has_site: bool) -> Option<String> {
    let mut best: Option<(i32, String)> = None;
    let mut first = None;
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
        if i == 0 && !has_site && score >= title::LIKELY_SCORE {
            first = best.as_ref().map(|(_, text)| text.clone());
        }
        if is_running_text(&line.text) {
            break;
        }
    }
    let best = best.map(|(_, text)| text)?;
    // Over the notice that issues it, or over its own repetition, a title on the first line stays the title.
    let first = first.filter(|first| best.contains(first.as_str()) || first.contains(best.as_str()));
    Some(first.unwrap_or(best))
}
