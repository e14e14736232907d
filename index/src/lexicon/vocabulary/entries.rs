//! Texts in order of usefulness, found by characters, by syllables or
//! by initials, from their beginning or anywhere in them.

use std::collections::HashMap;
use std::ops::Range;

use crate::lexicon::pinyin::readings;
use crate::lexicon::pinyin::syllable;
use crate::lexicon::pinyin::syllable::SyllableId;
use crate::lexicon::vocabulary::bytes::{ByteReader, ByteWriter, Damaged};
use crate::lexicon::vocabulary::suffix_array::{AscendingPositions, Span, SuffixArray};
use crate::lexicon::vocabulary::units::{END, Unit, units_from_text};

/// Kind of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EntryKind {
    /// 发布机构.
    Issuer,
    /// An official term of the dictionary.
    Term,
    /// A short name of an issuer or a document.
    ShortName,
    /// The title of a record.
    Title,
    /// A word of the collection.
    Word,
}

const KINDS: [EntryKind; 5] =
    [EntryKind::Issuer, EntryKind::Term, EntryKind::ShortName, EntryKind::Title, EntryKind::Word];

/// An entry before look-up is prepared.
pub struct EntryDraft {
    /// Text as shown.
    pub text: String,
    /// Kind of the text.
    pub kind: EntryKind,
    /// Usefulness; only the order and the approximate size matter.
    pub weight: f32,
}

/// Axis by which positions are sorted and looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    /// Characters.
    Unit,
    /// Syllables.
    Syllable,
    /// First letters of syllables.
    Initial,
}

/// Flag of letters and digits among syllables; it places them above all syllables.
pub const LETTER: SyllableId = 0x4000;
/// Key of a unit that has no reading and is no letter.
const NO_READING: SyllableId = 0x7FFF;

/// Suffix arrays of one set of positions (beginnings, or all) by the three axes.
#[derive(Debug, Default, Clone)]
struct AxisArrays([SuffixArray; 3]);

/// Entries prepared for look-up.
#[derive(Debug, Default, Clone)]
pub struct Entries {
    texts: String,
    text_ends: Vec<u32>,
    kinds: Vec<u8>,
    weights: Vec<u32>,
    units: Vec<Unit>,
    syllables: Vec<SyllableId>,
    starts: Vec<u32>,
    beginnings: AxisArrays,
    anywhere: AxisArrays,
}

impl Entries {
    /// Builds the entries from drafts, one for each distinct row of units; with `anywhere` they
    /// are found from every position inside, not only from their beginnings.
    pub fn new(drafts: Vec<EntryDraft>, anywhere: bool) -> Self {
        let mut entries = Self::default();
        for draft in distinct_by_usefulness(drafts) {
            entries.push(&draft);
        }
        entries.beginnings = entries.sort_by_axes(&entries.starts);
        if anywhere {
            let all: Vec<u32> =
                (0..entries.units.len() as u32).filter(|p| entries.units[*p as usize] != END).collect();
            entries.anywhere = entries.sort_by_axes(&all);
        }
        entries
    }

    fn push(&mut self, draft: &EntryDraft) {
        self.starts.push(self.units.len() as u32);
        self.units.extend(units_from_text(&draft.text));
        let start = self.starts.last().map_or(0, |s| *s as usize);
        let read = readings::readings_in_context(&self.units[start..]);
        self.syllables.extend(self.units[start..].iter().zip(read).map(|(u, s)| syllable_key(*u, s)));
        self.units.push(END);
        self.syllables.push(END);
        self.texts.push_str(&draft.text);
        self.text_ends.push(self.texts.len() as u32);
        self.kinds.push(draft.kind as u8);
        self.weights.push(draft.weight.to_bits());
    }

    fn sort_by_axes(&self, positions: &[u32]) -> AxisArrays {
        AxisArrays(
            [Axis::Unit, Axis::Syllable, Axis::Initial]
                .map(|axis| SuffixArray::new(positions, self.axis_key(axis))),
        )
    }

