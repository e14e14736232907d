//! The tantivy schema, derived from [`FIELDS`].

use tantivy::TantivyDocument;
use tantivy::schema::{
    FAST, Field, IndexRecordOption, STORED, STRING, Schema, SchemaBuilder, TextFieldIndexing, TextOptions,
};

use crate::embedded::tokenizers::{GRAMS, WORDS};
use crate::record::days::day_number;
use crate::relations::facts::Facts;
use crate::schema::document::IndexDocument;
use crate::schema::fields::{DateField, FIELDS, Facet, TextField, Use};

/// The format of the index directory; a change of schema or analysis raises it.
pub const FORMAT: u32 = 3;

/// The facets that are stored as strings; the year is derived from the dates.
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

/// The fields of the index.
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
    /// Key that the articles of one law share; 0 if the record is no article.
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

    /// Returns the streams of a text field.
    pub fn text(&self, wanted: TextField) -> TextFields {
        find_value(&self.texts, wanted)
    }

    /// Returns the column name of a stored facet.
    pub fn facet_column(&self, wanted: Facet) -> &str {
        self.schema.get_field_name(find_value(&self.facets, wanted))
    }

    /// Creates tantivy's document; returns it with the facts, which tantivy does not keep.
    pub fn tantivy_document(&self, document: IndexDocument) -> (TantivyDocument, Facts) {
        let mut stored = TantivyDocument::new();
        // Stored values keep this order, and hits without highlights are read to the card only.
        stored.add_bytes(self.card, &document.card);
        stored.add_text(self.id, &document.id);
        document.keys.into_iter().for_each(|key| stored.add_text(self.key, key));
        stored.add_u64(self.id_hash, document.id_hash);
        stored.add_u64(self.family, document.law_family);
        stored.add_u64(self.content[0], (document.content >> 64) as u64);
        stored.add_u64(self.content[1], document.content as u64);
        for (text, value) in document.texts {
            let fields = self.text(text);
            stored.add_text(fields.grams, &value);
            stored.add_text(fields.words, value);
        }
        for (facet, values) in document.facets {
            values.into_iter().for_each(|value| stored.add_text(find_value(&self.facets, facet), value));
        }
        for (date, day) in document.dates {
            stored.add_u64(find_value(&self.dates, date), u64::from(day_number(day)));
        }
        (stored, document.facts)
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

fn find_value<K: PartialEq, V: Copy>(pairs: &[(K, V)], wanted: K) -> V {
    // FIELDS has a row for every variant (its own test), so the pair is there.
    pairs
        .iter()
        .find(|(key, _)| *key == wanted)
        .map(|(_, value)| *value)
        .expect("FIELDS has a row for every variant")
}
