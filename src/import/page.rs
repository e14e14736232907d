//! From what a reader found to the document in it: its title, the facts that
//! the page states, its lines. What belongs to the site is gone after this.

use gongkai_index::official::document_number;
use gongkai_index::official::{date, issuer};

use super::chrome::is_chrome;
use super::extract::{Block, BlockKind, CELL, Extract, TitlePlace, Zone};
use super::labels::{self, Field};
use super::title;

/// A fact that the source states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is about.
    pub field: Field,
    /// As written.
    pub value: String,
    /// Its label as written, for the record's account of itself.
    pub label: String,
}

/// A line of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// How it is set.
    pub kind: BlockKind,
    /// Its words.
    pub text: String,
}

/// A page, read.
#[derive(Debug, Default)]
pub struct Page {
    /// The title, if the page has one.
    pub title: Option<String>,
    /// Where the title was found, when the page did not state it.
    pub title_from: &'static str,
    /// What the page states.
    pub facts: Vec<Fact>,
    /// The document.
    pub lines: Vec<Line>,
    /// Its number, when it stands alone on a line of the head.
    pub number: Option<String>,
    /// A day in the head that nothing labels.
    pub head_date: Option<(date::Found, String)>,
    /// Lines of the site that may tell what kind of site it is.
    pub site: Vec<String>,
}

impl Page {
    /// The first value that the page states for a field.
    pub fn stated(&self, field: Field) -> Option<&Fact> {
        self.facts.iter().find(|fact| fact.field == field)
    }
}

/// How many lines may stand before the title.
const HEAD_LINES: usize = 60;
/// A line of so many bytes with a comma in it is running text: thirty characters.
const PROSE_BYTES: usize = 90;

/// Reads a page.
pub fn read(extract: &Extract) -> Page {
    let mut page = Page { facts: metas(extract), ..Page::default() };
    let sorted = sort(&mut page, &extract.blocks);
    let candidates = sorted.before.iter().chain(sorted.lines.iter()).take(HEAD_LINES);
    let heading = choose_title(extract, &page, candidates);
    page.lines = sorted.lines;
    if let Some((text, from)) = heading {
        begin_at_title(&mut page, &text);
        page.title = Some(text);
        page.title_from = from;
    }
    cut_tail(&mut page);
    read_head(&mut page, &sorted.before);
    page
}

/// `<meta>` names are labels like any other.
fn metas(extract: &Extract) -> Vec<Fact> {
    let known = extract.stated.iter().filter_map(|stated| {
        let field = labels::field(&stated.label)?;
        let value = stated.value.trim();
        let useful = !matches!(field, Field::Ignored | Field::Body) && !value.is_empty();
        useful.then(|| Fact { field, value: value.to_owned(), label: stated.label.clone() })
    });
    known.collect()
}

/// The lines of a page without those that state facts and those of the site.
#[derive(Default)]
struct Sorted {
    before: Vec<Line>,
    lines: Vec<Line>,
}

fn sort(page: &mut Page, blocks: &[Block]) -> Sorted {
    let mut sorted = Sorted::default();
    let mut head = true;
    let mut rest = blocks;
    while let Some((block, after)) = rest.split_first() {
        let rows = table_of_facts(rest);
        if !rows.is_empty() {
            rest = &rest[rows.len()..];
            rows.into_iter().for_each(|facts| page.facts.extend(facts));
            continue;
        }
        rest = after;
        head &= !is_prose(block);
        let edge = head || block.zone != Zone::Main;
        if edge && let Some(taken) = facts_on(block, after, page, &mut sorted) {
            rest = &after[taken..];
            continue;
        }
        if block.kind != BlockKind::Row && is_chrome(&block.text, edge) {
            page.site.push(block.text.clone());
            continue;
        }
        let line = Line { kind: block.kind, text: block.text.clone() };
        match block.zone {
            Zone::Before => sorted.before.push(line),
            Zone::Main => sorted.lines.push(line),
            Zone::After => page.site.push(block.text.clone()),
        }
    }
    sorted
}

/// Running text: the head of the page is over.
fn is_prose(block: &Block) -> bool {
    let text = &block.text;
    block.zone == Zone::Main
        && block.kind != BlockKind::Row
        && (text.len() >= PROSE_BYTES
            && text.contains(['，', ',', '。'])
            && labels::on_line(text).1.len() < 2
            || is_salutation(text))
}

/// `各县（市、区）人民政府，市直各部门：`.
fn is_salutation(text: &str) -> bool {
    text.ends_with(['：', ':'])
        && (text.starts_with('各')
            || text.contains("人民政府")
            || text.contains('、')
            || text.contains("单位")
            || text.contains("局"))
        && labels::on_line(text).1.is_empty()
}

