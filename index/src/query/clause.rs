//! Clauses: which records match.

use crate::keys::number::number_of_key;
use crate::schema::fields::TextField;

/// Which records match.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Clause {
    /// Every record.
    All,
    /// The text stands in the field, or in any.
    Text(Phrase),
    /// One of the record's exact keys, such as a document number in normal form.
    Key(String),
    /// Written or published in that year.
    Year(i16),
    /// All of them.
    And(Vec<Clause>),
    /// Any of them.
    Or(Vec<Clause>),
    /// Not this one.
    Not(Box<Clause>),
    /// As many of these as make up a share of all they tell together; each tells
    /// the more the fewer records it matches.
    MinimumShouldMatch {
        /// The clauses.
        clauses: Vec<Clause>,
        /// The least share, in hundredths.
        percent: u8,
    },
}

/// A piece of text that must stand together in a record.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Phrase {
    /// As typed; the analyzer folds it.
    pub text: String,
    /// Where it must stand; everywhere if `None`.
    pub field: Option<TextField>,
}

/// Removes levels that say nothing.
pub fn simplify(clause: Clause) -> Clause {
    match clause {
        Clause::And(clauses) => flatten(clauses, true),
        Clause::Or(clauses) => flatten(clauses, false),
        Clause::Not(inner) => Clause::Not(Box::new(simplify(*inner))),
        other => other,
    }
}

fn flatten(clauses: Vec<Clause>, and: bool) -> Clause {
    let mut flat: Vec<Clause> = Vec::with_capacity(clauses.len());
    for clause in clauses {
        let parts = match simplify(clause) {
            Clause::And(inner) if and => inner,
            Clause::Or(inner) if !and => inner,
            Clause::All if and => Vec::new(),
            other => vec![other],
        };
        parts.into_iter().for_each(|part| {
            if !flat.contains(&part) {
                flat.push(part);
            }
        });
    }
    match flat.len() {
        0 => Clause::All,
        1 => flat.remove(0),
        _ if and => Clause::And(flat),
        _ => Clause::Or(flat),
    }
}

/// The tree in words a person can read.
pub fn describe(clause: &Clause) -> String {
    match clause {
        Clause::All => "全部".to_owned(),
        Clause::Text(Phrase { text, field: None }) => format!("“{text}”"),
        Clause::Text(Phrase { text, field: Some(field) }) => format!("{}含“{text}”", field.field().label),
        Clause::Key(key) => match number_of_key(key) {
            Some(number) => format!("文号为“{number}”"),
            None => {
                let name = key.get(2..).unwrap_or_default();
                match key.get(..2) {
                    Some("s:") => format!("与“{name}”有关"),
                    Some("i:") => format!("解读“{name}”"),
                    Some("x:") => "文中说明是其解读".to_owned(),
                    _ => format!("标题为“{name}”"),
                }
            }
        },
        Clause::Year(year) => format!("{year}年形成或发布"),
        Clause::MinimumShouldMatch { clauses, .. } => {
            format!("{}中的大部分", clauses.iter().map(describe_inner).collect::<Vec<_>>().join("、"))
        }
        Clause::And(clauses) => clauses.iter().map(describe_inner).collect::<Vec<_>>().join(" 且 "),
        Clause::Or(clauses) => clauses.iter().map(describe_inner).collect::<Vec<_>>().join(" 或 "),
        Clause::Not(inner) => format!("不含{}", describe_inner(inner)),
    }
}

fn describe_inner(clause: &Clause) -> String {
    match clause {
        Clause::And(_) | Clause::Or(_) => format!("（{}）", describe(clause)),
        other => describe(other),
    }
}
