//! Parser of typed queries.
//!
//! ```text
//! query   = clause { [OR] clause }          AND is the space between two clauses
//! clause  = [ "-" | NOT ] [ prefix ":" ] ( phrase | title | group | text )
//! phrase  = " … "                           any pair of quotes, “ ” 「 」 and full-width ones too
//! title   = 《 … 》                          nested 〈 〉 and 《 》 belong to it
//! group   = ( query )                       only where a clause can begin
//! text    = anything up to a space          its words are all required
//! ```
//!
//! No input is an error: a part that cannot be parsed is read as text, and a
//! warning names its offset. Operators and brackets may be full-width.

use crate::analysis::{Analyzer, Class, Fold, class, fold::fold};
use crate::lexicon::names::{NONE, Names};
use crate::official::document_number::{self, Form};
use crate::query::articles::SpelledQuery;
use crate::query::build::QueryBuilder;
use crate::query::clause::{Clause, simplify};
use crate::query::parsed::{Mode, ParsedQuery, Warning};
use crate::schema::fields::TextField;

/// Longest query, in characters; the rest is cut off with a warning.
pub const MAX_CHARS: usize = 512;
/// Deepest nesting of groups; deeper brackets are text.
pub const MAX_DEPTH: usize = 20;
/// Most clauses; further ones are left out with a warning.
pub const MAX_CLAUSES: usize = 64;

/// Parses a typed query. Never fails.
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

/// Parses a typed query with the names that the collection uses.
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
    // What stands in quotation marks is searched as typed, and so is everything in the literal mode.
    let is_quoted = QUOTATION_MARKS.iter().any(|(open, _)| chars.contains(open));
    let spelled = (mode == Mode::Smart && !is_quoted).then(|| SpelledQuery::new(&chars));
    let (chars, text) = match &spelled {
        Some(spelled) => (&spelled.chars, spelled.chars.iter().collect()),
        None => (&chars, cut.clone()),
    };
    let builder = QueryBuilder::new(analyzer, names, mode);
    let mut parser = Parser { chars, position: 0, builder, clauses: 0, depth: 0, warnings: Vec::new() };
    // The number of a standard has a space inside: it is one text.
    let is_standard =
        document_number::candidates(&text).first().is_some_and(|number| number.form() == Form::Standard);
    let tree = if is_standard { parser.builder.add_text(&text, None) } else { parser.parse_group_content() };
    let Parser { warnings: parsed, mut builder, .. } = parser;
    let origin = |offset: usize| spelled.as_ref().map_or(offset, |spelled| spelled.origin(offset));
    warnings.extend(parsed.into_iter().map(|w| Warning { offset: origin(w.offset), ..w }));
    for (offset, part) in spelled.iter().flat_map(|spelled| &spelled.left_out) {
        warnings
            .push(Warning { offset: *offset, reason: format!("“{part}”不单独检索，按条查找") });
    }
    let matching = simplify(tree);
    builder.add_subject_clauses(&text, &matching);
    builder.boost_title_keys(&text);
    builder.finish(cut, matching, warnings)
}

struct Parser<'a> {
    chars: &'a [char],
    position: usize,
    builder: QueryBuilder<'a>,
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

const QUOTATION_MARKS: [(char, char); 6] =
    [('"', '"'), ('“', '”'), ('＂', '＂'), ('「', '」'), ('『', '』'), ('”', '”')];

