//! Search log: queries by day with their number and the number without a match, and no requesters.
//!
//! A day is one file, replaced as a whole from time to time and when the server ends. It has a bounded
//! number of texts; searches of further texts are counted together. Private numbers in queries are
//! masked before anything is kept.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use gongkai_index::atomic_file::replace_file;
use gongkai_index::official::privacy;
use gongkai_index::private_files::create_folder;
use gongkai_index::record::Date;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::config;

/// Maximal length of a text, in characters.
const MAX_TEXT_CHARS: usize = 128;

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

/// Number of searches of a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// All searches.
    pub searched: u64,
    /// Searches without a match.
    pub nothing: u64,
}

/// One day of the log.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Day {
    /// Numbers of searches by text.
    pub searches: HashMap<String, Times>,
    /// Searches of texts beyond the limit.
    pub others: Times,
}

/// The day that is being counted.
struct Today {
    date: Date,
    day: Day,
    is_changed: bool,
}

/// The search log of a data directory.
pub struct SearchLog {
    folder: PathBuf,
    settings: config::Searches,
    today: Mutex<Option<Today>>,
    /// Locked while a day is written; locked after `today`.
    writing: Mutex<()>,
}

impl SearchLog {
    /// Creates a log on a folder, which need not exist yet.
    pub fn new(folder: PathBuf, settings: config::Searches) -> Self {
        Self { folder, settings, today: Mutex::new(None), writing: Mutex::new(()) }
    }

    /// Counts a search; further pages and empty queries do not count.
    pub fn record(&self, searched: &Searched) {
        let text: String = searched.text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !self.settings.keep || !searched.first || text.is_empty() {
            return;
        }
        let text: String = privacy::mask(&text).chars().take(MAX_TEXT_CHARS).collect();
        let date = crate::clock::today();
        let mut today = self.today.lock();
        if today.as_ref().is_none_or(|today| today.date != date) {
            if let Some(Today { date, day, is_changed: true }) = today.as_ref() {
                let _writing = self.writing.lock();
                self.write(*date, serde_json::to_vec(day));
            }
            let day = read(&self.folder, date).unwrap_or_default();
            *today = Some(Today { date, day, is_changed: false });
            self.remove_old_days(date);
        }
        let Some(Today { day, is_changed, .. }) = today.as_mut() else { return };
        *is_changed = true;
        let has_room = day.searches.len() < self.settings.texts_a_day;
        let times = match day.searches.get_mut(&text) {
            Some(times) => times,
            None if has_room => day.searches.entry(text).or_default(),
            None => &mut day.others,
        };
        times.searched += 1;
        times.nothing += u64::from(searched.total == 0);
    }

    /// Writes the counts of today, if they have changed.
    pub fn flush(&self) {
        let mut today = self.today.lock();
        let Some(Today { date, day, is_changed }) = today.as_mut().filter(|today| today.is_changed) else {
            return;
        };
        let (date, json) = (*date, serde_json::to_vec(day));
        *is_changed = false;
        // Searches are counted while the disk writes; `writing` keeps an older state from replacing
        // a newer one.
        let _writing = self.writing.lock();
        drop(today);
        self.write(date, json);
    }

    /// Reads a day, with counts that are not on disk yet.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn day(&self, date: Date) -> io::Result<Day> {
        match &*self.today.lock() {
            Some(today) if today.date == date => Ok(today.day.clone()),
            _ => read(&self.folder, date),
        }
    }

    /// Number of distinct texts of today.
    pub fn distinct_today(&self) -> usize {
        self.today.lock().as_ref().map_or(0, |today| today.day.searches.len())
    }

    /// Writes a day; a failure is logged and fails no search.
    fn write(&self, date: Date, json: serde_json::Result<Vec<u8>>) {
        let written = || {
            create_folder(&self.folder)?;
            replace_file(&day_file(&self.folder, date), &json?)
        };
        if let Err(e) = written() {
            tracing::warn!(error = %e, "the search log could not be written");
        }
    }

    /// Removes days that are older than the settings say.
    fn remove_old_days(&self, today: Date) {
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

fn day_file(folder: &Path, date: Date) -> PathBuf {
    folder.join(format!("{date}.json"))
}

/// Reads a day from disk; an empty one if there is no file.
///
/// # Errors
/// A file that cannot be read.
pub fn read(folder: &Path, date: Date) -> io::Result<Day> {
    match fs::read(day_file(folder, date)) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Day::default()),
        Err(e) => Err(e),
    }
}

impl Day {
    /// Lists texts, the most frequent first and equal ones by text; with `nothing`, only texts that had
    /// searches without a match, by the number of those.
    pub fn most_frequent(&self, nothing: bool, limit: usize) -> Vec<(&str, Times)> {
        let mut listed: Vec<(&str, Times)> =
            self.searches.iter().map(|(text, times)| (text.as_str(), *times)).collect();
        listed.retain(|(_, times)| !nothing || times.nothing > 0);
        let rank = |times: &Times| if nothing { times.nothing } else { times.searched };
        listed.sort_by(|(a, m), (b, n)| rank(n).cmp(&rank(m)).then(a.cmp(b)));
        listed.truncate(limit);
        listed
    }

    /// Sum of all searches of the day.
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
    fn day_over_its_limit_keeps_the_sum() {
        let folder = tempfile::tempdir().unwrap();
        let log = log(folder.path(), 10);
        for i in 0..100 {
            log.record(&searched(&format!("词{i}"), i % 2));
        }
        log.record(&searched(" 词0 ", 0));
        log.record(&searched("", 0));
        let day = log.day(crate::clock::today()).unwrap();
        assert_eq!((day.searches.len(), day.total()), (10, Times { searched: 101, nothing: 51 }));
        assert_eq!(day.most_frequent(true, 1), [("词0", Times { searched: 2, nothing: 2 })]);
    }

    #[test]
    fn day_after_restart_goes_on_and_masks_private_numbers() {
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
    fn old_days_are_removed() {
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
