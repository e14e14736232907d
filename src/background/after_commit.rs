//! What follows the commits of the index: the newest generation, and what is derived from
//! it, made anew in the background without delaying writes or searches.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use gongkai_index::lexicon::Lexicon;
use gongkai_index::{Effort, Embedded, Searcher, throttle};

use crate::api::App;
use crate::config::Config;
use crate::search::service::Service;

/// How often is looked whether something was committed.
pub(crate) const LOOK: Duration = Duration::from_millis(500);
/// What is derived may take this share of a processor at most: one part in so many.
const SHARE: u32 = 50;
/// While commits follow each other, what is derived waits for a pause of this length…
const CALM: Duration = Duration::from_secs(1);
/// …but not longer than this.
const LONGEST: Duration = Duration::from_secs(60);
/// How much less than searches the deriving thread matters to the system.
pub(crate) const NICE: i32 = 10;

/// Another process may index into the same directory; its commits become visible here.
pub async fn follow(engine: Embedded) {
    loop {
        let looking = engine.clone();
        match tokio::task::spawn_blocking(move || looking.refresh_if_changed()).await {
            Ok(Ok(_)) => {}
            Ok(Err(e)) => {
                tracing::error!(error = %e, "the newest commit cannot be opened; serving the one before")
            }
            Err(_) => return,
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Starts the thread that derives; it ends with the service.
///
/// # Errors
/// No thread can be started.
pub fn derive(app: &App, config: &Config) -> std::io::Result<JoinHandle<()>> {
    let (app, config) = (Arc::downgrade(app), config.clone());
    std::thread::Builder::new().name("deriving".into()).spawn(move || {
        // On Linux this holds for the thread alone. Where it is not permitted, so be it.
        let _ = rustix::process::nice(NICE);
        Deriving { app, config, turn: Turn::new(Instant::now()) }.run();
    })
}

struct Deriving {
    app: Weak<Service>,
    config: Config,
    turn: Turn,
}

impl Deriving {
    fn run(mut self) {
        while let Some(app) = self.app.upgrade() {
            let generation = app.generation();
            let known = app.typing().map(|typing| typing.generation);
            if self.turn.has_come(generation, known, Instant::now()) {
                // On a thread that ends with it: a defect must not end what keeps suggestions up to
                // date, and what a thread freed that only waits is kept by the allocator for it.
                let learning = std::thread::scope(|scope| {
                    let thread = std::thread::Builder::new().name("learning".into());
                    let ended = thread.spawn_scoped(scope, || self.learn(&app))?.join();
                    ended.unwrap_or_else(|_| bail!("a defect"))
                });
                let cost = learning.unwrap_or_else(|e| {
                    tracing::error!(error = format!("{e:?}"), "what is known of typing could not be made");
                    // Not again before long.
                    LONGEST / SHARE
                });
                self.turn.took(cost, Instant::now());
            }
            drop(app);
            std::thread::sleep(LOOK);
        }
    }

    /// What that took of a processor.
    fn learn(&self, app: &App) -> anyhow::Result<Duration> {
        let (typing, cost) = match Lexicon::load(&self.config.typing_file(), app.generation()) {
            Some(typing) => (typing, Duration::ZERO),
            None => make(&self.config)?,
        };
        app.learn(Arc::new(typing));
        Ok(cost)
    }
}

/// The hidden command by which this program makes what is known of typing, beside a server. On
/// its standard output is a line with what that took of a processor, in milliseconds, and
/// behind it what was made.
pub const COMMAND: &str = "make-typing";

/// Has it made in a process of its own, whose memory, several times what is made, is the
/// system's again afterwards; an allocator would keep it for the next time.
fn make(config: &Config) -> anyhow::Result<(Lexicon, Duration)> {
    // On Linux this is the running program also after an update has put another in its place.
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
    // Open as long as this process lives; the other ends with it.
    let _alive = child.stdin.take();
    let done = child.wait_with_output()?;
    let told = String::from_utf8_lossy(&done.stderr);
    anyhow::ensure!(done.status.success(), "{}: {}", done.status, told.trim());
    if !told.is_empty() {
        tracing::warn!(told = told.trim(), "what is known of typing was made");
    }
    let answer = done.stdout.iter().position(|byte| *byte == b'\n').map(|at| done.stdout.split_at(at + 1));
    let made = answer.and_then(|(line, bytes)| {
        let milliseconds = std::str::from_utf8(line).ok()?.trim().parse().ok()?;
        Some((Lexicon::from_bytes(bytes)?, Duration::from_millis(milliseconds)))
    });
    made.context("what was answered is not whole")
}

/// The side of that process. What cannot be stored for the next start is made again then.
///
/// # Errors
/// An index that cannot be read, nobody who takes it.
pub fn make_here(searcher: &dyn Searcher, config: &Config, out: &mut dyn Write) -> anyhow::Result<()> {
    std::thread::Builder::new().name("parent".into()).spawn(|| {
        // Nothing ever comes; when it ends, so has the server.
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(3);
    })?;
    let typing = Lexicon::build(searcher, Effort::Background)?;
    if let Err(e) = typing.save(&config.typing_file()) {
        eprintln!("{}: {e}; it will be made again", config.typing_file().display());
    }
    writeln!(out, "{}", throttle::process_cpu_time().as_millis())?;
    out.write_all(&typing.to_bytes()?)?;
    Ok(out.flush()?)
}

/// When it is time to derive again.
pub(crate) struct Turn {
    /// Not before this.
    rested: Instant,
    /// The generation last seen, and since when.
    seen: (u64, Instant),
    /// Since when something newer than what is known is there.
    behind: Option<Instant>,
}

impl Turn {
    pub(crate) fn new(now: Instant) -> Self {
        Self { rested: now, seen: (0, now - CALM), behind: None }
    }

    pub(crate) fn has_come(&mut self, newest: u64, known: Option<u64>, now: Instant) -> bool {
        if self.seen.0 != newest {
            // The first sight of an index is no commit.
            let since = if self.seen.0 == 0 { now - CALM } else { now };
            self.seen = (newest, since);
        }
        if known == Some(newest) {
            self.behind = None;
            return false;
        }
        let behind = *self.behind.get_or_insert(now);
        let calm = now >= self.seen.1 + CALM;
        now >= self.rested && (known.is_none() || calm || now >= behind + LONGEST)
    }

    pub(crate) fn took(&mut self, cost: Duration, ended: Instant) {
        self.rested = ended + cost * SHARE;
        self.behind = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_commits_are_one_turn_and_turns_have_their_share() {
        let start = Instant::now();
        let ms = Duration::from_millis;
        let at = |after: u64| start + ms(after);
        let mut turn = Turn::new(start);
        assert!(turn.has_come(7, None, at(0)), "nothing is known yet");
        turn.took(ms(100), at(100));
        assert!(!turn.has_come(7, Some(7), at(5_000)));
        // Fifty commits a second for two minutes.
        let (mut known, mut turns) = (7, 0);
        for tick in 0..240 {
            let newest = 8 + tick * 25;
            if turn.has_come(newest, Some(known), at(5_000 + tick * 500)) {
                turns += 1;
                known = newest;
                turn.took(ms(400), at(5_000 + tick * 500 + 400));
            }
        }
        assert_eq!(turns, 1, "once a minute while there is no calm");
        assert!(!turn.has_come(6_000, Some(known), at(125_400)));
        assert!(turn.has_come(6_000, Some(known), at(126_400)), "calm");
        turn.took(ms(10_000), at(136_400));
        assert!(!turn.has_come(6_001, Some(6_000), at(200_000)));
        assert!(!turn.has_come(6_001, Some(6_000), at(636_000)), "a fiftieth of the time");
        assert!(turn.has_come(6_001, Some(6_000), at(636_500)));
    }
}
