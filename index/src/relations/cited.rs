//! Documents that a record names, as keys.

use crate::keys::id::id_hash;
use crate::keys::mention::title_hashes;
use crate::keys::number::hash_of_number;
use crate::official::citation::Relation;
use crate::official::document_number::{self, DocumentNumber};
use crate::record::Date;

/// A document that a record names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cited {
    /// Keys of its title, the most exact first; 0 for none.
    pub titles: [u64; 4],
    /// Key of its document number; 0 for none.
    pub number: u64,
    /// The year in that number; 0 for none.
    pub year: u16,
    /// Day that the text gives a decision it names: several decisions may bear one title.
    pub decided_on: Option<Date>,
    /// Key of its id; 0 for none. Only a record's own fields name ids.
    pub id: u64,
    /// Number of its relation in [`RELATIONS`].
    pub relation: u8,
    /// Range in the body that names it, in bytes; both 0 if a field or the title does.
    pub range: (u32, u32),
}

/// The relations by number.
pub const RELATIONS: [Relation; 7] = [
    Relation::Mentions,
    Relation::BasedOn,
    Relation::Repeals,
    Relation::Amends,
    Relation::Encloses,
    Relation::Forwards,
    Relation::Interprets,
];

impl Cited {
    /// Makes the keys of a document named by its title.
    pub fn from_title(title: &str, relation: Relation) -> Self {
        Self::from_title_keys(title_hashes(title), relation)
    }

    /// Names a document by the keys of its title.
    pub fn from_title_keys(titles: [u64; 4], relation: Relation) -> Self {
        Self { titles, relation: relation_number(relation), ..Self::default() }
    }

    /// Reads the value of a field, which may be an id, a number or a title.
    pub fn from_field(value: &str, relation: Relation) -> Self {
        let title = value.trim().trim_start_matches('《').trim_end_matches('》');
        let number = document_number::parse(value);
        Self {
            id: id_hash(value),
            ..Self::from_title(title, relation).with_number_and_range(number.as_ref(), (0, 0))
        }
    }

    /// Adds the number by which it is named, and the range in the body.
    pub fn with_number_and_range(mut self, number: Option<&DocumentNumber>, range: (usize, usize)) -> Self {
        self.number = number.map_or(0, hash_of_number);
        self.year = number.and_then(|number| number.year).unwrap_or_default();
        self.range = (range.0 as u32, range.1 as u32);
        self
    }

    /// Returns the relation of the citing record to it.
    pub fn relation(&self) -> Relation {
        RELATIONS[usize::from(self.relation) % RELATIONS.len()]
    }

    /// Returns all keys by which it may be found.
    pub fn keys(&self) -> impl Iterator<Item = u64> {
        self.titles.into_iter().chain([self.number, self.id]).filter(|key| *key != 0)
    }

    /// Checks if there is no key by which it may be found.
    pub fn has_no_key(&self) -> bool {
        self.keys().next().is_none()
    }
}

fn relation_number(relation: Relation) -> u8 {
    RELATIONS.iter().position(|known| *known == relation).unwrap_or_default() as u8
}
