//! Statements of a text about its own validity period.

use std::ops::Range;

use jiff::civil::Date;
use memchr::memmem;

use crate::official::citation::{self, Relation};
use crate::official::date::{self, Role};
use crate::official::scan::{chinese_number, digit, head, tail};

/// Event from which a period is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    /// 公布, 发布: the day of publication.
    Publication,
    /// 印发, 下发, 签发: the day on which it was signed and sent out.
    Issue,
}

/// Content of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saying {
    /// 自…起施行.
    EffectiveOn(Date),
    /// 自发布之日起施行, or so many days later.
    EffectiveFrom(Event, u16),
    /// 有效期五年, 试行一年: the length of the validity period.
    Term {
        /// Length in months.
        months: u16,
        /// True for a trial period.
        trial: bool,
    },
    /// 有效期至…: the last day.
    LastDay(Date),
    /// …同时废止: titles or numbers of the documents that this one repeals.
    Repeals(Vec<String>),
}

/// A statement with the sentence that is its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Content of the statement.
    pub saying: Saying,
    /// Range of the sentence, in bytes.
    pub range: Range<usize>,
}

/// Longest part of a sentence before or after the stated words, in bytes.
const MAX_SENTENCE_BYTES: usize = 1_500;

/// All statements of a text about validity, in order of their sentences.
pub fn statements(text: &str) -> Vec<Statement> {
    let mut found: Vec<Statement> = Vec::new();
    for dated in date::roles(text) {
        let saying = match dated.role {
            Role::Effective => Saying::EffectiveOn(dated.date),
            Role::Ended => Saying::LastDay(dated.date),
            _ => continue,
        };
        found.push(Statement { saying, range: sentence_around(text, dated.range.start) });
    }
    found.extend(
        memmem::find_iter(text.as_bytes(), "之日起")
            .filter_map(|position| effective_from_event(text, position)),
    );
    for word in ["有效期", "试行期", "试行"] {
        found.extend(
            memmem::find_iter(text.as_bytes(), word).filter_map(|position| term_at(text, position, word)),
        );
    }
    found.extend(repeal_statements(text));
    found.sort_by_key(|statement| statement.range.start);
    found.dedup();
    found
}

/// Reads `自发布之日起30日后施行`; `position` is that of 之日起.
fn effective_from_event(text: &str, position: usize) -> Option<Statement> {
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
    .find(|(word, _)| text[..position].ends_with(word))
    .map(|(_, event)| *event)?;
    let after = &text[position + "之日起".len()..];
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
    (!verb.starts_with('的')).then(|| Statement { saying, range: sentence_around(text, position) })
}

/// Reads `有效期五年`, `试行期为1年`; only for the document itself, not for a licence.
fn term_at(text: &str, position: usize, word: &str) -> Option<Statement> {
    let rest =
        text[position + word.len()..].trim_start_matches(['限', '为', '是', '：', ':', ' ', '暂', '定']);
    let length = rest.char_indices().take(6).find(|(_, c)| "年个月".contains(*c))?.0;
    let number = parse_amount(&rest[..length])?;
    let unit = rest[length..].trim_start_matches('个').chars().next()?;
    let months = match unit {
        '年' => number.checked_mul(12)?,
        '月' => number,
        _ => return None,
    };
    // 一年至两年 is a rule about periods, not a period.
    if rest[length..].trim_start_matches(['个', '月', '年']).starts_with(['至', '到', '以']) {
        return None;
    }
    let range = sentence_around(text, position);
    let own = is_own_term(&text[range.clone()], &text[range.start..position]);
    let saying = Saying::Term { months, trial: word.starts_with('试') };
    (own && (1..=600).contains(&months)).then_some(Statement { saying, range })
}

fn parse_amount(written: &str) -> Option<u16> {
    let written = written.trim();
    let decimal =
        written.chars().try_fold(0u16, |n, c| n.checked_mul(10)?.checked_add(u16::try_from(digit(c)?).ok()?));
    let decimal = decimal.filter(|_| !written.is_empty());
    let chinese = || u16::try_from(chinese_number(&written.replace('两', "二"))?).ok();
    decimal.or_else(chinese)
}

/// Checks if a period is that of the document: its clause begins with 本办法 and the like, or
/// follows the clause that brings the document into force.
fn is_own_term(sentence: &str, before: &str) -> bool {
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

/// Statements of repeal, one for each sentence.
fn repeal_statements(text: &str) -> Vec<Statement> {
    let mut found: Vec<Statement> = Vec::new();
    for citation in citation::find_all(text).into_iter().filter(|c| c.relation == Relation::Repeals) {
        let Some(name) = citation.title.or_else(|| Some(citation.number?.to_string())) else { continue };
        let range = sentence_around(text, citation.range.start);
        match found.last_mut() {
            Some(Statement { saying: Saying::Repeals(names), range: last }) if *last == range => {
                names.push(name)
            }
            _ => found.push(Statement { saying: Saying::Repeals(vec![name]), range }),
        }
    }
    found
}

/// Range of the sentence around a position, without whitespace at its ends.
fn sentence_around(text: &str, position: usize) -> Range<usize> {
    let ends = ['。', '；', '\n', '\r'];
    let before = tail(&text[..position], MAX_SENTENCE_BYTES);
    let before = before.rsplit(ends).next().unwrap_or(before);
    let after = head(&text[position..], MAX_SENTENCE_BYTES);
    let after = after.split(ends).next().unwrap_or(after);
    let from = position - before.trim_start().len();
    from..position + after.trim_end().len()
}

/// Range of the words by which a site or an editor marks a whole document as ended, at the
/// head of a text or around a title: `（已废止）`, `【失效】`.
pub fn marked_ended(text: &str) -> Option<Range<usize>> {
    let head: usize = text.char_indices().nth(400).map_or(text.len(), |(position, _)| position);
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
    bracketed.find_map(|(position, open)| {
        let inside = &text[position + open.len()..];
        let end = inside.char_indices().take(12).find(|(_, c)| "）)】]〕］".contains(*c))?;
        let close = position + open.len() + end.0 + end.1.len_utf8();
        marks.contains(&inside[..end.0].trim()).then_some(position..close)
    })
}
