//! Splitting by titles: collections with a title over each document. Pages without any title
//! are left to `split_untitled`.

use gongkai_index::official::{date, region};

use crate::import::extraction::line::{Line, is_date_line, is_running_text, sole_document_number};
use crate::import::extraction::page::Page;
use crate::import::extraction::splitting::page_document::{
    MAX_DOCUMENTS, MIN_DOCUMENT_CHARS, PageDocument, char_count, glued_title, has_article, named_years,
    remove_document, strip_repeated_title, untitled_document, without_whitespace,
};
use crate::import::extraction::splitting::split_untitled::split_untitled;
use crate::import::extraction::{signature, title};
use crate::import::file_content::BlockKind;

/// Splits a page into its documents, in order; most pages have one. A text without a title
/// gets a stand-in, from the name of its file if need be.
pub fn split_page(page: &mut Page, from_content_farm: bool, file_stem: &str) -> Vec<PageDocument> {
    let lines = std::mem::take(&mut page.lines);
    let Some(own_title) = page.title.clone() else {
        // Scrapes of several pages are pages; a file of its own is one document.
        if page.has_site {
            return split_untitled(page, lines);
        }
        return if lines.is_empty() { Vec::new() } else { vec![untitled_document(lines, file_stem)] };
    };
    let mut heads = if from_content_farm || has_title_line(&lines) {
        find_headings(&lines, from_content_farm)
    } else {
        Vec::new()
    };
    let series = find_series(&lines);
    if series.len() > heads.len() {
        heads = series;
    }
    let repeated = heads.iter().filter(|head| head.repeats).count();
    let separate = are_separate_documents(&own_title, &lines, &heads);
    let many = repeated >= 2 || heads.len() >= 2 && from_content_farm;
    let collection = separate || many && !has_cover(&own_title, &lines, &heads);
    if !collection || heads.is_empty() {
        return vec![PageDocument {
            title: own_title,
            title_from: page.title_from,
            lines,
            ..PageDocument::default()
        }];
    }
    let mut documents = documents_under(&lines, &heads);
    // The text before the first heading is a document too, if it is long enough.
    let first = PageDocument {
        title: own_title,
        title_from: page.title_from,
        lines: lines[..heads[0].at].to_vec(),
        ..PageDocument::default()
    };
    if char_count(&first.lines) >= if separate { 30 } else { MIN_DOCUMENT_CHARS } || has_article(&first.lines)
    {
        documents.insert(0, first);
    } else {
        remove_document(page, &first);
    }
    let short = repeated >= 2 || separate;
    let mut kept: Vec<PageDocument> = Vec::new();
    for document in documents {
        let chars = char_count(&document.lines);
        let enough = chars >= MIN_DOCUMENT_CHARS || short && chars >= 15 || has_article(&document.lines);
        if kept.len() < MAX_DOCUMENTS && enough {
            kept.push(document);
        } else {
            remove_document(page, &document);
        }
    }
    kept
}

