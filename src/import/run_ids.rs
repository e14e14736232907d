//! Ids of one run: no record takes the place of another that the same run has read.

use std::collections::HashMap;

use gongkai_index::Record;

use crate::import::item::{Item, Place};

/// Ids that a run has given, each with the content and the place of its record.
#[derive(Default)]
pub struct RunIds {
    seen: HashMap<u128, Seen>,
    /// Files of the places, each once. A run reads one file after the other.
    files: Vec<Place>,
}

struct Seen {
    content: u128,
    file: u32,
    line: Option<u32>,
}

impl RunIds {
    /// Turns a record into a rejection if another record of the run has its id and a different content.
    /// An equal record is no conflict: nothing is lost when it is read twice.
    pub fn check(&mut self, item: Item) -> Item {
        let Item::Record { place, record } = item else { return item };
        let content = record.content_hash();
        let id = id_hash(&record);
        match self.seen.get(&id) {
            Some(first) if first.content != content => {
                Item::rejected(place, conflict(&record, &self.place_of(first)))
            }
            Some(_) => Item::Record { place, record },
            None => {
                let seen = self.note_place(content, &place);
                self.seen.insert(id, seen);
                Item::Record { place, record }
            }
        }
    }

    fn note_place(&mut self, content: u128, place: &Place) -> Seen {
        let is_last = |last: &Place| last.file == place.file && last.entry == place.entry;
        if !self.files.last().is_some_and(is_last) {
            self.files.push(Place { line: None, ..place.clone() });
        }
        let file = u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX);
        Seen { content, file, line: place.line.and_then(|line| u32::try_from(line).ok()) }
    }

    fn place_of(&self, seen: &Seen) -> Place {
        let file = self.files.get(seen.file as usize);
        let place = file.cloned().unwrap_or(Place { file: String::new(), entry: None, line: None });
        Place { line: seen.line.map(u64::from), ..place }
    }
}

fn conflict(record: &Record, first: &Place) -> String {
    format!(
        "标识“{}”已由 {first} 的记录使用，两者内容不同：一次导入中一个标识只能有一条记录，此条未入库",
        record.id
    )
}

fn id_hash(record: &Record) -> u128 {
    let mut first = [0; 16];
    first.copy_from_slice(&blake3::hash(record.id.as_bytes()).as_bytes()[..16]);
    u128::from_le_bytes(first)
}
