//! Place in which a document holds: that of the organ that issued it.
//!
//! Portals give one region to all their documents, national ones included, so the issuer
//! decides before the region does.

use crate::analysis::{Class, class};
use crate::official::{issuer, region};
use crate::record::Record;

/// Last characters of the names of places.
const PLACE_SUFFIXES: [char; 8] = ['省', '市', '县', '区', '州', '旗', '盟', '镇'];
/// Prefixes of the names of organs of the whole state.
const STATE_PREFIXES: [&str; 6] = ["国家", "国务院", "中国", "全国", "中央", "最高人民"];
/// Prefixes by which an organ refers to its own place: 省财政厅.
const OWN_PLACE_PREFIXES: [&str; 6] = ["自治区", "省", "市", "县", "区", "州"];

/// Returns the place of a record as a path, empty for the whole state.
pub fn place_of_record(record: &Record) -> String {
    let region = record.region.as_deref().unwrap_or_default();
    let region_path = || region::normalise(region).map_or_else(|| region.to_owned(), str::to_owned);
    let Some(issuer) = record.issuers.first() else {
        return leading_place(&record.title).unwrap_or_else(region_path);
    };
    let name = issuer.trim_start_matches("中国共产党").trim_start_matches("中共");
    match leading_place(name) {
        Some(place) if region.ends_with(place.rsplit('/').next().unwrap_or(&place)) => region_path(),
        Some(place) => place,
        None if OWN_PLACE_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) => region_path(),
        None => String::new(),
    }
}

/// Reads the place at the beginning of a name: one of the dictionary, or a word with the suffix
/// of a place.
fn leading_place(name: &str) -> Option<String> {
    let name = name.trim_start_matches(['《', '〈', '“', '【']);
    // 国家市场监督管理总局 is no organ of a place 国家市.
    if STATE_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
        return None;
    }
    if let Some((path, length)) = region::leading(name) {
        return Some(path.map_or_else(|| name[..length].to_owned(), str::to_owned));
    }
    if let Some((path, _)) = region::leading_short(name).filter(|_| issuer::is_organ(name)) {
        return Some(path.to_owned());
    }
    let suffixes = name.char_indices().take(8).filter(|(_, c)| PLACE_SUFFIXES.contains(c));
    let end = suffixes
        .map(|(offset, c)| offset + c.len_utf8())
        .filter(|end| *end >= 9 && *end < name.len())
        .last()?;
    let place = &name[..end];
    place.chars().all(|c| class(c) == Class::Han).then(|| place.to_owned())
}

/// Checks if a document of one place can be about one of the other: one place contains the
/// other, or one document is of the whole state.
pub fn are_compatible(a: &str, b: &str) -> bool {
    let last = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let above = |path: &str, below: &str| below.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
    a.is_empty() || b.is_empty() || a == b || above(a, b) || above(b, a) || last(a) == last(b)
}

/// Checks if documents of the organs of `a` hold for those of `b`: they are the same or above
/// them.
pub fn governs(a: &str, b: &str) -> bool {
    let above = b.strip_prefix(a).is_some_and(|rest| rest.starts_with('/'));
    a.is_empty() || b.is_empty() || a == b || above
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Kind;

    #[test]
    fn place_of_record_follows_the_issuer() {
        let mut record = Record::new("a", Kind::Policy, "关于某事的通知");
        record.region = Some("河北".into());
        record.issuers = vec!["人力资源社会保障部".into()];
        assert_eq!(place_of_record(&record), "");
        record.issuers = vec!["河北省科学技术厅".into()];
        assert_eq!(place_of_record(&record), "河北省");
        record.issuers = vec!["省科技厅".into()];
        assert_eq!(place_of_record(&record), "河北省");
        record.issuers = vec!["云屏市住房公积金管理中心".into()];
        record.region = Some("云州省/云屏市".into());
        assert_eq!(place_of_record(&record), "云州省/云屏市");
        record.issuers = vec!["国家市场监督管理总局".into()];
        assert_eq!(place_of_record(&record), "");
    }

    #[test]
    fn places_that_contain_one_another_are_compatible() {
        assert!(are_compatible("河北省", "河北省/石家庄市") && are_compatible("", "河北省"));
        assert!(!are_compatible("河北省/唐山市", "河北省/石家庄市"));
        assert!(governs("河北省", "河北省/石家庄市") && !governs("河北省/石家庄市", "河北省"));
    }
}
