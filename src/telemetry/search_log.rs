//! What was searched and how often it found nothing, by day, without who.
//!
//! A day is one file, replaced as a whole now and then and when the server ends. A day has
//! a bounded number of texts; what is searched beyond is counted together. Private numbers
//! in what was typed are hidden before anything is kept.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use gongkai_index::official::privacy;
use gongkai_index::record::Date;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::config;

/// Longest text that is kept, in characters.
const MAX_CHARS: usize = 128;

/// A search, left with the response by its handler.
#[derive(Debug, Clone)]
pub struct Searched {
    /// The query as typed.
    pub text: String,
    /// True if the query was run exactly as typed.
    pub literal: bool,
    /// Number of matching records.
    pub total: u64,
    /// True for the first page of results.
    pub first: bool,
}

/// How often a text was searched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// In all.
    pub searched: u64,
    /// Without any match.
    pub nothing: u64,
}

/// One day.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Day {
    /// Each text with how often.
    pub searches: HashMap<String, Times>,
    /// Searches of texts for which there was no room.
    pub others: Times,
}

/// The log; one for each data directory.
pub struct SearchLog {
    folder: PathBuf,
    settings: config::Searches,
    today: Mutex<Option<(Date, Day, bool)>>,
}

impl SearchLog {
    /// The log in a folder; there need not be one yet.
    pub fn new(folder: PathBuf, settings: config::Searches) -> Self {
        Self { folder, settings, today: Mutex::new(None) }
    }

    /// Counts a search; further pages and empty texts are none.
    pub fn record(&self, searched: &Searched) {
        let text: String = searched.text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !self.settings.keep || !searched.first || text.is_empty() {
            return;
        }
        let text: String = privacy::mask(&text).chars().take(MAX_CHARS).collect();
        let date = crate::clock::today();
        let mut today = self.today.lock();
        if today.as_ref().is_none_or(|(of, _, _)| *of != date) {
            self.write(&today);
            let day = read(&self.folder, date).unwrap_or_default();
            *today = Some((date, day, false));
            self.forget(date);
        }
        let Some((_, day, changed)) = today.as_mut() else { return };
        *changed = true;
        let room = day.searches.len() < self.settings.texts_a_day;
        let times = match day.searches.get_mut(&text) {
            Some(times) => times,
            None if room => day.searches.entry(text).or_default(),
            None => &mut day.others,
        };
        times.searched += 1;
        times.nothing += u64::from(searched.total == 0);
    }

    /// Puts on disk what was counted since the last time.
    pub fn flush(&self) {
        let mut today = self.today.lock();
        self.write(&today);
        if let Some((_, _, changed)) = today.as_mut() {
            *changed = false;
        }
    }

    /// A day, with what is not on disk yet.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn day(&self, date: Date) -> io::Result<Day> {
        match &*self.today.lock() {
            Some((of, day, _)) if *of == date => Ok(day.clone()),
            _ => read(&self.folder, date),
        }
    }

    /// Distinct texts of today.
    pub fn distinct_today(&self) -> usize {
        self.today.lock().as_ref().map_or(0, |(_, day, _)| day.searches.len())
    }

    /// A log that cannot be written is told and costs no search.
    fn write(&self, today: &Option<(Date, Day, bool)>) {
        let Some((date, day, true)) = today else { return };
        let written = || {
            fs::create_dir_all(&self.folder)?;
            let next = self.folder.join("next");
            fs::write(&next, serde_json::to_vec(day)?)?;
            fs::rename(next, file(&self.folder, *date))
        };
        if let Err(e) = written() {
            tracing::warn!(error = %e, "the log of searches could not be written");
        }
    }

    /// Removes the days that are past keeping.
    fn forget(&self, today: Date) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            let day = path.file_stem().and_then(|name| name.to_str()?.parse::<Date>().ok());
            let age = day.and_then(|day| today.since(day).ok()).map(|span| span.get_days());
            if age.is_some_and(|days| i64::from(days) >= i64::from(self.settings.days)) {
                let _ = fs::remove_file(path);
            }
        }
    }
}

fn file(folder: &Path, date: Date) -> PathBuf {
    folder.join(format!("{date}.json"))
}

/// A day on disk; an empty one if nothing was searched or kept.
///
/// # Errors
/// A file that cannot be read.
pub fn read(folder: &Path, date: Date) -> io::Result<Day> {
    match fs::read(file(folder, date)) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Day::default()),
        Err(e) => Err(e),
    }
}

impl Day {
    /// The texts by how often, those that found nothing if asked for; the text decides ties.
    pub fn most(&self, nothing: bool, limit: usize) -> Vec<(&str, Times)> {
        let mut listed: Vec<(&str, Times)> =
            self.searches.iter().map(|(text, times)| (text.as_str(), *times)).collect();
        listed.retain(|(_, times)| !nothing || times.nothing > 0);
        let rank = |times: &Times| if nothing { times.nothing } else { times.searched };
        listed.sort_by(|(a, m), (b, n)| rank(n).cmp(&rank(m)).then(a.cmp(b)));
        listed.truncate(limit);
        listed
    }

    /// All searches of the day.
    pub fn total(&self) -> Times {
        let mut total = self.others;
        for times in self.searches.values() {
            total.searched += times.searched;
            total.nothing += times.nothing;
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn searched(text: &str, total: u64) -> Searched {
        Searched { text: text.into(), literal: false, total, first: true }
    }

    fn log(folder: &Path, texts_a_day: usize) -> SearchLog {
        SearchLog::new(folder.to_owned(), config::Searches { texts_a_day, ..Default::default() })
    }

    #[test]
    fn a_day_is_bounded_and_nothing_is_lost_of_its_sum() {
        let folder = tempfile::tempdir().unwrap();
        let log = log(folder.path(), 10);
        for i in 0..100 {
            log.record(&searched(&format!("词{i}"), i % 2));
        }
        log.record(&searched(" 词0 ", 0));
        log.record(&searched("", 0));
        let day = log.day(crate::clock::today()).unwrap();
        assert_eq!((day.searches.len(), day.total()), (10, Times { searched: 101, nothing: 51 }));
        assert_eq!(day.most(true, 1), [("词0", Times { searched: 2, nothing: 2 })]);
    }

    #[test]
    fn it_goes_on_after_a_restart_and_hides_private_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let first = log(folder.path(), 10);
        first.record(&searched("查 13800138000 的低保", 0));
        first.flush();
        let second = log(folder.path(), 10);
        second.record(&searched("低保", 3));
        let day = second.day(crate::clock::today()).unwrap();
        assert_eq!(day.searches.len(), 2);
        assert!(day.searches.keys().all(|text| !text.contains("00138000")), "{day:?}");
    }

    #[test]
    fn old_days_are_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let today = crate::clock::today();
        for name in ["2001-01-01.json".to_owned(), format!("{}.json", today.yesterday().unwrap())] {
            fs::write(folder.path().join(name), "{}").unwrap();
        }
        let log = log(folder.path(), 10);
        log.record(&searched("a", 1));
        log.flush();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "yesterday and today");
    }
}