impl Parser<'_> {
    /// Parses clauses up to the end or the bracket that closes this group.
    fn parse_group_content(&mut self) -> Clause {
        let mut alternatives = vec![Vec::new()];
        let mut joined_by_or = false;
        while self.skip_whitespace() {
            if self.depth > 0 && matches!(self.peek(), Some(')' | '）')) {
                break;
            }
            let start = self.position;
            match self.parse_operator() {
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
                    self.parse_negated(&mut alternatives);
                    continue;
                }
                Some(_) => {
                    self.warn(start, "运算符前后缺少检索词，按文字处理");
                    self.position = start;
                    let text = self.parse_plain_text();
                    self.push_clause(&mut alternatives, start, text);
                    continue;
                }
                None => {}
            }
            if self.eat_minus() {
                self.parse_negated(&mut alternatives);
                continue;
            }
            let clause = self.parse_clause(true);
            self.push_clause(&mut alternatives, start, clause);
        }
        let mut parts: Vec<Clause> =
            alternatives.into_iter().filter(|a| !a.is_empty()).map(Clause::And).collect();
        if joined_by_or && parts.len() > 1 { Clause::Or(parts) } else { parts.pop().unwrap_or(Clause::All) }
    }

    fn parse_negated(&mut self, alternatives: &mut [Vec<Clause>]) {
        let start = self.position;
        self.skip_whitespace();
        // An excluded clause neither ranks nor is highlighted.
        let clause = self.parse_clause(false);
        self.push_clause(alternatives, start, Clause::Not(Box::new(clause)));
    }

    fn push_clause(&mut self, alternatives: &mut [Vec<Clause>], start: usize, clause: Clause) {
        self.clauses += 1;
        if self.clauses > MAX_CLAUSES {
            if self.clauses == MAX_CLAUSES + 1 {
                self.warn(start, &format!("条件过多，只采用前 {MAX_CLAUSES} 个"));
            }
            return;
        }
        if let Some(last) = alternatives.last_mut() {
            last.push(clause);
        }
    }

    /// Parses one clause without its sign. `scored` is false under a negation.
    fn parse_clause(&mut self, scored: bool) -> Clause {
        let kept = (!scored).then(|| self.builder.clone());
        let field = self.parse_prefix();
        let clause = match self.peek() {
            Some('(' | '（') if self.depth < MAX_DEPTH && field.is_none() => self.parse_group(),
            Some('《') => self.parse_title(field),
            Some(open) if self.find_closing_quote(open).is_some() => self.parse_quoted(open, field),
            Some(_) => self.parse_text(field),
            None => Clause::All,
        };
        if let Some(kept) = kept {
            self.builder = kept;
        }
        clause
    }

    fn parse_group(&mut self) -> Clause {
        let start = self.position;
        self.position += 1;
        self.depth += 1;
        let inner = self.parse_group_content();
        self.depth -= 1;
        if matches!(self.peek(), Some(')' | '）')) {
            self.position += 1;
        } else {
            self.warn(start, "括号没有闭合");
        }
        inner
    }

    fn parse_quoted(&mut self, open: char, field: Option<TextField>) -> Clause {
        let end = self.find_closing_quote(open).unwrap_or(self.position);
        let text: String = self.chars[self.position + 1..end].iter().collect();
        self.position = end + 1;
        self.phrase_clause(text, field)
    }

    /// End of the quotation that opens here; `None` if it is not closed.
    fn find_closing_quote(&self, open: char) -> Option<usize> {
        let (_, close) = QUOTATION_MARKS.iter().find(|(o, _)| *o == open)?;
        // Input methods pair quotation marks in their own ways; any mark of the family closes.
        let closes = |c: char| {
            c == *close || (matches!(open, '"' | '“' | '”' | '＂') && matches!(c, '"' | '”' | '＂' | '“'))
        };
        (self.position + 1..self.chars.len()).find(|i| closes(self.chars[*i]))
    }

    fn parse_title(&mut self, field: Option<TextField>) -> Clause {
        let Some(end) = self.find_closing_title() else {
            self.warn(self.position, "书名号没有闭合，按文字处理");
            self.position += 1;
            return self.parse_text(field);
        };
        let text: String = self.chars[self.position + 1..end].iter().collect();
        self.position = end + 1;
        self.phrase_clause(text, field.or(Some(TextField::Title)))
    }

    fn find_closing_title(&self) -> Option<usize> {
        let mut depth = 0;
        for i in self.position..self.chars.len() {
            match self.chars[i] {
                '《' => depth += 1,
                '》' if depth == 1 => return Some(i),
                '》' => depth -= 1,
                _ => {}
            }
        }
        None
    }

    /// Clause for text that must occur exactly.
    fn phrase_clause(&mut self, text: String, field: Option<TextField>) -> Clause {
        if has_no_units(&text) {
            return Clause::All;
        }
        self.builder.add_phrase(text, field)
    }

    /// Parses running text: all its words are required.
    fn parse_text(&mut self, field: Option<TextField>) -> Clause {
        let start = self.position;
        let taken = self.take_text();
        if taken.is_empty() {
            // A sign that opens nothing is skipped, or the parser would not advance.
            self.position = (start + 1).min(self.chars.len());
            return Clause::All;
        }
        self.builder.add_text(&taken, field)
    }

    fn parse_plain_text(&mut self) -> Clause {
        self.parse_text(None)
    }

    /// Takes characters up to a space, a quotation, a title, or the bracket that closes the group.
    fn take_text(&mut self) -> String {
        let start = self.position;
        let mut open = 0_usize;
        while let Some(c) = self.peek() {
            match c {
                c if is_separator(c) => break,
                '(' | '（' => open += 1,
                ')' | '）' if open > 0 => open -= 1,
                ')' | '）' if self.depth > 0 => break,
                '《' if self.position > start && self.find_closing_title().is_some() => break,
                c if self.position > start && self.find_closing_quote(c).is_some() => break,
                _ => {}
            }
            self.position += 1;
        }
        let taken: String = self.chars[start..self.position].iter().collect();
        if taken.chars().all(|c| class(c) != Class::Han && class(c) != Class::Letter) && !taken.is_empty() {
            self.warn(start, &format!("“{taken}”不是可检索的文字，已忽略"));
        }
        taken
    }

    /// Parses `标题:` or `title：` directly before a clause.
    fn parse_prefix(&mut self) -> Option<TextField> {
        let colon = (self.position..self.chars.len().min(self.position + 10))
            .find(|i| matches!(self.chars[*i], ':' | '：'))?;
        let name: String = self.chars[self.position..colon].iter().collect();
        let field = TextField::by_prefix(fold(&name, Fold::Words).text())?;
        let rest = &self.chars[colon + 1..];
        let text_follows = rest.iter().find(|c| !is_separator(**c)).is_some();
        if !text_follows {
            return None;
        }
        self.position = colon + 1;
        self.skip_whitespace();
        Some(field)
    }

    /// Parses a word that stands alone and is an operator.
    fn parse_operator(&mut self) -> Option<Operator> {
        let end = (self.position..self.chars.len())
            .find(|i| is_separator(self.chars[*i]))
            .unwrap_or(self.chars.len());
        let word: String =
            self.chars[self.position..end.min(self.position + 4)].iter().map(|c| to_half_width(*c)).collect();
        let operator = match (word.as_str(), end - self.position) {
            ("AND", 3) | ("&&", 2) => Operator::And,
            ("OR", 2) | ("||", 2) => Operator::Or,
            ("NOT", 3) => Operator::Not,
            _ => return None,
        };
        self.position = end;
        Some(operator)
    }

    fn more_follows(&self) -> bool {
        self.chars[self.position..].iter().any(|c| matches!(class(*c), Class::Han | Class::Letter))
    }

    /// Skips a minus directly before a clause; true if there was one.
    fn eat_minus(&mut self) -> bool {
        let sign = matches!(self.peek(), Some('-' | '－' | '−'));
        let follows =
            self.chars.get(self.position + 1).is_some_and(|c| !is_separator(*c) && !matches!(c, '-' | '－'));
        let free = self.position == 0
            || is_separator(self.chars[self.position - 1])
            || matches!(self.chars[self.position - 1], '(' | '（');
        if sign && follows && free && self.more_follows() {
            self.position += 1;
            return true;
        }
        false
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.position).copied()
    }

    /// Moves to the next character that is no space; false at the end.
    fn skip_whitespace(&mut self) -> bool {
        while self.peek().is_some_and(is_separator) {
            self.position += 1;
        }
        self.position < self.chars.len()
    }

    fn warn(&mut self, offset: usize, reason: &str) {
        if self.warnings.len() < 8 {
            self.warnings.push(Warning { offset, reason: reason.to_owned() });
        }
    }
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

