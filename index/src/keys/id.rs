//! Hash of the id of a record.

use crate::keys::hash::hash_key;

/// Hashes a record's id. Breaks ties in every order, and names the record where an id would
/// be too long: in columns, logs and receipts.
pub fn id_hash(id: &str) -> u64 {
    hash_key(id)
}
