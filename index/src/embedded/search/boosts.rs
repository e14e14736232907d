//! Boosts of documents, computed from columns.

use std::cell::RefCell;
use std::sync::Arc;

use crate::embedded::reader::columns::{FacetDictionary, PROFILE_FACETS, STATES};
use crate::embedded::reader::derived_columns::state_number_of;
use crate::embedded::reader::segments::Segment;
use crate::query::plan::SearchPlan;
use crate::ranking::boosts::{Factors, PlanBoosts, kind_factor, named_factors, product};
use crate::record::{Kind, Validity};
use crate::schema::fields::{DateField, Facet};

/// The boosts of the documents of one segment for one query.
pub struct Boosts<'a> {
    segment: &'a Segment,
    states: Arc<[u8]>,
    plan: PlanBoosts,
    kinds: [(Option<u32>, f32); 3],
    /// Preferred values: a facet by its index in [`PROFILE_FACETS`], and the number of the value.
    preferred: Vec<(usize, u32)>,
    /// Factors for kind and preferred values of each profile, computed when first needed.
    profile_factors: RefCell<Vec<Option<(f32, f32)>>>,
}

impl<'a> Boosts<'a> {
    /// Looks up the numbers of the values that have factors.
    pub fn new(plan: &SearchPlan, segment: &'a Segment, dictionary: &FacetDictionary) -> Self {
        let index = |facet: Facet| PROFILE_FACETS.iter().position(|f| *f == facet).unwrap_or_default();
        let number =
            |facet: Facet, value: &str| Some((index(facet), dictionary.number(index(facet), value)?));
        let states = segment.derived.states(plan.day);
        let plan = PlanBoosts::new(plan);
        Self {
            segment,
            states,
            kinds: [Kind::Document, Kind::Policy, Kind::Interpretation].map(|kind| {
                (dictionary.number(index(Facet::Kind), kind.name()), kind_factor(Some(kind.name())))
            }),
            preferred: plan.values.iter().filter_map(|(facet, value)| number(*facet, value)).collect(),
            plan,
            profile_factors: RefCell::new(vec![None; segment.columns.profiles.len()]),
        }
    }

    /// Returns the validity of a document on the day of the search.
    pub fn validity(&self, doc: u32) -> Validity {
        STATES[state_number_of(self.states[doc as usize])]
    }

    /// Returns the product of all factors of a document.
    pub fn product(&self, doc: u32) -> f32 {
        product(&self.named_factors(doc))
    }

    /// Returns the factors of a document with their names.
    pub fn named_factors(&self, doc: u32) -> Factors {
        let (kind, values) = self.profile_factors_of(doc);
        let day = |field: DateField| self.segment.columns.dates(field)[doc as usize];
        let (written, published) = (day(DateField::WrittenOn), day(DateField::PublishedOn));
        let preference = values * self.plan.year_factor(written, published);
        named_factors(self.validity(doc), kind, self.plan.age_factor(written, published), preference)
    }

    /// Returns the factors for kind and preferred values of a document's profile.
    fn profile_factors_of(&self, doc: u32) -> (f32, f32) {
        let columns = &self.segment.columns;
        let profile = columns.profile[doc as usize];
        let mut computed = self.profile_factors.borrow_mut();
        *computed[profile as usize].get_or_insert_with(|| {
            let kind = columns.profiles.values(profile, 0).first().copied();
            let kind =
                self.kinds.iter().find(|(number, _)| *number == kind).map_or(1.0, |(_, factor)| *factor);
            let has =
                |(facet, value): &&(usize, u32)| columns.profiles.values(profile, *facet).contains(value);
            (kind, self.plan.value_factor(self.preferred.iter().filter(has).count()))
        })
    }
}

/// The kind is the first facet of a profile.
const _: () = assert!(matches!(PROFILE_FACETS[0], Facet::Kind));
