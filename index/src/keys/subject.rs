//! Subjects of titles: the document inside 《关于印发〈…办法〉的通知》, or the one that
//! 《…办法》解读 explains. All titles about one document have its name as a key.

use crate::keys::title::{short_key, title_key, without_revision};
use crate::record::Kind;

/// Fewest characters of the name of a document: 《条例》 names none.
const MIN_NAME_CHARS: usize = 6;
/// Words before the name of an enclosed document.
const CARRYING_WORDS: [&str; 6] = ["关于印发", "关于转发", "关于批转", "关于公布", "关于发布", "关于修订"];
/// Words after the name of an enclosed document.
const CARRYING_SUFFIXES: [&str; 4] = ["的通知", "的公告", "的通告", "的决定"];

/// Names of the documents that a title is about, as folded letters; none if it names none.
pub fn subjects(title: &str) -> Vec<String> {
    let title = &title.replace(['〈', '<'], "《").replace(['〉', '>'], "》");
    // The outer part of 《关于印发〈…〉的通知》, cut at the inner mark, names nothing.
    let names =
        quoted_titles(title).filter(|name| !CARRYING_WORDS.iter().any(|carrier| name.ends_with(carrier)));
    let inner = names.map(|name| carried_name(name).unwrap_or(name));
    let mut found: Vec<String> = inner.chain(carried_name(title)).filter_map(name_letters).collect();
    if found.is_empty() {
        found.extend(name_letters(title));
    }
    found.dedup();
    found
}

/// Keys of a record by its subjects.
pub fn subject_keys(title: &str, kind: Kind) -> Vec<String> {
    let key = if kind == Kind::Interpretation { interpretation_key } else { subject_key };
    subjects(title).iter().map(|subject| key(subject)).collect()
}

/// Key of the records about a document that do not explain it.
pub fn subject_key(subject: &str) -> String {
    format!("s:{subject}")
}

/// Key of the records that explain it.
pub fn interpretation_key(subject: &str) -> String {
    format!("i:{subject}")
}

/// Key of the records that explain the document with this hash.
pub fn explaining_key(document: u64) -> String {
    format!("x:{document:016x}")
}

/// Texts in outer title marks.
fn quoted_titles(title: &str) -> impl Iterator<Item = &str> {
    let inner = title.split('《').skip(1);
    inner.filter_map(|rest| rest.split('》').next())
}

fn carried_name(title: &str) -> Option<&str> {
    let bare = without_revision(title);
    let bare = CARRYING_SUFFIXES.iter().find_map(|end| bare.strip_suffix(end))?;
    let (_, name) = CARRYING_WORDS.iter().find_map(|carrier| bare.split_once(carrier))?;
    (!name.contains('《')).then_some(name)
}

fn name_letters(name: &str) -> Option<String> {
    let key = short_key(&title_key(without_revision(name)));
    let letters = key.strip_prefix("t:")?;
    (letters.chars().count() >= MIN_NAME_CHARS).then(|| letters.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_of_titles_about_one_document_are_equal() {
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
