//! What a title is about: the document inside 《关于印发〈…办法〉的通知》, or the one that
//! 《…办法》解读 explains. Titles about one document meet under its name.

use crate::keys::title::{short_key, title_key, without_revision};
use crate::record::Kind;

/// Fewest characters that name a document: 《条例》 names none.
const SHORTEST: usize = 6;
/// What carries another document, before its name and after it.
const CARRIERS: [&str; 6] = ["关于印发", "关于转发", "关于批转", "关于公布", "关于发布", "关于修订"];
const ENDS: [&str; 4] = ["的通知", "的公告", "的通告", "的决定"];

/// The names of the documents that a title is about, as letters; none for what names none.
pub fn subjects(title: &str) -> Vec<String> {
    let title = &title.replace(['〈', '<'], "《").replace(['〉', '>'], "》");
    // Of 《关于印发〈…〉的通知》 the outer part, cut at the inner mark, names nothing.
    let names = quoted(title).filter(|name| !CARRIERS.iter().any(|carrier| name.ends_with(carrier)));
    let inner = names.map(|name| carried(name).unwrap_or(name));
    let mut found: Vec<String> = inner.chain(carried(title)).filter_map(letters).collect();
    if found.is_empty() {
        found.extend(letters(title));
    }
    found.dedup();
    found
}

/// The keys under which a record is found by its subjects.
pub fn subject_keys(title: &str, kind: Kind) -> Vec<String> {
    let key = if kind == Kind::Interpretation { interpretation_key } else { subject_key };
    subjects(title).iter().map(|subject| key(subject)).collect()
}

/// The key of all that is about a document and does not explain it.
pub fn subject_key(subject: &str) -> String {
    format!("s:{subject}")
}

/// The key of what explains it.
pub fn interpretation_key(subject: &str) -> String {
    format!("i:{subject}")
}

/// The key of all that explains the document which has this key among the relations.
pub fn explaining_key(document: u64) -> String {
    format!("x:{document:016x}")
}

/// What stands in outer title marks.
fn quoted(title: &str) -> impl Iterator<Item = &str> {
    let inner = title.split('《').skip(1);
    inner.filter_map(|rest| rest.split('》').next())
}

fn carried(title: &str) -> Option<&str> {
    let bare = without_revision(title);
    let bare = ENDS.iter().find_map(|end| bare.strip_suffix(end))?;
    let (_, name) = CARRIERS.iter().find_map(|carrier| bare.split_once(carrier))?;
    (!name.contains('《')).then_some(name)
}

fn letters(name: &str) -> Option<String> {
    let key = short_key(&title_key(without_revision(name)));
    let letters = key.strip_prefix("t:")?;
    (letters.chars().count() >= SHORTEST).then(|| letters.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_about_one_document_meet() {
        for title in [
            "某省科学技术奖励办法",
            "关于印发《某省科学技术奖励办法（试行）》的通知",
            "《某省科学技术奖励办法》政策解读",
            "某省人民政府办公厅关于印发某省科学技术奖励办法的通知",
            "有了规矩——解读《某省科学技术奖励办法》",
            "《某省人民政府关于印发〈某省科学技术奖励办法〉的通知》解读",
            "《某厅关于印发某省科学技术奖励办法的通知》政策解读",
        ] {
            assert_eq!(subjects(title), ["某省科学技术奖励办法"], "{title}");
        }
        assert_eq!(subjects("《甲乙丙丁管理办法》及《甲乙丙丁实施细则》解读").len(), 2);
        assert_eq!(subjects("《条例》解读"), ["条例解读"; 0]);
    }
}
