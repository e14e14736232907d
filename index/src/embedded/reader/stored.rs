//! What is stored of a record, read without passing through a general document.

use tantivy::schema::document::{
    DeserializeError, DocumentDeserialize, DocumentDeserializer, ValueDeserialize, ValueDeserializer,
    ValueVisitor,
};

/// The two stored values: the card is the only one of bytes, the body the only text.
#[derive(Default)]
pub struct Stored {
    /// The record without its body, as JSON.
    pub card: Vec<u8>,
    /// The body; empty if the record has none.
    pub body: String,
}

enum Piece {
    Card(Vec<u8>),
    Body(String),
}

struct PieceVisitor;

impl ValueVisitor for PieceVisitor {
    type Value = Piece;

    fn visit_string(&self, text: String) -> Result<Piece, DeserializeError> {
        Ok(Piece::Body(text))
    }

    fn visit_bytes(&self, bytes: Vec<u8>) -> Result<Piece, DeserializeError> {
        Ok(Piece::Card(bytes))
    }
}

impl ValueDeserialize for Piece {
    fn deserialize<'de, D: ValueDeserializer<'de>>(deserializer: D) -> Result<Self, DeserializeError> {
        deserializer.deserialize_any(PieceVisitor)
    }
}

impl DocumentDeserialize for Stored {
    fn deserialize<'de, D: DocumentDeserializer<'de>>(mut deserializer: D) -> Result<Self, DeserializeError> {
        let mut stored = Self::default();
        while let Some((_, piece)) = deserializer.next_field::<Piece>()? {
            match piece {
                Piece::Card(card) => stored.card = card,
                Piece::Body(body) => stored.body = body,
            }
        }
        Ok(stored)
    }
}
