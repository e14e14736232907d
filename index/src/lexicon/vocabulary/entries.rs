//! Rows of texts, the most useful first, found by characters, by syllables or
//! by initials, from their beginning or anywhere in them.

use std::collections::HashMap;
use std::ops::Range;

use crate::lexicon::pinyin::readings;
use crate::lexicon::pinyin::syllable;
use crate::lexicon::pinyin::syllable::SyllableId;
use crate::lexicon::vocabulary::bytes::{Damaged, Sink, Source};
use crate::lexicon::vocabulary::order::{Order, Smallest, Span};
use crate::lexicon::vocabulary::units::{END, Unit, units_of};

/// What a text is.
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

/// A text before it is laid out.
pub struct Draft {
    /// As it is shown.
    pub text: String,
    /// What it is.
    pub kind: EntryKind,
    /// How useful it is; only the order and rough size matter.
    pub weight: f32,
}

/// By what places are sorted and looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    /// Characters.
    Unit,
    /// Syllables.
    Syllable,
    /// First letters of syllables.
    Initial,
}

/// Letters and digits stand in a row of syllables above all syllables.
pub const LETTER: SyllableId = 0x4000;
/// What has no reading and is no letter.
const UNREAD: SyllableId = 0x7FFF;

/// Places of one kind (beginnings, or all) in three orders.
#[derive(Debug, Default, Clone)]
struct Orders([Order; 3]);

/// Texts laid out for look-up.
#[derive(Debug, Default, Clone)]
pub struct Entries {
    texts: String,
    text_ends: Vec<u32>,
    kinds: Vec<u8>,
    weights: Vec<u32>,
    units: Vec<Unit>,
    syllables: Vec<SyllableId>,
    starts: Vec<u32>,
    beginnings: Orders,
    anywhere: Orders,
}

impl Entries {
    /// Lays out the drafts, one for each distinct row of units; `anywhere` makes
    /// them findable from every place inside, not only from their beginnings.
    pub fn new(drafts: Vec<Draft>, anywhere: bool) -> Self {
        let mut entries = Self::default();
        for draft in ordered(drafts) {
            entries.push(&draft);
        }
        entries.beginnings = entries.sorted(&entries.starts);
        if anywhere {
            let all: Vec<u32> =
                (0..entries.units.len() as u32).filter(|p| entries.units[*p as usize] != END).collect();
            entries.anywhere = entries.sorted(&all);
        }
        entries
    }

    fn push(&mut self, draft: &Draft) {
        self.starts.push(self.units.len() as u32);
        self.units.extend(units_of(&draft.text));
        let start = self.starts.last().map_or(0, |s| *s as usize);
        let read = readings::read(&self.units[start..]);
        self.syllables.extend(self.units[start..].iter().zip(read).map(|(u, s)| syllable_key(*u, s)));
        self.units.push(END);
        self.syllables.push(END);
        self.texts.push_str(&draft.text);
        self.text_ends.push(self.texts.len() as u32);
        self.kinds.push(draft.kind as u8);
        self.weights.push(draft.weight.to_bits());
    }

    fn sorted(&self, places: &[u32]) -> Orders {
        Orders([Axis::Unit, Axis::Syllable, Axis::Initial].map(|axis| Order::new(places, self.key(axis))))
    }

