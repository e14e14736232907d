//! Work that follows the commits of the index: opening the newest generation, and building its
//! lexicon in the background without delaying writes or searches.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use gongkai_index::lexicon::Lexicon;
use gongkai_index::{Collection, Effort, Reader, throttle};

use crate::background::schedule::{
    MAX_DELAY, MAX_SHARE_ONE_IN, POLL_INTERVAL, Schedule, lower_thread_priority,
};
use crate::config::Config;
use crate::search::service::{Service, SharedService};

/// Opens each new commit, also those of another process that indexes into the same directory.
pub async fn follow_commits(collection: Collection) {
    loop {
        let polled = collection.clone();
        match tokio::task::spawn_blocking(move || polled.refresh()).await {
            Ok(Ok(_)) => {}
            Ok(Err(e)) => {
                tracing::error!(error = %e, "the newest commit cannot be opened; serving the one before")
            }
            Err(_) => return,
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Starts the thread that keeps the lexicon up to date; it ends with the service.
///
/// # Errors
/// No thread can be started.
pub fn start_lexicon_updates(service: &SharedService, config: &Config) -> std::io::Result<JoinHandle<()>> {
    let (service, config) = (Arc::downgrade(service), config.clone());
    std::thread::Builder::new().name("lexicon".into()).spawn(move || {
        lower_thread_priority();
        LexiconUpdates { service, config, schedule: Schedule::new(Instant::now()) }.run();
    })
}

struct LexiconUpdates {
    service: Weak<Service>,
    config: Config,
    schedule: Schedule,
}

impl LexiconUpdates {
    fn run(mut self) {
        while let Some(service) = self.service.upgrade() {
            let generation = service.generation();
            let done = service.lexicon().map(|lexicon| lexicon.generation);
            if self.schedule.is_due(generation, done, Instant::now()) {
                // On a thread of its own: a panic must not end the updates, and memory that a
                // waiting thread has freed is kept by the allocator for that thread.
                let updated = std::thread::scope(|scope| {
                    let thread = std::thread::Builder::new().name("lexicon-update".into());
                    let ended = thread.spawn_scoped(scope, || self.update(&service))?.join();
                    ended.unwrap_or_else(|_| bail!("a defect"))
                });
                let cost = updated.unwrap_or_else(|e| {
                    tracing::error!(error = format!("{e:?}"), "the lexicon could not be built");
                    // The next attempt comes after the longest delay.
                    MAX_DELAY / MAX_SHARE_ONE_IN
                });
                self.schedule.note_run(cost, Instant::now());
            }
            drop(service);
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    /// Loads or builds the lexicon of the newest generation; returns the processor time it took.
    fn update(&self, service: &SharedService) -> anyhow::Result<Duration> {
        let (lexicon, cost) = match Lexicon::load(&self.config.typing_file(), service.generation()) {
            Some(lexicon) => (lexicon, Duration::ZERO),
            None => build_in_child(&self.config)?,
        };
        service.replace_lexicon(Arc::new(lexicon));
        Ok(cost)
    }
}

/// The hidden command by which this program builds the lexicon beside a server. Its standard output
/// has a line with the processor time in milliseconds, and behind it the lexicon.
pub const COMMAND: &str = "make-typing";

/// Builds the lexicon in a process of its own: its memory, several times the lexicon, is the
/// system's again afterwards, while an allocator would keep it for the next time.
fn build_in_child(config: &Config) -> anyhow::Result<(Lexicon, Duration)> {
    // On Linux this is the running program also after an update has replaced its file.
    let program = match cfg!(target_os = "linux") {
        true => PathBuf::from("/proc/self/exe"),
        false => std::env::current_exe()?,
    };
    let mut child = Command::new(program)
        .arg(COMMAND)
        .arg("--data")
        .arg(&config.data)
        .env("GONGKAI_PRIVACY__MASK", config.privacy.mask.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    // Open as long as this process lives; the child ends with it.
    let _alive = child.stdin.take();
    let done = child.wait_with_output()?;
    let messages = String::from_utf8_lossy(&done.stderr);
    anyhow::ensure!(done.status.success(), "{}: {}", done.status, messages.trim());
    if !messages.is_empty() {
        tracing::warn!(told = messages.trim(), "the lexicon was built");
    }
    parse_output(&done.stdout).context("the output of the child process is incomplete")
}

fn parse_output(output: &[u8]) -> Option<(Lexicon, Duration)> {
    let line_end = output.iter().position(|byte| *byte == b'\n')?;
    let (line, lexicon) = output.split_at(line_end + 1);
    let milliseconds = std::str::from_utf8(line).ok()?.trim().parse().ok()?;
    Some((Lexicon::from_bytes(lexicon)?, Duration::from_millis(milliseconds)))
}

/// Builds the lexicon for the parent process and writes it to `out`. A lexicon that cannot be saved
/// for the next start is built again then.
///
/// # Errors
/// An index that cannot be read, a parent that does not read.
pub fn build_for_parent(reader: &Reader, config: &Config, out: &mut dyn Write) -> anyhow::Result<()> {
    std::thread::Builder::new().name("parent".into()).spawn(|| {
        // Nothing ever comes; when the pipe ends, so has the server.
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(3);
    })?;
    let lexicon = Lexicon::build(reader, Effort::Background)?;
    if let Err(e) = lexicon.save(&config.typing_file()) {
        eprintln!("{}: {e}; it will be made again", config.typing_file().display());
    }
    writeln!(out, "{}", throttle::process_cpu_time().as_millis())?;
    out.write_all(&lexicon.to_bytes()?)?;
    Ok(out.flush()?)
}
