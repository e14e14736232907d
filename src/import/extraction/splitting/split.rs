//! Pages that hold several documents: collections with a title over each, and
//! scrapes in which texts run on without any.

use gongkai_index::official::{date, region};

use crate::import::extraction::line::{Line, is_date_line, is_running, lone_number};
use crate::import::extraction::page::Page;
use crate::import::extraction::splitting::piece::{
    MOST, Piece, SHORTEST, glued_title, length, squeezed, strip_repeated, years,
};
use crate::import::extraction::splitting::split_untitled::headless;
use crate::import::extraction::{signature, title};
use crate::import::file_content::BlockKind;

/// The documents of a page in order; one, mostly.
pub fn split(page: &mut Page, collected: bool) -> Vec<Piece> {
    let lines = std::mem::take(&mut page.lines);
    let Some(own_title) = page.title.clone() else { return headless(lines) };
    let mut heads = if collected || has_titles(&lines) { headings(&lines, collected) } else { Vec::new() };
    let series = series(&lines);
    if series.len() > heads.len() {
        heads = series;
    }
    let repeated = heads.iter().filter(|head| head.repeats).count();
    let separate = is_separate(&own_title, &lines, &heads);
    let many = repeated >= 2 || heads.len() >= 2 && collected;
    let collection = separate || many && !is_cover(&own_title, &lines, &heads);
    if !collection || heads.is_empty() {
        return vec![Piece { title: own_title, title_from: page.title_from, lines, place: None }];
    }
    let mut pieces = under_headings(&lines, &heads);
    // What stands before the first heading is a document too, if it is long enough.
    let first = &lines[..heads[0].at];
    if length(first) >= if separate { 30 } else { SHORTEST } {
        pieces.insert(
            0,
            Piece { title: own_title, title_from: page.title_from, lines: first.to_vec(), place: None },
        );
    }
    let short = repeated >= 2 || separate;
    pieces.retain(|piece| length(&piece.lines) >= SHORTEST || short && length(&piece.lines) >= 15);
    pieces.truncate(MOST);
    pieces
}

/// Titles over texts that each have a number or a signature of their own, the
/// first of which does not issue the others.
fn is_separate(title: &str, lines: &[Line], heads: &[Heading]) -> bool {
    let issues = ["印发", "转发", "批转", "发布", "公布", "下发", "颁布", "修改"]
        .iter()
        .any(|word| title.contains(word));
    if heads.is_empty() || issues {
        return false;
    }
    let starts: Vec<usize> = std::iter::once(0).chain(heads.iter().map(|head| head.at)).collect();
    let ends = starts.iter().skip(1).copied().chain([lines.len()]);
    let texts =
        starts.iter().zip(ends).map(|(start, end)| &lines[*start..end]).filter(|text| length(text) >= 30);
    // Headings by markup part documents; then a date under each is sign enough.
    let marked = heads.len() >= 2 && heads.iter().all(|head| head.marked);
    let (mut own, mut count): (Vec<String>, usize) = (Vec::new(), 0);
    for text in texts {
        count += 1;
        let number = text.iter().take(4).find_map(|line| lone_number(&line.text));
        let signed = signature::find(text).filter(|signature| !signature.organs.is_empty());
        let dated =
            || text.iter().rev().take(3).find(|line| is_date_line(&line.text)).map(|line| line.text.clone());
        let sign = number.or_else(|| signed.map(|signature| signature.evidence));
        let sign = sign.or_else(|| if marked { dated() } else { None });
        if let Some(sign) = sign.filter(|sign| !own.contains(sign)) {
            own.push(sign);
        }
    }
    count >= 2 && own.len() == count
}

/// A line that looks like a title: otherwise one document is all there is.
fn has_titles(lines: &[Line]) -> bool {
    lines.iter().any(|line| title::score(&line.text) >= title::LIKELY)
}

/// A line that begins a document of a collection.
#[derive(Debug)]
struct Heading {
    at: usize,
    title: String,
    /// The text behind it begins with the same words.
    repeats: bool,
    /// It is a heading by markup.
    marked: bool,
    /// The title is the beginning of the text's own first line.
    glued: bool,
}