/// Rows at the beginning of `blocks` that are pairs of labels and values, if there are enough to be sure.
fn table_of_facts(blocks: &[Block]) -> Vec<Vec<Fact>> {
    let rows: Vec<Vec<Fact>> = blocks.iter().map_while(|block| row_of_facts(block)).collect();
    let telling = rows.iter().flatten().filter(|fact| is_telling(fact.field)).count();
    if telling >= 2 { rows } else { Vec::new() }
}

/// Labels that no table of figures has for its columns.
fn is_telling(field: Field) -> bool {
    matches!(
        field,
        Field::IndexNumber
            | Field::DocumentNumber
            | Field::Issuers
            | Field::Publisher
            | Field::WrittenOn
            | Field::PublishedOn
            | Field::Validity
    )
}

fn row_of_facts(block: &Block) -> Option<Vec<Fact>> {
    if block.kind != BlockKind::Row {
        return None;
    }
    let cells: Vec<&str> = block.text.split(CELL).map(str::trim).collect();
    let in_cells = cells.iter().all(|cell| {
        cell.is_empty() || labels::on_line(cell).1.len() == 1 && labels::on_line(cell).0.is_empty()
    });
    if in_cells
        && cells.iter().any(|cell| cell.contains([':', '：']) && !labels::on_line(cell).1[0].value.is_empty())
    {
        let labelled = cells.iter().flat_map(|cell| labels::on_line(cell).1);
        return Some(labelled.map(|l| fact(l.field, l.label, l.value)).filter(is_useful).collect());
    }
    let mut facts = Vec::new();
    for pair in cells.chunks(2) {
        let field = labels::field(pair[0]).or_else(|| pair[0].is_empty().then_some(Field::Ignored))?;
        facts.push(fact(field, pair[0], pair.get(1).copied().unwrap_or_default()));
    }
    facts.retain(is_useful);
    Some(facts)
}

fn fact(field: Field, label: &str, value: &str) -> Fact {
    Fact { field, value: value.to_owned(), label: label.trim().to_owned() }
}

fn is_useful(fact: &Fact) -> bool {
    fact.field != Field::Ignored && !fact.value.is_empty()
}

/// Takes a line of labels apart; gives how many lines after it were its values,
/// or nothing if the line is not one of labels.
fn facts_on(block: &Block, after: &[Block], page: &mut Page, sorted: &mut Sorted) -> Option<usize> {
    let (before, labelled) = labels::on_line(&block.text);
    if labelled.is_empty() {
        return lone_label(block, after, page);
    }
    let long = labelled
        .iter()
        .any(|l| l.value.chars().count() > 80 && l.field != Field::Keywords && l.field != Field::Ignored);
    if long || before.chars().count() > 60 {
        return None;
    }
    let late = block.zone == Zone::After;
    for l in labelled {
        let fact = fact(l.field, l.label, l.value);
        if is_useful(&fact) && !(late && !matches!(l.field, Field::SourceName | Field::SourceUrl)) {
            page.facts.push(fact);
        }
    }
    if !before.is_empty() && block.zone != Zone::After {
        sorted.lines.push(Line { kind: BlockKind::Paragraph, text: before.to_owned() });
    }
    Some(0)
}

/// A label alone on its line: its value is the next one.
fn lone_label(block: &Block, after: &[Block], page: &mut Page) -> Option<usize> {
    let field = labels::field(&block.text)
        .filter(|_| block.text.ends_with([':', '：', '】']) || block.zone == Zone::Before)?;
    let next = after.first().filter(|next| {
        next.text.chars().count() <= 80
            && labels::field(&next.text).is_none()
            && labels::on_line(&next.text).1.is_empty()
    });
    if field == Field::Body {
        return None;
    }
    let Some(next) = next.filter(|_| field != Field::Ignored) else { return Some(0) };
    page.facts.push(fact(field, &block.text, &next.text));
    Some(1)
}

/// The title, by what says it best; with the place it was found in unless the page states it.
fn choose_title<'a>(
    extract: &Extract,
    page: &Page,
    lines: impl Iterator<Item = &'a Line>,
) -> Option<(String, &'static str)> {
    let stated =
        page.stated(Field::Title).map(|fact| title::tidy(&fact.value)).filter(|t| t.chars().count() >= 4);
    let marked =
        |place: TitlePlace| {
            let those = extract.titles.iter().filter(move |t| t.place == place);
            those.map(move |t| {
                if place == TitlePlace::Window { title::of_window(&t.text) } else { title::tidy(&t.text) }
            })
        };
    let heading = marked(TitlePlace::Heading)
        .max_by_key(|text| title::score(text))
        .filter(|text| title::score(text) > -5);
    let window = marked(TitlePlace::Window)
        .next()
        .map(|text| title::tidy(&text))
        .filter(|text| title::score(text) > 0);
    let line = best_line(lines);
    if let Some(stated) = stated {
        return Some((stated, ""));
    }
    let likely =
        |text: &Option<String>| text.as_ref().is_some_and(|text| title::score(text) >= title::LIKELY);
    let same = |a: &Option<String>, b: &Option<String>| matches!((a, b), (Some(a), Some(b)) if a.contains(b.as_str()) || b.contains(a.as_str()));
    // A heading that the window repeats is the title whatever it looks like.
    if likely(&heading) || same(&heading, &window) && heading.as_ref().is_some_and(|h| !issuer::is_organ(h)) {
        let longer = line.filter(|line| {
            heading.as_ref().is_some_and(|h| line.contains(h.as_str()) && line.len() > h.len())
        });
        return longer.or(heading).map(|text| (text, "heading"));
    }
    if likely(&line) {
        return line.map(|text| (text, "first_line"));
    }
    if likely(&window) {
        return window.map(|text| (text, "window_title"));
    }
    heading.map(|text| (text, "heading")).or(window.map(|text| (text, "window_title")))
}

