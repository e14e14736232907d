//! `gongkai backup DIR` and `gongkai restore DIR`
//!
//! A backup is a data directory: it can be checked, served and restored as it is. It holds
//! the index and the files beside it. What can be made again (`typing`) comes along so that
//! it need not be.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, bail, ensure};

use crate::cli::outcome::Outcome;
use crate::cli::priority::lower_priority;
use crate::cli::{Copied, copy_index};
use crate::config::Config;

/// Stands in a directory whose restoring was begun and is not finished.
const UNFINISHED: &str = "restoring";

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
/// A damaged index, a directory that holds something else, a full disk. An attempt that
/// ended early is gone on with by the next.
pub fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<Outcome> {
    lower_priority();
    let begun = Instant::now();
    let to = &arguments.directory;
    let from = &config.data;
    ensure!(config.index_directory().is_dir(), "{}: there is no index", from.display());
    apart(from, to)?;
    ensure!(
        is_empty(to)? || to.join("index").is_dir(),
        "{}: holds something that is no backup; nothing was changed",
        to.display()
    );
    let copied = copy_index(&config.index_directory(), &to.join("index"))?;
    beside(from, to)?;
    Ok(told("backed up to", to, &copied, begun))
}

/// Puts a backup into the data directory.
///
/// # Errors
/// A data directory that holds something, a damaged or unfinished backup.
pub fn restore(config: &Config, arguments: &Arguments) -> anyhow::Result<Outcome> {
    let begun = Instant::now();
    let from = &arguments.directory;
    let to = &config.data;
    apart(from, to)?;
    let mark = to.join(UNFINISHED);
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
    fs::create_dir_all(to)?;
    fs::write(&mark, b"")?;
    let copied = copy_index(&from.join("index"), &to.join("index"))?;
    beside(from, to)?;
    fs::remove_file(&mark)?;
    fs::File::open(to)?.sync_all()?;
    Ok(told("restored to", to, &copied, begun))
}

fn told(what: &str, to: &Path, copied: &Copied, begun: Instant) -> Outcome {
    for fault in &copied.left_out {
        println!("left out: {fault}");
    }
    eprintln!(
        "{what} {}: {} files, {:.1} MB copied and verified, {} were there already, in {:.1} s",
        to.display(),
        copied.files,
        copied.bytes as f64 / 1e6,
        copied.kept,
        begun.elapsed().as_secs_f64()
    );
    if copied.left_out.is_empty() { Outcome::Done } else { Outcome::Partly }
}

/// Neither directory is in the other.
fn apart(from: &Path, to: &Path) -> anyhow::Result<()> {
    let whole = |path: &Path| -> anyhow::Result<PathBuf> {
        // The part that exists, without links; the rest as it is written.
        let known = path.ancestors().find(|part| part.exists() && !part.as_os_str().is_empty());
        let known = known.map_or_else(std::env::current_dir, Path::canonicalize)?;
        let rest: PathBuf = path
            .ancestors()
            .find(|part| part.exists())
            .map_or(path.to_owned(), |part| path.strip_prefix(part).unwrap_or(Path::new("")).to_owned());
        Ok(known.join(rest))
    };
    let (from, to) = (whole(from)?, whole(to)?);
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

/// Copies the files beside the index: each is replaced in one step by whoever writes it, so
/// each copy is whole.
fn beside(from: &Path, to: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        let passing =
            name == UNFINISHED || Path::new(&name).extension().is_some_and(|e| e == "new" || e == "lock");
        if !entry.file_type()?.is_file() || passing {
            continue;
        }
        let content = match fs::read(entry.path()) {
            Ok(content) => content,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
            Err(e) => return Err(e.into()),
        };
        let mut part = to.join(&name).into_os_string();
        part.push(".new");
        let part = PathBuf::from(part);
        let _ = fs::remove_file(&part);
        // Keys, for example, are for nobody else to read, not even for a moment.
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
        file.write_all(&content)?;
        file.set_permissions(entry.metadata()?.permissions())?;
        file.sync_all()?;
        ensure!(fs::read(&part)? == content, "{}: does not hold what was written to it", part.display());
        fs::rename(&part, to.join(&name))?;
    }
    Ok(fs::File::open(to)?.sync_all()?)
}