/// Titles on lines of their own and, on pages that collect texts, at the beginning of a text's own line.
fn headings(lines: &[Line], collected: bool) -> Vec<Heading> {
    let mut found: Vec<Heading> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let previous = found.last().is_some_and(|head| head.at + 1 == at);
        if line.kind == BlockKind::Row {
            continue;
        }
        if collected && let Some((title, _)) = glued_title(&line.text) {
            if !previous {
                found.push(Heading { at, title, repeats: false, marked: false, glued: true });
            } else if let Some(last) = found.last_mut() {
                last.repeats |= begins_alike(&title, &last.title);
            }
            continue;
        }
        let likely = title::score(&line.text) >= title::LIKELY && !previous;
        if likely && lines.get(at + 1).is_some_and(|next| begins_a_text(&next.text)) {
            let title = title::tidy(&line.text);
            let repeats =
                squeezed(&lines[at + 1].text, 240).starts_with(&squeezed(title::without_notes(&title), 240));
            found.push(Heading { at, title, repeats, marked: line.kind == BlockKind::Heading, glued: false });
        }
    }
    found
}

/// Titles of one series (`甲市2011年…报告`, `甲市2012年…报告`) over texts of any length.
fn series(lines: &[Line]) -> Vec<Heading> {
    let titles = lines.iter().enumerate().filter(|(_, line)| {
        line.kind != BlockKind::Row
            && title::score(&line.text) >= title::LIKELY
            && (is_dated(&line.text) || region::leading(&line.text).is_some())
    });
    let titles: Vec<(usize, &str)> = titles.map(|(at, line)| (at, line.text.as_str())).collect();
    let ending = |text: &str| -> String { text.chars().rev().take(6).collect() };
    let of_series = titles.iter().filter(|(at, text)| {
        let others = titles.iter().filter(|(other, _)| other != at);
        others.clone().any(|(_, other)| ending(other) == ending(text))
            && lines.get(at + 1).is_some_and(|next| ending(&next.text) != ending(text))
    });
    let found = of_series.map(|(at, text)| Heading {
        at: *at,
        title: title::tidy(text),
        repeats: true,
        marked: false,
        glued: false,
    });
    found.collect()
}

/// Names a year: `2011年`, `2011年度`.
fn is_dated(text: &str) -> bool {
    !years(text).is_empty()
}

/// What may stand under a title: a number, those it is sent to, running text.
fn begins_a_text(line: &str) -> bool {
    line.chars().count() >= 50 || lone_number(line).is_some() || is_running(line)
}

fn begins_alike(a: &str, b: &str) -> bool {
    a.contains(title::without_notes(b)) || b.contains(title::without_notes(a))
}

fn under_headings(lines: &[Line], heads: &[Heading]) -> Vec<Piece> {
    let ends = heads.iter().skip(1).map(|head| head.at).chain([lines.len()]);
    let pieces = heads.iter().zip(ends).map(|(head, end)| {
        let start = if head.glued { head.at } else { head.at + 1 };
        let mut lines = lines[start..end].to_vec();
        let title = strip_repeated(&mut lines, &head.title);
        Piece { title, title_from: "heading", lines, place: None }
    });
    pieces.collect()
}

/// A notice with what it encloses is one document: it has a cover.
fn is_cover(title: &str, lines: &[Line], heads: &[Heading]) -> bool {
    let covers =
        ["印发", "转发", "批转", "发布", "公布", "下发", "颁布"].iter().any(|word| title.contains(word));
    let first = heads.first().map_or(lines.len(), |head| head.at);
    let cover = &lines[..first];
    let signed =
        cover.iter().any(|line| line.text.chars().count() <= 40 && !date::find_all(&line.text).is_empty());
    let annexed = lines.iter().any(|line| line.text.starts_with("附件") && line.text.chars().count() <= 40);
    let numbered = cover.iter().any(|line| lone_number(&line.text).is_some());
    covers && first > 0 || (signed || annexed || numbered) && first > 2
}
