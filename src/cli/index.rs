//! `gongkai index PATH…`: adds records from files to the index.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;
use gongkai_index::atomic_file::replace_file;
use gongkai_index::backend::Load;
use gongkai_index::collection::cleanup_lists::ListReport;
use gongkai_index::lexicon::Lexicon;
use gongkai_index::{Collection, Effort, Put, Record, RecordWriter};
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};

use crate::cli::file_access::{close_data_directory, create_report};
use crate::cli::open;
use crate::cli::outcome::Outcome;
use crate::cli::removed_lines::RemovedLines;
use crate::cli::report::{MAX_LINES, print_lists, print_private_numbers};
use crate::config::Config;
use crate::import::private_numbers::PrivateNumbers;
use crate::import::{self, Item, Options, Place};
use crate::visible;

/// Records between two commits, the most that a killed run loses.
const COMMIT_EVERY: u64 = 50_000;
/// Number of segments that a run leaves.
const MAX_SEGMENTS: usize = 2;

/// Arguments of `gongkai index`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Files and folders; `-` reads NDJSON from standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Write the report as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Mapping of table columns to fields, as TOML (docs/IMPORT.md)
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Folder from which paths name records, so that it may move and its records keep their ids
    #[arg(long, value_name = "DIR")]
    base: Option<PathBuf>,
    /// Print each line that was taken away as no part of a text, with its reason
    #[arg(long)]
    show_removed: bool,
    /// Read and validate only: prints the records as NDJSON and touches no index
    #[arg(long)]
    dry_run: bool,
}

impl Arguments {
    fn import_options(&self) -> Options {
        Options { mapping: self.mapping.clone(), base: self.base.clone(), ..Options::default() }
    }
}

/// Result of a run, as the report file shows it.
#[derive(Debug, Default, Serialize)]
struct Report {
    added: u64,
    updated: u64,
    unchanged: u64,
    rejected: Vec<Rejection>,
    /// Generation with the records; absent in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    generation: Option<u64>,
    /// Lines that were taken away, per file.
    removed: RemovedLines,
    /// Private numbers in the input.
    private: PrivateNumbers,
    /// Matches of clean-up lists with records; absent in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    lists: Option<ListReport>,
    seconds: f64,
}

#[derive(Debug, Serialize)]
struct Rejection {
    #[serde(flatten)]
    place: Place,
    reasons: Vec<String>,
}

impl Report {
    fn reject(&mut self, place: Place, reasons: Vec<String>) {
        if self.rejected.len() < MAX_LINES {
            eprintln!("rejected {place}: {}", visible::escape(&reasons.join("; ")));
        } else if self.rejected.len() == MAX_LINES {
            eprintln!("further rejections are only counted here; --report FILE lists all");
        }
        self.rejected.push(Rejection { place, reasons });
    }

    /// Number of items read so far.
    fn count_read(&self) -> u64 {
        self.added + self.updated + self.unchanged + self.rejected.len() as u64
    }
}

/// Imports the paths into the index and prints a summary.
///
/// # Errors
/// An index that cannot be written, a report that cannot be written.
pub fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<Outcome> {
    let start = Instant::now();
    let mut report = Report::default();
    if arguments.dry_run {
        dry_run(arguments, &mut report)?;
    } else {
        write(config, arguments, &mut report)?;
    }
    report.seconds = start.elapsed().as_secs_f64();
    eprintln!(
        "{} added, {} updated, {} unchanged, {} rejected in {:.1} s",
        report.added,
        report.updated,
        report.unchanged,
        report.rejected.len(),
        report.seconds
    );
    report.removed.print_summary(arguments.show_removed);
    print_private_numbers(&report.private);
    report.lists.iter().for_each(print_lists);
    if let Some(path) = &arguments.report {
        let file = create_report(path)
            .with_context(|| format!("the report cannot be written to {}", path.display()))?;
        serde_json::to_writer_pretty(file, &report)?;
    }
    Ok(if report.rejected.is_empty() { Outcome::Done } else { Outcome::Partly })
}

