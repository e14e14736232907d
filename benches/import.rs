//! Speed of each format on one core: `cargo bench --bench import`.
//!
//! Prints megabytes of input a second of one core's time, for the reader alone and
//! up to the record. Formats read in a process of their own are timed by the clock,
//! its start included.

#[path = "../tests/samples/mod.rs"]
mod samples;

use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use gongkai::import::extraction::records::{self, Source};
use gongkai::import::formats::delimited::{self, Mapping};
use gongkai::import::formats::{docx, html, markdown, ofd, pdf, rows, sandbox, text};
use gongkai::import::{self, FileContent, Options};

/// Minimum duration of each measurement.
const MIN_DURATION: Duration = Duration::from_millis(1500);

fn main() {
    println!("{:<34} {:>10} {:>12} {:>14}", "format", "KB a file", "MB/s", "files/s");
    let lines: Vec<&str> = samples::NOTICE.iter().copied().cycle().take(120).collect();
    let plain = lines.join("\n");
    for (name, page) in
        [("html, a page of a portal", samples::page(60, 120)), ("html, mostly text", samples::page(600, 20))]
    {
        measure(&format!("{name}: read"), page.len(), || {
            black_box(html::read(page.as_bytes(), None));
        });
        measure(&format!("{name}: record"), page.len(), || build_records(html::read(page.as_bytes(), None)));
        let (gb, ..) = encoding_rs::GB18030.encode(&page);
        measure(&format!("{name}: record, GB18030"), gb.len(), || {
            build_records(html::read(&gb, Some("gbk")))
        });
    }
    measure("txt: record", plain.len(), || build_records(text::read(plain.as_bytes())));
    measure("md: record", plain.len(), || build_records(markdown::read(plain.as_bytes())));
    let export = samples::export(2000);
    measure("csv: records", export.len(), || {
        let read = delimited::read(export.as_bytes(), &Mapping::default(), &mut |row| {
            black_box(row.cells.map(|cells| rows::record_from_row(cells, "r")).is_ok())
        });
        black_box(read.is_ok());
    });
    let (word, paged, portable) = (samples::word(&lines), samples::ofd(&lines), samples::pdf(&lines));
    measure("docx: read", word.len(), || build_records(docx::read(&word).unwrap()));
    measure("ofd: read", paged.len(), || build_records(ofd::read(&paged).unwrap()));
    measure("pdf: read", portable.len(), || build_records(pdf::read(&portable).unwrap()));
    measure_sandboxed(&[("docx", &word), ("ofd", &paged), ("pdf", &portable)]);
}

fn build_records(content: FileContent) {
    let source = Source { path: "a".to_owned(), address: None };
    black_box(records::build_records(&content, &source).is_ok());
}

/// Measures files that are read in the process for untrusted files.
fn measure_sandboxed(files: &[(&str, &Vec<u8>)]) {
    let folder = tempfile::tempdir().unwrap();
    let program = PathBuf::from(env!("CARGO_BIN_EXE_gongkai"));
    let reader = sandbox::Reader { program, limits: sandbox::Limits::default() };
    let options = Options { reader: Some(reader), ..Options::default() };
    for (ending, bytes) in files {
        let path = folder.path().join(format!("a.{ending}"));
        std::fs::write(&path, bytes).unwrap();
        measure(&format!("{ending}: record, in its own process"), bytes.len(), || {
            import::read_paths(std::slice::from_ref(&path), &options, &mut |item| {
                black_box(&item);
                true
            })
            .unwrap();
        });
    }
}

fn measure(name: &str, bytes: usize, mut run: impl FnMut()) {
    run();
    let (start, cpu) = (Instant::now(), cpu_seconds());
    let mut times = 0_u32;
    while start.elapsed() < MIN_DURATION {
        run();
        times += 1;
    }
    // On a busy machine wall-clock time measures the other processes too.
    let waited = name.contains("process");
    let used = cpu_seconds().zip(cpu).map(|(now, before)| now - before).filter(|_| !waited);
    let seconds = used.unwrap_or_else(|| start.elapsed().as_secs_f64());
    let megabytes = f64::from(times) * bytes as f64 / 1e6 / seconds;
    println!(
        "{name:<34} {:>10.1} {megabytes:>12.1} {:>14.0}",
        bytes as f64 / 1e3,
        f64::from(times) / seconds
    );
}

/// Returns the CPU time of this thread, where the system reports it.
fn cpu_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse::<f64>().ok().map(|nanoseconds| nanoseconds / 1e9)
}
