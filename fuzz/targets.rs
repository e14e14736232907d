//! Fuzz targets: each takes any bytes and panics only if a property is violated. The same
//! code runs under libFuzzer (`cargo +nightly fuzz run NAME`, in this folder) and under
//! the mutator of `tests/fuzzing.rs`, which needs nothing but the stable toolchain.

use std::sync::LazyLock;

use gongkai::api::cursor::Cursor;
use gongkai::api::parameters::SearchRequest;
use gongkai::import::{self, Item, Options};
use gongkai_index::Record;
use gongkai_index::analysis::Analyzer;
use gongkai_index::collection::highlight::Highlighter;
use gongkai_index::lexicon::names::NONE;
use gongkai_index::official::document_number;
use gongkai_index::query::Mode;
use gongkai_index::query::clause::describe;
use gongkai_index::query::parse::{QueryParser, parse};
use gongkai_index::record::Date;

static ANALYZER: LazyLock<Analyzer> = LazyLock::new(Analyzer::shared);
const TODAY: Date = Date::constant(2026, 1, 1);

/// Target: its name, which is also the folder of its seeds, and its function.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 7] = [
    ("query", query),
    ("filters", filters),
    ("cursor", cursor),
    ("ndjson", ndjson),
    ("importers", importers),
    ("highlighter", highlighter),
    ("document_number", numbers),
];

/// Parses any text as a query; every warning points into the text.
pub fn query(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for mode in [Mode::Smart, Mode::Literal] {
        let parsed = parse(&text, mode, &ANALYZER);
        let length = text.chars().count();
        assert!(parsed.warnings.iter().all(|warning| warning.offset <= length));
        let _ = describe(&parsed.matching);
    }
}

/// Parses an address: it is refused with reasons, or its own link has the same filters.
pub fn filters(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let parser = QueryParser { analyzer: &ANALYZER, names: &NONE };
    match SearchRequest::parse(&text, &parser, TODAY) {
        Ok(request) => {
            let link = request.link("/", &[]);
            let written = link.split_once('?').map_or("", |(_, query)| query);
            let again =
                SearchRequest::parse(written, &parser, TODAY).expect("accepted input is accepted again");
            assert_eq!(again.query.filters, request.query.filters);
        }
        Err(errors) => assert!(!errors.is_empty() && errors.iter().all(|error| !error.reason.is_empty())),
    }
}

/// Decodes a cursor: it is refused, or encodes to the same text.
pub fn cursor(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some(cursor) = Cursor::decode(&text) {
        assert_eq!(cursor.encode(), text);
    }
}

/// Reads a line as a record: it is refused with reasons, or equal after writing and reading again.
pub fn ndjson(bytes: &[u8]) {
    match Record::from_json(bytes) {
        Ok(record) => {
            let written = serde_json::to_vec(&record).expect("a record has a form as JSON");
            let again = Record::from_json(&written).expect("accepted input is accepted again");
            assert_eq!(again.content_hash(), record.content_hash());
        }
        Err(problems) => assert!(!problems.is_empty()),
    }
}

/// Imports a file whose format the first byte selects: every item is a valid record or a rejection.
pub fn importers(bytes: &[u8]) {
    let Some((first, content)) = bytes.split_first() else { return };
    let ending = ["html", "txt", "md", "csv", "json", "ndjson"][usize::from(*first) % 6];
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(format!("a.{ending}"));
    std::fs::write(&path, content).expect("a temporary file");
    let read = import::read_paths(&[path], &Options::default(), &mut |item| {
        match item {
            Item::Removed { .. } => {}
            Item::Record { record, .. } => {
                let written = serde_json::to_vec(&*record).expect("a record has a form as JSON");
                assert!(Record::from_json(&written).is_ok(), "an imported record is valid");
            }
            Item::Rejected { problems, .. } => assert!(!problems.is_empty()),
        }
        true
    });
    assert!(read.is_ok());
}

/// Highlights a text by the query of its first line: only marks are markup, and no character of the
/// title is lost.
pub fn highlighter(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (typed, body) = text.split_once('\n').unwrap_or((&text, &text));
    let marks = parse(typed, Mode::Smart, &ANALYZER).marks;
    let marked = Highlighter::new(&marks).highlight(typed, body);
    let plain = |html: &str| {
        let plain = html.replace("<mark>", "").replace("</mark>", "");
        assert!(!plain.contains(['<', '>', '"']), "{html}");
        assert_eq!(html.matches("<mark>").count(), html.matches("</mark>").count());
        plain
    };
    let mut escaped = String::new();
    gongkai_index::collection::highlight::escape(typed, &mut escaped);
    assert_eq!(plain(&marked.title), escaped);
    marked.body.iter().for_each(|piece| drop(plain(&piece.html)));
}

/// Finds document numbers: their ranges are valid and in order, and each normal form is read as
/// itself.
pub fn numbers(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut end = 0;
    for found in document_number::find_all(&text) {
        assert!(found.range.start >= end && text.get(found.range.clone()).is_some());
        end = found.range.end;
    }
    for number in document_number::candidates(&text) {
        assert!(document_number::candidates(&number.to_string()).contains(&number), "{number}");
    }
}
