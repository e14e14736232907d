//! The parser of what people type.
//!
//! ```text
//! query   = clause { [OR] clause }          AND is the blank between two clauses
//! clause  = [ "-" | NOT ] [ prefix ":" ] ( phrase | title | group | text )
//! phrase  = " … "                           any pair of quotes, “ ” 「 」 and full-width ones too
//! title   = 《 … 》                          nested 〈 〉 and 《 》 belong to it
//! group   = ( query )                       only where a clause can begin
//! text    = anything up to a blank          its words are all required
//! ```
//!
//! Nothing is an error: what cannot be read as a query is read as text, and a
//! warning says where. Operators and brackets may be full-width.

use crate::analysis::{Analyzer, Class, Fold, class, fold::fold};
use crate::lexicon::names::{NONE, Names};
use crate::query::build::Terms;
use crate::query::clause::{Clause, simplify};
use crate::query::parsed::{Mode, ParsedQuery, Warning};
use crate::schema::fields::TextField;

/// Longest query, in characters; what follows is cut off with a warning.
pub const MAX_CHARS: usize = 512;
/// Deepest nesting of groups; deeper brackets are text.
pub const MAX_DEPTH: usize = 20;
/// Most clauses; further ones are left out with a warning.
pub const MAX_CLAUSES: usize = 64;

/// Reads what was typed. Never fails.
pub fn parse(text: &str, mode: Mode, analyzer: &Analyzer) -> ParsedQuery {
    parse_with_names(text, mode, analyzer, &NONE)
}

/// Parses queries with the names that a collection uses.
#[derive(Clone, Copy)]
pub struct QueryParser<'a> {
    /// Analyzer of queries.
    pub analyzer: &'a Analyzer,
    /// Names of the collection: its lexicon has them.
    pub names: &'a Names,
}

impl QueryParser<'_> {
    /// Parses what was typed. Never fails.
    pub fn parse(&self, text: &str, mode: Mode) -> ParsedQuery {
        parse_with_names(text, mode, self.analyzer, self.names)
    }
}

/// Reads what was typed, with the names that the collection uses.
pub fn parse_with_names(text: &str, mode: Mode, analyzer: &Analyzer, names: &Names) -> ParsedQuery {
    // Literal searches add nothing to what was typed.
    let names = if mode == Mode::Literal { &NONE } else { names };
    let mut warnings = Vec::new();
    let cut: String = text.chars().take(MAX_CHARS).collect();
    if cut.len() < text.len() {
        warnings
            .push(Warning {
                offset: MAX_CHARS, reason: format!("检索词过长，只采用前 {MAX_CHARS} 个字")
            });
    }
    let chars: Vec<char> = cut.chars().collect();
    let terms = Terms::new(analyzer, names, mode);
    let mut parser = Parser { chars: &chars, at: 0, terms, clauses: 0, depth: 0, warnings };
    let tree = parser.query();
    let Parser { warnings, mut terms, .. } = parser;
    let matching = simplify(tree);
    terms.carried(&cut, &matching);
    terms.whole(&cut);
    terms.finish(cut, matching, warnings)
}

struct Parser<'a> {
    chars: &'a [char],
    at: usize,
    terms: Terms<'a>,
    clauses: usize,
    depth: usize,
    warnings: Vec<Warning>,
}

#[derive(Clone, Copy, PartialEq)]
enum Operator {
    And,
    Or,
    Not,
}

const QUOTES: [(char, char); 6] =
    [('"', '"'), ('“', '”'), ('＂', '＂'), ('「', '」'), ('『', '』'), ('”', '”')];

