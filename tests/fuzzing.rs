//! The fuzz targets under a mutator of our own, from the seeds in `fuzz/seeds`: a few thousand
//! inputs each in the ordinary run, or for as long as `GONGKAI_FUZZ_SECONDS` says.

#[path = "../fuzz/targets.rs"]
mod targets;

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;
use std::time::{Duration, Instant};

/// Inputs of each target in the ordinary run.
const INPUTS: usize = 2_000;
/// Longest input.
const LONGEST: usize = 8 << 10;
/// What parsers stumble over, beside single bytes.
const PIECES: [&str; 28] = [
    "(",
    ")",
    "“",
    "”",
    "\"",
    "《",
    "》",
    "〔",
    "〕",
    "[",
    "]",
    "号",
    "第",
    "年",
    "-",
    " OR ",
    " NOT ",
    "标题:",
    "&",
    "=",
    "%",
    "!",
    "\0",
    "\u{feff}",
    "0000000000000000000000",
    "é́",
    "𠮷",
    "\r\n",
];

/// The same numbers in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }
}

fn mutated(seeds: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = seeds[dice.below(seeds.len())].clone();
    for _ in 0..dice.below(6) {
        let at = dice.below(bytes.len() + 1);
        let end = (at + 1 + dice.below(24)).min(bytes.len());
        match dice.below(7) {
            0 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
            1 if at < end => drop(bytes.drain(at..end)),
            2 if at < end => {
                let copy = bytes[at..end].repeat(1 + dice.below(40));
                drop(bytes.splice(at..at, copy));
            }
            3 => {
                let other = &seeds[dice.below(seeds.len())];
                let from = dice.below(other.len());
                drop(bytes.splice(at..at, other[from..].to_vec()));
            }
            4 => drop(bytes.splice(at..at, [dice.below(256) as u8])),
            5 => bytes.truncate(at),
            _ => {
                let piece = PIECES[dice.below(PIECES.len())].repeat(1 + dice.below(8));
                drop(bytes.splice(at..at, piece.into_bytes()));
            }
        }
        bytes.truncate(LONGEST);
    }
    bytes
}

fn seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(name);
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("seeds").map(|file| file.expect("a file").path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).expect("a seed")).collect()
}

#[test]
fn no_input_breaks_a_promise() {
    let seconds = std::env::var("GONGKAI_FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    std::thread::scope(|scope| {
        for (name, target) in targets::TARGETS {
            scope.spawn(move || fuzz(name, target, seconds.map(Duration::from_secs)));
        }
    });
}

fn fuzz(name: &str, target: fn(&[u8]), length: Option<Duration>) {
    let seeds = seeds(name);
    assert!(!seeds.is_empty());
    seeds.iter().for_each(|seed| target(seed));
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15 ^ name.len() as u64);
    let (begun, mut inputs) = (Instant::now(), 0);
    while length.map_or(inputs < INPUTS, |length| begun.elapsed() < length) {
        let input = mutated(&seeds, &mut dice);
        inputs += 1;
        if catch_unwind(|| target(&input)).is_err() {
            panic!("{name}: {:?}, in bytes {input:?}", String::from_utf8_lossy(&input));
        }
    }
    println!("{name}: {inputs} inputs");
}
