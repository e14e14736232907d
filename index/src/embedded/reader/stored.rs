//! Stored values of a record, read without the detour through a generic tantivy document.

use tantivy::schema::document::{
    DeserializeError, DocumentDeserialize, DocumentDeserializer, ValueDeserialize, ValueDeserializer,
    ValueVisitor,
};

/// The two stored values: the card is the only one of bytes, the body the only text.
#[derive(Default)]
pub struct StoredRecord {
    /// The record without its body, as JSON.
    pub card: Vec<u8>,
    /// The body; empty if the record has none.
    pub body: String,
}

/// The card alone. It is stored first, so that reading ends before the body, which is most of a record;
/// of older indexes the body is read and dropped.
#[derive(Default)]
pub struct StoredCard(pub Vec<u8>);

/// One stored value.
enum StoredValue {
    Card(Vec<u8>),
    Body(String),
}

struct StoredValueVisitor;

impl ValueVisitor for StoredValueVisitor {
    type Value = StoredValue;

    fn visit_string(&self, text: String) -> Result<StoredValue, DeserializeError> {
        Ok(StoredValue::Body(text))
    }

    fn visit_bytes(&self, bytes: Vec<u8>) -> Result<StoredValue, DeserializeError> {
        Ok(StoredValue::Card(bytes))
    }
}

impl ValueDeserialize for StoredValue {
    fn deserialize<'de, D: ValueDeserializer<'de>>(deserializer: D) -> Result<Self, DeserializeError> {
        deserializer.deserialize_any(StoredValueVisitor)
    }
}

impl DocumentDeserialize for StoredRecord {
    fn deserialize<'de, D: DocumentDeserializer<'de>>(mut deserializer: D) -> Result<Self, DeserializeError> {
        let mut stored = Self::default();
        while let Some((_, value)) = deserializer.next_field::<StoredValue>()? {
            match value {
                StoredValue::Card(card) => stored.card = card,
                StoredValue::Body(body) => stored.body = body,
            }
        }
        Ok(stored)
    }
}

impl DocumentDeserialize for StoredCard {
    fn deserialize<'de, D: DocumentDeserializer<'de>>(mut deserializer: D) -> Result<Self, DeserializeError> {
        while let Some((_, value)) = deserializer.next_field::<StoredValue>()? {
            if let StoredValue::Card(card) = value {
                return Ok(Self(card));
            }
        }
        Ok(Self::default())
    }
}