fn has_no_units(text: &str) -> bool {
    text.chars().all(|c| !matches!(class(c), Class::Han | Class::Letter))
}

/// Half-width form of a full-width letter or sign.
fn to_half_width(c: char) -> char {
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
    fn parse_operators_phrases_and_titles_builds_clauses() {
        assert_eq!(understood("行政许可 公开"), "“行政许可” 且 “公开”");
        assert_eq!(understood("“依法行政” OR 公开"), "“依法行政” 或 “公开”");
        assert_eq!(understood("公开 -收费"), "“公开” 且 不含“收费”");
        assert_eq!(understood("公开　ＮＯＴ　收费"), "“公开” 且 不含“收费”");
        assert_eq!(understood("(公开 OR 收费) 标题：通知"), "（“公开” 或 “收费”） 且 标题含“通知”");
        assert_eq!(understood("《条例〈试行〉》"), "标题含“条例〈试行〉”");
        assert_eq!(understood("title:通知"), "标题含“通知”");
    }

    #[test]
    fn parse_malformed_query_reads_text_with_warning() {
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
    fn parse_brackets_inside_text_keeps_them_as_text() {
        assert_eq!(understood("管理办法（试行）"), understood("管理办法试行"));
        assert_eq!(parse(&"(".repeat(10_000), Mode::Smart, &Analyzer::shared()).matching, Clause::All);
    }

    proptest! {
        #[test]
        fn parse_any_text_does_not_panic(text in "[\\PC]{0,80}") {
            let _ = parse(&text, Mode::Smart, &Analyzer::shared());
        }

        #[test]
        fn parse_any_signs_does_not_panic(text in "[-－()（）\"“”「」《》: ：ANDORNOT标题公开\n]{0,60}") {
            let parsed = parse(&text, Mode::Smart, &Analyzer::shared());
            prop_assert!(!parsed.understood.is_empty());
        }
    }
}
