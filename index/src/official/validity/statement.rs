//! What a text says of its own term.

use std::ops::Range;

use jiff::civil::Date;
use memchr::memmem;

use crate::official::citation::{self, Relation};
use crate::official::date::{self, Role};
use crate::official::scan::{chinese_number, digit, head, tail};

/// From which event a term is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    /// 公布, 发布: when it was published.
    Publication,
    /// 印发, 下发, 签发: when it was signed and sent out.
    Issue,
}

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saying {
    /// 自…起施行.
    EffectiveOn(Date),
    /// 自发布之日起施行, or so many days later.
    EffectiveFrom(Event, u16),
    /// 有效期五年, 试行一年: how many months.
    Term {
        /// The length.
        months: u16,
        /// Whether it is a trial.
        trial: bool,
    },
    /// 有效期至…: the last day.
    LastDay(Date),
    /// …同时废止: titles or numbers of what this document ends.
    Repeals(Vec<String>),
}

/// A saying with the sentence that is its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What is said.
    pub saying: Saying,
    /// The sentence, in bytes.
    pub range: Range<usize>,
}

/// Longest part of a sentence before or after what it says, in bytes.
const SENTENCE: usize = 1_500;

/// All statements of a text about terms, in order of their sentences.
pub fn statements(text: &str) -> Vec<Statement> {
    let mut found: Vec<Statement> = Vec::new();
    for dated in date::roles(text) {
        let saying = match dated.role {
            Role::Effective => Saying::EffectiveOn(dated.date),
            Role::Ended => Saying::LastDay(dated.date),
            _ => continue,
        };
        found.push(Statement { saying, range: sentence(text, dated.range.start) });
    }
    found.extend(memmem::find_iter(text.as_bytes(), "之日起").filter_map(|at| from_event(text, at)));
    for word in ["有效期", "试行期", "试行"] {
        found.extend(memmem::find_iter(text.as_bytes(), word).filter_map(|at| term(text, at, word)));
    }
    found.extend(repeals(text));
    found.sort_by_key(|statement| statement.range.start);
    found.dedup();
    found
}

/// `自发布之日起30日后施行`; `at` is at 之日起.
fn from_event(text: &str, at: usize) -> Option<Statement> {
    let event = [
        ("公布", Event::Publication),
        ("发布", Event::Publication),
        ("颁布", Event::Publication),
        ("印发", Event::Issue),
        ("下发", Event::Issue),
        ("签发", Event::Issue),
        ("发文", Event::Issue),
    ]
    .iter()
    .find(|(word, _)| text[..at].ends_with(word))
    .map(|(_, event)| *event)?;
    let after = &text[at + "之日起".len()..];
    let digits: String = after
        .trim_start_matches(['满', '第'])
        .chars()
        .map_while(digit)
        .take(4)
        .filter_map(|d| char::from_digit(d, 10))
        .collect();
    let rest = after.trim_start_matches(|c: char| {
        digit(c).is_some() || "满第日天个工作后正式开始，,在全国省市区 ".contains(c)
    });
    let verb = ["施行", "实施", "执行", "生效", "试行"].iter().find_map(|verb| rest.strip_prefix(verb))?;
    let saying = Saying::EffectiveFrom(event, digits.parse().unwrap_or(0));
    (!verb.starts_with('的')).then(|| Statement { saying, range: sentence(text, at) })
}

/// `有效期五年`, `试行期为1年`; only of the document itself, not of a licence.
fn term(text: &str, at: usize, word: &str) -> Option<Statement> {
    let rest = text[at + word.len()..].trim_start_matches(['限', '为', '是', '：', ':', ' ', '暂', '定']);
    let length = rest.char_indices().take(6).find(|(_, c)| "年个月".contains(*c))?.0;
    let number = amount(&rest[..length])?;
    let unit = rest[length..].trim_start_matches('个').chars().next()?;
    let months = match unit {
        '年' => number.checked_mul(12)?,
        '月' => number,
        _ => return None,
    };
    // 一年至两年 is a rule about terms, not one.
    if rest[length..].trim_start_matches(['个', '月', '年']).starts_with(['至', '到', '以']) {
        return None;
    }
    let range = sentence(text, at);
    let own = is_own(&text[range.clone()], &text[range.start..at]);
    let saying = Saying::Term { months, trial: word.starts_with('试') };
    (own && (1..=600).contains(&months)).then_some(Statement { saying, range })
}

