//! Columns of a segment: facet values, dates and tie-breakers of its documents. Loaded once for each
//! segment, shared by all snapshots that have it.
//!
//! Documents with the same kind, issuers, categories, region and genre share a *profile*. Counting
//! facets is one increment per match, on the profile; the counts of values, and those that ignore
//! one filter, are computed from the profiles.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, RwLock};

use tantivy::SegmentReader;
use tantivy::columnar::StrColumn;

use crate::embedded::schema::{Fields, STORED_FACETS};
use crate::record::Validity;
use crate::schema::fields::{DateField, Facet, path_and_above};
use crate::schema::issuer_name::shown_spelling;

/// The facets of a profile; validity and year depend on the search.
pub const PROFILE_FACETS: [Facet; 5] =
    [Facet::Kind, Facet::Issuer, Facet::Category, Facet::Region, Facet::Genre];
/// Place of the issuers in [`PROFILE_FACETS`].
const ISSUER: usize = 1;

/// Numbers of the values of each facet, the same in all segments. Values are never removed. Spellings
/// of one issuer are one value.
#[derive(Default)]
pub struct FacetDictionary {
    facets: [RwLock<FacetValues>; PROFILE_FACETS.len()],
    issuer_spellings: RwLock<FacetValues>,
}

/// Values of one facet and their numbers.
#[derive(Default)]
struct FacetValues {
    numbers: HashMap<Arc<str>, u32>,
    values: Vec<Arc<str>>,
}

impl FacetDictionary {
    /// Returns the number of a value; adds the value if it is new.
    fn intern(&self, facet: usize, value: &str) -> u32 {
        intern(&self.facets[facet], &PROFILE_FACETS[facet].value_key(value))
    }

    /// Returns the number of a value, if any document has had it.
    pub fn number(&self, facet: usize, value: &str) -> Option<u32> {
        let values = self.facets[facet].read().unwrap_or_else(std::sync::PoisonError::into_inner);
        values.numbers.get(&*PROFILE_FACETS[facet].value_key(value)).copied()
    }

    /// Returns the keys of all values of a facet, by number.
    pub fn values(&self, facet: usize) -> Vec<Arc<str>> {
        let values = self.facets[facet].read().unwrap_or_else(std::sync::PoisonError::into_inner);
        values.values.clone()
    }

    /// Returns the names of all issuers, by number: of each its most frequent spelling. `counts` are
    /// documents by the number of the spelling.
    pub fn issuer_names(&self, counts: &[u64]) -> Vec<Arc<str>> {
        let mut names = self.values(ISSUER);
        let spellings = self.issuer_spellings.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut by_issuer: HashMap<u32, Vec<(&Arc<str>, u64)>> = HashMap::new();
        for (spelling, count) in spellings.values.iter().zip(counts).filter(|(_, count)| **count > 0) {
            if let Some(number) = self.number(ISSUER, spelling) {
                by_issuer.entry(number).or_default().push((spelling, *count));
            }
        }
        for (number, spellings) in by_issuer {
            let counted = spellings.iter().map(|(spelling, count)| (&***spelling, *count));
            if let Some(shown) = shown_spelling(&names[number as usize], counted) {
                names[number as usize] = shown.into();
            }
        }
        names
    }
}

fn intern(values: &RwLock<FacetValues>, value: &str) -> u32 {
    let known = values.read().unwrap_or_else(std::sync::PoisonError::into_inner).numbers.get(value).copied();
    if let Some(number) = known {
        return number;
    }
    let mut values = values.write().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(number) = values.numbers.get(value) {
        return *number;
    }
    let number = values.values.len() as u32;
    let value: Arc<str> = value.into();
    values.values.push(value.clone());
    values.numbers.insert(value, number);
    number
}

/// The distinct combinations of facet values of a segment.
#[derive(Default)]
pub struct Profiles {
    numbers: Vec<u32>,
    /// Bounds of the values: those of profile p and facet f are `numbers[starts[p * F + f]..starts[p * F + f + 1]]`.
    starts: Vec<u32>,
    /// Hash of the values of each profile, the same in all segments.
    hashes: Vec<u64>,
}

