//! Documents as they are scanned: what the collection gave, with its texts analysed once.

use rustc_hash::FxHashMap;

use crate::analysis::fold::fold;
use crate::analysis::grams::{ANYWHERE, Grams};
use crate::analysis::{Analyzer, Fold};
use crate::error::{Error, Result};
use crate::memory::units::row_of_text;
use crate::query::Stream;
use crate::record::Record;
use crate::record::days::day_number;
use crate::schema::document::IndexDocument;
use crate::schema::fields::{DateField, Facet, TextField, path_and_above};

/// One stream of a text: its tokens with their positions.
#[derive(Debug, Default)]
pub struct TokenStream {
    positions: FxHashMap<String, Vec<u32>>,
    /// Tokens, repeated ones included.
    pub length: u32,
}

impl TokenStream {
    fn push(&mut self, token: String, position: u32) {
        self.positions.entry(token).or_default().push(position);
        self.length += 1;
    }

    /// Returns the positions of a token, in order.
    pub fn positions(&self, token: &str) -> &[u32] {
        self.positions.get(token).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns whether a token occurs.
    pub fn contains(&self, token: &str) -> bool {
        self.positions.contains_key(token)
    }

    /// Iterates over the tokens, each once.
    pub fn tokens(&self) -> impl Iterator<Item = &str> {
        self.positions.keys().map(String::as_str)
    }
}

/// The text of one field.
#[derive(Debug, Default)]
pub struct FieldText {
    /// Units of the text, by which phrases are found.
    pub row: String,
    words: TokenStream,
    grams: TokenStream,
}

impl FieldText {
    fn new(text: &str, analyzer: &Analyzer) -> Self {
        let mut field = Self { row: row_of_text(text), ..Self::default() };
        let folded = analyzer.fold(text);
        analyzer.each(folded.text(), &mut |word, _, position| field.words.push(word.to_owned(), position));
        let folded = fold(text, Fold::Grams);
        for gram in Grams::new(folded.text()) {
            let mut token = String::new();
            token.extend(gram.anywhere.then_some(ANYWHERE));
            token.push_str(&folded.text()[gram.range]);
            field.grams.push(token, gram.position);
        }
        field
    }

    /// Returns one of the streams.
    pub fn stream(&self, stream: Stream) -> &TokenStream {
        match stream {
            Stream::Words => &self.words,
            Stream::Grams => &self.grams,
        }
    }
}

/// One document.
#[derive(Debug)]
pub struct StoredDocument {
    /// The document as the collection gave it.
    pub source: IndexDocument,
    texts: Vec<(TextField, FieldText)>,
    facets: Vec<(Facet, Vec<String>)>,
}

impl StoredDocument {
    /// Analyses the texts of a document.
    pub fn new(source: IndexDocument, analyzer: &Analyzer) -> Self {
        let texts = source.texts.iter().map(|(field, text)| (*field, FieldText::new(text, analyzer)));
        let facets = source.facets.iter().map(|(facet, values)| (*facet, with_paths_above(*facet, values)));
        Self { texts: texts.collect(), facets: facets.collect(), source }
    }

    /// Returns the text of a field; `None` if the record has none.
    pub fn text(&self, field: TextField) -> Option<&FieldText> {
        self.texts.iter().find(|(known, _)| *known == field).map(|(_, text)| text)
    }

    /// Returns the values of a facet, each once; for paths, those above are included.
    pub fn values(&self, facet: Facet) -> &[String] {
        let found = self.facets.iter().find(|(known, _)| *known == facet);
        found.map(|(_, values)| values.as_slice()).unwrap_or_default()
    }

    /// Returns a date as a number yyyymmdd; 0 for none.
    pub fn day(&self, field: DateField) -> u32 {
        let found = self.source.dates.iter().find(|(known, _)| *known == field);
        found.map_or(0, |(_, date)| day_number(*date))
    }

    /// Returns the body of the record.
    pub fn body(&self) -> &str {
        let found = self.source.texts.iter().find(|(field, _)| *field == TextField::Body);
        found.map_or("", |(_, text)| text)
    }

    /// Returns the whole record.
    ///
    /// # Errors
    /// A card that is no record, which no collection writes.
    pub fn to_record(&self) -> Result<Record> {
        Record::from_stored(&self.source.card, self.body().to_owned()).map_err(|problems| {
            let reasons: Vec<_> = problems.iter().map(ToString::to_string).collect();
            Error::Index(format!("a stored record cannot be read: {}", reasons.join("; ")))
        })
    }
}

fn with_paths_above(facet: Facet, values: &[String]) -> Vec<String> {
    let mut all: Vec<String> = match facet.is_path() {
        true => values.iter().flat_map(|path| path_and_above(path)).map(str::to_owned).collect(),
        false => values.to_vec(),
    };
    all.sort();
    all.dedup();
    all
}