/// Checks that each text under a title has a number or a signature of its own, and that the
/// first does not issue the others.
fn are_separate_documents(title: &str, lines: &[Line], heads: &[Heading]) -> bool {
    let issues = ["印发", "转发", "批转", "发布", "公布", "下发", "颁布", "修改"]
        .iter()
        .any(|word| title.contains(word));
    if heads.is_empty() || issues {
        return false;
    }
    let starts: Vec<usize> = std::iter::once(0).chain(heads.iter().map(|head| head.at)).collect();
    let ends = starts.iter().skip(1).copied().chain([lines.len()]);
    let texts =
        starts.iter().zip(ends).map(|(start, end)| &lines[*start..end]).filter(|text| char_count(text) >= 30);
    // Headings by markup separate documents; then a date under each is evidence enough.
    let marked = heads.len() >= 2 && heads.iter().all(|head| head.marked);
    let (mut own, mut count): (Vec<String>, usize) = (Vec::new(), 0);
    for text in texts {
        count += 1;
        let number = text.iter().take(4).find_map(|line| sole_document_number(&line.text));
        let signed = signature::find_signature(text).filter(|signature| !signature.organs.is_empty());
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

/// Checks for a line like a title: without one the page has one document.
fn has_title_line(lines: &[Line]) -> bool {
    lines.iter().any(|line| title::score(&line.text) >= title::LIKELY_SCORE)
}

/// Line that begins a document of a collection.
#[derive(Debug)]
struct Heading {
    at: usize,
    title: String,
    /// Set if the text behind it begins with the same words.
    repeats: bool,
    /// Set for a heading by markup.
    marked: bool,
    /// Set if the title is the beginning of the text's own first line.
    glued: bool,
}

/// Finds titles on lines of their own and, on content farms, at the beginning of a text's own line.
fn find_headings(lines: &[Line], from_content_farm: bool) -> Vec<Heading> {
    let mut found: Vec<Heading> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let previous = found.last().is_some_and(|head| head.at + 1 == at);
        if line.kind == BlockKind::Row {
            continue;
        }
        if from_content_farm && let Some((title, _)) = glued_title(&line.text) {
            if !previous {
                found.push(Heading { at, title, repeats: false, marked: false, glued: true });
            } else if let Some(last) = found.last_mut() {
                last.repeats |= titles_overlap(&title, &last.title);
            }
            continue;
        }
        let likely = title::score(&line.text) >= title::LIKELY_SCORE && !previous;
        if likely && lines.get(at + 1).is_some_and(|next| can_start_text(&next.text)) {
            let title = title::normalise(&line.text);
            let repeats = without_whitespace(&lines[at + 1].text, 240)
                .starts_with(&without_whitespace(title::without_notes(&title), 240));
            found.push(Heading { at, title, repeats, marked: line.kind == BlockKind::Heading, glued: false });
        }
    }
    found
}

/// Finds titles of one series (`甲市2011年…报告`, `甲市2012年…报告`) over texts of any length.
fn find_series(lines: &[Line]) -> Vec<Heading> {
    let titles = lines.iter().enumerate().filter(|(_, line)| {
        line.kind != BlockKind::Row
            && title::score(&line.text) >= title::LIKELY_SCORE
            && (names_year(&line.text) || region::leading(&line.text).is_some())
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
        title: title::normalise(text),
        repeats: true,
        marked: false,
        glued: false,
    });
    found.collect()
}

/// Recognises a named year: `2011年`, `2011年度`.
fn names_year(text: &str) -> bool {
    !named_years(text).is_empty()
}

/// Recognises lines that may follow a title: a number, a salutation, running text.
fn can_start_text(line: &str) -> bool {
    line.chars().count() >= 50 || sole_document_number(line).is_some() || is_running_text(line)
}

fn titles_overlap(a: &str, b: &str) -> bool {
    a.contains(title::without_notes(b)) || b.contains(title::without_notes(a))
}

fn documents_under(lines: &[Line], heads: &[Heading]) -> Vec<PageDocument> {
    let ends = heads.iter().skip(1).map(|head| head.at).chain([lines.len()]);
    let documents = heads.iter().zip(ends).map(|(head, end)| {
        let start = if head.glued { head.at } else { head.at + 1 };
        let mut lines = lines[start..end].to_vec();
        let title = strip_repeated_title(&mut lines, &head.title);
        PageDocument { title, title_from: "heading", lines, ..PageDocument::default() }
    });
    documents.collect()
}

/// Recognises a notice with enclosed documents, which is one document with a cover.
fn has_cover(title: &str, lines: &[Line], heads: &[Heading]) -> bool {
    let covers =
        ["印发", "转发", "批转", "发布", "公布", "下发", "颁布"].iter().any(|word| title.contains(word));
    let first = heads.first().map_or(lines.len(), |head| head.at);
    let cover = &lines[..first];
    let signed =
        cover.iter().any(|line| line.text.chars().count() <= 40 && !date::find_all(&line.text).is_empty());
    let annexed = lines.iter().any(|line| line.text.starts_with("附件") && line.text.chars().count() <= 40);
    let numbered = cover.iter().any(|line| sole_document_number(&line.text).is_some());
    covers && first > 0 || (signed || annexed || numbered) && first > 2
}
