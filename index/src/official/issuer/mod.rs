//! 发布机构: single organs from fields that hold several.
//!
//! A site separates joint issuers by 、, commas, whitespace or line breaks, or not at
//! all (`民政部国家发展改革委`). Glued names are cut where one name is complete and
//! the following text can only begin another: a place, 中共, 国家, the
//! name of a central organ. An office (办公室) is an organ of its own, different
//! from the government it serves, and never a name by itself.
//!
//! The module knows names, not documents: the leading organ is the first in the text.

mod organs;
#[cfg(test)]
mod tests;

use super::region;
use super::scan::{is_han, tail};
use organs::{ORGANS, Organs};

/// Longest name of an organ, in characters.
const MAX_NAME_CHARS: usize = 45;
/// Longest block of names above a date, in bytes.
const MAX_SIGNATURE_BYTES: usize = 1_200;
/// Most issuers read from one field.
const MAX_ISSUERS: usize = 60;

/// Prefixes of the names of central organs that are in no list.
const CENTRAL_PREFIXES: [&str; 9] =
    ["国家", "国务院", "中央", "中共", "中国共产党", "中华", "全国", "最高人民", "中国"];
/// Levels used instead of a place whose name the context gives: 省财政厅.
const LEVELS: [&str; 8] = ["自治区", "省", "市", "县", "区", "州", "旗", "盟"];
/// Words that no name of an organ contains.
const NOT_IN_NAMES: [&str; 12] =
    ["的", "关于", "通知", "根据", "按照", "印发", "发布", "有关", "各", "本", "及其", "所属"];
/// Names of branches, which follow the name of their central organ.
const BRANCHES: [&str; 11] = [
    "税务局",
    "调查总队",
    "调查队",
    "监管局",
    "监管分局",
    "分行",
    "支行",
    "分局",
    "办事处",
    "海关",
    "专员办",
];

/// All organs in a field that may hold several, in order, each as it is written.
/// A department without its place after one that has it gets the same place
/// (`河北省教育厅、财政厅`).
pub fn split(field: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for token in field.split(|c: char| c.is_whitespace() || "、，,；;|/\\".contains(c)) {
        let token = token.trim_end_matches("等部门").trim_end_matches('等');
        for name in split_glued(token) {
            if found.len() == MAX_ISSUERS {
                return found;
            }
            add_issuer(&mut found, name);
        }
    }
    found
}

fn add_issuer(found: &mut Vec<String>, name: &str) {
    let place = found.last().map_or("", |last| leading_place(last));
    let full = if ORGANS.local.contains_key(name) { format!("{place}{name}") } else { name.to_owned() };
    let office = ["办公室", "办公厅"].contains(&name);
    if office && let Some(last) = found.last_mut() {
        last.push_str(name);
    } else if !full.is_empty() && !found.contains(&full) {
        found.push(full);
    }
}

/// Place at the start of a name, as written.
fn leading_place(name: &str) -> &str {
    let skipped = name.len() - strip_party(name).len();
    let length = region::leading(&name[skipped..]).map_or(0, |(_, length)| length);
    &name[skipped..skipped + length]
}

fn strip_party(name: &str) -> &str {
    name.strip_prefix("中国共产党").or_else(|| name.strip_prefix("中共")).unwrap_or(name)
}

/// Cuts a run of names without separators.
fn split_glued(run: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut start = 0;
    // A run longer than any list of issuers is not searched: the work is quadratic.
    if run.chars().count() <= MAX_NAME_CHARS * 8 {
        for (offset, _) in run.char_indices() {
            if offset > start
                && offset >= start + ORGANS.national_name_length(&run[start..])
                && is_boundary(&run[start..offset], &run[offset..])
            {
                names.push(&run[start..offset]);
                start = offset;
            }
        }
    }
    names.push(&run[start..]);
    names
}

fn is_boundary(left: &str, right: &str) -> bool {
    organ_begins(right, left) && looks_like_organ(left) && !is_branch(left, right)
}

/// Checks if another organ begins at `right`, after `left`.
fn organ_begins(right: &str, left: &str) -> bool {
    let central =
        CENTRAL_PREFIXES.iter().any(|word| right.starts_with(word)) || ORGANS.national_name_length(right) > 0;
    if central || region::leading(right).is_some_and(|(_, length)| length < right.len()) {
        return true;
    }
    // 人民政府研究室 is an office of the government, not an organ beside it.
    let seat = ["政府", "省委", "市委", "县委", "区委", "国务院"].iter().any(|word| left.ends_with(word));
    let level = LEVELS.iter().find_map(|level| right.strip_prefix(level));
    !seat && ORGANS.local_name_length(right) > 0
        || level.is_some_and(|rest| ORGANS.local_name_length(rest) > 0)
}

/// Checks if `right` continues the name of its central organ: 国家税务总局 + 河北省税务局 is one name.
fn is_branch(left: &str, right: &str) -> bool {
    let Some((_, place)) = region::leading(right) else { return false };
    ORGANS.vertical.contains(left) && BRANCHES.iter().any(|branch| right[place..].starts_with(branch))
        || left == "中华人民共和国"
}

/// Checks if a text is the name of one organ.
pub fn is_organ(name: &str) -> bool {
    looks_like_organ(name) && split_glued(name.trim()).len() == 1
}

/// Checks if a text begins and ends as the name of an organ does; it may be several, glued.
fn looks_like_organ(name: &str) -> bool {
    let name = name.trim();
    let length = name.chars().count();
    if !(2..=MAX_NAME_CHARS).contains(&length) || !name.chars().all(|c| is_han(c) || "（）()".contains(c)) {
        return false;
    }
    ORGANS.is_known(name)
        || !NOT_IN_NAMES.iter().any(|word| name.contains(word))
            && (is_local(name) || is_central(name) || is_unlisted_organ(name))
}

