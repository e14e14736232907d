//! Encoding of frames as bytes, and back. The bytes come from a file that a crash or a disk may
//! have damaged: no memory is allocated for a length before the bytes are known to be there.

use crate::record::commit::Commit;
use crate::record::days::day_number;
use crate::record::{Date, Kind, Validity};
use crate::relations::cited::Cited;
use crate::relations::facts::Facts;
use crate::relations::frames::{Assigned, Change, Frame};
use crate::relations::sketch::{BINS, Sketch};

/// Writes a frame without its length and checksum.
pub fn encode_frame(frame: &Frame) -> Vec<u8> {
    let mut encoder = Encoder::default();
    encoder.frame(frame);
    encoder.0
}

/// Decodes a frame of [`encode_frame`]; `None` for other bytes.
pub fn decode_frame(bytes: &[u8]) -> Option<Frame> {
    Decoder(bytes).frame()
}

/// Writes values as bytes.
#[derive(Default)]
struct Encoder(Vec<u8>);

impl Encoder {
    fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn key(&mut self, value: u64) {
        self.0.extend(value.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend(text.as_bytes());
    }

    fn list<T>(&mut self, values: &[T], mut each: impl FnMut(&mut Self, &T)) {
        self.number(values.len() as u64);
        values.iter().for_each(|value| each(self, value));
    }

    fn day(&mut self, date: Option<Date>) {
        self.number(date.map_or(0, |date| u64::from(day_number(date))));
    }

    fn cited(&mut self, cited: &Cited) {
        self.0.push(cited.relation);
        let keys =
            [cited.titles[0], cited.titles[1], cited.titles[2], cited.titles[3], cited.number, cited.id];
        let present = keys.iter().enumerate().fold(0, |bits, (i, key)| bits | u8::from(*key != 0) << i);
        self.0.push(present);
        keys.iter().filter(|key| **key != 0).for_each(|key| self.key(*key));
        self.number(u64::from(cited.year));
        self.day(cited.decided_on);
        self.number(u64::from(cited.range.0));
        self.number(u64::from(cited.range.1.saturating_sub(cited.range.0)));
    }

    fn facts(&mut self, facts: &Facts) {
        self.text(&facts.id);
        self.0.extend(facts.content.to_le_bytes());
        self.0.extend([kind_number(facts.kind), validity_number(facts.stated), facts.source_rank]);
        self.0.push(u8::from(facts.is_marked_ended) | u8::from(facts.has_private_numbers) << 1);
        self.0.push(validity_number(facts.weighed));
        self.list(&facts.claims, |encoder, (state, since, by)| {
            encoder.0.push(validity_number(Some(*state)));
            encoder.day(*since);
            encoder.key(*by);
        });
        self.text(&facts.title);
        self.list(&facts.issuers, |encoder, issuer| encoder.text(issuer));
        [facts.number, facts.family].iter().for_each(|key| self.key(*key));
        self.list(&facts.titles, |encoder, key| encoder.key(*key));
        self.list(&facts.enclosed, |encoder, key| encoder.key(*key));
        self.text(&facts.place);
        facts
            .dates
            .iter()
            .chain(&facts.period_in_text)
            .chain([&facts.revised])
            .for_each(|date| self.day(*date));
        self.list(&facts.cited, Self::cited);
        self.list(&facts.explains, Self::cited);
        self.number(u64::from(facts.length));
        [facts.fingerprint, facts.title_fingerprint, facts.title_figures]
            .iter()
            .for_each(|key| self.key(*key));
        facts.sketch.iter().for_each(|bin| self.0.extend(bin.to_le_bytes()));
    }

    /// Writes a frame without its length and checksum.
    fn frame(&mut self, frame: &Frame) {
        match frame {
            Frame::Changes { generation, changes } => {
                self.0.push(1);
                self.number(*generation);
                self.list(changes, |encoder, change| match change {
                    Change::Put(facts) => {
                        encoder.0.push(1);
                        encoder.facts(facts);
                    }
                    Change::Deleted(id) => {
                        encoder.0.push(0);
                        encoder.text(id);
                    }
                });
            }
            Frame::Groups { generation, assigned } => {
                self.0.push(2);
                self.number(*generation);
                self.list(assigned, |encoder, (id, group)| {
                    encoder.key(*id);
                    encoder.number(u64::from(*group));
                });
            }
            Frame::Commit(commit) => {
                self.0.push(3);
                self.number(commit.generation);
                self.number(commit.seconds);
                self.number(commit.records);
                self.0.extend(commit.digest.to_le_bytes());
                self.0.push(u8::from(commit.complete));
                self.list(&commit.changes, |encoder, (id, content)| {
                    encoder.text(id);
                    encoder.0.push(u8::from(content.is_some()));
                    encoder.0.extend(content.iter().flat_map(|content| content.to_le_bytes()));
                });
            }
        }
    }
}

/// Reads the values of an [`Encoder`]; `None` for other bytes.
struct Decoder<'a>(&'a [u8]);

