//! The document that a backend stores for a record, built once above all backends.

use std::collections::BTreeSet;

use crate::analysis::numeral;
use crate::error::{Error, Result};
use crate::keys::hash::hash_key;
use crate::keys::id::id_hash;
use crate::keys::record::record_keys;
use crate::keys::subject::{explaining_key, subject_keys};
use crate::keys::title::title_key;
use crate::record::{Date, Record};
use crate::relations::cited::Cited;
use crate::relations::facts::Facts;
use crate::schema::fields::{DateField, FIELDS, Facet, TextField, Use};

/// Everything that a backend stores of a record. Keys and facts are derived here, once.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexDocument {
    /// Id of the record.
    pub id: String,
    /// Hash of the id, which breaks ties in every order.
    pub id_hash: u64,
    /// Content hash.
    pub content: u128,
    /// Exact keys: titles, document number, subjects, explained documents.
    pub keys: Vec<String>,
    /// Hash that the articles of one law share; 0 if the record is no article.
    pub law_family: u64,
    /// Texts to search, by field; several values of a field are separated by a line break.
    pub texts: Vec<(TextField, String)>,
    /// Facet values, as the record states them.
    pub facets: Vec<(Facet, Vec<String>)>,
    /// Dates.
    pub dates: Vec<(DateField, Date)>,
    /// The record without its body, as JSON. The body is the text of [`TextField::Body`].
    pub card: Vec<u8>,
    /// Facts for relations.
    pub facts: Facts,
}

impl IndexDocument {
    /// Builds the document of a record whose content hash is known.
    ///
    /// # Errors
    /// The record cannot be written as JSON.
    pub fn from_record(record: &Record, content: u128) -> Result<Self> {
        let facts = Facts::with_content(record, content);
        let mut keys = record_keys(&record.title, record.document_number.as_deref());
        keys.extend(subject_keys(&record.title, record.kind));
        let explained: BTreeSet<u64> = facts.explains.iter().flat_map(Cited::keys).collect();
        keys.extend(explained.into_iter().map(explaining_key));
        let (mut texts, mut facets, mut dates) = (Vec::new(), Vec::new(), Vec::new());
        for field in FIELDS {
            match field.usage {
                Use::Text(text, read) => texts.extend(join_values(&read(record)).map(|value| (text, value))),
                Use::Facet(facet, read) => {
                    facets.push((facet, read(record).into_iter().map(str::to_owned).collect()));
                }
                Use::Date(date, read) => dates.extend(read(record).map(|day| (date, day))),
            }
        }
        Ok(Self {
            id: record.id.clone(),
            id_hash: id_hash(&record.id),
            content,
            keys,
            law_family: law_family(&record.title),
            texts,
            facets,
            dates,
            card: record_card(record)?,
            facts,
        })
    }
}

/// Joins the values of a field. A line break keeps phrases from running across two values.
fn join_values(values: &[&str]) -> Option<String> {
    match values {
        [] => None,
        [one] => Some((*one).to_owned()),
        several => Some(several.join("\n")),
    }
}

/// Writes the record without its body, as it is stored for hits.
fn record_card(record: &Record) -> Result<Vec<u8>> {
    let card = Record { body: String::new(), ..record.clone() };
    serde_json::to_vec(&card).map_err(|e| Error::Index(e.to_string()))
}

/// Hashes the law of an article: 中华人民共和国民法典第五十四条 shares it with all articles of
/// that code.
pub fn law_family(title: &str) -> u64 {
    let mut articles = title.match_indices('第').map(|(offset, _)| offset);
    let last = articles.rfind(|offset| numeral::article(&title[*offset..]).is_some());
    last.filter(|offset| *offset > 0).map_or(0, |offset| hash_key(&title_key(&title[..offset])))
}