impl Parser<'_> {
    /// Clauses up to the end or the bracket that closes this group.
    fn query(&mut self) -> Clause {
        let mut alternatives = vec![Vec::new()];
        let mut joined_by_or = false;
        while self.skip_blanks() {
            if self.depth > 0 && matches!(self.peek(), Some(')' | '）')) {
                break;
            }
            let begun = self.at;
            match self.operator() {
                Some(Operator::Or)
                    if !alternatives[alternatives.len() - 1].is_empty() && self.more_follows() =>
                {
                    alternatives.push(Vec::new());
                    joined_by_or = true;
                    continue;
                }
                Some(Operator::And)
                    if !alternatives[alternatives.len() - 1].is_empty() && self.more_follows() =>
                {
                    continue;
                }
                Some(Operator::Not) if self.more_follows() => {
                    self.negated(&mut alternatives);
                    continue;
                }
                Some(_) => {
                    self.warn(begun, "运算符前后缺少检索词，按文字处理");
                    self.at = begun;
                    let text = self.text();
                    self.push(&mut alternatives, begun, text);
                    continue;
                }
                None => {}
            }
            if self.minus() {
                self.negated(&mut alternatives);
                continue;
            }
            let clause = self.clause(true);
            self.push(&mut alternatives, begun, clause);
        }
        let mut parts: Vec<Clause> =
            alternatives.into_iter().filter(|a| !a.is_empty()).map(Clause::And).collect();
        if joined_by_or && parts.len() > 1 { Clause::Or(parts) } else { parts.pop().unwrap_or(Clause::All) }
    }

    fn negated(&mut self, alternatives: &mut [Vec<Clause>]) {
        let begun = self.at;
        self.skip_blanks();
        // What must not be there neither ranks nor is marked.
        let clause = self.clause(false);
        self.push(alternatives, begun, Clause::Not(Box::new(clause)));
    }

    fn push(&mut self, alternatives: &mut [Vec<Clause>], begun: usize, clause: Clause) {
        self.clauses += 1;
        if self.clauses > MAX_CLAUSES {
            if self.clauses == MAX_CLAUSES + 1 {
                self.warn(begun, &format!("条件过多，只采用前 {MAX_CLAUSES} 个"));
            }
            return;
        }
        if let Some(last) = alternatives.last_mut() {
            last.push(clause);
        }
    }

    /// One clause without its sign. `scored` is false under a negation.
    fn clause(&mut self, scored: bool) -> Clause {
        let kept = (!scored).then(|| self.terms.clone());
        let field = self.prefix();
        let clause = match self.peek() {
            Some('(' | '（') if self.depth < MAX_DEPTH && field.is_none() => self.group(),
            Some('《') => self.title(field),
            Some(open) if self.closing_quote(open).is_some() => self.quoted(open, field),
            Some(_) => self.words(field),
            None => Clause::All,
        };
        if let Some(kept) = kept {
            self.terms = kept;
        }
        clause
    }

    fn group(&mut self) -> Clause {
        let begun = self.at;
        self.at += 1;
        self.depth += 1;
        let inner = self.query();
        self.depth -= 1;
        if matches!(self.peek(), Some(')' | '）')) {
            self.at += 1;
        } else {
            self.warn(begun, "括号没有闭合");
        }
        inner
    }

    fn quoted(&mut self, open: char, field: Option<TextField>) -> Clause {
        let end = self.closing_quote(open).unwrap_or(self.at);
        let text: String = self.chars[self.at + 1..end].iter().collect();
        self.at = end + 1;
        self.phrase(text, field)
    }

    /// Where the quotation that opens here ends; `None` if it does not.
    fn closing_quote(&self, open: char) -> Option<usize> {
        let (_, close) = QUOTES.iter().find(|(o, _)| *o == open)?;
        // Input methods pair quotes by their own idea; any closing mark of the family will do.
        let closes = |c: char| {
            c == *close || (matches!(open, '"' | '“' | '”' | '＂') && matches!(c, '"' | '”' | '＂' | '“'))
        };
        (self.at + 1..self.chars.len()).find(|i| closes(self.chars[*i]))
    }

    fn title(&mut self, field: Option<TextField>) -> Clause {
        let Some(end) = self.closing_title() else {
            self.warn(self.at, "书名号没有闭合，按文字处理");
            self.at += 1;
            return self.words(field);
        };
        let text: String = self.chars[self.at + 1..end].iter().collect();
        self.at = end + 1;
        self.phrase(text, field.or(Some(TextField::Title)))
    }

    fn closing_title(&self) -> Option<usize> {
        let mut depth = 0;
        for i in self.at..self.chars.len() {
            match self.chars[i] {
                '《' => depth += 1,
                '》' if depth == 1 => return Some(i),
                '》' => depth -= 1,
                _ => {}
            }
        }
        None
    }

    /// Text that must stand as it is.
    fn phrase(&mut self, text: String, field: Option<TextField>) -> Clause {
        if is_blank(&text) {
            return Clause::All;
        }
        self.terms.phrase(text, field)
    }

    /// Running text: all its words are required.
    fn words(&mut self, field: Option<TextField>) -> Clause {
        let begun = self.at;
        let taken = self.take_text();
        if taken.is_empty() {
            // A sign that opens nothing: passed over, or the parser would not move.
            self.at = (begun + 1).min(self.chars.len());
            return Clause::All;
        }
        self.terms.running(&taken, field)
    }

    fn text(&mut self) -> Clause {
        self.words(None)
    }

    /// Characters up to a blank, a quotation, a title, or the bracket that closes the group.
    fn take_text(&mut self) -> String {
        let begun = self.at;
        let mut open = 0_usize;
        while let Some(c) = self.peek() {
            match c {
                c if is_space(c) => break,
                '(' | '（' => open += 1,
                ')' | '）' if open > 0 => open -= 1,
                ')' | '）' if self.depth > 0 => break,
                '《' if self.at > begun && self.closing_title().is_some() => break,
                c if self.at > begun && self.closing_quote(c).is_some() => break,
                _ => {}
            }
            self.at += 1;
        }
        let taken: String = self.chars[begun..self.at].iter().collect();
        if taken.chars().all(|c| class(c) != Class::Han && class(c) != Class::Letter) && !taken.is_empty() {
            self.warn(begun, &format!("“{taken}”不是可检索的文字，已忽略"));
        }
        taken
    }

    /// `标题:` or `title：` directly before a clause.
    fn prefix(&mut self) -> Option<TextField> {
        let colon =
            (self.at..self.chars.len().min(self.at + 10)).find(|i| matches!(self.chars[*i], ':' | '：'))?;
        let name: String = self.chars[self.at..colon].iter().collect();
        let field = TextField::by_prefix(fold(&name, Fold::Words).text())?;
        let rest = &self.chars[colon + 1..];
        let text_follows = rest.iter().find(|c| !is_space(**c)).is_some();
        if !text_follows {
            return None;
        }
        self.at = colon + 1;
        self.skip_blanks();
        Some(field)
    }

    /// A word that stands alone and is an operator.
    fn operator(&mut self) -> Option<Operator> {
        let end = (self.at..self.chars.len()).find(|i| is_space(self.chars[*i])).unwrap_or(self.chars.len());
        let word: String = self.chars[self.at..end.min(self.at + 4)].iter().map(|c| narrow(*c)).collect();
        let operator = match (word.as_str(), end - self.at) {
            ("AND", 3) | ("&&", 2) => Operator::And,
            ("OR", 2) | ("||", 2) => Operator::Or,
            ("NOT", 3) => Operator::Not,
            _ => return None,
        };
        self.at = end;
        Some(operator)
    }

    fn more_follows(&self) -> bool {
        self.chars[self.at..].iter().any(|c| matches!(class(*c), Class::Han | Class::Letter))
    }

    /// A minus directly before a clause, at its beginning.
    fn minus(&mut self) -> bool {
        let sign = matches!(self.peek(), Some('-' | '－' | '−'));
        let follows = self.chars.get(self.at + 1).is_some_and(|c| !is_space(*c) && !matches!(c, '-' | '－'));
        let free = self.at == 0
            || is_space(self.chars[self.at - 1])
            || matches!(self.chars[self.at - 1], '(' | '（');
        if sign && follows && free && self.more_follows() {
            self.at += 1;
            return true;
        }
        false
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    /// Moves to the next character that is no blank; false at the end.
    fn skip_blanks(&mut self) -> bool {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
        self.at < self.chars.len()
    }

    fn warn(&mut self, offset: usize, reason: &str) {
        if self.warnings.len() < 8 {
            self.warnings.push(Warning { offset, reason: reason.to_owned() });
        }
    }
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

fn is_blank(text: &str) -> bool {
    text.chars().all(|c| !matches!(class(c), Class::Han | Class::Letter))
}

/// Full-width letters and signs as half-width ones.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn understood(text: &str) -> String {
        parse(text, Mode::Literal, &Analyzer::shared()).understood
    }

    #[test]
    fn operators_phrases_and_titles() {
        assert_eq!(understood("行政许可 公开"), "“行政许可” 且 “公开”");
        assert_eq!(understood("“依法行政” OR 公开"), "“依法行政” 或 “公开”");
        assert_eq!(understood("公开 -收费"), "“公开” 且 不含“收费”");
        assert_eq!(understood("公开　ＮＯＴ　收费"), "“公开” 且 不含“收费”");
        assert_eq!(understood("(公开 OR 收费) 标题：通知"), "（“公开” 或 “收费”） 且 标题含“通知”");
        assert_eq!(understood("《条例〈试行〉》"), "标题含“条例〈试行〉”");
        assert_eq!(understood("title:通知"), "标题含“通知”");
    }

    #[test]
    fn what_cannot_be_read_is_text_with_a_warning() {
        let analyzer = Analyzer::shared();
        for text in [
            "[",
            "(",
            "/",
            "~",
            "!",
            "AND",
            "\"",
            "“",
            "《条例",
            "收费标准!",
            "",
            "的",
            "😀",
            "\0",
            ")",
            "-",
            "NOT",
            "标题:",
        ] {
            let _ = parse(text, Mode::Smart, &analyzer);
        }
        let unclosed = parse("《条例", Mode::Smart, &analyzer);
        assert_eq!(unclosed.understood, "“条例”");
        assert_eq!(unclosed.warnings[0].offset, 0);
        assert_eq!(understood("AND"), "“and”");
        assert_eq!(understood("的"), "“的”");
        assert_eq!(understood("收费标准!"), understood("收费标准"));
        assert!(parse(&"公开".repeat(5_000), Mode::Smart, &analyzer).warnings[0].reason.contains("过长"));
    }

    #[test]
    fn brackets_inside_text_are_text() {
        assert_eq!(understood("管理办法（试行）"), understood("管理办法试行"));
        assert_eq!(parse(&"(".repeat(10_000), Mode::Smart, &Analyzer::shared()).matching, Clause::All);
    }

    proptest! {
        #[test]
        fn never_panics(text in "[\\PC]{0,80}") {
            let _ = parse(&text, Mode::Smart, &Analyzer::shared());
        }

        #[test]
        fn signs_never_panic(text in "[-－()（）\"“”「」《》: ：ANDORNOT标题公开\n]{0,60}") {
            let understanding = parse(&text, Mode::Smart, &Analyzer::shared());
            prop_assert!(!understanding.understood.is_empty());
        }
    }
}