fn dry_run(arguments: &Arguments, report: &mut Report) -> anyhow::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut failure = None;
    import::read_paths(&arguments.paths, &arguments.import_options(), &mut |item| {
        match item {
            Item::Record { place, record } => {
                report.added += 1;
                report.private.add_record(&place, &record);
                let line = serde_json::to_string(&record).map_err(io::Error::other);
                failure = line.and_then(|line| writeln!(out, "{}", visible::escape(&line))).err();
            }
            Item::Rejected { place, problems } => {
                report.reject(place, problems.iter().map(ToString::to_string).collect());
            }
            Item::Removed { place, lines } => report.removed.add(place, &lines, arguments.show_removed),
        }
        failure.is_none()
    })?;
    match failure {
        Some(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Some(e) => Err(e.into()),
        None => Ok(out.flush()?),
    }
}

fn write(config: &Config, arguments: &Arguments, report: &mut Report) -> anyhow::Result<()> {
    let collection = open(config)?;
    close_data_directory(config);
    let mut writer = collection.writer(Load::Bulk)?;
    let progress = progress_bar();
    let mut failure = None;
    import::read_paths(&arguments.paths, &arguments.import_options(), &mut |item| {
        match item {
            Item::Record { place, record } => {
                failure = put_record(&mut writer, &place, &record, report).err()
            }
            Item::Rejected { place, problems } => {
                report.reject(place, problems.iter().map(ToString::to_string).collect());
            }
            Item::Removed { place, lines } => report.removed.add(place, &lines, arguments.show_removed),
        }
        progress.set_position(report.count_read());
        failure.is_none()
    })?;
    progress.finish_and_clear();
    if let Some(failure) = failure {
        return Err(failure.into());
    }
    report.generation = Some(writer.commit()?);
    let changed = apply_lists(config, &collection, &mut writer, report)?;
    if report.added + report.updated > 0 || changed {
        report.generation = Some(writer.optimise(MAX_SEGMENTS)?);
        Lexicon::build(&collection.reader(), Effort::Full)?.save(&config.typing_file())?;
    }
    save_list_report(config, report)
}

/// Report of clean-up lists, saved with its generation: while that is the newest, no record that a list
/// could name has come or gone.
#[derive(Serialize, Deserialize)]
struct SavedListReport {
    generation: u64,
    report: ListReport,
}

/// Brings the evidence of clean-up lists up to date; true if a record changed. This also repairs a run
/// that was killed before this step, and records that were written by other ways.
fn apply_lists(
    config: &Config,
    collection: &Collection,
    writer: &mut dyn RecordWriter,
    report: &mut Report,
) -> anyhow::Result<bool> {
    let saved = fs::read(config.lists_file()).ok();
    let saved: Option<SavedListReport> = saved.and_then(|json| serde_json::from_slice(&json).ok());
    if let Some(saved) = saved.filter(|saved| Some(saved.generation) == report.generation) {
        report.lists = Some(ListReport { updated: 0, ..saved.report });
        return Ok(false);
    }
    let found = gongkai_index::collection::cleanup_lists::apply(&collection.unmasked().reader(), writer)?;
    let changed = found.updated > 0;
    if changed {
        report.generation = Some(writer.commit()?);
    }
    report.lists = Some(found);
    Ok(changed)
}

/// Brings the evidence up to date after another index version came into use: that was brought up to
/// date by comparing contents, and evidence is no part of a record's content.
pub(super) fn update_evidence(
    config: &Config,
    collection: &Collection,
    writer: &mut dyn RecordWriter,
) -> anyhow::Result<()> {
    let mut report = Report { generation: Some(collection.generation()), ..Report::default() };
    apply_lists(config, collection, writer, &mut report)?;
    save_list_report(config, &report)
}

fn save_list_report(config: &Config, report: &Report) -> anyhow::Result<()> {
    let (Some(generation), Some(lists)) = (report.generation, &report.lists) else { return Ok(()) };
    let json = serde_json::to_vec(&SavedListReport { generation, report: lists.clone() })?;
    Ok(replace_file(&config.lists_file(), &json)?)
}

fn put_record(
    writer: &mut dyn RecordWriter,
    place: &Place,
    record: &Record,
    report: &mut Report,
) -> gongkai_index::Result<()> {
    report.private.add_record(place, record);
    match writer.put(record)? {
        Put::Added => report.added += 1,
        Put::Updated => report.updated += 1,
        Put::Unchanged => report.unchanged += 1,
    }
    let written = report.added + report.updated;
    if written > 0 && written.is_multiple_of(COMMIT_EVERY) {
        writer.commit()?;
    }
    Ok(())
}

/// Progress counter on a terminal, hidden elsewhere.
fn progress_bar() -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{spinner} {human_pos} records, {per_sec}, {elapsed}");
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
