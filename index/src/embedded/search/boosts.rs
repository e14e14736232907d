//! The factors of documents, read from columns.

use std::cell::RefCell;
use std::sync::Arc;

use crate::embedded::reader::columns::{FacetDictionary, PROFILE_FACETS, STATES};
use crate::embedded::reader::derived_columns::state_of;
use crate::embedded::reader::segments::Segment;
use crate::query::plan::SearchPlan;
use crate::ranking::boosts::{Factors, PlanBoosts, kind_factor, named_factors, product};
use crate::record::{Kind, Validity};
use crate::schema::fields::{DateField, Facet};

/// The factors of one segment for one query.
pub struct Boosts<'a> {
    segment: &'a Segment,
    states: Arc<[u8]>,
    plan: PlanBoosts,
    kinds: [(Option<u32>, f32); 3],
    /// A facet by its place in [`PROFILE_FACETS`], and the number of the wanted value.
    wanted: Vec<(usize, u32)>,
    /// Kind and wanted values of each profile, once they were looked at.
    of_profile: RefCell<Vec<Option<(f32, f32)>>>,
}

impl<'a> Boosts<'a> {
    /// Looks the values up.
    pub fn new(plan: &SearchPlan, segment: &'a Segment, dictionary: &FacetDictionary) -> Self {
        let at = |facet: Facet| PROFILE_FACETS.iter().position(|f| *f == facet).unwrap_or_default();
        let number = |facet: Facet, value: &str| Some((at(facet), dictionary.number(at(facet), value)?));
        let states = segment.derived.states(plan.day);
        let plan = PlanBoosts::new(plan);
        Self {
            segment,
            states,
            kinds: [Kind::Document, Kind::Policy, Kind::Interpretation].map(|kind| {
                (dictionary.number(at(Facet::Kind), kind.name()), kind_factor(Some(kind.name())))
            }),
            wanted: plan.values.iter().filter_map(|(facet, value)| number(*facet, value)).collect(),
            plan,
            of_profile: RefCell::new(vec![None; segment.columns.profiles.len()]),
        }
    }

    /// The state of a document on the day of the search.
    pub fn state(&self, doc: u32) -> Validity {
        STATES[state_of(self.states[doc as usize])]
    }

    /// Everything multiplied.
    pub fn of(&self, doc: u32) -> f32 {
        product(&self.named(doc))
    }

    /// Each factor with its name.
    pub fn named(&self, doc: u32) -> Factors {
        let (kind, values) = self.profile(doc);
        let day = |field: DateField| self.segment.columns.dates(field)[doc as usize];
        let (written, published) = (day(DateField::WrittenOn), day(DateField::PublishedOn));
        let preference = values * self.plan.year_factor(written, published);
        named_factors(self.state(doc), kind, self.plan.age_factor(written, published), preference)
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
            (kind, self.plan.value_factor(self.wanted.iter().filter(has).count()))
        })
    }
}

/// The kind is the first facet of a profile.
const _: () = assert!(matches!(PROFILE_FACETS[0], Facet::Kind));
