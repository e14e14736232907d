//! Where a document holds: the place of the organ that issued it.
//!
//! Portals give the same region to everything they show, national documents
//! included, so the issuer is asked first.

use crate::analysis::{Class, class};
use crate::official::{issuer, region};
use crate::record::Record;

/// Levels in the names of places.
const LEVELS: [char; 8] = ['省', '市', '县', '区', '州', '旗', '盟', '镇'];
/// What the names of organs of the whole state begin with.
const STATE: [&str; 6] = ["国家", "国务院", "中国", "全国", "中央", "最高人民"];
/// What an organ calls its own place by.
const OWN: [&str; 6] = ["自治区", "省", "市", "县", "区", "州"];

/// The place of a record as a path, empty for the whole state.
pub fn of(record: &Record) -> String {
    let region = record.region.as_deref().unwrap_or_default();
    let full = || region::normalise(region).map_or_else(|| region.to_owned(), str::to_owned);
    let Some(issuer) = record.issuers.first() else {
        return of_title(&record.title).unwrap_or_else(full);
    };
    let name = issuer.trim_start_matches("中国共产党").trim_start_matches("中共");
    match leading(name) {
        Some(place) if region.ends_with(place.rsplit('/').next().unwrap_or(&place)) => full(),
        Some(place) => place,
        // 省财政厅: of the region's own.
        None if OWN.iter().any(|level| name.starts_with(level)) => full(),
        None => String::new(),
    }
}

fn of_title(title: &str) -> Option<String> {
    leading(title)
}

/// The place a name begins with: one that is known, or what reads as one.
fn leading(name: &str) -> Option<String> {
    let name = name.trim_start_matches(['《', '〈', '“', '【']);
    // 国家市场监督管理总局 is of no 国家市.
    if STATE.iter().any(|whole| name.starts_with(whole)) {
        return None;
    }
    if let Some((path, length)) = region::leading(name) {
        return Some(path.map_or_else(|| name[..length].to_owned(), str::to_owned));
    }
    if let Some((path, _)) = region::leading_short(name).filter(|_| issuer::is_organ(name)) {
        return Some(path.to_owned());
    }
    let ends = name.char_indices().take(8).filter(|(_, c)| LEVELS.contains(c));
    let end = ends.map(|(at, c)| at + c.len_utf8()).filter(|end| *end >= 9 && *end < name.len()).last()?;
    let read = &name[..end];
    read.chars().all(|c| class(c) == Class::Han).then(|| read.to_owned())
}

/// Whether a document of one place can be about one of the other: one holds the other,
/// or one is of the whole state.
pub fn compatible(a: &str, b: &str) -> bool {
    let last = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let above = |path: &str, below: &str| below.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
    a.is_empty() || b.is_empty() || a == b || above(a, b) || above(b, a) || last(a) == last(b)
}

/// Whether the organs of `a` stand above those of `b` or are the same: what they issue
/// holds for them.
pub fn governs(a: &str, b: &str) -> bool {
    let above = b.strip_prefix(a).is_some_and(|rest| rest.starts_with('/'));
    a.is_empty() || b.is_empty() || a == b || above
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Kind;

    #[test]
    fn the_issuer_says_where() {
        let mut record = Record::new("a", Kind::Policy, "关于某事的通知");
        record.region = Some("河北".into());
        record.issuers = vec!["人力资源社会保障部".into()];
        assert_eq!(of(&record), "");
        record.issuers = vec!["河北省科学技术厅".into()];
        assert_eq!(of(&record), "河北省");
        record.issuers = vec!["省科技厅".into()];
        assert_eq!(of(&record), "河北省");
        record.issuers = vec!["云屏市住房公积金管理中心".into()];
        record.region = Some("云州省/云屏市".into());
        assert_eq!(of(&record), "云州省/云屏市");
        record.issuers = vec!["国家市场监督管理总局".into()];
        assert_eq!(of(&record), "");
    }

    #[test]
    fn places_that_hold_one_another() {
        assert!(compatible("河北省", "河北省/石家庄市") && compatible("", "河北省"));
        assert!(!compatible("河北省/唐山市", "河北省/石家庄市"));
        assert!(governs("河北省", "河北省/石家庄市") && !governs("河北省/石家庄市", "河北省"));
    }
}
