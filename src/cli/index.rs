//! `gongkai index PATH…`

use std::fs::{self, File};
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;
use gongkai_index::collection::cleanup_lists::ListReport;
use gongkai_index::lexicon::Lexicon;
use gongkai_index::{Effort, Put, Record, Searcher, Writer};
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};

use crate::cli::outcome::Outcome;
use crate::cli::{open, reader_view, report as terminal_report};
use crate::config::Config;
use crate::import::private_numbers::PrivateNumbers;
use crate::import::{self, Item, Options, Place};

/// Records between two commits: what a killed run loses at most.
const COMMIT_EVERY: u64 = 50_000;
/// Segments left after a run that added much.
const MOST_SEGMENTS: usize = 2;

/// Arguments of `gongkai index`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Files and folders; `-` reads NDJSON from standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Write the report as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Says which column of a table is which field (TOML; docs/IMPORT.md)
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Read and validate only: prints the records as NDJSON and touches no index
    #[arg(long)]
    dry_run: bool,
}

impl Arguments {
    fn options(&self) -> Options {
        Options { mapping: self.mapping.clone(), ..Options::default() }
    }
}

/// What became of the input.
#[derive(Debug, Default, Serialize)]
struct Report {
    added: u64,
    updated: u64,
    unchanged: u64,
    rejected: Vec<Rejection>,
    /// The commit that holds it; absent in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    generation: Option<u64>,
    /// Private numbers in what was read.
    private: PrivateNumbers,
    /// What clean-up lists say of the records that are held; absent in a dry run.
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
        if self.rejected.len() < terminal_report::MOST {
            eprintln!("rejected {place}: {}", reasons.join("; "));
        } else if self.rejected.len() == terminal_report::MOST {
            eprintln!("further rejections are only counted here; --report FILE lists all");
        }
        self.rejected.push(Rejection { place, reasons });
    }

    fn read(&self) -> u64 {
        self.added + self.updated + self.unchanged + self.rejected.len() as u64
    }
}

/// Runs it.
///
/// # Errors
/// An index that cannot be written, a report that cannot be written.
pub fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<Outcome> {
    let begun = Instant::now();
    let mut report = Report::default();
    if arguments.dry_run {
        dry_run(arguments, &mut report)?;
    } else {
        write(config, arguments, &mut report)?;
    }
    report.seconds = begun.elapsed().as_secs_f64();
    eprintln!(
        "{} added, {} updated, {} unchanged, {} rejected in {:.1} s",
        report.added,
        report.updated,
        report.unchanged,
        report.rejected.len(),
        report.seconds
    );
    terminal_report::private(&report.private);
    report.lists.iter().for_each(terminal_report::lists);
    if let Some(path) = &arguments.report {
        let file = File::create(path)
            .with_context(|| format!("the report cannot be written to {}", path.display()))?;
        serde_json::to_writer_pretty(file, &report)?;
    }
    Ok(if report.rejected.is_empty() { Outcome::Done } else { Outcome::Partly })
}

fn dry_run(arguments: &Arguments, report: &mut Report) -> anyhow::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut failure = None;
    import::read_paths(&arguments.paths, &arguments.options(), &mut |item| {
        match item {
            Item::Record { place, record } => {
                report.added += 1;
                report.private.add_record(&place, &record);
                let line = serde_json::to_vec(&record).map_err(io::Error::other);
                failure =
                    line.and_then(|line| out.write_all(&line).and_then(|()| out.write_all(b"\n"))).err();
            }
            Item::Rejected { place, problems } => {
                report.reject(place, problems.iter().map(ToString::to_string).collect());
            }
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
    let engine = open(config)?;
    let mut writer = engine.writer()?;
    let progress = progress();
    let mut failure = None;
    import::read_paths(&arguments.paths, &arguments.options(), &mut |item| {
        match item {
            Item::Record { place, record } => failure = put(&mut writer, &place, &record, report).err(),
            Item::Rejected { place, problems } => {
                report.reject(place, problems.iter().map(ToString::to_string).collect());
            }
        }
        progress.set_position(report.read());
        failure.is_none()
    })?;
    progress.finish_and_clear();
    if let Some(failure) = failure {
        return Err(failure.into());
    }
    report.generation = Some(writer.commit()?);
    let changed = lists(config, &engine, &mut writer, report)?;
    if report.added + report.updated > 0 || changed {
        report.generation = Some(writer.optimise(MOST_SEGMENTS)?);
        Lexicon::build(&*reader_view(&engine, config), Effort::Full)?.save(&config.typing_file())?;
    }
    keep_lists(config, report)
}

/// What lists came to, and in which generation: as long as it stays the newest, nothing
/// that a list could name has come or gone.
#[derive(Serialize, Deserialize)]
struct Lists {
    generation: u64,
    report: ListReport,
}

/// Brings the evidence of clean-up lists up to what is held; whether a record changed by it.
/// A run that was killed before this, or a record written otherwise, is made good here.
fn lists(
    config: &Config,
    engine: &dyn Searcher,
    writer: &mut dyn Writer,
    report: &mut Report,
) -> anyhow::Result<bool> {
    let known = fs::read(config.lists_file()).ok();
    let known: Option<Lists> = known.and_then(|json| serde_json::from_slice(&json).ok());
    if let Some(known) = known.filter(|known| Some(known.generation) == report.generation) {
        report.lists = Some(ListReport { updated: 0, ..known.report });
        return Ok(false);
    }
    let found = gongkai_index::collection::cleanup_lists::apply(engine, writer)?;
    let changed = found.updated > 0;
    if changed {
        report.generation = Some(writer.commit()?);
    }
    report.lists = Some(found);
    Ok(changed)
}

/// The same after another edition was put in place: it was brought up to date by comparing
/// contents, and what lists say of a record is no part of its content.
pub(super) fn follow_lists(
    config: &Config,
    engine: &dyn Searcher,
    writer: &mut dyn Writer,
) -> anyhow::Result<()> {
    let mut report = Report { generation: Some(engine.generation()), ..Report::default() };
    lists(config, engine, writer, &mut report)?;
    keep_lists(config, &report)
}

fn keep_lists(config: &Config, report: &Report) -> anyhow::Result<()> {
    let (Some(generation), Some(lists)) = (report.generation, &report.lists) else { return Ok(()) };
    let json = serde_json::to_vec(&Lists { generation, report: lists.clone() })?;
    Ok(fs::write(config.lists_file(), json)?)
}

fn put(
    writer: &mut dyn Writer,
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

/// A counter on a terminal, nothing elsewhere.
fn progress() -> ProgressBar {
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