    fn key(&self, axis: Axis) -> impl Fn(usize) -> u16 + '_ {
        move |place| match axis {
            Axis::Unit => self.units[place],
            Axis::Syllable => self.syllables[place],
            Axis::Initial => initial_of(self.syllables[place]),
        }
    }

    fn order(&self, axis: Axis, beginnings: bool) -> &Order {
        let orders = if beginnings { &self.beginnings } else { &self.anywhere };
        &orders.0[axis as usize]
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// The text of one.
    pub fn text(&self, entry: usize) -> &str {
        let from = entry.checked_sub(1).map_or(0, |before| self.text_ends[before] as usize);
        &self.texts[from..self.text_ends[entry] as usize]
    }

    /// What one is.
    pub fn kind(&self, entry: usize) -> EntryKind {
        KINDS[usize::from(self.kinds[entry])]
    }

    /// How useful one is.
    pub fn weight(&self, entry: usize) -> f32 {
        f32::from_bits(self.weights[entry])
    }

    /// The entry that holds a place, and the place's distance from its beginning.
    pub fn locate(&self, place: usize) -> (usize, usize) {
        let entry = self.starts.partition_point(|s| *s as usize <= place).saturating_sub(1);
        (entry, place - self.starts[entry] as usize)
    }

    /// How many units an entry has.
    pub fn length(&self, entry: usize) -> usize {
        let end = self.starts.get(entry + 1).map_or(self.units.len(), |s| *s as usize);
        end - 1 - self.starts[entry] as usize
    }

    /// The units from a place to the end of its entry.
    pub fn units_from(&self, place: usize) -> &[Unit] {
        let rest = &self.units[place..];
        &rest[..rest.iter().position(|u| *u == END).unwrap_or(rest.len())]
    }

    /// Some units from a place on, whatever entries they belong to.
    pub fn slice(&self, place: usize, length: usize) -> Option<&[Unit]> {
        self.units.get(place..place + length)
    }

    /// The syllable at a place, letters and digits above [`LETTER`].
    pub fn syllable(&self, place: usize) -> SyllableId {
        self.syllables[place]
    }

    /// The places where `spans` fit on an axis, as a range of its order.
    pub fn range(&self, axis: Axis, beginnings: bool, spans: &[Span]) -> Range<usize> {
        self.order(axis, beginnings).range(spans, self.key(axis))
    }

    /// The places of such a range, the most useful first.
    pub fn places(&self, axis: Axis, beginnings: bool, range: Range<usize>) -> Smallest<'_> {
        self.order(axis, beginnings).smallest(range)
    }

    /// In how many places these units stand one after the other.
    pub fn occurrences(&self, units: &[Unit]) -> usize {
        let spans: Vec<Span> = units.iter().map(|u| (*u, *u)).collect();
        if spans.is_empty() { 0 } else { self.range(Axis::Unit, false, &spans).len() }
    }

    /// The entry that is exactly these units.
    pub fn find(&self, units: &[Unit]) -> Option<usize> {
        let spans: Vec<Span> = units.iter().chain([&END]).map(|u| (*u, *u)).collect();
        let range = self.range(Axis::Unit, true, &spans);
        self.places(Axis::Unit, true, range).next().map(|place| self.locate(place).0)
    }

    /// All entries, the most useful first.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &[Unit])> + '_ {
        self.starts.iter().enumerate().map(|(entry, start)| (entry, self.units_from(*start as usize)))
    }

    /// Bytes of memory, roughly.
    pub fn memory(&self) -> usize {
        let orders = self.beginnings.0.iter().chain(&self.anywhere.0).map(Order::memory).sum::<usize>();
        self.texts.len() + self.len() * 13 + self.units.len() * 4 + orders
    }

    /// Writes everything.
    pub fn write(&self, sink: &mut Sink) {
        sink.bytes(self.texts.as_bytes());
        sink.bytes(&self.kinds);
        sink.halves(&self.units);
        sink.halves(&self.syllables);
        for row in [&self.text_ends, &self.weights, &self.starts] {
            sink.words(row);
        }
        for order in self.beginnings.0.iter().chain(&self.anywhere.0) {
            order.write(sink);
        }
    }

    /// Reads what [`Entries::write`] wrote.
    ///
    /// # Errors
    /// When the bytes are damaged.
    pub fn read(source: &mut Source<'_>) -> Result<Self, Damaged> {
        let (texts, kinds) = (source.text()?, source.bytes()?);
        let (units, syllables) = (source.halves()?, source.halves()?);
        let (text_ends, weights, starts) = (source.words()?, source.words()?, source.words()?);
        let mut orders = || -> Result<Orders, Damaged> {
            Ok(Orders([Order::read(source)?, Order::read(source)?, Order::read(source)?]))
        };
        let (beginnings, anywhere) = (orders()?, orders()?);
        Ok(Self { texts, text_ends, kinds, weights, units, syllables, starts, beginnings, anywhere })
    }
}

/// Keeps one draft for each row of units, the most useful first.
fn ordered(drafts: Vec<Draft>) -> Vec<Draft> {
    let mut by_units: HashMap<Vec<Unit>, Draft> = HashMap::with_capacity(drafts.len());
    for draft in drafts {
        let units: Vec<Unit> = units_of(&draft.text).collect();
        if units.is_empty() {
            continue;
        }
        let kept = by_units.entry(units).or_insert_with(|| Draft { text: String::new(), ..draft });
        if kept.text.is_empty() || (draft.kind, &draft.text) < (kept.kind, &kept.text) {
            kept.text = draft.text;
            kept.kind = draft.kind;
        }
        kept.weight = kept.weight.max(draft.weight);
    }
    let mut kept: Vec<Draft> = by_units.into_values().collect();
    kept.sort_unstable_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.text.cmp(&b.text)));
    kept
}

fn syllable_key(unit: Unit, read: Option<SyllableId>) -> SyllableId {
    match read {
        Some(id) => id,
        None if unit < 0x80 => LETTER | unit,
        None => UNREAD,
    }
}

/// The first letter of a syllable, a letter or digit itself, or something that is neither.
pub fn initial_of(id: SyllableId) -> u16 {
    match id {
        END => END,
        UNREAD => 0xFF,
        _ if id & LETTER != 0 => id & !LETTER,
        _ => u16::from(syllable::first_letter(id)),
    }
}
