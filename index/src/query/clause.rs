//! Clauses, which select records.

use crate::keys::number::number_of_key;
use crate::schema::fields::TextField;

/// A condition that a record matches or not.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Clause {
    /// Every record.
    All,
    /// Records with the phrase in its field, or in any.
    Text(Phrase),
    /// Records with the exact key, such as a document number in normal form.
    Key(String),
    /// Records written or published in that year.
    Year(i16),
    /// Records that match all clauses.
    And(Vec<Clause>),
    /// Records that match any clause.
    Or(Vec<Clause>),
    /// Records that do not match the clause.
    Not(Box<Clause>),
    /// Records that match clauses with a share of the total weight; a clause weighs
    /// more the fewer records it matches.
    MinimumShouldMatch {
        /// Clauses that count.
        clauses: Vec<Clause>,
        /// Least share of the weight, in hundredths.
        percent: u8,
    },
}

/// A text whose characters must stand together in a record.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Phrase {
    /// Text as typed; the analyzer folds it.
    pub text: String,
    /// Field that must contain it; any field if `None`.
    pub field: Option<TextField>,
}

/// Removes levels without meaning.
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

/// Describes a clause in words for readers.
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
