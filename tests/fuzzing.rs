//! Fuzz targets under a mutator that needs no nightly toolchain, from the seeds in `fuzz/seeds`:
//! 2,000 inputs each, or as many as fit into `GONGKAI_FUZZ_SECONDS`.

#[path = "../fuzz/targets.rs"]
mod targets;

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;
use std::time::{Duration, Instant};

/// Inputs of each target if no time is set.
const INPUTS: usize = 2_000;
/// Longest input, in bytes.
const MAX_INPUT_BYTES: usize = 8 << 10;
/// Tokens inserted beside single bytes: brackets, operators, odd characters.
const TOKENS: [&str; 28] = [
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

/// Random numbers (xorshift), the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }
}

fn mutate(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut bytes = seeds[random.below(seeds.len())].clone();
    for _ in 0..random.below(6) {
        let start = random.below(bytes.len() + 1);
        let end = (start + 1 + random.below(24)).min(bytes.len());
        match random.below(7) {
            0 if start < bytes.len() => bytes[start] ^= 1 << random.below(8),
            1 if start < end => drop(bytes.drain(start..end)),
            2 if start < end => {
                let copy = bytes[start..end].repeat(1 + random.below(40));
                drop(bytes.splice(start..start, copy));
            }
            3 => {
                let other = &seeds[random.below(seeds.len())];
                let from = random.below(other.len());
                drop(bytes.splice(start..start, other[from..].to_vec()));
            }
            4 => drop(bytes.splice(start..start, [random.below(256) as u8])),
            5 => bytes.truncate(start),
            _ => {
                let token = TOKENS[random.below(TOKENS.len())].repeat(1 + random.below(8));
                drop(bytes.splice(start..start, token.into_bytes()));
            }
        }
        bytes.truncate(MAX_INPUT_BYTES);
    }
    bytes
}

fn read_seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(name);
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("seeds").map(|file| file.expect("a file").path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).expect("a seed")).collect()
}

#[test]
fn mutated_inputs_panic_in_no_target() {
    let seconds = std::env::var("GONGKAI_FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    std::thread::scope(|scope| {
        for (name, target) in targets::TARGETS {
            scope.spawn(move || fuzz(name, target, seconds.map(Duration::from_secs)));
        }
    });
}

fn fuzz(name: &str, target: fn(&[u8]), length: Option<Duration>) {
    let seeds = read_seeds(name);
    assert!(!seeds.is_empty());
    seeds.iter().for_each(|seed| target(seed));
    let mut random = Random(0x9E37_79B9_7F4A_7C15 ^ name.len() as u64);
    let (begun, mut inputs) = (Instant::now(), 0);
    while length.map_or(inputs < INPUTS, |length| begun.elapsed() < length) {
        let input = mutate(&seeds, &mut random);
        inputs += 1;
        if catch_unwind(|| target(&input)).is_err() {
            panic!("{name}: {:?}, in bytes {input:?}", String::from_utf8_lossy(&input));
        }
    }
    println!("{name}: {inputs} inputs");
}