fn amount(written: &str) -> Option<u16> {
    let written = written.trim();
    let decimal =
        written.chars().try_fold(0u16, |n, c| n.checked_mul(10)?.checked_add(u16::try_from(digit(c)?).ok()?));
    let decimal = decimal.filter(|_| !written.is_empty());
    let chinese = || u16::try_from(chinese_number(&written.replace('两', "二"))?).ok();
    decimal.or_else(chinese)
}

/// Whether a term is the document's: its clause begins with 本办法 and the like, or
/// follows the clause that brings the document into force.
fn is_own(sentence: &str, before: &str) -> bool {
    let clause = before.rsplit(['，', ',', '。', '、', '（', '(']).next().unwrap_or(before).trim_start();
    let subject = ["本", "该办法", "文件", "自"].iter().any(|word| clause.starts_with(word));
    let follows = clause.is_empty() && (before.contains('起') || before.trim().is_empty());
    let things = ["证", "资质", "资格", "合同", "许可", "标志", "报告", "结果", "备案"];
    let thing = things.iter().any(|word| before.contains(word));
    let force = ["施行", "实施", "执行", "试行", "印发", "发布", "公布", "生效"]
        .iter()
        .any(|word| sentence.contains(word));
    !thing && (subject || follows && force)
}

/// One statement for each sentence that repeals.
fn repeals(text: &str) -> Vec<Statement> {
    let mut found: Vec<Statement> = Vec::new();
    for citation in citation::find_all(text).into_iter().filter(|c| c.relation == Relation::Repeals) {
        let Some(name) = citation.title.or_else(|| Some(citation.number?.to_string())) else { continue };
        let range = sentence(text, citation.range.start);
        match found.last_mut() {
            Some(Statement { saying: Saying::Repeals(names), range: last }) if *last == range => {
                names.push(name)
            }
            _ => found.push(Statement { saying: Saying::Repeals(vec![name]), range }),
        }
    }
    found
}

/// The sentence around a place, without the blanks around it.
fn sentence(text: &str, at: usize) -> Range<usize> {
    let ends = ['。', '；', '\n', '\r'];
    let before = tail(&text[..at], SENTENCE);
    let before = before.rsplit(ends).next().unwrap_or(before);
    let after = head(&text[at..], SENTENCE);
    let after = after.split(ends).next().unwrap_or(after);
    let from = at - before.trim_start().len();
    from..at + after.trim_end().len()
}

/// The words by which a site or an editor marks a whole document as ended, at the
/// head of a text or around a title: `（已废止）`, `【失效】`.
pub fn marked_ended(text: &str) -> Option<Range<usize>> {
    let head: usize = text.char_indices().nth(400).map_or(text.len(), |(at, _)| at);
    let marks = [
        "已废止",
        "已失效",
        "废止",
        "失效",
        "全文废止",
        "全文失效",
        "此件已废止",
        "本文已废止",
        "本件已失效",
    ];
    let mut bracketed = text[..head].match_indices(['（', '(', '【', '[', '〔', '［']);
    bracketed.find_map(|(at, open)| {
        let inside = &text[at + open.len()..];
        let end = inside.char_indices().take(12).find(|(_, c)| "）)】]〕］".contains(*c))?;
        let close = at + open.len() + end.0 + end.1.len_utf8();
        marks.contains(&inside[..end.0].trim()).then_some(at..close)
    })
}
