//! Baseline of the benches: a minimal pipeline on tantivy and jieba. Title and body are segmented by
//! jieba without punctuation and stored; facets and dates are fast fields.

use std::path::Path;
use std::sync::Arc;

use jieba_rs::Jieba;
use serde::Deserialize;
use tantivy::indexer::LogMergePolicy;
use tantivy::schema::{
    FAST, Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};
use tantivy::{Index, IndexWriter, TantivyDocument};

/// Same setting as the engine's writer.
const THREADS: usize = 2;
const ARENA_BYTES: usize = 128 << 20;

#[derive(Deserialize)]
struct Row {
    id: String,
    kind: String,
    title: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    issuers: Vec<String>,
    #[serde(default)]
    categories: Vec<String>,
    region: Option<String>,
    validity: Option<String>,
    genre: Option<String>,
    document_number: Option<String>,
    published_on: Option<String>,
    written_on: Option<String>,
}

pub struct Baseline {
    pub index: Index,
    pub title: Field,
    pub body: Field,
    id: Field,
    facets: [Field; 6],
    dates: [Field; 2],
    number: Field,
}

impl Baseline {
    pub fn create(path: &Path, jieba: &Arc<Jieba>) -> Self {
        let mut schema = Schema::builder();
        let indexing = TextFieldIndexing::default()
            .set_tokenizer("jieba")
            .set_index_option(IndexRecordOption::WithFreqsAndPositions);
        let text = TextOptions::default().set_indexing_options(indexing).set_stored();
        let id = schema.add_text_field("id", STRING | STORED);
        let title = schema.add_text_field("title", text.clone());
        let body = schema.add_text_field("body", text);
        let facets = ["kind", "issuer", "category", "region", "validity", "genre"]
            .map(|name| schema.add_text_field(name, STRING | FAST | STORED));
        let dates = ["published_on", "written_on"].map(|name| schema.add_u64_field(name, FAST | STORED));
        let number = schema.add_text_field("document_number", STRING | STORED);
        let index = Index::create_in_dir(path, schema.build()).expect("an index");
        index.tokenizers().register("jieba", JiebaTokenizer(jieba.clone()));
        Self { index, title, body, id, facets, dates, number }
    }

    /// Reads lines of JSON, commits and merges to two segments, as `gongkai index` does.
    pub fn write(&self, lines: &[Vec<u8>]) {
        let mut writer: IndexWriter =
            self.index.writer_with_num_threads(THREADS, ARENA_BYTES).expect("a writer");
        writer.set_merge_policy(Box::new(LogMergePolicy::default()));
        for line in lines {
            let row: Row = serde_json::from_slice(line).expect("a record");
            writer.add_document(self.document(row)).expect("taken");
        }
        writer.commit().expect("commits");
        let mut segments = self.index.searchable_segment_metas().expect("segments");
        if segments.len() > 2 {
            segments.sort_by_key(|segment| segment.num_docs());
            let ids: Vec<_> = segments[..segments.len() - 1].iter().map(|segment| segment.id()).collect();
            writer.merge(&ids).wait().expect("merges");
        }
        writer.wait_merging_threads().expect("ends");
    }

    fn document(&self, row: Row) -> TantivyDocument {
        let mut document = TantivyDocument::new();
        document.add_text(self.id, row.id);
        document.add_text(self.title, row.title);
        document.add_text(self.body, row.body);
        let [kind, issuer, category, region, validity, genre] = self.facets;
        document.add_text(kind, row.kind);
        row.issuers.iter().for_each(|value| document.add_text(issuer, value));
        row.categories.iter().for_each(|value| document.add_text(category, value));
        for (field, value) in [
            (region, row.region),
            (validity, row.validity),
            (genre, row.genre),
            (self.number, row.document_number),
        ] {
            value.iter().for_each(|value| document.add_text(field, value));
        }
        for (field, value) in self.dates.into_iter().zip([row.published_on, row.written_on]) {
            let day = value.and_then(|day| day.replace('-', "").parse().ok());
            day.iter().for_each(|day| document.add_u64(field, *day));
        }
        document
    }
}

/// Tokenizer on jieba.
#[derive(Clone)]
struct JiebaTokenizer(Arc<Jieba>);

struct Tokens {
    tokens: Vec<Token>,
    next: usize,
}

impl Tokenizer for JiebaTokenizer {
    type TokenStream<'a> = Tokens;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Tokens {
        let mut tokens = Vec::new();
        for word in self.0.cut(text, false) {
            if word.word.chars().any(char::is_alphanumeric) {
                tokens.push(Token {
                    offset_from: word.byte_start,
                    offset_to: word.byte_end,
                    position: tokens.len(),
                    text: word.word.to_lowercase(),
                    position_length: 1,
                });
            }
        }
        Tokens { tokens, next: 0 }
    }
}

impl TokenStream for Tokens {
    fn advance(&mut self) -> bool {
        self.next += 1;
        self.next <= self.tokens.len()
    }

    fn token(&self) -> &Token {
        &self.tokens[self.next - 1]
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.tokens[self.next - 1]
    }
}
