//! What a score is multiplied by beside what was found: validity, kind, age, and what
//! the query speaks of. All of it stands in columns.

use std::cell::RefCell;
use std::sync::Arc;

use crate::embedded::reader::columns::{FacetDictionary, PROFILE_FACETS, STATES};
use crate::embedded::reader::derived_columns::state_of;
use crate::embedded::reader::segments::Segment;
use crate::query::plan::SearchPlan;
use crate::query::{Preference, PreferenceKind};
use crate::ranking::weights;
use crate::record::{Kind, Validity};
use crate::schema::fields::{DateField, Facet};

/// The factors of one segment for one query.
pub struct Boosts<'a> {
    segment: &'a Segment,
    states: Arc<[u8]>,
    this_year: i32,
    kinds: [(Option<u32>, f32); 3],
    /// A facet by its place in [`PROFILE_FACETS`], and the number of the wanted value.
    wanted: Vec<(usize, u32)>,
    years: Vec<u32>,
    /// Kind and wanted values of each profile, once they were looked at.
    of_profile: RefCell<Vec<Option<(f32, f32)>>>,
}

impl<'a> Boosts<'a> {
    /// Looks the values up.
    pub fn new(plan: &SearchPlan, segment: &'a Segment, dictionary: &FacetDictionary) -> Self {
        let at = |facet: Facet| PROFILE_FACETS.iter().position(|f| *f == facet).unwrap_or_default();
        let number = |facet: Facet, value: &str| Some((at(facet), dictionary.number(at(facet), value)?));
        let preferences = &plan.preferences;
        let wanted = |preference: &Preference| match preference.kind {
            PreferenceKind::Issuer => number(Facet::Issuer, &preference.value),
            PreferenceKind::Region => number(Facet::Region, &preference.value),
            PreferenceKind::Year => None,
        };
        let years = preferences.iter().filter(|p| p.kind == PreferenceKind::Year);
        Self {
            segment,
            states: segment.derived.states(plan.day),
            this_year: i32::from(plan.day.year()),
            kinds: [Kind::Document, Kind::Policy, Kind::Interpretation]
                .map(|kind| (dictionary.number(at(Facet::Kind), kind.name()), weights::kind(kind))),
            wanted: preferences.iter().filter_map(wanted).collect(),
            years: years.filter_map(|p| p.value.parse().ok()).collect(),
            of_profile: RefCell::new(vec![None; segment.columns.profiles.len()]),
        }
    }

    /// The state of a document on the day of the search.
    pub fn state(&self, doc: u32) -> Validity {
        STATES[state_of(self.states[doc as usize])]
    }

    /// Everything multiplied.
    pub fn of(&self, doc: u32) -> f32 {
        self.named(doc).iter().map(|(_, factor)| factor).product()
    }

    /// Each factor with its name.
    pub fn named(&self, doc: u32) -> [(&'static str, f32); 4] {
        let (kind, mut preference) = self.profile(doc);
        if self.years.iter().any(|year| self.is_of(doc, *year)) {
            preference *= weights::PREFERRED;
        }
        [
            ("validity", weights::validity(Some(self.state(doc)))),
            ("kind", kind),
            ("age", self.age(doc)),
            ("preference", preference),
        ]
    }

    fn profile(&self, doc: u32) -> (f32, f32) {
        let columns = &self.segment.columns;
        let profile = columns.profile[doc as usize];
        let mut known = self.of_profile.borrow_mut();
        *known[profile as usize].get_or_insert_with(|| {
            let kind = columns.profiles.values(profile, 0).first().copied();
            let kind =
                self.kinds.iter().find(|(number, _)| *number == kind).map_or(1.0, |(_, factor)| *factor);
            let has =
                |(facet, value): &&(usize, u32)| columns.profiles.values(profile, *facet).contains(value);
            let fitting = self.wanted.iter().filter(has).count();
            (kind, weights::PREFERRED.powi(fitting as i32))
        })
    }

    fn is_of(&self, doc: u32, year: u32) -> bool {
        let of = |field: DateField| self.segment.columns.dates(field)[doc as usize] / 10_000;
        of(DateField::WrittenOn) == year || of(DateField::PublishedOn) == year
    }

    /// A year that is asked for makes age no matter.
    fn age(&self, doc: u32) -> f32 {
        let day = |field: DateField| self.segment.columns.dates(field)[doc as usize];
        let known = [DateField::PublishedOn, DateField::WrittenOn].map(day).into_iter().find(|day| *day > 0);
        match known {
            Some(day) if self.years.is_empty() => {
                weights::age((self.this_year - (day / 10_000) as i32) as f32)
            }
            _ => 1.0,
        }
    }
}

/// The kind is the first facet of a profile.
const _: () = assert!(matches!(PROFILE_FACETS[0], Facet::Kind));
