//! `gongkai backup DIR` and `gongkai restore DIR`
//!
//! A backup is a data directory: it can be checked, served and restored as it is. It has the index and
//! the files beside it, also the lexicon (`typing`), which could be built again, but not at once.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use gongkai_index::atomic_file::replace_file_with;
use gongkai_index::backend::BackedUp;
use gongkai_index::private_files::{create_file, create_folder};

use crate::cli::file_access::close_to_others;
use crate::cli::maintenance;
use crate::cli::outcome::Outcome;
use crate::cli::priority::lower_priority;
use crate::config::Config;

/// File that marks a directory as partly restored.
const RESTORING: &str = "restoring";

/// Arguments of `gongkai backup` and `gongkai restore`.
#[derive(clap::Args)]
pub struct Arguments {
    /// The directory of the backup
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

/// Makes a backup, or brings an earlier one in the same directory up to date.
///
/// # Errors
/// A damaged index, a directory that holds something else, a full disk. The next run goes on where one
/// that failed has ended.
pub fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<Outcome> {
    lower_priority();
    let start = Instant::now();
    let to = &arguments.directory;
    let from = &config.data;
    ensure!(config.index_directory().is_dir(), "{}: there is no index", from.display());
    ensure_apart(from, to)?;
    ensure!(
        is_empty(to)? || to.join("index").is_dir(),
        "{}: holds something that is no backup; nothing was changed",
        to.display()
    );
    let copied = maintenance(&config.index_directory()).backup(&to.join("index"))?;
    copy_files_beside(from, to)?;
    close_to_others(to);
    Ok(report("backed up to", to, &copied, start))
}

/// Copies a backup into the data directory.
///
/// # Errors
/// A data directory that holds something, a damaged or unfinished backup.
pub fn restore(config: &Config, arguments: &Arguments) -> anyhow::Result<Outcome> {
    let start = Instant::now();
    let from = &arguments.directory;
    let to = &config.data;
    ensure_apart(from, to)?;
    let mark = to.join(RESTORING);
    if !is_empty(to)? && !mark.exists() {
        bail!(
            "{}: is not empty, and restoring overwrites nothing; name another --data directory",
            to.display()
        );
    }
    ensure!(
        from.join("index/current").is_file(),
        "{}: is no finished backup (there is no index/current)",
        from.display()
    );
    create_folder(to)?;
    close_to_others(to);
    // An interrupted restore has left the mark.
    match create_file(&mark) {
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => return Err(e.into()),
        _ => {}
    }
    let copied = maintenance(&from.join("index")).backup(&to.join("index"))?;
    copy_files_beside(from, to)?;
    fs::remove_file(&mark)?;
    fs::File::open(to)?.sync_all()?;
    Ok(report("restored to", to, &copied, start))
}

/// Prints the result of a copy.
fn report(action: &str, to: &Path, copied: &BackedUp, start: Instant) -> Outcome {
    for fault in &copied.left_out {
        println!("left out: {fault}");
    }
    eprintln!(
        "{action} {}: {} files, {:.1} MB copied and verified, {} were there already, in {:.1} s",
        to.display(),
        copied.files,
        copied.bytes as f64 / 1e6,
        copied.kept,
        start.elapsed().as_secs_f64()
    );
    if copied.left_out.is_empty() { Outcome::Done } else { Outcome::Partly }
}

/// Ensures that neither directory contains the other.
fn ensure_apart(from: &Path, to: &Path) -> anyhow::Result<()> {
    let absolute = |path: &Path| -> anyhow::Result<PathBuf> {
        // The part that exists, without links, and the rest as it is written.
        let existing = path.ancestors().find(|part| part.exists() && !part.as_os_str().is_empty());
        let existing = existing.map_or_else(std::env::current_dir, Path::canonicalize)?;
        let rest: PathBuf = path
            .ancestors()
            .find(|part| part.exists())
            .map_or(path.to_owned(), |part| path.strip_prefix(part).unwrap_or(Path::new("")).to_owned());
        Ok(existing.join(rest))
    };
    let (from, to) = (absolute(from)?, absolute(to)?);
    ensure!(!from.starts_with(&to) && !to.starts_with(&from), "a copy inside what is copied is no backup");
    Ok(())
}

fn is_empty(directory: &Path) -> anyhow::Result<bool> {
    match fs::read_dir(directory) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(e) => Err(e).with_context(|| directory.display().to_string()),
    }
}

/// Copies the files beside the index. Every writer replaces them in one step, so each copy is complete.
fn copy_files_beside(from: &Path, to: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_temporary =
            name == RESTORING || Path::new(&name).extension().is_some_and(|e| e == "new" || e == "lock");
        if !entry.file_type()?.is_file() || is_temporary {
            continue;
        }
        let content = match fs::read(entry.path()) {
            Ok(content) => content,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
            Err(e) => return Err(e.into()),
        };
        replace_file_with(&to.join(&name), |file, temporary| {
            file.write_all(&content)?;
            file.sync_all()?;
            ensure!(
                fs::read(temporary)? == content,
                "{}: does not hold what was written to it",
                temporary.display()
            );
            Ok(())
        })?;
    }
    Ok(fs::File::open(to)?.sync_all()?)
}
