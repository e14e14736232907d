//! What follows the commits of the index: the newest generation, and what is derived from
//! it, made anew in the background without delaying writes or searches.

use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gongkai_index::typing::Typing;
use gongkai_index::{Embedded, Searcher};

use crate::api::App;
use crate::service::Service;

/// How often is looked whether something was committed.
pub(crate) const LOOK: Duration = Duration::from_millis(500);
/// What is derived may take this share of the time at most: one part in so many.
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
pub fn derive(
    searcher: Arc<dyn Searcher>,
    app: &App,
    typing_file: PathBuf,
) -> std::io::Result<JoinHandle<()>> {
    let app = Arc::downgrade(app);
    std::thread::Builder::new().name("deriving".into()).spawn(move || {
        // On Linux this holds for the thread alone. Where it is not permitted, so be it.
        let _ = rustix::process::nice(NICE);
        Deriving { searcher, app, typing_file, turn: Turn::new(Instant::now()) }.run();
    })
}

struct Deriving {
    searcher: Arc<dyn Searcher>,
    app: Weak<Service>,
    typing_file: PathBuf,
    turn: Turn,
}

impl Deriving {
    fn run(mut self) {
        while let Some(app) = self.app.upgrade() {
            let generation = self.searcher.generation();
            let known = app.typing().map(|typing| typing.generation);
            if self.turn.has_come(generation, known, Instant::now()) {
                let begun = Instant::now();
                // A defect here must not end what keeps suggestions up to date.
                let work = std::panic::AssertUnwindSafe(|| self.learn(&app));
                if let Ok(Err(e)) = std::panic::catch_unwind(work) {
                    tracing::error!(error = %e, "what is known of typing could not be made");
                }
                self.turn.took(begun, Instant::now());
            }
            drop(app);
            std::thread::sleep(LOOK);
        }
    }

    fn learn(&self, app: &App) -> gongkai_index::Result<()> {
        let typing = match Typing::load(&self.typing_file, self.searcher.generation()) {
            Some(typing) => typing,
            None => {
                let typing = Typing::build(&*self.searcher)?;
                if let Err(e) = typing.save(&self.typing_file) {
                    tracing::warn!(error = %e, "what is known of typing could not be stored; it will be made again");
                }
                typing
            }
        };
        app.learn(Arc::new(typing));
        Ok(())
    }
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

    pub(crate) fn took(&mut self, begun: Instant, ended: Instant) {
        self.rested = ended + (ended - begun) * SHARE;
        self.behind = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_commits_are_one_turn_and_turns_have_their_share() {
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let mut turn = Turn::new(start);
        assert!(turn.has_come(7, None, at(0)), "nothing is known yet");
        turn.took(at(0), at(100));
        assert!(!turn.has_come(7, Some(7), at(5_000)));
        // Fifty commits a second for two minutes.
        let (mut known, mut turns) = (7, 0);
        for tick in 0..240 {
            let newest = 8 + tick * 25;
            if turn.has_come(newest, Some(known), at(5_000 + tick * 500)) {
                turns += 1;
                known = newest;
                turn.took(at(5_000 + tick * 500), at(5_000 + tick * 500 + 400));
            }
        }
        assert_eq!(turns, 1, "once a minute while there is no calm");
        assert!(!turn.has_come(6_000, Some(known), at(125_400)));
        assert!(turn.has_come(6_000, Some(known), at(126_400)), "calm");
        turn.took(at(126_400), at(136_400));
        assert!(!turn.has_come(6_001, Some(6_000), at(200_000)));
        assert!(!turn.has_come(6_001, Some(6_000), at(336_000)), "a twentieth of the time");
        assert!(turn.has_come(6_001, Some(6_000), at(336_500)));
    }
}
