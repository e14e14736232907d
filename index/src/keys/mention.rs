//! Keys of a title as other documents may mention it.

use crate::keys::generic::is_generic;
use crate::keys::title::{title_hash, without_revision};
use crate::official::citation::{self, Relation};
use crate::official::issuer;

/// Hashes of the forms in which a document may mention a title: whole, without its revision,
/// without its issuers, and the title that it encloses.
pub fn title_hashes(title: &str) -> [u64; 4] {
    let title = title.trim();
    if is_generic(title) {
        return [0; 4];
    }
    let whole = title_hash(title);
    let or_none = |text: &str| if is_generic(text) { 0 } else { title_hash(text) };
    let bare = without_revision(title);
    let trial = title.strip_prefix(bare).is_some_and(is_trial);
    let bare = if trial { 0 } else { or_none(bare) };
    let subject = without_issuer(title).map_or(0, or_none);
    let inner = match citation::carried(title) {
        Some((Relation::Encloses | Relation::Forwards, inner)) if inner.len() == 1 => or_none(&inner[0]),
        _ => 0,
    };
    let mut keys = [whole, bare, subject, inner];
    for i in 1..keys.len() {
        if keys[..i].contains(&keys[i]) {
            keys[i] = 0;
        }
    }
    keys
}

/// Checks if the words after a title make it that of another document: 《某法（试行）》
/// and 《某法》 are two documents.
fn is_trial(revision: &str) -> bool {
    ["试行", "暂行", "草案", "征求意见"].iter().any(|word| revision.contains(word))
}

/// Title from `关于…` on, after the names of its issuers.
fn without_issuer(title: &str) -> Option<&str> {
    let offset = title.find("关于").filter(|offset| *offset > 0)?;
    let names = title[..offset].trim().trim_end_matches("等");
    let organs = names.split([' ', '　', '、', '，']).filter(|name| !name.is_empty());
    let known = organs.map(|name| name.trim_end_matches("部门")).all(is_organ_name);
    (known && title[offset..].chars().count() >= 10).then(|| &title[offset..])
}

/// Checks if a text is the name of an organ, or of several without a separator.
fn is_organ_name(name: &str) -> bool {
    issuer::is_organ(name) || issuer::split(name).len() > 1 || name.ends_with(['部', '局', '委', '厅'])
}