impl Decoder<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, left) = self.0.split_at_checked(N)?;
        self.0 = left;
        taken.try_into().ok()
    }

    fn byte(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| byte)
    }

    fn number(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn key(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    fn wide(&mut self) -> Option<u128> {
        self.take().map(u128::from_le_bytes)
    }

    fn text(&mut self) -> Option<String> {
        let length = usize::try_from(self.number()?).ok()?;
        let (taken, left) = self.0.split_at_checked(length)?;
        self.0 = left;
        String::from_utf8(taken.to_vec()).ok()
    }

    fn list<T>(&mut self, mut each: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let length = usize::try_from(self.number()?).ok().filter(|length| *length <= self.0.len())?;
        (0..length).map(|_| each(self)).collect()
    }

    fn day(&mut self) -> Option<Option<Date>> {
        let number = u32::try_from(self.number()?).ok()?;
        let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
        if number == 0 {
            return Some(None);
        }
        Date::new(i16::try_from(year).ok()?, month as i8, day as i8).ok().map(Some)
    }

    fn cited(&mut self) -> Option<Cited> {
        let relation = self.byte()?;
        let present = self.byte()?;
        let mut keys = [0; 6];
        for (i, key) in keys.iter_mut().enumerate() {
            if present & 1 << i != 0 {
                *key = self.key()?;
            }
        }
        let year = u16::try_from(self.number()?).ok()?;
        let decided_on = self.day()?;
        let start = u32::try_from(self.number()?).ok()?;
        let end = start.checked_add(u32::try_from(self.number()?).ok()?)?;
        let [a, b, c, d, number, id] = keys;
        Some(Cited { titles: [a, b, c, d], number, year, decided_on, id, relation, range: (start, end) })
    }

    fn facts(&mut self) -> Option<Facts> {
        let id = self.text()?;
        let content = self.wide()?;
        let [kind, stated, source_rank, flags, weighed] = self.take()?;
        let claims = self.list(|decoder| {
            Some((validity_from_number(decoder.byte()?)??, decoder.day()?, decoder.key()?))
        })?;
        let title = self.text()?;
        let issuers = self.list(Self::text)?;
        let (number, family) = (self.key()?, self.key()?);
        let titles = self.list(Self::key)?;
        let enclosed = self.list(Self::key)?;
        let place = self.text()?;
        let mut days = [None; 7];
        for day in &mut days {
            *day = self.day()?;
        }
        let [written, published, effective, ends, first_day, first_day_after, revised] = days;
        Some(Facts {
            id,
            content,
            kind: kind_from_number(kind)?,
            title,
            issuers,
            number,
            titles,
            enclosed,
            family,
            place,
            dates: [written, published, effective, ends],
            revised,
            stated: validity_from_number(stated)?,
            weighed: validity_from_number(weighed)?,
            claims,
            period_in_text: [first_day, first_day_after],
            is_marked_ended: flags & 1 != 0,
            source_rank,
            cited: self.list(Self::cited)?,
            explains: self.list(Self::cited)?,
            has_private_numbers: flags & 2 != 0,
            length: u32::try_from(self.number()?).ok()?,
            fingerprint: self.key()?,
            title_fingerprint: self.key()?,
            title_figures: self.key()?,
            sketch: self.sketch()?,
        })
    }

    fn sketch(&mut self) -> Option<Sketch> {
        let mut sketch = [0; BINS];
        for bin in &mut sketch {
            *bin = u16::from_le_bytes(self.take()?);
        }
        Some(sketch)
    }

    fn change(&mut self) -> Option<Change> {
        match self.byte()? {
            1 => self.facts().map(|facts| Change::Put(Box::new(facts))),
            0 => self.text().map(Change::Deleted),
            _ => None,
        }
    }

    fn assigned(&mut self) -> Option<Assigned> {
        Some((self.key()?, u32::try_from(self.number()?).ok()?))
    }

    fn changed(&mut self) -> Option<(String, Option<u128>)> {
        let id = self.text()?;
        let content = if self.byte()? == 1 { Some(self.wide()?) } else { None };
        Some((id, content))
    }

    /// Reads a frame that has no other bytes behind it.
    fn frame(&mut self) -> Option<Frame> {
        let kind = self.byte()?;
        let generation = self.number()?;
        let frame = match kind {
            1 => Frame::Changes { generation, changes: self.list(Self::change)? },
            2 => Frame::Groups { generation, assigned: self.list(Self::assigned)? },
            3 => Frame::Commit(Commit {
                generation,
                seconds: self.number()?,
                records: self.number()?,
                digest: self.wide()?,
                complete: self.byte()? == 1,
                changes: self.list(Self::changed)?,
            }),
            _ => return None,
        };
        self.0.is_empty().then_some(frame)
    }
}

fn kind_number(kind: Kind) -> u8 {
    match kind {
        Kind::Document => 0,
        Kind::Policy => 1,
        Kind::Interpretation => 2,
    }
}

fn kind_from_number(number: u8) -> Option<Kind> {
    [Kind::Document, Kind::Policy, Kind::Interpretation].get(usize::from(number)).copied()
}

fn validity_number(stated: Option<Validity>) -> u8 {
    stated.and_then(|stated| Validity::all().position(|v| v == stated)).map_or(0, |at| at as u8 + 1)
}

fn validity_from_number(number: u8) -> Option<Option<Validity>> {
    match usize::from(number).checked_sub(1) {
        None => Some(None),
        Some(at) => Validity::all().nth(at).map(Some),
    }
}
