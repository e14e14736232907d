//! A thousand damaged files of each format: the importer continues and reports each failure.

mod samples;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use gongkai::import::formats::sandbox;
use gongkai::import::{self, Item, Options};

/// Number of files of each format.
const FILES_PER_FORMAT: usize = 1_000;
/// Time limit of one file; a hang exceeds it.
const MAX_FILE_TIME: Duration = Duration::from_secs(30);

/// Generator of random numbers with a fixed seed: the damage is the same in every run.
struct RandomNumbers(u64);

impl RandomNumbers {
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

/// Byte sequences that parsers are known to fail on.
const HOSTILE_BYTES: &[&[u8]] = &[
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

fn damage_bytes(sample: &[u8], random: &mut RandomNumbers) -> Vec<u8> {
    let mut bytes = sample.to_vec();
    for _ in 0..=random.below(8) {
        let at = random.below(bytes.len());
        let length = 1 + random.below(64);
        let end = (at + length).min(bytes.len());
        match random.below(7) {
            0 => bytes.iter_mut().skip(at).take(length).for_each(|b| *b ^= random.next() as u8),
            1 => drop(bytes.drain(at..end)),
            2 => bytes.truncate(at),
            3 => {
                let copy = bytes[at..end].repeat(1 + random.below(50));
                bytes.splice(at..at, copy);
            }
            4 => {
                let noise: Vec<u8> = (0..length).map(|_| random.next() as u8).collect();
                bytes.splice(at..at, noise);
            }
            _ => {
                let hostile = HOSTILE_BYTES[random.below(HOSTILE_BYTES.len())].repeat(1 + random.below(20));
                bytes.splice(at..at, hostile);
            }
        }
        if bytes.is_empty() {
            bytes.push(random.next() as u8);
        }
    }
    bytes
}

/// Damages the outside of a package, or the XML inside a sound one.
fn damage_package(entries: &[(&str, Vec<u8>)], random: &mut RandomNumbers) -> Vec<u8> {
    let inside = random.below(3) > 0;
    let target = random.below(entries.len());
    let contents: Vec<(&str, Vec<u8>)> = entries
        .iter()
        .enumerate()
        .map(|(i, (name, content))| {
            (*name, if inside && i == target { damage_bytes(content, random) } else { content.clone() })
        })
        .collect();
    let borrowed: Vec<(&str, &[u8])> =
        contents.iter().map(|(name, content)| (*name, content.as_slice())).collect();
    let package = samples::archive(&borrowed);
    if inside { package } else { damage_bytes(&package, random) }
}

/// Imports a thousand damaged files: each gives an item within the time limit.
fn import_damaged_files(ending: &str, mut make: impl FnMut(&mut RandomNumbers) -> Vec<u8>) {
    let seed = ending
        .bytes()
        .fold(0x9e37_79b9_7f4a_7c15, |seed, b| (seed ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    let mut random = RandomNumbers(seed);
    let folder = tempfile::tempdir().unwrap();
    let program = PathBuf::from(env!("CARGO_BIN_EXE_gongkai"));
    let reader = sandbox::Reader { program, limits: sandbox::Limits::default() };
    let options = Options { reader: Some(reader), ..Options::default() };
    let (mut records, mut rejected, mut slowest) = (0, 0, Duration::ZERO);
    for i in 0..FILES_PER_FORMAT {
        let path = folder.path().join(format!("{i}.{ending}"));
        std::fs::write(&path, make(&mut random)).unwrap();
        let (start, mut items) = (Instant::now(), 0);
        import::read_paths(std::slice::from_ref(&path), &options, &mut |item| {
            items += 1;
            match item {
                Item::Record { .. } => records += 1,
                Item::Removed { .. } => {}
                Item::Rejected { problems, .. } => {
                    assert!(!problems.is_empty());
                    rejected += 1;
                }
            }
            true
        })
        .unwrap();
        // Tables may be damaged down to a header without rows, archives to nothing.
        assert!(items > 0 || matches!(ending, "csv" | "zip"), "{ending} {i} gave no item");
        slowest = slowest.max(start.elapsed());
        std::fs::remove_file(&path).unwrap();
    }
    println!(
        "{ending}: {records} records, {rejected} rejected, slowest {slowest:?}, peak {} MB",
        peak_megabytes()
    );
    assert!(slowest < MAX_FILE_TIME, "{ending}: {slowest:?}");
    assert!(peak_megabytes() < 512, "{ending}: {} MB", peak_megabytes());
}

/// Returns the peak memory of this process; 0 where the system does not report it.
fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) / 1024
}

#[test]
fn damaged_html_gives_items() {
    let page = samples::page(8, 10).into_bytes();
    import_damaged_files("html", |random| damage_bytes(&page, random));
}

#[test]
fn damaged_plain_text_gives_items() {
    let text = encoding_rs::GB18030.encode(&samples::NOTICE.join("\n")).0.into_owned();
    import_damaged_files("txt", |random| damage_bytes(&text, random));
}

#[test]
fn damaged_markdown_gives_items() {
    let text = format!(
        "# {}\n\n| 甲 | 乙 |\n|---|---|\n\n{}",
        samples::NOTICE[0],
        samples::NOTICE[1..].join("\n\n")
    );
    import_damaged_files("md", |random| damage_bytes(text.as_bytes(), random));
}

#[test]
fn damaged_export_ends_in_time() {
    let table = samples::export(20).into_bytes();
    import_damaged_files("csv", |random| damage_bytes(&table, random));
}

#[test]
fn damaged_docx_gives_items() {
    let entries = [("word/document.xml", samples::word_xml(samples::NOTICE).into_bytes())];
    import_damaged_files("docx", |random| damage_package(&entries, random));
}

#[test]
fn damaged_ofd_gives_items() {
    let entries = [
        ("OFD.xml", b"<ofd:OFD xmlns:ofd='o'><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>".to_vec()),
        ("Doc_0/Document.xml", b"<ofd:Document xmlns:ofd='o'><ofd:Pages><ofd:Page ID='1' BaseLoc='Pages/P0.xml'/></ofd:Pages></ofd:Document>".to_vec()),
        ("Doc_0/Pages/P0.xml", samples::ofd_page(samples::NOTICE).into_bytes()),
    ];
    import_damaged_files("ofd", |random| damage_package(&entries, random));
}

#[test]
fn damaged_pdf_gives_items() {
    let file = samples::pdf(samples::NOTICE);
    import_damaged_files("pdf", |random| damage_bytes(&file, random));
}

#[test]
fn damaged_archive_ends_in_time() {
    let entries =
        [("甲.txt", samples::NOTICE.join("\n").into_bytes()), ("b.html", samples::page(2, 2).into_bytes())];
    import_damaged_files("zip", |random| damage_package(&entries, random));
}
