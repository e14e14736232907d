//! Growth of the importer's work with the length of a file.

use std::time::{Duration, Instant};

use gongkai::import::{self, Options};

/// Number of items of a file with this name and content.
fn count_items(name: &str, content: String) -> usize {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), content).unwrap();
    let mut items = 0;
    import::read_paths(&[folder.path().to_owned()], &Options::default(), &mut |_| {
        items += 1;
        true
    })
    .unwrap();
    items
}

/// CPU time of this thread.
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Text that repeats a piece, up to a size.
fn repeat_to(piece: &str, bytes: usize) -> String {
    piece.repeat(bytes / piece.len())
}

#[test]
fn time_for_repeated_marks_grows_with_their_number() {
    let attributes = |bytes| -> String { (0..bytes / 9).map(|i| format!(" a{i}=x")).collect() };
    let inputs: [(&str, &dyn Fn(usize) -> String); 12] = [
        ("attributes.html", &|bytes| format!("<div{}>", attributes(bytes))),
        ("quotes.html", &|bytes| repeat_to("<blockquote>", bytes)),
        ("emphasis.html", &|bytes| repeat_to("<b><i>", bytes)),
        ("hidden.html", &|bytes| repeat_to("<select>", bytes / 2) + &repeat_to("</p>", bytes / 2)),
        ("tables.html", &|bytes| repeat_to("<table><tr><td>", bytes)),
        ("links.md", &|bytes| repeat_to("[", bytes)),
        ("pictures.md", &|bytes| repeat_to("![x](", bytes)),
        ("quotes.md", &|bytes| repeat_to("> ", bytes)),
        ("emphasis.md", &|bytes| repeat_to("*_x", bytes)),
        ("items.md", &|bytes| repeat_to("- ", bytes)),
        ("years.txt", &|bytes| repeat_to("2020年\n", bytes)),
        ("numbers.txt", &|bytes| repeat_to("一、\n", bytes)),
    ];
    for (name, input) in inputs {
        let measure = |bytes: usize| {
            let (content, begun, clock) = (input(bytes), cpu_time(), Instant::now());
            assert!(count_items(name, content) > 0, "{name}");
            (cpu_time() - begun).min(clock.elapsed())
        };
        let (small, large) = (measure(70_000), measure(560_000));
        // Eight times the input: linear is 8 times the time, quadratic 64 times.
        assert!(large < small * 24 + Duration::from_millis(100), "{name}: {small:?}, then {large:?}");
    }
}
