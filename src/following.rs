//! What follows the commits of the index: the newest generation, and what is derived from
//! it, made anew in the background without delaying writes or searches.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context;
use gongkai_index::results::Generation;
use gongkai_index::typing::Typing;
use gongkai_index::{Effort, Embedded, Searcher, pace};
use serde::{Deserialize, Serialize};

use crate::api::App;
use crate::config::Config;
use crate::service::Service;

/// How often is looked whether something was committed.
pub(crate) const LOOK: Duration = Duration::from_millis(500);
/// What is derived may take this share of a processor at most: one part in so many.
const SHARE: u32 = 20;
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
                let begun = Instant::now();
                // A defect here must not end what keeps suggestions up to date.
                let work = std::panic::AssertUnwindSafe(|| self.learn(&app));
                let cost = match std::panic::catch_unwind(work) {
                    Ok(Ok(cost)) => cost,
                    Ok(Err(e)) => {
                        tracing::error!(error = %format!("{e:#}"), "what is known of typing could not be made");
                        begun.elapsed()
                    }
                    Err(_) => begun.elapsed(),
                };
                self.turn.took(cost, Instant::now());
            }
            drop(app);
            std::thread::sleep(LOOK);
        }
    }

    /// What that took of a processor.
    fn learn(&self, app: &App) -> anyhow::Result<Duration> {
        let file = self.config.typing_file();
        let (typing, cost) = match Typing::load(&file, app.generation()) {
            Some(typing) => (typing, Duration::ZERO),
            None => {
                let Made { generation, milliseconds } = make(&self.config)?;
                let typing = Typing::load(&file, generation);
                let typing = typing.with_context(|| format!("{}: not as it was left", file.display()))?;
                (typing, Duration::from_millis(milliseconds))
            }
        };
        app.learn(Arc::new(typing));
        Ok(cost)
    }
}

/// The hidden command by which this program makes what is known of typing, beside a server.
pub const COMMAND: &str = "make-typing";

/// What it says on its standard output when it is done.
#[derive(Debug, Serialize, Deserialize)]
pub struct Made {
    /// What it was made from.
    pub generation: Generation,
    /// What that took of a processor.
    pub milliseconds: u64,
}

/// Has it made in a process of its own, whose memory, several times what is made, is the
/// system's again afterwards; an allocator would keep it for the next time.
fn make(config: &Config) -> anyhow::Result<Made> {
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
    Ok(serde_json::from_slice(&done.stdout)?)
}

/// The side of that process.
///
/// # Errors
/// An index that cannot be read, a file that cannot be written.
pub fn make_here(searcher: &dyn Searcher, config: &Config) -> anyhow::Result<Made> {
    std::thread::Builder::new().name("parent".into()).spawn(|| {
        // Nothing ever comes; when it ends, so has the server.
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(3);
    })?;
    let typing = Typing::build(searcher, Effort::Spare)?;
    typing.save(&config.typing_file())?;
    let milliseconds = u64::try_from(pace::own().as_millis()).unwrap_or(u64::MAX);
    Ok(Made { generation: typing.generation, milliseconds })
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
        assert!(!turn.has_come(6_001, Some(6_000), at(336_000)), "a twentieth of the time");
        assert!(turn.has_come(6_001, Some(6_000), at(336_500)));
    }
}
