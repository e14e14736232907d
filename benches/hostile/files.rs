//! Files whose reading grows faster than they do.

use std::fs;
use std::time::{Duration, Instant};

use crate::Figures;
use crate::program::Program;

/// Size of each file, in bytes.
const BYTES: usize = 1_700_000;
/// Most time for one of them as a multiple of that for a plain page of this size.
const MAX_RATIO: f64 = 20.0;

/// Measures the import of each kind of file beside a plain one.
pub fn measure(program: &Program, figures: &mut Figures) {
    println!("\n  Files of 1.7 MB");
    let plain = import(program, "plain.html", &page(&fill("<p>第一条 应当依法办理。</p>")));
    figures.note("9 a plain page", format!("{:.2} s", plain.as_secs_f64()));
    let attributes: String = (0..BYTES / 8).map(|n| format!(" a{n:x}=1")).collect();
    let kinds = [
        ("attributes of one tag", "a.html", page(&format!("<p{attributes}>第一条 应当依法办理。</p>"))),
        ("nested quotes, HTML", "b.html", page(&fill("<blockquote>第一条 应当依法办理。"))),
        ("nested quotes, Markdown", "c.md", format!("# 办法\n\n{}第一条\n", fill("> "))),
        ("emphasis, Markdown", "d.md", format!("# 办法\n\n{}\n", fill("*a_ **b "))),
    ];
    for (name, file, text) in kinds {
        let took = import(program, file, &text);
        let ratio = took.as_secs_f64() / plain.as_secs_f64();
        let value = format!("{:.2} s, {ratio:.1} x", took.as_secs_f64());
        figures.check(format!("9 {name}"), value, ratio <= MAX_RATIO);
    }
}

fn fill(piece: &str) -> String {
    piece.repeat(BYTES / piece.len())
}

fn page(body: &str) -> String {
    format!("<html><head><title>办法</title></head><body><h1>办法</h1>{body}</body></html>")
}

/// Time of `gongkai index FILE` into an empty collection.
fn import(program: &Program, name: &str, text: &str) -> Duration {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let file = folder.path().join(name);
    fs::write(&file, text).expect("it is written");
    let begun = Instant::now();
    program.run_on(&folder.path().join("data"), &["index", &file.to_string_lossy()]);
    begun.elapsed()
}
