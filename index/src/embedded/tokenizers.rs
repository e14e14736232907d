//! The analyzer's two token streams as tantivy tokenizers.

use tantivy::Index;
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use crate::analysis::fold::{Fold, fold};
use crate::analysis::grams::{ANYWHERE, Cursor};
use crate::analysis::{Analyzer, Folded};

/// The name of the word stream.
pub const WORDS: &str = "words";
/// The name of the gram stream.
pub const GRAMS: &str = "grams";

/// Registers both tokenizers with an index.
pub fn register(index: &Index, analyzer: &Analyzer) {
    index.tokenizers().register(WORDS, WordTokenizer { analyzer: analyzer.clone(), buffer: Vec::new() });
    index.tokenizers().register(GRAMS, GramTokenizer);
}

#[derive(Clone)]
/// Tokenizer of the word stream; its buffer is reused for all texts.
struct WordTokenizer {
    analyzer: Analyzer,
    buffer: Vec<(String, u32)>,
}

impl Tokenizer for WordTokenizer {
    type TokenStream<'a> = WordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        let Self { analyzer, buffer } = self;
        let mut used = 0;
        let folded = analyzer.fold(text);
        analyzer.each(folded.text(), &mut |word, _, position| {
            // Strings of the previous text are overwritten: no allocation for each word.
            match buffer.get_mut(used) {
                Some((text, old_position)) => {
                    text.clear();
                    text.push_str(word);
                    *old_position = position;
                }
                None => buffer.push((word.to_owned(), position)),
            }
            used += 1;
        });
        WordStream { words: &mut buffer[..used], next: 0, token: Token::default() }
    }
}

struct WordStream<'a> {
    words: &'a mut [(String, u32)],
    next: usize,
    token: Token,
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        let Some((word, position)) = self.words.get_mut(self.next) else { return false };
        std::mem::swap(&mut self.token.text, word);
        self.token.position = *position as usize;
        self.next += 1;
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

#[derive(Clone)]
/// Tokenizer of the gram stream.
struct GramTokenizer;

impl Tokenizer for GramTokenizer {
    type TokenStream<'a> = GramStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> GramStream<'a> {
        GramStream { folded: fold(text, Fold::Grams), cursor: Cursor::default(), token: Token::default() }
    }
}

struct GramStream<'a> {
    folded: Folded<'a>,
    cursor: Cursor,
    token: Token,
}

impl TokenStream for GramStream<'_> {
    fn advance(&mut self) -> bool {
        let text = self.folded.text();
        let Some(gram) = self.cursor.next(text) else { return false };
        self.token.text.clear();
        if gram.anywhere {
            self.token.text.push(ANYWHERE);
        }
        self.token.text.push_str(&text[gram.range]);
        self.token.position = gram.position as usize;
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}
