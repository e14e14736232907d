//! Pages that hold several documents: collections with a title over each, and
//! scrapes in which texts run on without any.

use gongkai_index::official::{date, region};

use super::extract::BlockKind;
use super::page::{Line, Page, is_running, lone_number};
use super::running_on::{headless, years};
use super::{enclosed, signature, title};

/// One document of a page.
#[derive(Debug, Clone, Default)]
pub struct Piece {
    /// Its title.
    pub title: String,
    /// How the title was found; empty when the page states it.
    pub title_from: &'static str,
    /// Its lines, without the title.
    pub lines: Vec<Line>,
    /// A place that its words name most, when its title was made from it.
    pub place: Option<&'static str>,
}

/// Text shorter than this, in characters, is no document of a collection.
pub(super) const SHORTEST: usize = 120;
/// Most documents of one page.
pub(super) const MOST: usize = 500;

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
        let dated = || {
            text.iter()
                .rev()
                .take(3)
                .find(|line| enclosed::is_date_line(&line.text))
                .map(|line| line.text.clone())
        };
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

pub(super) fn length(lines: &[Line]) -> usize {
    lines.iter().map(|line| line.text.chars().count()).sum()
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

fn squeezed(text: &str, limit: usize) -> String {
    text.chars().filter(|c| !c.is_whitespace()).take(limit).collect()
}

/// Words with which a text goes on behind a title that lost its line end.
const BEGINNINGS: &[&str] = &[
    "为了",
    "为进一步",
    "为深入",
    "为贯彻",
    "为全面",
    "为切实",
    "为加强",
    "为规范",
    "根据",
    "按照",
    "依据",
    "(19",
    "(20",
    "（19",
    "（20",
];

/// The title that is glued to the beginning of a text, and where the text goes on:
/// it names its organ or place, ends like a title, and a sentence begins.
pub fn glued_title(line: &str) -> Option<(String, usize)> {
    if line.len() < 150 {
        return None;
    }
    let head_end = line.char_indices().nth(70).map_or(line.len(), |(at, _)| at);
    let head = &line[..head_end];
    region::leading(head)
        .map(|(_, length)| length)
        .or_else(|| region::leading_short(head).map(|(_, length)| length))?;
    let end = BEGINNINGS.iter().filter_map(|word| head.find(word)).filter(|at| *at >= 18).min()?;
    let title = &head[..end];
    let whole = title::ends_as_title(title) && title::score(title) >= title::LIKELY;
    whole.then(|| (title::tidy(title), end))
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

/// The first line may begin with the title once more, or with a fuller form of it.
pub(super) fn strip_repeated(lines: &mut [Line], title: &str) -> String {
    let Some(first) = lines.first_mut() else { return title.to_owned() };
    if let Some((full, end)) = glued_title(&first.text) {
        first.text = first.text[end..].trim_start().to_owned();
        return full;
    }
    let wanted = squeezed(title, usize::MAX);
    let mut seen = String::new();
    for (at, c) in first.text.char_indices() {
        if seen == wanted {
            first.text = first.text[at..].trim_start().to_owned();
            break;
        }
        if !c.is_whitespace() {
            seen.push(c);
        }
        if seen.len() > wanted.len() {
            break;
        }
    }
    title.to_owned()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glued_title_ends_where_a_sentence_begins() {
        let line = format!(
            "唐山市商务局行政权力公开透明运行工作实施方案为了全面贯彻{}",
            "落实有关要求，".repeat(20)
        );
        assert_eq!(glued_title(&line).unwrap().0, "唐山市商务局行政权力公开透明运行工作实施方案");
        assert!(glued_title(&"唐山市全面贯彻落实有关要求，".repeat(20)).is_none());
    }
}
