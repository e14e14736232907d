//! A thousand damaged files of each format: the importer reads on, and tells each failure.

mod samples;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use gongkai::import::formats::sandbox;
use gongkai::import::{self, Item, Options};

/// Files of each format.
const FILES: usize = 1_000;
/// No file takes longer; a hang would.
const LONGEST: Duration = Duration::from_secs(30);

/// A small generator of numbers: the same damage every time.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// Pieces that parsers stumble over.
const PIECES: &[&[u8]] = &[
    b"<",
    b">",
    b"</",
    b"<!--",
    b"<![CDATA[",
    b"&#x110000;",
    b"&lol;",
    b"\0",
    b"\xff\xfe",
    b"<table>",
    b"<tr><td>",
    b"\"",
    b"<<",
    b">>",
    b"[",
    b"]",
    b"(",
    b"obj",
    b"endstream",
    b"/Length 4294967295",
    b"/Kids [2 0 R]",
    b"/Filter /FlateDecode",
    b"/Prev 9",
    b" 99999999999999999999 ",
    b"-1",
    b"1e308",
    b"startxref\n0",
    b"PK\x03\x04",
    b"\xe3\x80",
    b",,,\"",
    b"\r\r\n",
    b"ID='1' BaseLoc='../../../x'",
];

fn damaged(sample: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = sample.to_vec();
    for _ in 0..=dice.below(8) {
        let at = dice.below(bytes.len());
        let length = 1 + dice.below(64);
        let end = (at + length).min(bytes.len());
        match dice.below(7) {
            0 => bytes.iter_mut().skip(at).take(length).for_each(|b| *b ^= dice.next() as u8),
            1 => drop(bytes.drain(at..end)),
            2 => bytes.truncate(at),
            3 => {
                let copy = bytes[at..end].repeat(1 + dice.below(50));
                bytes.splice(at..at, copy);
            }
            4 => {
                let random: Vec<u8> = (0..length).map(|_| dice.next() as u8).collect();
                bytes.splice(at..at, random);
            }
            _ => {
                let piece = PIECES[dice.below(PIECES.len())].repeat(1 + dice.below(20));
                bytes.splice(at..at, piece);
            }
        }
        if bytes.is_empty() {
            bytes.push(dice.next() as u8);
        }
    }
    bytes
}

/// Damages the outside of a package, or the XML inside a sound one.
fn damaged_package(entries: &[(&str, Vec<u8>)], dice: &mut Dice) -> Vec<u8> {
    let inside = dice.below(3) > 0;
    let target = dice.below(entries.len());
    let contents: Vec<(&str, Vec<u8>)> = entries
        .iter()
        .enumerate()
        .map(|(i, (name, content))| {
            (*name, if inside && i == target { damaged(content, dice) } else { content.clone() })
        })
        .collect();
    let borrowed: Vec<(&str, &[u8])> =
        contents.iter().map(|(name, content)| (*name, content.as_slice())).collect();
    let package = samples::archive(&borrowed);
    if inside { package } else { damaged(&package, dice) }
}

/// Reads a thousand files; every one gives something, and none takes long.
fn survive(ending: &str, mut make: impl FnMut(&mut Dice) -> Vec<u8>) {
    let seed = ending
        .bytes()
        .fold(0x9e37_79b9_7f4a_7c15, |seed, b| (seed ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    let mut dice = Dice(seed);
    let folder = tempfile::tempdir().unwrap();
    let program = PathBuf::from(env!("CARGO_BIN_EXE_gongkai"));
    let reader = sandbox::Reader { program, limits: sandbox::Limits::default() };
    let options = Options { reader: Some(reader), ..Options::default() };
    let (mut records, mut rejected, mut slowest) = (0, 0, Duration::ZERO);
    for i in 0..FILES {
        let path = folder.path().join(format!("{i}.{ending}"));
        std::fs::write(&path, make(&mut dice)).unwrap();
        let (start, mut items) = (Instant::now(), 0);
        import::read_paths(std::slice::from_ref(&path), &options, &mut |item| {
            items += 1;
            match item {
                Item::Record { .. } => records += 1,
                Item::Rejected { problems, .. } => {
                    assert!(!problems.is_empty());
                    rejected += 1;
                }
            }
            true
        })
        .unwrap();
        // Tables may be damaged down to a header without rows, archives to nothing.
        assert!(items > 0 || matches!(ending, "csv" | "zip"), "{ending} {i} gave nothing");
        slowest = slowest.max(start.elapsed());
        std::fs::remove_file(&path).unwrap();
    }
    println!(
        "{ending}: {records} records, {rejected} failures told, slowest {slowest:?}, peak {} MB",
        peak_megabytes()
    );
    assert!(slowest < LONGEST, "{ending}: {slowest:?}");
    assert!(peak_megabytes() < 512, "{ending}: {} MB", peak_megabytes());
}

/// The most memory this process has had; 0 where the system does not say.
fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) / 1024
}

#[test]
fn html() {
    let page = samples::page(8, 10).into_bytes();
    survive("html", |dice| damaged(&page, dice));
}

#[test]
fn plain_text() {
    let text = encoding_rs::GB18030.encode(&samples::NOTICE.join("\n")).0.into_owned();
    survive("txt", |dice| damaged(&text, dice));
}

#[test]
fn markdown() {
    let text = format!(
        "# {}\n\n| 甲 | 乙 |\n|---|---|\n\n{}",
        samples::NOTICE[0],
        samples::NOTICE[1..].join("\n\n")
    );
    survive("md", |dice| damaged(text.as_bytes(), dice));
}

#[test]
fn exports() {
    let table = samples::export(20).into_bytes();
    survive("csv", |dice| damaged(&table, dice));
}

#[test]
fn word() {
    let entries = [("word/document.xml", samples::word_xml(samples::NOTICE).into_bytes())];
    survive("docx", |dice| damaged_package(&entries, dice));
}

#[test]
fn ofd() {
    let entries = [
        ("OFD.xml", b"<ofd:OFD xmlns:ofd='o'><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>".to_vec()),
        ("Doc_0/Document.xml", b"<ofd:Document xmlns:ofd='o'><ofd:Pages><ofd:Page ID='1' BaseLoc='Pages/P0.xml'/></ofd:Pages></ofd:Document>".to_vec()),
        ("Doc_0/Pages/P0.xml", samples::ofd_page(samples::NOTICE).into_bytes()),
    ];
    survive("ofd", |dice| damaged_package(&entries, dice));
}

#[test]
fn pdf() {
    let file = samples::pdf(samples::NOTICE);
    survive("pdf", |dice| damaged(&file, dice));
}

#[test]
fn archives() {
    let entries =
        [("甲.txt", samples::NOTICE.join("\n").into_bytes()), ("b.html", samples::page(2, 2).into_bytes())];
    survive("zip", |dice| damaged_package(&entries, dice));
}
