//! Boosts: what a score is multiplied by beside the matched terms. Validity, kind, age, and the
//! properties that a query speaks of.

use crate::query::plan::SearchPlan;
use crate::query::{Preference, PreferenceKind};
use crate::ranking::weights;
use crate::record::{Kind, Validity};
use crate::schema::fields::Facet;

/// The factors of one document, each with its name.
pub type Factors = [(&'static str, f32); 4];

/// The part of the boosts that a plan decides, the same for every document.
#[derive(Debug, Clone, Default)]
pub struct PlanBoosts {
    /// Facet values that the query speaks of.
    pub values: Vec<(Facet, String)>,
    years: Vec<u32>,
    this_year: i32,
}

impl PlanBoosts {
    /// Reads the preferences and the day of a plan.
    pub fn new(plan: &SearchPlan) -> Self {
        let value = |preference: &Preference| match preference.kind {
            PreferenceKind::Issuer => Some((Facet::Issuer, preference.value.clone())),
            PreferenceKind::Region => Some((Facet::Region, preference.value.clone())),
            PreferenceKind::Year => None,
        };
        let years = plan.preferences.iter().filter(|p| p.kind == PreferenceKind::Year);
        Self {
            values: plan.preferences.iter().filter_map(value).collect(),
            years: years.filter_map(|p| p.value.parse().ok()).collect(),
            this_year: i32::from(plan.day.year()),
        }
    }

    /// Returns the factor of a document that has so many of the values.
    #[inline]
    pub fn value_factor(&self, fitting: usize) -> f32 {
        weights::PREFERRED.powi(fitting as i32)
    }

    /// Returns the factor of a document written and published on these days, numbers yyyymmdd
    /// with 0 for none.
    #[inline]
    pub fn year_factor(&self, written: u32, published: u32) -> f32 {
        let fits = |year: &u32| written / 10_000 == *year || published / 10_000 == *year;
        if self.years.iter().any(fits) { weights::PREFERRED } else { 1.0 }
    }

    /// Returns the factor of the age of a document written and published on these days. A year
    /// that is asked for makes age no matter.
    #[inline]
    pub fn age_factor(&self, written: u32, published: u32) -> f32 {
        match [published, written].into_iter().find(|day| *day > 0) {
            Some(day) if self.years.is_empty() => {
                weights::age((self.this_year - (day / 10_000) as i32) as f32)
            }
            _ => 1.0,
        }
    }
}

/// Names the factors of a document.
#[inline]
pub fn named_factors(validity: Validity, kind: f32, age: f32, preference: f32) -> Factors {
    [
        ("validity", weights::validity(Some(validity))),
        ("kind", kind),
        ("age", age),
        ("preference", preference),
    ]
}

/// Multiplies factors.
#[inline]
pub fn product(factors: &Factors) -> f32 {
    factors.iter().map(|(_, factor)| factor).product()
}

/// Returns the factor of a kind by its name; 1 for none.
pub fn kind_factor(name: Option<&str>) -> f32 {
    let kinds = [Kind::Document, Kind::Policy, Kind::Interpretation];
    let kind = kinds.into_iter().find(|kind| Some(kind.name()) == name);
    kind.map_or(1.0, weights::kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn age_counts_from_publication_and_not_when_year_is_asked_for() {
        let boosts = PlanBoosts { this_year: 2024, ..PlanBoosts::default() };
        assert_eq!(boosts.age_factor(0, 0), 1.0);
        assert_eq!(boosts.age_factor(19990101, 20240101), 1.0);
        assert_eq!(boosts.age_factor(20190101, 0), weights::age(5.0));
        let asked = PlanBoosts { years: vec![2019], ..boosts };
        assert_eq!(asked.age_factor(19990101, 0), 1.0);
        assert_eq!(asked.year_factor(20190501, 0), weights::PREFERRED);
        assert_eq!(asked.year_factor(0, 20200101), 1.0);
    }

    #[test]
    fn factors_multiply_and_unknown_kind_is_neutral() {
        let boosts = PlanBoosts::default();
        let factors = named_factors(Validity::Repealed, kind_factor(Some("policy")), 0.5, 1.2);
        assert_eq!(product(&factors), 0.75 * 1.03 * 0.5 * 1.2);
        assert_eq!(kind_factor(None), 1.0);
        assert_eq!(boosts.value_factor(2), weights::PREFERRED.powi(2));
    }
}
