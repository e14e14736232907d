//! Records of the suite: the fixtures of the project, and small ones made of few words.

use gongkai_index::Record;
use gongkai_index::record::{Date, Kind, Validity};

/// Reads the fixtures.
pub fn fixture_records() -> Vec<Record> {
    let lines = include_str!("../../../fixtures/records.ndjson").lines();
    lines.map(|line| Record::from_json(line.as_bytes()).expect("a valid fixture")).collect()
}

/// Makes a record of an id and a title.
pub fn record(id: &str, title: &str) -> Record {
    Record::new(id, Kind::Document, title)
}

/// Words of which texts are made; none is a single character, so that no word can stand in a gap.
pub const WORDS: [&str; 24] = [
    "政务",
    "公开",
    "信息",
    "补贴",
    "养老保险",
    "残疾人",
    "危险化学品",
    "登记",
    "管理",
    "农民工",
    "工资",
    "专用账户",
    "烟花爆竹",
    "水土保持",
    "２０２１年",
    "11号",
    "12.5%",
    "25,984户",
    "2017年5月15日",
    "第三十八条",
    "行政許可法",
    "AB3",
    "有关问题",
    "三十日内",
];
pub const ISSUERS: [&str; 4] = ["云州省民政厅", "云州省财政厅", "澜江市人民政府", "枫州市司法局"];
pub const REGIONS: [&str; 4] = ["云州省", "云州省/澜江市", "云州省/枫州市", "瀚海省"];
pub const CATEGORIES: [&str; 4] = ["民政/社会福利", "民政/殡葬", "财政", "财政/补贴/农业"];
pub const GENRES: [&str; 3] = ["通知", "决定", "办法"];

/// Throws the same numbers in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    fn pick<'a>(&mut self, values: &[&'a str]) -> &'a str {
        values[self.throw(values.len())]
    }

    fn some(&mut self, values: &[&str], most: usize) -> Vec<String> {
        let mut picked: Vec<String> =
            (0..self.throw(most + 1)).map(|_| self.pick(values).to_owned()).collect();
        picked.sort();
        picked.dedup();
        picked
    }

    fn maybe(&mut self, values: &[&str]) -> Option<String> {
        (self.throw(4) > 0).then(|| self.pick(values).to_owned())
    }

    fn day(&mut self) -> Option<Date> {
        let (year, month, day) =
            (2015 + self.throw(9) as i16, 1 + self.throw(12) as i8, 1 + self.throw(28) as i8);
        (self.throw(4) > 0).then(|| Date::new(year, month, day).expect("a day of the calendar"))
    }

    fn text(&mut self, words: usize) -> String {
        let mut text = String::new();
        for _ in 0..words {
            text.push_str(self.pick(&WORDS));
            text.push_str(self.pick(&["", "", "", "", "，", "。", "、", "\n", " ", "”"]));
        }
        text
    }
}

/// Makes records. Some are copies of the one before, versions of one document, articles of one
/// law, or repeal or interpret others.
pub fn made_records(count: usize) -> Vec<Record> {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut records: Vec<Record> = Vec::with_capacity(count);
    for at in 0..count {
        let mut made = made_record(&mut dice, at);
        match (dice.throw(8), records.last()) {
            (0 | 1, Some(before)) => {
                let copied = before.clone();
                made = Record { title: copied.title, body: copied.body, issuers: made.issuers, ..made };
                made.region = copied.region;
                made.effective_on = copied.effective_on;
                made.document_number = copied.document_number;
            }
            (2, Some(before)) => made.repeals = vec![before.id.clone()],
            (3, Some(before)) => {
                made.kind = Kind::Interpretation;
                made.title = format!("《{}》解读", before.title);
                made.interprets = vec![before.id.clone()];
            }
            (4, Some(before)) => made.title = format!("{}（2020年修订）", before.title),
            (5, _) => {
                made.title = format!("云州省养犬管理条例第{}条", ["一", "二", "三", "十二"][dice.throw(4)])
            }
            _ => {}
        }
        records.push(made);
    }
    records
}

fn made_record(dice: &mut Dice, at: usize) -> Record {
    let states = [None, Some(Validity::InForce), Some(Validity::Repealed), Some(Validity::Amended)];
    let words = 2 + dice.throw(3);
    let genre = dice.maybe(&GENRES);
    let title = format!("{}{}", dice.text(words).trim(), genre.as_deref().unwrap_or("的函"));
    let words = 5 + dice.throw(60);
    Record {
        body: dice.text(words),
        issuers: dice.some(&ISSUERS, 2),
        document_number: (dice.throw(2) == 0)
            .then(|| format!("云政发〔20{}〕{}号", 15 + dice.throw(5), 1 + dice.throw(9))),
        index_number: (dice.throw(3) == 0)
            .then(|| format!("0001000{}/2021-0000{}", dice.throw(9), dice.throw(9))),
        categories: dice.some(&CATEGORIES, 2),
        region: dice.maybe(&REGIONS),
        keywords: dice.some(&WORDS[..10], 3),
        written_on: dice.day(),
        published_on: dice.day(),
        effective_on: dice.day().filter(|_| at.is_multiple_of(2)),
        ends_on: dice.day().filter(|_| at.is_multiple_of(5)),
        validity: states[dice.throw(states.len())],
        genre,
        ..Record::new(
            format!("made-{at:03}"),
            [Kind::Document, Kind::Policy, Kind::Interpretation][dice.throw(3)],
            title,
        )
    }
}
