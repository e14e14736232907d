//! Keys of a title as other documents may mention it.

use crate::keys::generic::is_generic;
use crate::keys::title::{title_hash, without_revision};
use crate::official::citation::{self, Relation};
use crate::official::issuer;

/// The keys of a title as somebody may have written it: whole, without its edition,
/// without who issued it, and of what it carries.
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

/// Whether what stands behind a title makes it that of another document: of 《某法（试行）》
/// and 《某法》 each is one of its own.
fn is_trial(edition: &str) -> bool {
    ["试行", "暂行", "草案", "征求意见"].iter().any(|word| edition.contains(word))
}

/// `关于…` behind the names of those who issued it.
fn without_issuer(title: &str) -> Option<&str> {
    let at = title.find("关于").filter(|at| *at > 0)?;
    let names = title[..at].trim().trim_end_matches("等");
    let organs = names.split([' ', '　', '、', '，']).filter(|name| !name.is_empty());
    let known = organs.map(|name| name.trim_end_matches("部门")).all(names_organ);
    (known && title[at..].chars().count() >= 10).then(|| &title[at..])
}

/// Returns whether a text is the name of an organ, or of several without a break between them.
fn names_organ(name: &str) -> bool {
    issuer::is_organ(name) || issuer::split(name).len() > 1 || name.ends_with(['部', '局', '委', '厅'])
}