    fn axis_key(&self, axis: Axis) -> impl Fn(usize) -> u16 + '_ {
        move |position| match axis {
            Axis::Unit => self.units[position],
            Axis::Syllable => self.syllables[position],
            Axis::Initial => initial_of(self.syllables[position]),
        }
    }

    fn suffix_array(&self, axis: Axis, beginnings: bool) -> &SuffixArray {
        let orders = if beginnings { &self.beginnings } else { &self.anywhere };
        &orders.0[axis as usize]
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Checks if there are no entries.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Text of an entry.
    pub fn text(&self, entry: usize) -> &str {
        let from = entry.checked_sub(1).map_or(0, |before| self.text_ends[before] as usize);
        &self.texts[from..self.text_ends[entry] as usize]
    }

    /// Kind of an entry.
    pub fn kind(&self, entry: usize) -> EntryKind {
        KINDS[usize::from(self.kinds[entry])]
    }

    /// Usefulness of an entry.
    pub fn weight(&self, entry: usize) -> f32 {
        f32::from_bits(self.weights[entry])
    }

    /// Entry that contains a position, and the offset of the position in it.
    pub fn locate(&self, position: usize) -> (usize, usize) {
        let entry = self.starts.partition_point(|s| *s as usize <= position).saturating_sub(1);
        (entry, position - self.starts[entry] as usize)
    }

    /// Number of units of an entry.
    pub fn length(&self, entry: usize) -> usize {
        let end = self.starts.get(entry + 1).map_or(self.units.len(), |s| *s as usize);
        end - 1 - self.starts[entry] as usize
    }

    /// Units from a position to the end of its entry.
    pub fn units_from(&self, position: usize) -> &[Unit] {
        let rest = &self.units[position..];
        &rest[..rest.iter().position(|u| *u == END).unwrap_or(rest.len())]
    }

    /// Units from a position on, across the ends of entries.
    pub fn slice(&self, position: usize, length: usize) -> Option<&[Unit]> {
        self.units.get(position..position + length)
    }

    /// Syllable at a position, letters and digits above [`LETTER`].
    pub fn syllable(&self, position: usize) -> SyllableId {
        self.syllables[position]
    }

    /// Range of the suffix array of an axis in which `spans` match.
    pub fn range(&self, axis: Axis, beginnings: bool, spans: &[Span]) -> Range<usize> {
        self.suffix_array(axis, beginnings).range(spans, self.axis_key(axis))
    }

    /// Positions of such a range, those in the most useful entries first.
    pub fn positions(&self, axis: Axis, beginnings: bool, range: Range<usize>) -> AscendingPositions<'_> {
        self.suffix_array(axis, beginnings).ascending(range)
    }

    /// Number of positions at which a row of units occurs.
    pub fn occurrences(&self, units: &[Unit]) -> usize {
        let spans: Vec<Span> = units.iter().map(|u| (*u, *u)).collect();
        if spans.is_empty() { 0 } else { self.range(Axis::Unit, false, &spans).len() }
    }

    /// Entry with exactly these units.
    pub fn find(&self, units: &[Unit]) -> Option<usize> {
        let spans: Vec<Span> = units.iter().chain([&END]).map(|u| (*u, *u)).collect();
        let range = self.range(Axis::Unit, true, &spans);
        self.positions(Axis::Unit, true, range).next().map(|position| self.locate(position).0)
    }

    /// All entries, the most useful first.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &[Unit])> + '_ {
        self.starts.iter().enumerate().map(|(entry, start)| (entry, self.units_from(*start as usize)))
    }

    /// Approximate memory, in bytes.
    pub fn memory(&self) -> usize {
        let orders = self.beginnings.0.iter().chain(&self.anywhere.0).map(SuffixArray::memory).sum::<usize>();
        self.texts.len() + self.len() * 13 + self.units.len() * 4 + orders
    }

    /// Writes all entries.
    pub fn write(&self, writer: &mut ByteWriter) {
        writer.write_bytes(self.texts.as_bytes());
        writer.write_bytes(&self.kinds);
        writer.write_u16s(&self.units);
        writer.write_u16s(&self.syllables);
        for row in [&self.text_ends, &self.weights, &self.starts] {
            writer.write_u32s(row);
        }
        for suffix_array in self.beginnings.0.iter().chain(&self.anywhere.0) {
            suffix_array.write(writer);
        }
    }

    /// Reads the bytes of [`Entries::write`].
    ///
    /// # Errors
    /// If the bytes are damaged.
    pub fn read(reader: &mut ByteReader<'_>) -> Result<Self, Damaged> {
        let (texts, kinds) = (reader.read_text()?, reader.read_bytes()?);
        let (units, syllables) = (reader.read_u16s()?, reader.read_u16s()?);
        let (text_ends, weights, starts) = (reader.read_u32s()?, reader.read_u32s()?, reader.read_u32s()?);
        let mut orders = || -> Result<AxisArrays, Damaged> {
            Ok(AxisArrays([
                SuffixArray::read(reader)?,
                SuffixArray::read(reader)?,
                SuffixArray::read(reader)?,
            ]))
        };
        let (beginnings, anywhere) = (orders()?, orders()?);
        Ok(Self { texts, text_ends, kinds, weights, units, syllables, starts, beginnings, anywhere })
    }
}

/// Keeps one draft for each row of units, the most useful first.
fn distinct_by_usefulness(drafts: Vec<EntryDraft>) -> Vec<EntryDraft> {
    let mut by_units: HashMap<Vec<Unit>, EntryDraft> = HashMap::with_capacity(drafts.len());
    for draft in drafts {
        let units: Vec<Unit> = units_from_text(&draft.text).collect();
        if units.is_empty() {
            continue;
        }
        let kept = by_units.entry(units).or_insert_with(|| EntryDraft { text: String::new(), ..draft });
        if kept.text.is_empty() || (draft.kind, &draft.text) < (kept.kind, &kept.text) {
            kept.text = draft.text;
            kept.kind = draft.kind;
        }
        kept.weight = kept.weight.max(draft.weight);
    }
    let mut kept: Vec<EntryDraft> = by_units.into_values().collect();
    kept.sort_unstable_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.text.cmp(&b.text)));
    kept
}

fn syllable_key(unit: Unit, read: Option<SyllableId>) -> SyllableId {
    match read {
        Some(id) => id,
        None if unit < 0x80 => LETTER | unit,
        None => NO_READING,
    }
}

/// First letter of a syllable, a letter or digit itself, or a value that is neither.
pub fn initial_of(id: SyllableId) -> u16 {
    match id {
        END => END,
        NO_READING => 0xFF,
        _ if id & LETTER != 0 => id & !LETTER,
        _ => u16::from(syllable::first_letter(id)),
    }
}
