//! Losses of a round trip: records are written as text files and read back.
//!
//! `cargo run --release --example round_trip -- FILE…`, with records as NDJSON, also compressed.
//! Prints for `.txt` and `.md`: files that lose a line, characters and articles lost, titles right.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use gongkai::import::{self, Item, Options};
use gongkai_index::Record;

/// Length limit of the lines that wrapped texts get, in characters.
const WRAPPED_CHARS: usize = 38;

/// Way of writing a text as a file.
struct Form {
    name: &'static str,
    ending: &'static str,
    write: fn(&str, &[&str]) -> String,
}

const FORMS: [Form; 3] = [
    Form { name: "txt", ending: "txt", write: |title, lines| format!("{title}\n\n{}\n", lines.join("\n")) },
    Form { name: "md", ending: "md", write: |title, lines| format!("# {title}\n\n{}\n", lines.join("\n\n")) },
    Form { name: "txt, wrapped", ending: "txt", write: write_wrapped },
];

/// Losses of all files of one form.
#[derive(Default)]
struct Losses {
    texts: usize,
    texts_with_loss: usize,
    chars: usize,
    chars_lost: usize,
    articles: usize,
    articles_lost: usize,
    lines: usize,
    lines_split: usize,
    titles_right: usize,
    split: usize,
}

fn main() -> ExitCode {
    let paths: Vec<PathBuf> = std::env::args().skip(1).map(PathBuf::from).collect();
    let mut texts: Vec<Record> = Vec::new();
    let read = import::read_paths(&paths, &Options::default(), &mut |item| {
        if let Item::Record { record, .. } = item {
            texts.push(*record);
        }
        true
    });
    let folder = match tempfile::tempdir() {
        Ok(folder) if read.is_ok() && !texts.is_empty() => folder,
        _ => {
            eprintln!("no records read, or no folder for files");
            return ExitCode::from(3);
        }
    };
    println!(
        "{:<14} {:>6} {:>10} {:>12} {:>16} {:>14} {:>12} {:>12}",
        "form", "texts", "with loss", "chars lost", "articles lost", "lines broken", "titles", "split"
    );
    for form in &FORMS {
        let mut losses = Losses::default();
        for (at, text) in texts.iter().enumerate() {
            let path = folder.path().join(format!("{at}.{}", form.ending));
            if let Err(e) = measure(&path, form, text, &mut losses) {
                eprintln!("{}: {e}", path.display());
                return ExitCode::from(3);
            }
        }
        print_losses(form.name, &losses);
    }
    ExitCode::SUCCESS
}

fn print_losses(name: &str, losses: &Losses) {
    let Losses { texts, texts_with_loss, chars, chars_lost, articles, articles_lost, .. } = losses;
    let titles = 100.0 * losses.titles_right as f64 / *texts as f64;
    println!(
        "{name:<14} {texts:>6} {texts_with_loss:>10} {:>12} {:>16} {:>14} {titles:>10.2} % {:>12}",
        format!("{chars_lost}/{chars}"),
        format!("{articles_lost}/{articles}"),
        format!("{}/{}", losses.lines_split, losses.lines),
        losses.split,
    );
}

/// Writes a text, reads it back and compares its lines.
fn measure(path: &Path, form: &Form, text: &Record, losses: &mut Losses) -> std::io::Result<()> {
    let is_text = |line: &&str| line.chars().any(char::is_alphanumeric);
    let mut lines: Vec<&str> = text.body.lines().filter(is_text).collect();
    if lines.first().is_some_and(|first| squeeze(first) == squeeze(&text.title)) {
        lines.remove(0);
    }
    std::fs::write(path, (form.write)(&text.title, &lines))?;
    let mut records: Vec<Record> = Vec::new();
    import::read_paths(&[path.to_owned()], &Options::default(), &mut |item| {
        if let Item::Record { record, .. } = item {
            records.push(*record);
        }
        true
    })?;
    std::fs::remove_file(path)?;
    let kept: Vec<String> = records
        .iter()
        .flat_map(|record| std::iter::once(record.title.as_str()).chain(record.body.lines()))
        .map(squeeze)
        .collect();
    let all = kept.concat();
    let whole: std::collections::HashSet<&str> = kept.iter().map(String::as_str).collect();
    let (chars_before, wanted) = (losses.chars_lost, squeeze(&text.title));
    for line in std::iter::once(text.title.as_str()).chain(lines.iter().copied()) {
        let line = squeeze(line);
        let count = line.chars().count();
        let article = is_article(&line);
        losses.chars += count;
        losses.articles += usize::from(article);
        losses.lines += 1;
        losses.lines_split += usize::from(!whole.contains(line.as_str()));
        if !all.contains(&line) {
            losses.chars_lost += count;
            losses.articles_lost += usize::from(article);
        }
    }
    losses.texts += 1;
    losses.texts_with_loss += usize::from(losses.chars_lost > chars_before);
    losses.split += usize::from(records.len() != 1);
    losses.titles_right +=
        usize::from(records.first().is_some_and(|record| squeeze(&record.title) == wanted));
    Ok(())
}

/// Writes the text as mail programs do: long lines are broken, paragraphs begin with two spaces.
fn write_wrapped(title: &str, lines: &[&str]) -> String {
    let mut text = format!("{title}\n\n");
    for line in lines {
        let indented: Vec<char> = "\u{3000}\u{3000}".chars().chain(line.chars()).collect();
        for piece in indented.chunks(WRAPPED_CHARS) {
            text.extend(piece);
            text.push('\n');
        }
    }
    text
}

/// Leaves the characters of the text: no white space, no marks of tables and of Markdown.
fn squeeze(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && !c.is_control() && !"|\\\u{200b}\u{feff}\u{ad}".contains(*c))
        .collect()
}

fn is_article(line: &str) -> bool {
    let number = line.strip_prefix('第').and_then(|rest| rest.split_once('条'));
    number.is_some_and(|(number, _)| {
        !number.is_empty() && number.chars().all(|c| "零〇一二三四五六七八九十百千".contains(c))
    })
}