/// Recognises a place or a level with the ending of a name.
fn is_local(name: &str) -> bool {
    let rest = strip_party(name);
    let place =
        region::leading(rest).map(|(_, length)| length).or_else(|| Some(region::leading_short(rest)?.1));
    let level = LEVELS.iter().find(|level| rest.starts_with(**level)).map(|level| level.len());
    let Some(length) = place.or(level) else { return false };
    let body = &rest[length..];
    let party = rest.len() < name.len() && ["委", "委员会"].contains(&body);
    party || body == "委" || ORGANS.local.contains_key(body) || ORGANS.has_known_ending(body)
}

fn is_central(name: &str) -> bool {
    CENTRAL_PREFIXES.iter().any(|word| name.starts_with(word)) && ORGANS.has_known_ending(name)
        || ORGANS.national_name_length(name) > 0
            && ORGANS.has_known_ending(&name[ORGANS.national_name_length(name)..])
}

/// Recognises a name in no list and without a place, recognised by an ending that no other word has.
fn is_unlisted_organ(name: &str) -> bool {
    let ending = ORGANS.endings.iter().find(|ending| name.ends_with(**ending));
    let telling = ending.is_some_and(|ending| ending.chars().count() >= 3 || *ending == "局");
    telling && name.chars().count() >= 5
}

/// Checks if the last word of a text is an organ: the name above the date of a signature.
pub(crate) fn ends_with_signature(text: &str) -> bool {
    let text = text.trim_end();
    let start = text
        .rfind(|c: char| !is_han(c) && !"（）()".contains(c))
        .map_or(0, |offset| offset + text[offset..].chars().next().map_or(1, char::len_utf8));
    text.len() - start <= MAX_NAME_CHARS * 4 && looks_like_organ(&text[start..])
}

/// Signers of a signature whose date begins at `date_start`: the organs
/// right before it, on their own lines or glued.
pub fn signers(text: &str, date_start: usize) -> Vec<String> {
    let Some(before) = text.get(..date_start) else { return Vec::new() };
    let words = tail(before, MAX_SIGNATURE_BYTES).rsplit(|c: char| !is_han(c) && !"（）()".contains(c));
    let names: Vec<&str> =
        words.filter(|word| !word.is_empty()).take_while(|word| looks_like_organ(word)).collect();
    let in_order: Vec<&str> = names.into_iter().rev().collect();
    split(&in_order.join(" "))
}

/// Organs at the start of a title: `财政部 税务总局关于…的通知`, `某某市政府印发《…》`.
pub fn from_title(title: &str) -> Vec<String> {
    let end = ["关于", "印发", "转发", "批转", "公布", "令", "公告", "通告"]
        .iter()
        .filter_map(|word| title.find(word))
        .min();
    let Some(names) = end.and_then(|end| title.get(..end)) else { return Vec::new() };
    let found = split(names);
    if found.iter().all(|name| is_organ(name)) { found } else { Vec::new() }
}

/// Full name of an organ with a short name (`人社部`, `酒泉市住建局`);
/// a name in no list is returned without whitespace.
pub fn normalise(name: &str) -> String {
    let name: String = name.split_whitespace().collect();
    // 第十四届全国人民代表大会: the organ is the same in every term of office.
    let term = name.strip_prefix('第').and_then(|rest| rest.split_once('届')).map(|(_, organ)| organ);
    let name = term.filter(|organ| ORGANS.national.contains_key(organ)).map_or(name.clone(), str::to_owned);
    if let Some(full) = ORGANS.national.get(name.as_str()) {
        return (*full).to_owned();
    }
    let bare = name.strip_prefix("中华人民共和国").filter(|rest| ORGANS.national.contains_key(*rest));
    if let Some(full) = bare.and_then(|rest| ORGANS.national.get(rest)) {
        return (*full).to_owned();
    }
    local_full_name(&name).unwrap_or(name)
}

fn local_full_name(name: &str) -> Option<String> {
    let place = leading_place(name);
    let from = name.find(place)?;
    let place = &name[..from + place.len()];
    let level = LEVELS.iter().find(|level| place.is_empty() && name.starts_with(**level));
    let head = level.map_or(place, |level| &name[..level.len()]);
    let full = ORGANS.local.get(&name[head.len()..]).filter(|_| !head.is_empty())?;
    Some(format!("{head}{full}"))
}

/// Region of an organ: the place at the start of its name, or the place of a
/// branch; `None` for central organs and for names that several places share.
pub fn region(name: &str) -> Option<&'static str> {
    let name = strip_party(name.trim());
    let vertical =
        ORGANS.vertical.iter().find_map(|organ| name.strip_prefix(organ).filter(|rest| !rest.is_empty()));
    let local = vertical.unwrap_or(name);
    if vertical.is_none() && ORGANS.is_known(name) {
        return None;
    }
    match region::leading(local) {
        Some((path, _)) => path,
        None => {
            region::leading_short(local).filter(|(_, length)| *length < local.len()).map(|(path, _)| path)
        }
    }
}

/// Region of a document: that of the first issuer that has one.
pub fn region_of(issuers: &[String]) -> Option<&'static str> {
    issuers.iter().find_map(|issuer| region(issuer))
}

/// All names of central organs with their full names, for suggestions and tests.
pub fn national_names() -> impl Iterator<Item = (&'static str, &'static str)> {
    let organs: &'static Organs = &ORGANS;
    organs.national.iter().map(|(name, full)| (*name, *full))
}