impl Profiles {
    /// Counts the profiles.
    pub fn len(&self) -> usize {
        self.starts.len().saturating_sub(1) / PROFILE_FACETS.len()
    }

    /// Returns the value numbers of one facet of a profile; for paths, those above are included.
    #[inline]
    pub fn values(&self, profile: u32, facet: usize) -> &[u32] {
        let first = profile as usize * PROFILE_FACETS.len() + facet;
        &self.numbers[self.starts[first] as usize..self.starts[first + 1] as usize]
    }

    /// Returns the hash of a profile's values, the same in all segments.
    pub fn values_hash(&self, profile: u32) -> u64 {
        self.hashes[profile as usize]
    }

    fn push(&mut self, values: &[Vec<u32>]) {
        let mut hasher = rustc_hash::FxHasher::default();
        values.hash(&mut hasher);
        self.hashes.push(hasher.finish());
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        for facet in values {
            self.numbers.extend_from_slice(facet);
            self.starts.push(self.numbers.len() as u32);
        }
    }
}

/// The columns of one segment.
pub struct Columns {
    /// Profile of each document.
    pub profile: Vec<u32>,
    /// The distinct profiles.
    pub profiles: Profiles,
    /// Tie-breakers.
    pub id_hash: Vec<u64>,
    /// Keys of the laws of articles; 0 for other documents.
    pub family: Vec<u64>,
    dates: [Vec<u32>; DateField::ALL.len()],
    issuers: Option<IssuerSpellings>,
}

/// Spellings of the issuers of a segment.
struct IssuerSpellings {
    column: StrColumn,
    /// Number of the spelling of each ordinal of the column, and the documents that have it.
    counted: Vec<(u32, u32)>,
}

/// The validity states by number; 5, unknown, also stands for documents without a stated one.
pub const STATES: [Validity; 6] = [
    Validity::InForce,
    Validity::Amended,
    Validity::NotYetEffective,
    Validity::Repealed,
    Validity::Expired,
    Validity::Unknown,
];

impl Columns {
    /// Reads the columns of a segment.
    ///
    /// # Errors
    /// A damaged or foreign segment.
    pub fn load(
        segment: &SegmentReader,
        fields: &Fields,
        dictionary: &FacetDictionary,
    ) -> tantivy::Result<Self> {
        let len = segment.max_doc();
        let fast = segment.fast_fields();
        let ids = fast.u64("id_hash")?;
        let families = fast.u64("family")?;
        let mut dates: [Vec<u32>; DateField::ALL.len()] = Default::default();
        for (column, field) in dates.iter_mut().zip(DateField::ALL) {
            let source = fast.u64(field.name())?;
            *column = (0..len).map(|doc| source.first(doc).unwrap_or(0) as u32).collect();
        }
        let (profile, profiles) = load_profiles(segment, fields, dictionary)?;
        Ok(Self {
            profile,
            profiles,
            id_hash: (0..len).map(|doc| ids.first(doc).unwrap_or(0)).collect(),
            family: (0..len).map(|doc| families.first(doc).unwrap_or(0)).collect(),
            dates,
            issuers: IssuerSpellings::load(segment, fields, dictionary)?,
        })
    }

    /// Adds the documents of each spelling of an issuer, by its number; deleted documents are not counted.
    pub fn count_issuer_spellings(&self, segment: &SegmentReader, counts: &mut Vec<u64>) {
        let Some(IssuerSpellings { column, counted }) = &self.issuers else { return };
        let mut alive: Vec<u32> = counted.iter().map(|(_, count)| *count).collect();
        if let Some(bits) = segment.alive_bitset() {
            for doc in (0..segment.max_doc()).filter(|doc| bits.is_deleted(*doc)) {
                column.ords().values_for_doc(doc).for_each(|ord| alive[ord as usize] -= 1);
            }
        }
        for ((number, _), alive) in counted.iter().zip(alive) {
            if counts.len() <= *number as usize {
                counts.resize(*number as usize + 1, 0);
            }
            counts[*number as usize] += u64::from(alive);
        }
    }

