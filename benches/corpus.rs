//! Corpora of the benches: the shared ones where present, else the sample.

// Each bench uses a part of these.
#![allow(dead_code)]

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use gongkai_index::Record;

/// Records as lines of JSON.
pub struct Corpus {
    pub name: String,
    pub lines: Vec<Vec<u8>>,
}

impl Corpus {
    /// Reads whole documents: laws, rules, local regulations, disclosure.
    pub fn documents() -> Self {
        Self::read_files(
            "corpus",
            &["laws.jsonl.zst", "rules.jsonl.zst", "local.jsonl.zst", "disclosure.jsonl.zst"],
        )
    }

    /// Reads articles of law, one record each: many and short.
    pub fn articles() -> Option<Self> {
        shared_folder().map(|_| Self::read_files("relevance", &["statutes.corpus.jsonl.zst"]))
    }

    fn read_files(folder: &str, files: &[&str]) -> Self {
        let Some(shared) = shared_folder() else { return Self::read_sample() };
        let mut lines = Vec::new();
        for file in files {
            let path = shared.join(folder).join(file);
            let compressed = fs::File::open(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            let mut text = Vec::new();
            zstd::Decoder::new(compressed).and_then(|mut d| d.read_to_end(&mut text)).expect("zstd");
            lines.extend(text.split(|b| *b == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec));
        }
        Self { name: files.join(", "), lines }
    }

    fn read_sample() -> Self {
        println!("no shared corpora (GONGKAI_SHARED or ../shared): measuring the sample, which is small");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/records.ndjson");
        let text = fs::read(path).expect("the sample");
        let lines = text.split(|b| *b == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect();
        Self { name: "the sample".into(), lines }
    }

    pub fn records(&self) -> Vec<Record> {
        self.lines.iter().filter_map(|line| Record::from_json(line).ok()).collect()
    }

    pub fn bytes(&self) -> usize {
        self.lines.iter().map(Vec::len).sum()
    }
}

/// Folder of the shared collections; `None` where it is absent.
pub fn shared_folder() -> Option<PathBuf> {
    let named = std::env::var_os("GONGKAI_SHARED").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"));
    folder.join("corpus").is_dir().then_some(folder)
}

/// Random numbers (xorshift), the same in every run.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}
