//! The tantivy schema, derived from [`FIELDS`].

use std::collections::BTreeSet;

use tantivy::TantivyDocument;
use tantivy::schema::{
    FAST, Field, IndexRecordOption, STORED, STRING, Schema, SchemaBuilder, TextFieldIndexing, TextOptions,
};

use crate::analysis::numeral;
use crate::embedded::tokenizers::{GRAMS, WORDS};
use crate::keys::subject::{explaining_key, subject_keys};
use crate::keys::title::{keys, title_key};
use crate::official::citation;
use crate::record::{Date, Kind, Record};
use crate::relations::{Cited, explained};
use crate::schema::fields::{DateField, FIELDS, Facet, TextField, Use};

/// The format of the index directory; a change of schema or analysis raises it.
pub const FORMAT: u32 = 3;

/// The facets that are held as strings; the year is taken from the dates.
pub const STORED_FACETS: [Facet; 6] =
    [Facet::Kind, Facet::Issuer, Facet::Category, Facet::Region, Facet::Validity, Facet::Genre];

/// The two streams of one text field.
#[derive(Debug, Clone, Copy)]
pub struct TextFields {
    /// Words with frequencies.
    pub words: Field,
    /// Grams with positions.
    pub grams: Field,
}

/// Every field of the index, by what it is for.
#[derive(Debug, Clone)]
pub struct Fields {
    /// The schema itself.
    pub schema: Schema,
    /// The id as one term.
    pub id: Field,
    /// Exact keys: whole titles, document numbers in normal form.
    pub key: Field,
    /// The record without its body, as JSON.
    pub card: Field,
    /// Tie-breaker of every order.
    pub id_hash: Field,
    /// What the articles of one law have in common; 0 for what is no article.
    pub family: Field,
    /// Content hash, upper and lower half.
    pub content: [Field; 2],
    texts: Vec<(TextField, TextFields)>,
    facets: Vec<(Facet, Field)>,
    dates: Vec<(DateField, Field)>,
}

impl Fields {
    /// Builds the schema.
    pub fn new() -> Self {
        let mut builder = Schema::builder();
        let id = builder.add_text_field("id", STRING);
        let key = builder.add_text_field("key", STRING);
        let card = builder.add_bytes_field("card", STORED);
        let id_hash = builder.add_u64_field("id_hash", FAST);
        let family = builder.add_u64_field("family", FAST);
        let content = ["content_high", "content_low"].map(|name| builder.add_u64_field(name, FAST));
        let (mut texts, mut facets, mut dates) = (Vec::new(), Vec::new(), Vec::new());
        for field in FIELDS {
            match field.usage {
                Use::Text(text, _) => texts.push((text, text_fields(&mut builder, text, field.name))),
                Use::Facet(facet, _) => {
                    let options = TextOptions::from(FAST);
                    facets.push((facet, builder.add_text_field(&format!("facet_{}", field.name), options)));
                }
                Use::Date(date, _) => dates.push((date, builder.add_u64_field(field.name, FAST))),
            }
        }
        Self { schema: builder.build(), id, key, card, id_hash, family, content, texts, facets, dates }
    }

    /// The streams of a text field.
    pub fn text(&self, wanted: TextField) -> TextFields {
        lookup(&self.texts, wanted)
    }

    /// The column name of a stored facet.
    pub fn facet_column(&self, wanted: Facet) -> &str {
        self.schema.get_field_name(lookup(&self.facets, wanted))
    }

    /// The document that holds a record with this content hash.
    pub fn document(&self, record: &Record, content: u128) -> serde_json::Result<TantivyDocument> {
        let mut document = TantivyDocument::new();
        document.add_text(self.id, &record.id);
        for key in keys(&record.title, record.document_number.as_deref()) {
            document.add_text(self.key, key);
        }
        for key in subject_keys(&record.title, record.kind) {
            document.add_text(self.key, key);
        }
        for key in explained(record) {
            document.add_text(self.key, explaining_key(key));
        }
        document.add_u64(self.id_hash, id_hash(&record.id));
        document.add_u64(self.family, family(&record.title));
        document.add_u64(self.content[0], (content >> 64) as u64);
        document.add_u64(self.content[1], content as u64);
        for field in FIELDS {
            match field.usage {
                Use::Text(text, read) => self.add_text(&mut document, text, &read(record)),
                Use::Facet(facet, read) => {
                    read(record)
                        .iter()
                        .for_each(|value| document.add_text(lookup(&self.facets, facet), value));
                }
                Use::Date(date, read) => {
                    if let Some(day) = read(record) {
                        document.add_u64(lookup(&self.dates, date), u64::from(day_number(day)));
                    }
                }
            }
        }
        document.add_bytes(self.card, &card(record)?);
        Ok(document)
    }

    fn add_text(&self, document: &mut TantivyDocument, text: TextField, values: &[&str]) {
        // A line break keeps phrases from running across two values.
        let joined = match values {
            [] => return,
            [one] => one.to_string(),
            several => several.join("\n"),
        };
        let fields = self.text(text);
        document.add_text(fields.grams, &joined);
        document.add_text(fields.words, joined);
    }
}

fn text_fields(builder: &mut SchemaBuilder, text: TextField, name: &str) -> TextFields {
    let indexing = |tokenizer: &str, option| {
        TextFieldIndexing::default().set_tokenizer(tokenizer).set_index_option(option)
    };
    let words = TextOptions::default().set_indexing_options(indexing(WORDS, IndexRecordOption::WithFreqs));
    // The body is stored once, beside its words; everything else is on the card.
    let words = if text == TextField::Body { words.set_stored() } else { words };
    let grams = TextOptions::default()
        .set_indexing_options(indexing(GRAMS, IndexRecordOption::WithFreqsAndPositions));
    TextFields {
        words: builder.add_text_field(&format!("{name}_words"), words),
        grams: builder.add_text_field(&format!("{name}_grams"), grams),
    }
}

fn lookup<K: PartialEq, V: Copy>(pairs: &[(K, V)], wanted: K) -> V {
    // FIELDS has a row for every variant (its own test), so the pair is there.
    pairs
        .iter()
        .find(|(key, _)| *key == wanted)
        .map(|(_, value)| *value)
        .expect("FIELDS has a row for every variant")
}

/// The keys of the documents that an interpretation explains.
fn explained(record: &Record) -> BTreeSet<u64> {
    if record.kind != Kind::Interpretation {
        return BTreeSet::new();
    }
    let citations = citation::find_all(&record.body);
    explained::by(record, &citations).iter().flat_map(Cited::keys).collect()
}

/// The record without its body, as it is stored for hits.
fn card(record: &Record) -> serde_json::Result<Vec<u8>> {
    let card = Record { body: String::new(), ..record.clone() };
    serde_json::to_vec(&card)
}

/// The family of 中华人民共和国民法典第五十四条 is that of all articles of that code.
pub fn family(title: &str) -> u64 {
    let mut articles = title.match_indices('第').map(|(at, _)| at);
    let last = articles.rfind(|at| numeral::article(&title[*at..]).is_some());
    last.filter(|at| *at > 0).map_or(0, |at| id_hash(&title_key(&title[..at])))
}

/// The tie-breaker: the first 64 bits of BLAKE3 over the id.
pub fn id_hash(id: &str) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(&blake3::hash(id.as_bytes()).as_bytes()[..8]);
    u64::from_le_bytes(first)
}

/// A date as the number yyyymmdd, which orders as dates do; 0 stands for none.
pub fn day_number(date: Date) -> u32 {
    date.year().max(0) as u32 * 10_000 + date.month() as u32 * 100 + date.day() as u32
}