    /// Returns the day numbers of a date field; 0 for none.
    pub fn dates(&self, field: DateField) -> &[u32] {
        &self.dates[field as usize]
    }
}

impl IssuerSpellings {
    fn load(
        segment: &SegmentReader,
        fields: &Fields,
        dictionary: &FacetDictionary,
    ) -> tantivy::Result<Option<Self>> {
        let Some(column) = facet_column(segment, fields, Facet::Issuer)? else { return Ok(None) };
        let mut counted = Vec::with_capacity(column.num_terms());
        let mut spelling = String::new();
        for ord in 0..column.num_terms() as u64 {
            spelling.clear();
            column.ord_to_str(ord, &mut spelling)?;
            counted.push((intern(&dictionary.issuer_spellings, &spelling), 0));
        }
        for doc in 0..segment.max_doc() {
            column.ords().values_for_doc(doc).for_each(|ord| counted[ord as usize].1 += 1);
        }
        Ok(Some(Self { column, counted }))
    }
}

/// Returns the number of a state in [`STATES`].
pub fn state_number(state: Validity) -> u8 {
    STATES.iter().position(|s| *s == state).unwrap_or(STATES.len() - 1) as u8
}

fn facet_column(
    segment: &SegmentReader,
    fields: &Fields,
    facet: Facet,
) -> tantivy::Result<Option<StrColumn>> {
    segment.fast_fields().str(fields.facet_column(facet))
}

/// Returns, for each ordinal of a column, the numbers of its value and, for paths, of all above it.
fn numbers_by_ordinal(
    column: &StrColumn,
    facet: usize,
    dictionary: &FacetDictionary,
) -> tantivy::Result<Vec<Vec<u32>>> {
    let mut value = String::new();
    let mut table = Vec::with_capacity(column.num_terms());
    for ord in 0..column.num_terms() as u64 {
        value.clear();
        column.ord_to_str(ord, &mut value)?;
        table.push(if PROFILE_FACETS[facet].is_path() {
            path_and_above(&value).map(|path| dictionary.intern(facet, path)).collect()
        } else {
            vec![dictionary.intern(facet, &value)]
        });
    }
    Ok(table)
}

/// Reads the profile of each document, and the distinct profiles.
fn load_profiles(
    segment: &SegmentReader,
    fields: &Fields,
    dictionary: &FacetDictionary,
) -> tantivy::Result<(Vec<u32>, Profiles)> {
    let mut sources = Vec::new();
    for (number, facet) in PROFILE_FACETS.into_iter().enumerate() {
        sources.push(match facet_column(segment, fields, facet)? {
            Some(column) => Some((numbers_by_ordinal(&column, number, dictionary)?, column)),
            None => None,
        });
    }
    let mut profiles = Profiles::default();
    let mut numbers: HashMap<Vec<Vec<u32>>, u32> = HashMap::new();
    let mut profile_of_doc = Vec::with_capacity(segment.max_doc() as usize);
    for doc in 0..segment.max_doc() {
        let values: Vec<Vec<u32>> =
            sources.iter().map(|source| facet_numbers(source.as_ref(), doc)).collect();
        let next = numbers.len() as u32;
        let number = *numbers.entry(values).or_insert_with_key(|values| {
            profiles.push(values);
            next
        });
        profile_of_doc.push(number);
    }
    Ok((profile_of_doc, profiles))
}

/// Returns the sorted value numbers of one facet of a document.
fn facet_numbers(source: Option<&(Vec<Vec<u32>>, StrColumn)>, doc: u32) -> Vec<u32> {
    let Some((table, column)) = source else { return Vec::new() };
    let ords = column.ords().values_for_doc(doc);
    let mut numbers: Vec<u32> =
        ords.flat_map(|ord| table.get(ord as usize).into_iter().flatten().copied()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// The facets stored as columns are those of a profile and the stated validity.
const _: () = assert!(STORED_FACETS.len() == PROFILE_FACETS.len() + 1);