/// The line of the head that looks most like a title, joined with the line it goes on in.
fn best_line<'a>(lines: impl Iterator<Item = &'a Line>) -> Option<String> {
    let lines: Vec<&Line> = lines.collect();
    let mut best: Option<(i32, String)> = None;
    for (i, line) in lines.iter().enumerate() {
        if line.kind == BlockKind::Row {
            continue;
        }
        let mut text = line.text.clone();
        let mut next = i + 1;
        while next < lines.len() && next < i + 3 && title::continues(&text, &lines[next].text) {
            text.push_str(&lines[next].text);
            next += 1;
        }
        let text = title::tidy(&text);
        let set = if line.kind == BlockKind::Paragraph { 0 } else { 1 };
        let score = title::score(&text) + set;
        if score >= title::LIKELY && best.as_ref().is_none_or(|(known, _)| score > *known) {
            best = Some((score, text));
        }
        if line.text.len() >= PROSE_BYTES && line.text.contains(['，', ',', '。'])
            || is_salutation(&line.text)
        {
            break;
        }
    }
    best.map(|(_, text)| text)
}

/// The document begins behind its title, wherever that stands in the head.
fn begin_at_title(page: &mut Page, wanted: &str) {
    let wanted: String = wanted.chars().filter(|c| !c.is_whitespace()).collect();
    let mut found = None;
    for start in 0..page.lines.len().min(HEAD_LINES) {
        let mut text = String::new();
        for end in start..page.lines.len().min(start + 3) {
            text.extend(page.lines[end].text.chars().filter(|c| !c.is_whitespace()));
            if text == wanted {
                found = Some((start, end + 1));
            }
            if text.len() >= wanted.len() {
                break;
            }
        }
        if found.is_some() {
            break;
        }
    }
    let Some((start, end)) = found else { return };
    let above: Vec<Line> = page.lines.drain(..end).take(start).collect();
    // What stands above the title is the site's, unless it is the head of the printed sheet.
    for line in above {
        if page.number.is_none() {
            page.number = lone_number(&line.text);
        }
        page.site.push(line.text);
    }
}

/// A document number that is all of a line, in brackets or not.
pub fn lone_number(line: &str) -> Option<String> {
    let bare = line.trim().trim_start_matches(['（', '(', '【']).trim_end_matches(['）', ')', '】']);
    if bare.chars().count() > 40 || !bare.ends_with('号') {
        return None;
    }
    let number = document_number::parse(bare)?;
    Some(number.to_string())
}

/// Numbers and dates in the first lines under the title.
fn read_head(page: &mut Page, before: &[Line]) {
    let head = before.iter().chain(page.lines.iter().take(6));
    let mut number = None;
    let mut day = None;
    for line in head.take(HEAD_LINES) {
        number = number.or_else(|| lone_number(&line.text));
        if day.is_none() && line.text.chars().count() <= 40 {
            day = date::find_all(&line.text).into_iter().next().map(|found| (found, line.text.clone()));
        }
    }
    page.number = page.number.take().or(number);
    page.head_date = day;
}

/// Takes off what the site put below the text.
fn cut_tail(page: &mut Page) {
    let floor = page.lines.len().saturating_sub(30);
    let mut end = page.lines.len();
    let mut below = 0;
    for at in (floor..page.lines.len()).rev() {
        let text = &page.lines[at].text;
        if is_chrome(text, true) {
            end = at;
            below = 0;
        } else {
            below += 1;
        }
        if below > 2 || is_last_of_document(text) {
            break;
        }
    }
    let tail: Vec<Line> = page.lines.drain(end..).collect();
    page.site.extend(tail.into_iter().map(|line| line.text));
}

/// A line with which a document ends: a date, a name, a sentence.
fn is_last_of_document(text: &str) -> bool {
    let chars = text.chars().count();
    chars <= 30 && (date::parse(text).is_some() || issuer::is_organ(text))
        || chars > 60 && text.ends_with('。') && !is_chrome(text, true)
}
