//! Relation of a document to others, as its title states it.

use super::reference::Relation;

/// Relation and titles of the documents that a title says its document issues, forwards, amends,
/// repeals or interprets: `关于印发〈…办法〉的通知`, `关于修改〈…〉的决定`, `《…》解读`; with or
/// without brackets around them.
pub fn carried(title: &str) -> Option<(Relation, Vec<String>)> {
    let (relation, offset) = relation_of_title(title)?;
    let inner = inner_titles(title);
    if !inner.is_empty() {
        return Some((relation, inner));
    }
    if relation == Relation::Interprets {
        return None;
    }
    let rest = &title[offset..];
    let changes = [Relation::Amends, Relation::Repeals].contains(&relation);
    if changes
        && ["部分", "有关", "若干", "一批", "以前", "等", "期间"].iter().any(|word| rest.contains(word))
    {
        return None;
    }
    let end = ["的通知", "的公告", "的决定", "的函", "的通报", "的命令"]
        .iter()
        .filter_map(|word| rest.rfind(word))
        .max()?;
    let bare = rest[..end].trim();
    (!bare.is_empty()).then(|| (relation, vec![bare.to_owned()]))
}

fn relation_of_title(title: &str) -> Option<(Relation, usize)> {
    let verbs = [
        ("印发", Relation::Encloses),
        ("发布", Relation::Encloses),
        ("公布", Relation::Encloses),
        ("批转", Relation::Forwards),
        ("转发", Relation::Forwards),
        ("修改", Relation::Amends),
        ("修订", Relation::Amends),
        ("废止", Relation::Repeals),
    ];
    let found = verbs.iter().filter_map(|(verb, relation)| Some((title.find(verb)?, verb.len(), *relation)));
    let first = found.filter(|(offset, ..)| is_main_verb(title, *offset)).min_by_key(|(offset, ..)| *offset);
    let interprets = title.contains("解读") || title.contains("一图读懂") || title.contains("问答");
    match first {
        _ if interprets => Some((Relation::Interprets, 0)),
        Some((offset, length, relation)) => Some((relation, offset + length)),
        None => None,
    }
}

/// Checks if a verb is that of the title itself, because the title begins with it or it follows
/// 关于: 关于印发…, 转发….
fn is_main_verb(title: &str, offset: usize) -> bool {
    let before = &title[..offset];
    before.ends_with("关于")
        || !before.contains("关于") && !before.contains(['《', '〈'])
        || before.ends_with('和')
}

/// All titles side by side inside a title.
fn inner_titles(title: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut depth = 0usize;
    let mut from = 0;
    for (offset, c) in title.char_indices() {
        match c {
            '《' | '〈' | '<' | '＜' => {
                if depth == 0 {
                    from = offset + c.len_utf8();
                }
                depth += 1;
            }
            '》' | '〉' | '>' | '＞' if depth > 0 => {
                depth -= 1;
                if depth == 0 && offset > from {
                    found.push(title[from..offset].to_owned());
                }
            }
            _ => {}
        }
    }
    found
}
